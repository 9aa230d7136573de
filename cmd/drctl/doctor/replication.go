package doctor

import (
	"context"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/acso/disaster-recovery/internal/failure"
)

// replicated looks whether the region's buckets are replicated to the other's. The first deployment leaves the recovery
// region's out: docs/decisions/0030-buckets-replicate-both-ways.md.
func (d *Doctor) replicated(ctx context.Context, config aws.Config, region string) Check {
	e := d.Environment
	c := Check{Name: "replication of the buckets of " + region, Result: Pass}
	client := s3.NewFromConfig(config)
	var missing []string
	for _, bucket := range []string{e.Buckets.Data, e.Buckets.Backups, e.Buckets.Compliance} {
		from, to := e.BucketIn(region, bucket), e.BucketIn(e.Pair(region), bucket)
		out, err := client.GetBucketReplication(ctx, &s3.GetBucketReplicationInput{Bucket: aws.String(from)})
		switch code := failure.Code(err); {
		case code == "NoSuchBucket":
			c.Detail = "nothing was deployed yet"
			return c
		case code == "ReplicationConfigurationNotFoundError":
			missing = append(missing, from)
			continue
		case err != nil:
			return unknown(c.Name, err, "allow s3:GetReplicationConfiguration on %s, then ask again", from)
		}
		found := false
		if out.ReplicationConfiguration != nil {
			for _, rule := range out.ReplicationConfiguration.Rules {
				found = found || rule.Status == "Enabled" && rule.Destination != nil && strings.TrimPrefix(aws.ToString(rule.Destination.Bucket), "arn:aws:s3:::") == to
			}
		}
		if !found {
			missing = append(missing, from)
		}
	}
	c.Detail = "data, backups and reports go to " + e.Pair(region)
	if len(missing) > 0 {
		c.Result, c.Detail = Fail, strings.Join(missing, ", ")+" is not replicated to "+e.Pair(region)
		c.Todo = "deploy storage and backup of " + region + " again, without -c first-deployment=yes"
	}
	return c
}
