package filesystem

import (
	"context"
	"errors"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/efs"
	"github.com/aws/aws-sdk-go-v2/service/efs/types"

	"github.com/acso/disaster-recovery/internal/failure"
)

// Side is a file system in whatever replication its region knows it to be.
type Side struct {
	ID        string
	CopyOf    string // the file system that it is a copy of; "" when it is none
	CopiedTo  string // the file system that is its copy; "" when there is none
	Status    string // of the replication
	LastSync  time.Time
	Protected bool // from being overwritten by a replication
}

// Replicating tells whether it is in a replication, on either side.
func (s Side) Replicating() bool { return s.CopyOf != "" || s.CopiedTo != "" }

// Look asks EFS for either side of a replication.
func (f *FileSystem) Look(ctx context.Context) (Side, error) {
	system, err := f.describe(ctx)
	if err != nil {
		return Side{}, err
	}
	s := Side{ID: f.id}
	if p := system.FileSystemProtection; p != nil {
		s.Protected = p.ReplicationOverwriteProtection == types.ReplicationOverwriteProtectionEnabled
	}
	out, err := f.client.DescribeReplicationConfigurations(ctx, &efs.DescribeReplicationConfigurationsInput{FileSystemId: aws.String(f.id)})
	var none *types.ReplicationNotFound
	if errors.As(err, &none) {
		return s, nil
	}
	if err != nil {
		return s, failure.FromAWS(err, "describe the replication of file system %s", f.id)
	}
	for _, replication := range out.Replications {
		for _, destination := range replication.Destinations {
			id := aws.ToString(destination.FileSystemId)
			if id == f.id {
				s.CopyOf = aws.ToString(replication.SourceFileSystemId)
			} else {
				s.CopiedTo = id
			}
			s.Status, s.LastSync = string(destination.Status), aws.ToTime(destination.LastReplicatedTimestamp)
		}
	}
	return s, nil
}
