package stacks_test

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/acso/disaster-recovery/internal/retention"
	"github.com/acso/disaster-recovery/stacks"
)

// at reads a nested property: at(p, "LoggingConfiguration", "Level").
func at(value any, path ...string) any {
	for _, key := range path {
		object, is := value.(map[string]any)
		if !is {
			return nil
		}
		value = object[key]
	}
	return value
}

// each runs a check on every resource of a type, and fails when there is none.
func each(t *testing.T, kind string, check func(t *testing.T, id string, r resource)) {
	t.Helper()
	found := synthesised(t).of(kind)
	if len(found) == 0 {
		t.Fatalf("no stack has a %s", kind)
	}
	for id, r := range found {
		check(t, id, r)
	}
}

func TestBucketsAreClosedEncryptedAndVersioned(t *testing.T) {
	policies := synthesised(t).of("AWS::S3::BucketPolicy")
	each(t, "AWS::S3::Bucket", func(t *testing.T, id string, r resource) {
		for _, setting := range []string{"BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"} {
			if at(r.Properties, "PublicAccessBlockConfiguration", setting) != true {
				t.Errorf("%s: %s is off", id, setting)
			}
		}
		if r.Properties["BucketEncryption"] == nil || at(r.Properties, "VersioningConfiguration", "Status") != "Enabled" && !throwaway(id) {
			t.Errorf("%s is not versioned and encrypted", id)
		}
		if !strings.HasSuffix(id, "/accesslogs") && at(r.Properties, "LoggingConfiguration", "DestinationBucketName") == nil {
			t.Errorf("%s: nobody logs who reads it", id)
		}
		policy, _ := json.Marshal(policies[id+"policy"].Properties)
		for _, wanted := range []string{`"aws:SecureTransport":"false"`, `"s3:TlsVersion":"1.2"`, `"Effect":"Deny"`} {
			if !strings.Contains(string(policy), wanted) {
				t.Errorf("%s: its policy has no %s", id, wanted)
			}
		}
	})
}

// throwaway tells the buckets of restore tests, which hold copies for minutes: a version that stays would be what such a test
// proves not to leave.
func throwaway(id string) bool { return strings.HasSuffix(id, "/restoretest") }

func TestBackupBucketsKeepWhatWasPromised(t *testing.T) {
	e := named(t, "production")
	rules := retention.From(e)
	for _, stack := range []string{"backup-us-east-1", "backup-us-west-2"} {
		bucket := synthesised(t).stack(t, stack).Resources["backups"]
		found := map[string]float64{}
		untagged := false
		for _, rule := range at(bucket.Properties, "LifecycleConfiguration", "Rules").([]any) {
			tags, _ := at(rule, "TagFilters").([]any)
			if len(tags) == 0 {
				untagged = untagged || at(rule, "ExpiredObjectDeleteMarker") == true && at(rule, "AbortIncompleteMultipartUpload", "DaysAfterInitiation") != nil
				inNoPoint := func(p retention.Expiry) bool {
					return at(rule, "Prefix") == p.Prefix && at(rule, "ExpirationInDays") == float64(p.Days)
				}
				if at(rule, "ExpirationInDays") != nil && !slices.ContainsFunc(retention.Passing(rules), inNoPoint) {
					t.Errorf("%s: a rule without a tag expires what somebody wants to keep", stack)
				}
				continue
			}
			found[at(tags[0], "Value").(string)] = at(rule, "ExpirationInDays").(float64)
		}
		for _, class := range []retention.Class{retention.Daily, retention.Weekly, retention.Monthly, retention.ForConfiguration, retention.ForInfrastructure} {
			kept, promised := found[string(class)], rules.Keep(class).Hours()/24
			if kept < promised || kept > promised+1 {
				t.Errorf("%s: %s objects expire after %v days, promised are %v and at most a day more", stack, class, kept, promised)
			}
		}
		if !untagged {
			t.Errorf("%s: nothing removes delete markers and unfinished uploads", stack)
		}
		if at(bucket.Properties, "ObjectLockEnabled") != true || at(bucket.Properties, "ObjectLockConfiguration", "Rule", "DefaultRetention", "Days") == nil {
			t.Errorf("%s: the backups can be deleted before their time", stack)
		}
	}
}

func TestBucketsAreReplicatedBothWays(t *testing.T) {
	for stack, buckets := range map[string][]string{
		"backup-us-east-1": {"backups", "compliance"}, "storage-us-east-1": {"data"}, "backup-us-west-2": {"backups", "compliance"}, "storage-us-west-2": {"data"},
	} {
		for _, id := range buckets {
			rules, _ := at(synthesised(t).stack(t, stack).Resources[id].Properties, "ReplicationConfiguration", "Rules").([]any)
			if len(rules) != 1 {
				t.Errorf("%s/%s has %d replication rules", stack, id, len(rules))
				continue
			}
			for _, setting := range []string{"Metrics", "ReplicationTime"} {
				if at(rules[0], "Destination", setting, "Status") != "Enabled" {
					t.Errorf("%s/%s: replication without %s", stack, id, setting)
				}
			}
			if at(rules[0], "Destination", "EncryptionConfiguration", "ReplicaKmsKeyID") == nil || at(rules[0], "SourceSelectionCriteria", "SseKmsEncryptedObjects", "Status") != "Enabled" {
				t.Errorf("%s/%s: encrypted objects are not replicated under a key of the other region", stack, id)
			}
			if at(rules[0], "SourceSelectionCriteria", "ReplicaModifications", "Status") != "Enabled" {
				t.Errorf("%s/%s: tags of replicas do not come back", stack, id)
			}
		}
	}
}

