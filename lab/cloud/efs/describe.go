package efs

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	awsefs "github.com/aws/aws-sdk-go-v2/service/efs"
	"github.com/aws/aws-sdk-go-v2/service/efs/types"

	"github.com/acso/disaster-recovery/internal/grant"
	"github.com/acso/disaster-recovery/lab/cloud"
)

// on is the action on a file system, or on all of the region when none is named. Actions and resources:
// docs.aws.amazon.com/service-authorization/latest/reference/list_amazonelasticfilesystem.html.
func (s *Service) on(call *cloud.Call, id *string, action string) []grant.Action {
	region, name := call.Region, aws.ToString(id)
	if f := s.byID("", name); f != nil {
		region = f.Region
	}
	if name == "" {
		name = "*"
	}
	return []grant.Action{{Name: "elasticfilesystem:" + action, Resource: s.cloud.ARN("elasticfilesystem", region, "file-system/"+name)}}
}

func (s *Service) register() {
	cloud.Register(s.cloud, "EFS.DescribeFileSystems", cloud.Spec[awsefs.DescribeFileSystemsInput]{
		Actions: func(call *cloud.Call, in *awsefs.DescribeFileSystemsInput) []grant.Action {
			return s.on(call, in.FileSystemId, "DescribeFileSystems")
		},
	}, s.describeSystems)
	cloud.Register(s.cloud, "EFS.DescribeReplicationConfigurations", cloud.Spec[awsefs.DescribeReplicationConfigurationsInput]{
		Actions: func(call *cloud.Call, in *awsefs.DescribeReplicationConfigurationsInput) []grant.Action {
			return s.on(call, in.FileSystemId, "DescribeReplicationConfigurations")
		},
	}, s.describeReplications)
}

func (s *Service) describeSystems(call *cloud.Call, in *awsefs.DescribeFileSystemsInput) (*awsefs.DescribeFileSystemsOutput, error) {
	out := &awsefs.DescribeFileSystemsOutput{}
	for _, f := range s.systems {
		if f.Region != call.Region || in.FileSystemId != nil && *in.FileSystemId != f.ID || in.CreationToken != nil && *in.CreationToken != f.Token {
			continue
		}
		state := types.LifeCycleStateCreating
		if f.available {
			state = types.LifeCycleStateAvailable
		}
		out.FileSystems = append(out.FileSystems, types.FileSystemDescription{
			FileSystemId: aws.String(f.ID), CreationToken: aws.String(f.Token), Name: aws.String(f.Token), FileSystemArn: aws.String(s.arn(f)), OwnerId: aws.String(s.cloud.Account),
			CreationTime: aws.Time(f.created), LifeCycleState: state, Encrypted: aws.Bool(true), KmsKeyId: aws.String(f.key), PerformanceMode: types.PerformanceModeGeneralPurpose,
			NumberOfMountTargets: 2, SizeInBytes: &types.FileSystemSize{Value: 64 << 30}, FileSystemProtection: &types.FileSystemProtectionDescription{ReplicationOverwriteProtection: f.protection},
		})
	}
	if in.FileSystemId != nil && len(out.FileSystems) == 0 {
		return nil, noSystem(*in.FileSystemId)
	}
	return out, nil
}

// describeReplications answers from the record of the call's region, whatever the other region does.
func (s *Service) describeReplications(call *cloud.Call, in *awsefs.DescribeReplicationConfigurationsInput) (*awsefs.DescribeReplicationConfigurationsOutput, error) {
	out := &awsefs.DescribeReplicationConfigurationsOutput{}
	id := aws.ToString(in.FileSystemId)
	if id != "" {
		f := s.byID(call.Region, id)
		if f == nil {
			return nil, noSystem(id)
		}
		r := s.Of(f)
		if r == nil {
			return nil, noReplication(id)
		}
		out.Replications = append(out.Replications, s.describe(r))
		return out, nil
	}
	for _, r := range s.replications {
		if r.sourceSide && r.Source.Region == call.Region || r.destSide && r.Destination.Region == call.Region {
			out.Replications = append(out.Replications, s.describe(r))
		}
	}
	return out, nil
}

func (s *Service) describe(r *Replication) types.ReplicationConfigurationDescription {
	return types.ReplicationConfigurationDescription{
		CreationTime: aws.Time(r.created), SourceFileSystemId: aws.String(r.Source.ID), SourceFileSystemArn: aws.String(s.arn(r.Source)),
		OriginalSourceFileSystemArn: aws.String(s.arn(r.Source)), SourceFileSystemRegion: aws.String(r.Source.Region), SourceFileSystemOwnerId: aws.String(s.cloud.Account),
		Destinations: []types.Destination{s.destination(r)},
	}
}

func (s *Service) destination(r *Replication) types.Destination {
	d := types.Destination{FileSystemId: aws.String(r.Destination.ID), Region: aws.String(r.Destination.Region), Status: r.Status, OwnerId: aws.String(s.cloud.Account)}
	if !r.LastSync.IsZero() {
		d.LastReplicatedTimestamp = aws.Time(r.LastSync)
	}
	return d
}
