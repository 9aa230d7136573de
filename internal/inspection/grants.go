package inspection

import (
	"fmt"

	"github.com/acso/disaster-recovery/internal/database"
	"github.com/acso/disaster-recovery/internal/environment"
	"github.com/acso/disaster-recovery/internal/filesystem"
	"github.com/acso/disaster-recovery/internal/grant"
)

// Grants is what an inspector may do in a region: read there, and log in to the database.
func Grants(e *environment.Environment, region string) []grant.Grant {
	at := func(service, resource string) string {
		return fmt.Sprintf("arn:aws:%s:%s:%s:%s", service, region, e.Account, resource)
	}
	grants := append(database.Grants(e, region), filesystem.Grants(e, region)...)
	return append(grants, []grant.Grant{
		// These know no resources.
		{Actions: []string{"cloudwatch:GetMetricStatistics", "ec2:DescribeNetworkAcls", "rds:DescribeAccountAttributes"}, Resources: []string{"*"}},
		{Actions: []string{"kms:DescribeKey"}, Resources: []string{at("kms", "key/*")}},
		{Actions: []string{"rds:DescribeDBInstanceAutomatedBackups"}, Resources: []string{at("rds", "auto-backup:*")}},
		{Actions: []string{"rds:DescribeDBSnapshots"}, Resources: []string{at("rds", "snapshot:*")}},
		{Actions: []string{"s3:ListBucket"}, Resources: []string{"arn:aws:s3:::" + e.BucketIn(region, e.Buckets.Backups)}},
	}...)
}
