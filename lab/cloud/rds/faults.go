package rds

import (
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/rds/types"

	"github.com/acso/disaster-recovery/internal/grant"
	"github.com/acso/disaster-recovery/lab/cloud"
)

func noInstance(id string) error {
	return &types.DBInstanceNotFoundFault{Message: aws.String(fmt.Sprintf("DBInstance %s not found.", id))}
}

func badState(format string, args ...any) error {
	return &types.InvalidDBInstanceStateFault{Message: aws.String(fmt.Sprintf(format, args...))}
}

func noSnapshot(id string) error {
	return &types.DBSnapshotNotFoundFault{Message: aws.String(fmt.Sprintf("DBSnapshot %s not found.", id))}
}

func invalid(format string, args ...any) error {
	return cloud.Error("InvalidParameterValue", format, args...)
}

func combination(format string, args ...any) error {
	return cloud.Error("InvalidParameterCombination", format, args...)
}

func keyFault(id string, err error) error {
	return &types.KMSKeyNotAccessibleFault{Message: aws.String(fmt.Sprintf("The specified KMS key [%s] does not exist, is not enabled or you do not have permissions to access it: %v", id, err))}
}

// on lists actions on one resource. Which actions take which resources:
// docs.aws.amazon.com/service-authorization/latest/reference/list_amazonrds.html.
func on(resource string, names ...string) []grant.Action {
	var out []grant.Action
	for _, n := range names {
		out = append(out, grant.Action{Name: n, Resource: resource})
	}
	return out
}

// withKey adds what RDS does with the caller's rights on the key: "kms:CreateGrant and kms:DescribeKey":
// docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Overview.Encryption.Keys.html.
func (s *Service) withKey(actions []grant.Action, region, key string) []grant.Action {
	if key == "" {
		return actions
	}
	arn, err := s.keys.Resolve(region, key)
	if err != nil {
		return actions // the call fails on the key itself
	}
	return append(actions, on(arn, "kms:CreateGrant", "kms:DescribeKey")...)
}

func withTags(actions []grant.Action, resource string, tags []types.Tag) []grant.Action {
	if len(tags) == 0 {
		return actions
	}
	return append(actions, on(resource, "rds:AddTagsToResource")...)
}
