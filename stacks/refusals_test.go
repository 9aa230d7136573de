package stacks_test

import (
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/acso/disaster-recovery/stacks"
)

// TestAnApexIsRefused: the names' stack makes CNAME records, which an apex cannot have.
func TestAnApexIsRefused(t *testing.T) {
	e := *named(t, "production")
	e.Domain.Name = e.Domain.Zone
	_, err := stacks.New(stacks.Options{Environment: &e, Outdir: t.TempDir(), Builder: binaries{}, Root: root()})
	if err == nil || !strings.Contains(err.Error(), "domain.name") || !strings.Contains(err.Error(), "apex") || !strings.Contains(err.Error(), "write a name below it") {
		t.Errorf("got %v, not the field and the fix", err)
	}
	each(t, "AWS::Route53::RecordSet", func(t *testing.T, id string, r resource) {
		if r.Properties["Name"] == named(t, "production").Domain.Zone {
			t.Errorf("%s is a record of the zone's own name", id)
		}
	})
}

// renewBefore is the day from which the certificate authorities in rds-ca.pem have to be read again: each is good for at
// least five years then, and RDS announces new ones years ahead.
// https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/UsingWithRDS.SSL.html
var renewBefore = time.Date(2056, 1, 1, 0, 0, 0, 0, time.UTC)

func TestCertificateAuthoritiesOutliveTheirRenewal(t *testing.T) {
	rest, err := os.ReadFile("rds-ca.pem")
	if err != nil {
		t.Fatal(err)
	}
	e := named(t, "production")
	wanted := map[string]bool{} // by region: the authority of the instances, CaCertificateIdentifier rds-ca-rsa2048-g1
	for _, region := range []string{e.Regions.Primary, e.Regions.Recovery} {
		wanted["Amazon RDS "+region+" Root CA RSA2048 G1"] = false
	}
	for len(strings.TrimSpace(string(rest))) > 0 {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			t.Fatal("rds-ca.pem has something that is no certificate")
		}
		authority, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			t.Fatal(err)
		}
		if !authority.NotAfter.After(renewBefore.AddDate(5, 0, 0)) {
			t.Errorf("%s ends %s: read the bundle again, and set renewBefore to five years before the first end", authority.Subject.CommonName, authority.NotAfter.Format(time.DateOnly))
		}
		if _, is := wanted[authority.Subject.CommonName]; is {
			wanted[authority.Subject.CommonName] = true
		}
	}
	for name, found := range wanted {
		if !found {
			t.Errorf("rds-ca.pem has no %s, which signs the databases' certificates", name)
		}
	}
	each(t, "AWS::RDS::DBInstance", func(t *testing.T, id string, r resource) {
		if r.Properties["CACertificateIdentifier"] != "rds-ca-rsa2048-g1" {
			t.Errorf("%s has its certificate from %v", id, r.Properties["CACertificateIdentifier"])
		}
	})
}

// TestLogsAreExportedIntoOneFolderOnly: CloudWatch Logs writes in the name of the service, so that the bucket's policy and
// the key's are all that bounds it.
func TestLogsAreExportedIntoOneFolderOnly(t *testing.T) {
	e := named(t, "production")
	for _, region := range []string{e.Regions.Primary, e.Regions.Recovery} {
		template := synthesised(t).stack(t, "backup-"+region)
		found := 0
		statements, _ := at(template.Resources["backupspolicy"].Properties, "PolicyDocument", "Statement").([]any)
		for _, s := range statements {
			if at(s, "Principal", "Service") != "logs."+region+".amazonaws.com" {
				continue
			}
			found++
			resource, _ := json.Marshal(at(s, "Resource"))
			sources, _ := at(s, "Condition", "ArnLike", "aws:SourceArn").([]any)
			if at(s, "Condition", "StringEquals", "aws:SourceAccount") != e.Account || len(sources) != len(e.Services) {
				t.Errorf("%s: %v is bound to no account and log groups: %v", region, at(s, "Sid"), at(s, "Condition"))
			}
			switch at(s, "Action") {
			case "s3:PutObject":
				if !strings.Contains(string(resource), `"/staging/logs/*"`) {
					t.Errorf("%s: logs are written to %s", region, resource)
				}
			case "s3:GetBucketAcl":
				if strings.Contains(string(resource), "*") {
					t.Errorf("%s: the permissions of %s are shown", region, resource)
				}
			default:
				t.Errorf("%s: the logs service may %v", region, at(s, "Action"))
			}
		}
		if found != 2 {
			t.Errorf("%s: %d statements let logs be exported, not 2", region, found)
		}
		// The folder is where the function looks for them.
		var reads bool
		for id, r := range template.Resources {
			text, _ := json.Marshal(r.Properties["PolicyDocument"])
			reads = reads || strings.HasPrefix(id, "backuplogs") && strings.Contains(string(text), e.BucketIn(region, e.Buckets.Backups)+"/staging/logs/*")
		}
		if !reads {
			t.Errorf("%s: the function looks for exports elsewhere", region)
		}
	}
}

// TestTheTrailRecordsWhatHoldsEvidence: reads and writes of backups, reports and the incident tables, in both regions.
func TestTheTrailRecordsWhatHoldsEvidence(t *testing.T) {
	e := named(t, "production")
	each(t, "AWS::CloudTrail::Trail", func(t *testing.T, id string, r resource) {
		if r.Properties["IsLogging"] != true || r.Properties["IsMultiRegionTrail"] != true || r.Properties["EnableLogFileValidation"] != true || r.Properties["KMSKeyId"] == nil {
			t.Errorf("%s is off, of one region, or cannot be checked", id)
		}
		recorded := map[string][]any{} // ARNs by type
		selectors, _ := r.Properties["AdvancedEventSelectors"].([]any)
		for _, selector := range selectors {
			var kind string
			var arns []any
			fields, _ := at(selector, "FieldSelectors").([]any)
			for _, field := range fields {
				equals, _ := at(field, "Equals").([]any)
				starts, _ := at(field, "StartsWith").([]any)
				switch at(field, "Field") {
				case "resources.type":
					kind, _ = equals[0].(string)
				case "resources.ARN":
					arns = append(append(arns, equals...), starts...)
				case "readOnly":
					t.Errorf("%s records reads or writes only", id)
				}
			}
			recorded[kind] = append(recorded[kind], arns...)
		}
		for _, region := range []string{e.Regions.Primary, e.Regions.Recovery} {
			for kind, arn := range map[string]string{
				"AWS::DynamoDB::Table": "arn:aws:dynamodb:" + region + ":" + e.Account + ":table/" + e.IncidentTable(),
				"AWS::S3::Object":      "arn:aws:s3:::" + e.BucketIn(region, e.Buckets.Backups) + "/",
			} {
				if !slices.Contains(recorded[kind], any(arn)) {
					t.Errorf("%s does not record %s: %v", id, arn, recorded[kind])
				}
			}
			if arn := "arn:aws:s3:::" + e.BucketIn(region, e.Buckets.Compliance) + "/"; !slices.Contains(recorded["AWS::S3::Object"], any(arn)) {
				t.Errorf("%s does not record %s", id, arn)
			}
		}
	})
}
