package efs

import (
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsefs "github.com/aws/aws-sdk-go-v2/service/efs"
	"github.com/aws/aws-sdk-go-v2/service/efs/types"

	"github.com/acso/disaster-recovery/internal/grant"
	"github.com/acso/disaster-recovery/lab/cloud"
)

func (s *Service) registerChanges() {
	cloud.Register(s.cloud, "EFS.DeleteReplicationConfiguration", cloud.Spec[awsefs.DeleteReplicationConfigurationInput]{
		Mutating: true,
		Actions:  s.deleting,
	}, s.deleteReplication)
	cloud.Register(s.cloud, "EFS.CreateReplicationConfiguration", cloud.Spec[awsefs.CreateReplicationConfigurationInput]{
		Mutating: true,
		// Creating one also takes rights on the destination and the service-linked role:
		// docs.aws.amazon.com/efs/latest/ug/API_CreateReplicationConfiguration.html.
		Actions: func(call *cloud.Call, in *awsefs.CreateReplicationConfigurationInput) []grant.Action {
			actions := s.on(call, in.SourceFileSystemId, "CreateReplicationConfiguration")
			return append(actions, grant.Action{Name: "iam:CreateServiceLinkedRole", Resource: "arn:aws:iam::" + s.cloud.Account + ":role/aws-service-role/replication.elasticfilesystem.amazonaws.com/AWSServiceRoleForElasticFileSystem"})
		},
	}, s.createReplication)
	cloud.Register(s.cloud, "EFS.UpdateFileSystemProtection", cloud.Spec[awsefs.UpdateFileSystemProtectionInput]{
		Mutating: true,
		Actions: func(call *cloud.Call, in *awsefs.UpdateFileSystemProtectionInput) []grant.Action {
			return s.on(call, in.FileSystemId, "UpdateFileSystemProtection")
		},
	}, s.updateProtection)
}

// deleting are the actions of ending a replication. AWS deletes the configuration on both sides by default, and says that
// missing permissions may keep it from doing so (docs.aws.amazon.com/efs/latest/ug/API_DeleteReplicationConfiguration.html).
// That it checks the caller's right on both file systems then, and on the local one alone otherwise, is a guess on the
// safe side.
func (s *Service) deleting(call *cloud.Call, in *awsefs.DeleteReplicationConfigurationInput) []grant.Action {
	actions := s.on(call, in.SourceFileSystemId, "DeleteReplicationConfiguration")
	for _, r := range s.replications {
		if r.Source.ID != aws.ToString(in.SourceFileSystemId) {
			continue
		}
		destination := s.on(call, aws.String(r.Destination.ID), "DeleteReplicationConfiguration")
		if in.DeletionMode == types.DeletionModeLocalConfigurationOnly && call.Region == r.Destination.Region {
			return destination
		}
		actions = append(actions, destination...)
	}
	return actions
}

// deleteReplication ends a replication from either side: "you can delete an existing replication configuration from
// either the source or the destination file system". The destination becomes writable after several minutes, protected
// against being overwritten again: docs.aws.amazon.com/efs/latest/ug/delete-replications.html. That it works while the
// other region is dead is how AWS describes failing over to the replica (replication-fail-over.html); that the dead side
// keeps its record until it returns is a guess.
func (s *Service) deleteReplication(call *cloud.Call, in *awsefs.DeleteReplicationConfigurationInput) (*awsefs.DeleteReplicationConfigurationOutput, error) {
	id := aws.ToString(in.SourceFileSystemId)
	var r *Replication
	for _, each := range s.replications {
		here := each.sourceSide && each.Source.Region == call.Region || each.destSide && each.Destination.Region == call.Region
		if each.Source.ID == id && here {
			r = each
		}
	}
	if r == nil {
		if s.byID(call.Region, id) == nil {
			return nil, noSystem(id)
		}
		return nil, noReplication(id)
	}
	local, mode := call.Region, in.DeletionMode
	if r.Status == types.ReplicationStatusDeleting && r.deletedBy[local] {
		return &awsefs.DeleteReplicationConfigurationOutput{}, nil
	}
	r.Status = types.ReplicationStatusDeleting
	if r.deletedBy == nil {
		r.deletedBy = map[string]bool{}
	}
	r.deletedBy[local] = true
	s.later(local, s.draw("delete", s.Durations.Delete), func() {
		for _, region := range []string{r.Source.Region, r.Destination.Region} {
			if region == local || mode != types.DeletionModeLocalConfigurationOnly {
				s.cloud.WhenAlive(region, func() { s.forget(r, region) })
			}
		}
	})
	return &awsefs.DeleteReplicationConfigurationOutput{}, nil
}

