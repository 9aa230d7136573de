// Package filesystem looks at the replicated EFS file system of a region.
//
// It refuses to take a file system for writable because its replication is gone: EFS itself has to say that it protects
// it from being overwritten and that it is available.
package filesystem

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/efs"
	"github.com/aws/aws-sdk-go-v2/service/efs/types"

	"github.com/acso/disaster-recovery/internal/environment"
	"github.com/acso/disaster-recovery/internal/failure"
	"github.com/acso/disaster-recovery/internal/grant"
	"github.com/acso/disaster-recovery/internal/platform"
)

// FileSystem is the file system of the region that the function runs in.
type FileSystem struct {
	name   string // its Name tag, or its identifier
	client *efs.Client
	id     string
}

// State is what EFS says about it.
type State struct {
	ID          string
	Replicating bool      // it is the destination of a replication
	Source      string    // file system identifier; "" without a replication
	Status      string    // of the replication
	LastSync    time.Time // everything written before it is here; zero when there was none
	Writable    bool
}

// In is the file system of the platform's region.
func In(p platform.Platform, client *efs.Client) *FileSystem {
	return &FileSystem{name: p.Environment.FileSystem(p.Region()), client: client}
}

// Grants is what looking takes. A file system's identifier is AWS's choice, so the pattern is its region.
func Grants(e *environment.Environment, region string) []grant.Grant {
	return []grant.Grant{{
		Actions:   []string{"elasticfilesystem:DescribeFileSystems", "elasticfilesystem:DescribeReplicationConfigurations"},
		Resources: []string{ARN(e, region)},
	}}
}

// ARN is the pattern of the file systems of a region.
func ARN(e *environment.Environment, region string) string {
	return fmt.Sprintf("arn:aws:elasticfilesystem:%s:%s:file-system/*", region, e.Account)
}

// State asks EFS.
func (f *FileSystem) State(ctx context.Context) (State, error) {
	system, err := f.describe(ctx)
	if err != nil {
		return State{}, err
	}
	s := State{ID: f.id}
	out, err := f.client.DescribeReplicationConfigurations(ctx, &efs.DescribeReplicationConfigurationsInput{FileSystemId: aws.String(f.id)})
	var none *types.ReplicationNotFound
	switch {
	case errors.As(err, &none):
		s.Writable = system.LifeCycleState == types.LifeCycleStateAvailable && system.FileSystemProtection != nil &&
			system.FileSystemProtection.ReplicationOverwriteProtection == types.ReplicationOverwriteProtectionEnabled
		return s, nil
	case err != nil:
		return s, failure.FromAWS(err, "describe the replication of file system %s", f.id)
	}
	for _, replication := range out.Replications {
		for _, destination := range replication.Destinations {
			if aws.ToString(destination.FileSystemId) == f.id {
				s.Replicating, s.Source, s.Status = true, aws.ToString(replication.SourceFileSystemId), string(destination.Status)
				s.LastSync = aws.ToTime(destination.LastReplicatedTimestamp)
			}
		}
	}
	if !s.Replicating {
		return s, failure.New(failure.NotFound, "describe the replication of file system "+f.id, "it is in a replication, but not as a destination")
	}
	return s, nil
}

// describe finds the file system by its Name tag, or by its identifier when it existed before. Its creation token would be simpler to ask for, but CloudFormation
// chooses that itself: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-efs-filesystem.html
func (f *FileSystem) describe(ctx context.Context) (types.FileSystemDescription, error) {
	op := "describe the file system " + f.name
	var found []types.FileSystemDescription
	pages := efs.NewDescribeFileSystemsPaginator(f.client, &efs.DescribeFileSystemsInput{})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return types.FileSystemDescription{}, failure.FromAWS(err, "%s", op)
		}
		for _, system := range page.FileSystems {
			if aws.ToString(system.Name) == f.name || aws.ToString(system.FileSystemId) == f.name {
				found = append(found, system)
			}
		}
	}
	if len(found) != 1 {
		return types.FileSystemDescription{}, failure.New(failure.NotFound, op, "EFS lists %d with that Name tag or identifier", len(found))
	}
	f.id = aws.ToString(found[0].FileSystemId)
	return found[0], nil
}
