package s3

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/acso/disaster-recovery/internal/grant"
	"github.com/acso/disaster-recovery/lab/cloud"
)

// registerConfiguration is what a bucket says of itself.
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketReplication.html, also for the action and the error's code.
func (s *Service) registerConfiguration() {
	cloud.Register(s.cloud, "S3.GetBucketReplication", cloud.Spec[s3.GetBucketReplicationInput]{
		Actions: func(_ *cloud.Call, in *s3.GetBucketReplicationInput) []grant.Action {
			return []grant.Action{{Name: "s3:GetReplicationConfiguration", Resource: "arn:aws:s3:::" + aws.ToString(in.Bucket)}}
		},
	}, s.getReplication)
}

func (s *Service) getReplication(call *cloud.Call, in *s3.GetBucketReplicationInput) (*s3.GetBucketReplicationOutput, error) {
	b, err := s.find(call, in.Bucket)
	if err != nil {
		return nil, err
	}
	if len(b.Replication) == 0 {
		return nil, cloud.Error("ReplicationConfigurationNotFoundError", "The replication configuration was not found")
	}
	out := &types.ReplicationConfiguration{Role: aws.String("arn:aws:iam::" + s.cloud.Account + ":role/replication")}
	for _, r := range b.Replication {
		markers := types.DeleteMarkerReplicationStatusDisabled
		if r.DeleteMarkers {
			markers = types.DeleteMarkerReplicationStatusEnabled
		}
		out.Rules = append(out.Rules, types.ReplicationRule{
			Status: types.ReplicationRuleStatusEnabled, Destination: &types.Destination{Bucket: aws.String("arn:aws:s3:::" + r.To)},
			Filter: &types.ReplicationRuleFilter{Prefix: aws.String(r.Prefix)}, DeleteMarkerReplication: &types.DeleteMarkerReplication{Status: markers},
		})
	}
	return &s3.GetBucketReplicationOutput{ReplicationConfiguration: out}, nil
}