// TestTheFirstDeploymentRefersToNoBucketThatIsYetToBeMade: the recovery region's buckets come first, and later deployments
// add what they left out.
func TestTheFirstDeploymentRefersToNoBucketThatIsYetToBeMade(t *testing.T) {
	first, err := synthesiseWith(stacks.Options{Environment: named(t, "production"), First: true})
	if err != nil {
		t.Fatal(err)
	}
	for _, later := range synthesised(t).templates {
		changed := 0
		for id, r := range later.Resources {
			if r.Type == "AWS::S3::Bucket" && !reflect.DeepEqual(r.Properties["ReplicationConfiguration"], first.stack(t, later.Stack).Resources[id].Properties["ReplicationConfiguration"]) {
				if changed++; first.stack(t, later.Stack).Resources[id].Properties["ReplicationConfiguration"] != nil {
					t.Errorf("%s/%s is replicated elsewhere at first", later.Stack, id)
				}
			}
		}
		if want := map[string]int{"storage-us-west-2": 1, "backup-us-west-2": 2}[later.Stack]; changed != want {
			t.Errorf("%s: the first deployment leaves out the replication of %d buckets, not of %d", later.Stack, changed, want)
		}
	}
}

// stateful are the types whose loss would be a loss of data or of evidence.
var stateful = []string{
	"AWS::DynamoDB::Table", "AWS::ECR::Repository", "AWS::EFS::FileSystem", "AWS::KMS::Key", "AWS::KMS::ReplicaKey", "AWS::Logs::LogGroup",
	"AWS::RDS::DBInstance", "AWS::S3::Bucket", "AWS::SecretsManager::Secret", "AWS::StepFunctions::StateMachine",
}

func TestWhatHoldsDataOutlivesItsStack(t *testing.T) {
	for _, kind := range stateful {
		each(t, kind, func(t *testing.T, id string, r resource) {
			if throwaway(id) {
				return
			}
			if r.DeletionPolicy != "Retain" || r.UpdateReplacePolicy != "Retain" {
				t.Errorf("%s (%s): deletion policy %q, replacement policy %q", id, kind, r.DeletionPolicy, r.UpdateReplacePolicy)
			}
		})
	}
	each(t, "AWS::RDS::DBInstance", func(t *testing.T, id string, r resource) {
		if r.Properties["DeletionProtection"] != true || r.Properties["KmsKeyId"] == nil || r.Properties["PubliclyAccessible"] != false || r.Properties["EnableIAMDatabaseAuthentication"] != true {
			t.Errorf("%s: unprotected, unencrypted, public or without IAM logins", id)
		}
	})
	each(t, "AWS::DynamoDB::Table", func(t *testing.T, id string, r resource) {
		if r.Properties["DeletionProtectionEnabled"] != true || at(r.Properties, "PointInTimeRecoverySpecification", "PointInTimeRecoveryEnabled") != true || at(r.Properties, "SSESpecification", "SSEEnabled") != true {
			t.Errorf("%s: unprotected, unencrypted or without point-in-time recovery", id)
		}
	})
	var manifest struct {
		Artifacts map[string]struct {
			Type       string
			Properties struct{ TerminationProtection bool }
		}
	}
	readJSON(t, synthesised(t).directory+"/manifest.json", &manifest)
	protected := 0
	for id, artifact := range manifest.Artifacts {
		if artifact.Type != "aws:cloudformation:stack" {
			continue
		}
		protected++
		if !artifact.Properties.TerminationProtection {
			t.Errorf("stack %s may be deleted by mistake", id)
		}
	}
	if protected != len(synthesised(t).templates) {
		t.Errorf("the manifest has %d stacks", protected)
	}
}

func TestTheTwoDatabases(t *testing.T) {
	e, a := named(t, "production"), synthesised(t)
	source, replica := a.stack(t, "workload-us-east-1").Resources["database"].Properties, a.stack(t, "workload-us-west-2").Resources["database"].Properties
	if source["MultiAZ"] != true || source["StorageEncrypted"] != true || source["BackupRetentionPeriod"] != float64(e.Database.BackupRetention.Days()) || source["AutomaticBackupReplicationRegion"] != "us-west-2" || source["AutomaticBackupReplicationKmsKeyId"] == nil {
		t.Errorf("the source is not Multi-AZ with its backups replicated: %v", source)
	}
	if replica["SourceDBInstanceIdentifier"] != "arn:aws:rds:us-east-1:111122223333:db:acso-production-db" || replica["KmsKeyId"] == nil || replica["BackupRetentionPeriod"] == float64(0) {
		t.Errorf("the replica names no source and key, or could not be promoted for want of a backup: %v", replica)
	}
	for _, property := range []string{"DBName", "MasterUsername", "MasterUserPassword", "AllocatedStorage", "StorageEncrypted"} {
		if replica[property] != nil {
			t.Errorf("the replica has %s, which RDS refuses beside a source", property)
		}
	}
}

