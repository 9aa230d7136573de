package database

import (
	"context"
	"errors"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/aws-sdk-go-v2/service/rds/types"

	"github.com/acso/disaster-recovery/internal/failure"
)

// Find is what RDS says about an instance of any name in the region of the client; nil when there is none.
func Find(ctx context.Context, client *rds.Client, name string) (*types.DBInstance, error) {
	out, err := client.DescribeDBInstances(ctx, &rds.DescribeDBInstancesInput{DBInstanceIdentifier: aws.String(name)})
	var missing *types.DBInstanceNotFoundFault
	if errors.As(err, &missing) {
		return nil, nil
	}
	if err != nil {
		return nil, failure.FromAWS(err, "describe database %s in %s", name, client.Options().Region)
	}
	if len(out.DBInstances) != 1 {
		return nil, failure.New(failure.Unavailable, "describe database "+name, "RDS lists %d instances of that name", len(out.DBInstances))
	}
	return &out.DBInstances[0], nil
}