func (s *Service) forget(r *Replication, region string) {
	if region == r.Source.Region {
		r.sourceSide = false
	}
	if region == r.Destination.Region {
		r.destSide = false
		r.Destination.protection = types.ReplicationOverwriteProtectionEnabled
	}
	if !r.sourceSide && !r.destSide {
		s.replications = slices.DeleteFunc(s.replications, func(other *Replication) bool { return other == r })
	}
}

// createReplication copies to a new file system, or to one whose overwrite protection was disabled before:
// docs.aws.amazon.com/efs/latest/ug/API_CreateReplicationConfiguration.html.
func (s *Service) createReplication(call *cloud.Call, in *awsefs.CreateReplicationConfigurationInput) (*awsefs.CreateReplicationConfigurationOutput, error) {
	id := aws.ToString(in.SourceFileSystemId)
	source := s.byID(call.Region, id)
	if source == nil {
		return nil, noSystem(id)
	}
	if len(in.Destinations) != 1 {
		return nil, invalid("exactly one destination is needed")
	}
	to := in.Destinations[0]
	if s.Of(source) != nil {
		return nil, exists(id)
	}
	region := aws.ToString(to.Region)
	var destination *FileSystem
	if to.FileSystemId != nil {
		if destination = s.byID(region, *to.FileSystemId); destination == nil {
			return nil, noSystem(*to.FileSystemId)
		}
		if s.Of(destination) != nil {
			return nil, exists(destination.ID)
		}
		if destination.protection != types.ReplicationOverwriteProtectionDisabled {
			return nil, &types.ConflictException{ErrorCode_: aws.String("ConflictException"), Message: aws.String("The destination " + destination.ID + " is protected against being overwritten by replication.")}
		}
	} else {
		if !slices.Contains(s.cloud.Regions(), region) {
			return nil, invalid("the destination names no file system and no known region")
		}
		destination = s.Create(region, "replica-of-"+id, aws.ToString(to.KmsKeyId))
	}
	r := s.Replicate(source, destination)
	r.Status, r.LastSync = types.ReplicationStatusEnabling, time.Time{} // nothing is known to be there before the first sync
	began := s.sim.Now()
	s.later(region, s.draw("enable", s.Durations.Enable), func() {
		if r.Status == types.ReplicationStatusEnabling {
			r.Status = types.ReplicationStatusEnabled
			s.synced(r, began)
		}
	})
	return &awsefs.CreateReplicationConfigurationOutput{
		CreationTime: aws.Time(r.created), SourceFileSystemId: aws.String(id), SourceFileSystemArn: aws.String(s.arn(source)), OriginalSourceFileSystemArn: aws.String(s.arn(source)),
		SourceFileSystemRegion: aws.String(source.Region), SourceFileSystemOwnerId: aws.String(s.cloud.Account), Destinations: []types.Destination{s.destination(r)},
	}, nil
}

func (s *Service) updateProtection(call *cloud.Call, in *awsefs.UpdateFileSystemProtectionInput) (*awsefs.UpdateFileSystemProtectionOutput, error) {
	id := aws.ToString(in.FileSystemId)
	f := s.byID(call.Region, id)
	if f == nil {
		return nil, noSystem(id)
	}
	if f.protection == types.ReplicationOverwriteProtectionReplicating {
		return nil, exists(id)
	}
	f.protection = in.ReplicationOverwriteProtection
	return &awsefs.UpdateFileSystemProtectionOutput{ReplicationOverwriteProtection: f.protection}, nil
}

func exists(id string) error {
	return &types.ReplicationAlreadyExists{ErrorCode_: aws.String("ReplicationAlreadyExists"), Message: aws.String("File system '" + id + "' is already part of a replication configuration.")}
}

func invalid(message string) error {
	return &types.ValidationException{ErrorCode_: aws.String("ValidationException"), Message: aws.String(message)}
}
