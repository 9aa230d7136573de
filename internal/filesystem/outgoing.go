package filesystem

import (
	"context"
	"errors"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/efs"
	"github.com/aws/aws-sdk-go-v2/service/efs/types"

	"github.com/acso/disaster-recovery/internal/failure"
)

// Outgoing is the replication of which the region's file system is the source. Replicating is false when there is none, or
// when it is a destination itself. LastSync is of the other region's copy: everything written before it is there.
func (f *FileSystem) Outgoing(ctx context.Context) (State, error) {
	if _, err := f.describe(ctx); err != nil {
		return State{}, err
	}
	s := State{ID: f.id}
	out, err := f.client.DescribeReplicationConfigurations(ctx, &efs.DescribeReplicationConfigurationsInput{FileSystemId: aws.String(f.id)})
	var none *types.ReplicationNotFound
	switch {
	case errors.As(err, &none):
		return s, nil
	case err != nil:
		return s, failure.FromAWS(err, "describe the replication of file system %s", f.id)
	}
	for _, replication := range out.Replications {
		if aws.ToString(replication.SourceFileSystemId) != f.id {
			continue
		}
		for _, destination := range replication.Destinations {
			s.Replicating, s.Source, s.Status = true, f.id, string(destination.Status)
			s.LastSync = aws.ToTime(destination.LastReplicatedTimestamp)
		}
	}
	return s, nil
}
