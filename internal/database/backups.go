package database

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/aws-sdk-go-v2/service/rds/types"

	"github.com/acso/disaster-recovery/internal/failure"
)

// ReplicatedBackups is what the client's region has of the automated backups of an instance in another region, by the
// identifier that survives every renaming; nil for nothing.
// https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_ReplicateBackups.html
func ReplicatedBackups(ctx context.Context, client *rds.Client, region, resource string) (*types.DBInstanceAutomatedBackup, error) {
	out, err := client.DescribeDBInstanceAutomatedBackups(ctx, &rds.DescribeDBInstanceAutomatedBackupsInput{DbiResourceId: aws.String(resource)})
	if err != nil {
		err = failure.FromAWS(err, "look for the replicated automated backups of %s", resource)
		if failure.Is(err, failure.NotFound) {
			return nil, nil
		}
		return nil, err
	}
	for _, b := range out.DBInstanceAutomatedBackups {
		if aws.ToString(b.Region) == region && aws.ToString(b.DbiResourceId) == resource {
			return &b, nil
		}
	}
	return nil, nil
}