func TestNoTemplateSaysHowManyTasksRun(t *testing.T) {
	each(t, "AWS::ECS::Service", func(t *testing.T, id string, r resource) {
		if _, says := r.Properties["DesiredCount"]; says {
			t.Errorf("%s has a DesiredCount: a deployment during an incident would undo the fence", id)
		}
	})
	e := named(t, "production")
	each(t, "AWS::ApplicationAutoScaling::ScalableTarget", func(t *testing.T, id string, r resource) {
		least := e.Services[0].Desired
		if strings.HasPrefix(id, "workload-us-west-2/") {
			least = e.Services[0].Standby
		}
		if r.Properties["MinCapacity"] != float64(least) || r.Properties["MaxCapacity"] != float64(2*e.Services[0].Desired) {
			t.Errorf("%s scales between %v and %v", id, r.Properties["MinCapacity"], r.Properties["MaxCapacity"])
		}
	})
}

func TestNamesAreMadeInAdvance(t *testing.T) {
	e, a := named(t, "production"), synthesised(t)
	var public []map[string]any
	for _, r := range a.of("AWS::Route53::RecordSet") {
		if r.Properties["Name"] == e.Domain.Name {
			public = append(public, r.Properties)
		}
	}
	if len(public) != 2 {
		t.Fatalf("%d records answer for %s", len(public), e.Domain.Name)
	}
	for _, record := range public {
		if record["Type"] != "CNAME" || record["TTL"] != "60" || (record["Failover"] == "PRIMARY") != (record["HealthCheckId"] != nil) {
			t.Errorf("a record of the public name is %v", record)
		}
	}
	check := a.stack(t, "dns-us-east-1").Resources["switch"].Properties["HealthCheckConfig"]
	want := map[string]any{
		"Type": "CLOUDWATCH_METRIC", "Inverted": false, "InsufficientDataHealthStatus": "LastKnownStatus",
		"AlarmIdentifier": map[string]any{"Name": e.SwitchAlarm(), "Region": "us-west-2"},
	}
	if !reflect.DeepEqual(check, want) {
		t.Errorf("the switch's check is %v", check)
	}
}

func TestMessagesAreEncrypted(t *testing.T) {
	each(t, "AWS::SNS::Topic", func(t *testing.T, id string, r resource) {
		if r.Properties["KmsMasterKeyId"] == nil {
			t.Errorf("%s is not encrypted", id)
		}
	})
	each(t, "AWS::SQS::Queue", func(t *testing.T, id string, r resource) {
		if r.Properties["KmsMasterKeyId"] == nil {
			t.Errorf("%s is not encrypted", id)
		}
	})
	each(t, "AWS::Logs::LogGroup", func(t *testing.T, id string, r resource) {
		if r.Properties["KmsKeyId"] == nil || r.Properties["RetentionInDays"] == nil {
			t.Errorf("%s is not encrypted, or keeps logs without end", id)
		}
	})
	each(t, "AWS::KMS::Key", func(t *testing.T, id string, r resource) {
		if r.Properties["MultiRegion"] != true || r.Properties["EnableKeyRotation"] != true {
			t.Errorf("%s is of one region, or is never rotated", id)
		}
	})
}

func TestEverythingIsTagged(t *testing.T) {
	for _, kind := range []string{"AWS::S3::Bucket", "AWS::RDS::DBInstance", "AWS::DynamoDB::Table", "AWS::Lambda::Function", "AWS::StepFunctions::StateMachine", "AWS::KMS::Key", "AWS::ECS::Service"} {
		each(t, kind, func(t *testing.T, id string, r resource) {
			if strings.Contains(id, "CustomCrossRegion") {
				return // CDK's own, which takes no tags; the stack's tags cover it
			}
			tags, _ := r.Properties["Tags"].([]any)
			var keys []string
			for _, tag := range tags {
				keys = append(keys, fmt.Sprint(at(tag, "Key")))
			}
			for _, key := range []string{"Application", "Environment", "ManagedBy"} {
				if !slices.Contains(keys, key) {
					t.Errorf("%s has no tag %s: %v", id, key, keys)
				}
			}
		})
	}
}

// TestPoliciesFitIntoIAM: a managed policy has at most 6,144 characters, white space aside.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
func TestPoliciesFitIntoIAM(t *testing.T) {
	each(t, "AWS::IAM::ManagedPolicy", func(t *testing.T, id string, r resource) {
		text, err := json.Marshal(r.Properties["PolicyDocument"])
		if err != nil {
			t.Fatal(err)
		}
		if len(text) > 6144 { // references are longer here than what they stand for
			t.Errorf("%s has %d characters", id, len(text))
		}
	})
}
