package file_test

import (
	"os"
	"strings"
	"testing"

	"github.com/acso/disaster-recovery/internal/environment"
	"github.com/acso/disaster-recovery/internal/environment/file"
)

// imported is an environment whose whole workload exists already.
func imported(t interface{ Fatal(...any) }) string {
	text, err := os.ReadFile("testdata/imports.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return production(t) + "\n" + string(text)
}

func TestWhatExistsIsCalledAsItsOwnerCallsIt(t *testing.T) {
	e, err := file.Load("imported.yaml", []byte(imported(t)))
	if err != nil {
		t.Fatal(err)
	}
	primary, recovery := e.Regions.Primary, e.Regions.Recovery
	for got, want := range map[string]string{
		e.Cluster(primary): "legacy-cluster", e.Service(primary, "supervisor"): "legacy-supervisor", e.LogGroups(recovery)[4]: "/ecs/legacy/financial-intelligence",
		e.FileSystem(primary): "fs-10000000000000001", e.FileSystem(recovery): "fs-20000000000000001",
		e.DatabaseACL(primary): "acl-10000000000000001", e.DatabaseACL(recovery): "acl-20000000000000001",
		e.Network(primary): "10.20.0.0/16", e.Network(recovery): "10.30.0.0/16", e.Repository("supervisor"): "legacy/supervisor",
		e.BucketIn(primary, e.Buckets.Data): "acso-production-data", e.BucketIn(recovery, e.Buckets.Data): "legacy-data-in-oregon",
		e.BucketIn(recovery, e.Buckets.Backups): "acso-production-backups-us-west-2",
	} {
		if got != want {
			t.Errorf("%s is used for %s", got, want)
		}
	}
}

func TestAMistakeInAnImportNamesFieldAndFix(t *testing.T) {
	for _, c := range []struct{ from, to, field, says string }{
		{"vpc: vpc-1", "vpc: vcp-1", "imports.primary.network.vpc", "is not a VPC identifier: write a VPC identifier, for example vpc-0123456789abcdef0"},
		{"      vpc: vpc-10000000000000001\n", "", "imports.primary.network.vpc", "is missing: write a VPC identifier"},
		{"range: 10.20.0.0/16", "range: 10.20.0.0/8", "imports.primary.network.range", "is not the range of a VPC: write its first address and 16 to 28 bits"},
		{"range: 10.20.0.0/16", "range: 10.20.0.1/16", "imports.primary.network.range", "is not the range of a VPC"},
		{"range: 10.30.0.0/16", "range: 10.20.128.0/17", "imports.recovery.network.range", "overlap (10.20.0.0/16 and 10.20.128.0/17)"},
		{"publicSubnets: [subnet-10000000000000001, subnet-10000000000000002]", "publicSubnets: [subnet-10000000000000001]", "imports.primary.network.publicSubnets", "lists 1: list at least 2"},
		{"privateSubnets: [subnet-10000000000000003, subnet-10000000000000004]", "privateSubnets: [subnet-10000000000000003, subnet-10000000000000004, subnet-10000000000000009]", "imports.primary.network.privateSubnets", "lists 3 and publicSubnets 2: list one for each zone in all three"},
		{"databaseSubnets: [subnet-10000000000000005", "databaseSubnets: [subnet-10000000000000001", "imports.primary.network.databaseSubnets[0]", "is listed twice, first as imports.primary.network.publicSubnets[0]"},
		{"routeTables: [rtb-10000000000000001, rtb-10000000000000002]", "routeTables: []", "imports.primary.network.routeTables", "lists 0: list at least 1"},
		{"listener: arn:aws:elasticloadbalancing:us-east-1", "listener: arn:aws:elasticloadbalancing:eu-west-1", "imports.primary.balancer.listener", "the listener is in eu-west-1 and not in us-east-1"},
		{"listener: arn:aws:elasticloadbalancing:us-west-2:111122223333", "listener: arn:aws:elasticloadbalancing:us-west-2:999999999999", "imports.recovery.balancer.listener", "belongs to account 999999999999"},
		{"        - {name: threat-hunter, service: legacy-threat-hunter, logGroup: /ecs/legacy/threat-hunter}\n", "", "imports.primary.cluster.services", "does not list threat-hunter, and a part is imported whole or not at all: add threat-hunter"},
		{"{name: threat-hunter, service: legacy-threat-hunter,", "{name: threat-hunters, service: legacy-threat-hunter,", "imports.primary.cluster.services[1].name", `"threat-hunters" is no service of this environment: write a name that services lists`},
		{`"arn:aws:iam::111122223333:role/legacy/tasks"`, "legacy/tasks", "imports.primary.cluster.taskRoles[0]", "is not the ARN of an IAM role"},
		{`["arn:aws:iam::111122223333:role/legacy/tasks", "arn:aws:iam::111122223333:role/legacy/execution"]`, "[]", "imports.primary.cluster.taskRoles", "lists none: list the task role and the execution role"},
		{"service: legacy-threat-hunter,", "service: legacy-supervisor,", "imports.primary.cluster.services[1].service", "is the service of supervisor too"},
		{"    database: acso-production-db\n", "    database: acso-db\n", "imports.primary.database", "acso-db differs from database.identifier (acso-production-db), by which the functions know it: write the same in both"},
		{"    database: acso-production-db\n", "", "imports.recovery.database", "cannot be the replica of a database that is yet to be made: import the primary's database too"},
		{"    database: acso-production-db\n", "    database: \"\"\n", "imports.primary.database", "is empty: write an RDS identifier"},
		{"    files: fs-1", "    files: efs-1", "imports.primary.files", "is not an EFS file system identifier"},
		{"      - {name: supervisor, repository: legacy/supervisor}", "      - {name: supervisor, repository: old/supervisor}", "imports.recovery.images[0].repository", "ECR replicates an image under the name of its repository"},
		{"data: legacy-data-in-oregon", "data: acso-production-data", "imports.recovery.data", "is the bucket of buckets.data"},
		{"data: legacy-data-in-oregon", "data: Legacy", "imports.recovery.data", "is not a bucket name"},
		{"  recovery:\n    network:", "  standby: {}\n  recovery:\n    network:", "imports.standby", "is not a field: remove it, or write one of primary, recovery"},
	} {
		text := imported(t)
		if strings.Count(text, c.from) == 0 {
			t.Fatalf("imports.yaml has no %q", c.from)
		}
		found := load(t, strings.Replace(text, c.from, c.to, 1))
		if len(found) != 1 || found[0].Field != c.field || !strings.Contains(found.Error(), c.says) {
			t.Errorf("%q gives %v, want %s: %s", c.to, found, c.field, c.says)
		}
	}
}

func TestANetworkThatOverlapsTheOneThatIsMade(t *testing.T) {
	e, err := file.Load("imported.yaml", []byte(imported(t)))
	if err != nil {
		t.Fatal(err)
	}
	e.Imports.Recovery.Network = environment.ExistingNetwork{}
	e.Imports.Primary.Network.Range = "10.1.0.0/20" // inside of the recovery region's own
	found := e.Check()
	if len(found) != 1 || found[0].Field != "imports.primary.network.range" || !strings.Contains(found[0].Problem, "overlap") {
		t.Errorf("%v", found)
	}
}
