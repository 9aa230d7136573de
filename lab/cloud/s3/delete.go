package s3

import (
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/acso/disaster-recovery/internal/grant"
	"github.com/acso/disaster-recovery/lab/cloud"
)

func (s *Service) registerDeletes() {
	cloud.Register(s.cloud, "S3.DeleteObject", cloud.Spec[s3.DeleteObjectInput]{
		Mutating: true,
		Actions: func(_ *cloud.Call, in *s3.DeleteObjectInput) []grant.Action {
			actions := []grant.Action{{Name: either(in.VersionId, "DeleteObject"), Resource: object(in.Bucket, in.Key)}}
			if aws.ToBool(in.BypassGovernanceRetention) {
				actions = append(actions, grant.Action{Name: "s3:BypassGovernanceRetention", Resource: object(in.Bucket, in.Key)})
			}
			return actions
		},
	}, s.deleteObject)
	cloud.Register(s.cloud, "S3.PutObjectRetention", cloud.Spec[s3.PutObjectRetentionInput]{
		Mutating: true,
		Actions: func(_ *cloud.Call, in *s3.PutObjectRetentionInput) []grant.Action {
			actions := []grant.Action{{Name: "s3:PutObjectRetention", Resource: object(in.Bucket, in.Key)}}
			if aws.ToBool(in.BypassGovernanceRetention) {
				actions = append(actions, grant.Action{Name: "s3:BypassGovernanceRetention", Resource: object(in.Bucket, in.Key)})
			}
			return actions
		},
	}, s.putObjectRetention)
	cloud.Register(s.cloud, "S3.PutObjectLegalHold", cloud.Spec[s3.PutObjectLegalHoldInput]{
		Mutating: true,
		Actions: func(_ *cloud.Call, in *s3.PutObjectLegalHoldInput) []grant.Action {
			return []grant.Action{{Name: "s3:PutObjectLegalHold", Resource: object(in.Bucket, in.Key)}}
		},
	}, func(call *cloud.Call, in *s3.PutObjectLegalHoldInput) (*s3.PutObjectLegalHoldOutput, error) {
		b, v, err := s.read(call, in.Bucket, in.Key, in.VersionId, false)
		if err != nil {
			return nil, err
		}
		if !b.Lock {
			return nil, cloud.Error("InvalidRequest", "Bucket is missing Object Lock Configuration")
		}
		v.hold = in.LegalHold != nil && in.LegalHold.Status == types.ObjectLockLegalHoldStatusOn
		return &s3.PutObjectLegalHoldOutput{}, nil
	})
}

// locked tells whether a version is protected now. A legal hold yields to nobody, COMPLIANCE to nobody until its end,
// GOVERNANCE to whoever may and says so.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lock.html
func (v *version) locked(now time.Time, bypass bool) bool {
	if v.hold {
		return true
	}
	if !v.until.After(now) {
		return false
	}
	return v.mode == types.ObjectLockRetentionModeCompliance || !bypass
}

func (s *Service) deleteObject(call *cloud.Call, in *s3.DeleteObjectInput) (*s3.DeleteObjectOutput, error) {
	b, err := s.find(call, in.Bucket)
	if err != nil {
		return nil, err
	}
	if in.VersionId == nil {
		if !b.Versioned {
			delete(b.objects, *in.Key)
			return &s3.DeleteObjectOutput{}, nil // whether or not there was one
		}
		v := &version{key: *in.Key, marker: true, at: s.cloud.Sim.Now()}
		s.add(b, v) // a delete marker is allowed on a locked object: nothing is lost by it
		return &s3.DeleteObjectOutput{DeleteMarker: aws.Bool(true), VersionId: aws.String(v.id)}, nil
	}
	v := b.version(*in.Key, *in.VersionId)
	if v == nil {
		return &s3.DeleteObjectOutput{VersionId: in.VersionId}, nil
	}
	if v.locked(s.cloud.Sim.Now(), aws.ToBool(in.BypassGovernanceRetention)) {
		return nil, cloud.Error("AccessDenied", "Access Denied because object protected by object lock.")
	}
	b.drop(v)
	out := &s3.DeleteObjectOutput{VersionId: aws.String(v.id)}
	if v.marker {
		out.DeleteMarker = aws.Bool(true)
	}
	return out, nil // removing a version is never replicated
}

func (b *bucket) drop(v *version) {
	b.objects[v.key] = slices.DeleteFunc(b.objects[v.key], func(other *version) bool { return other == v })
	if len(b.objects[v.key]) == 0 {
		delete(b.objects, v.key)
	}
}

func (s *Service) putObjectRetention(call *cloud.Call, in *s3.PutObjectRetentionInput) (*s3.PutObjectRetentionOutput, error) {
	b, v, err := s.read(call, in.Bucket, in.Key, in.VersionId, false)
	if err != nil {
		return nil, err
	}
	if !b.Lock {
		return nil, cloud.Error("InvalidRequest", "Bucket is missing Object Lock Configuration")
	}
	var mode types.ObjectLockRetentionMode
	var until time.Time
	if in.Retention != nil {
		mode, until = in.Retention.Mode, aws.ToTime(in.Retention.RetainUntilDate)
	}
	now := s.cloud.Sim.Now()
	shorter := v.until.After(now) && (until.Before(v.until) || mode != v.mode && v.mode == types.ObjectLockRetentionModeCompliance)
	if shorter && (v.mode == types.ObjectLockRetentionModeCompliance || !aws.ToBool(in.BypassGovernanceRetention)) {
		return nil, cloud.Error("AccessDenied", "Access Denied because object protected by object lock.")
	}
	v.mode, v.until = mode, until
	return &s3.PutObjectRetentionOutput{}, nil
}
