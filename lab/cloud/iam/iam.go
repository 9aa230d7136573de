// Package iam models the listing of IAM's roles: those that functions and machines run as, with whom each trusts.
//
// It models no policies: what a caller may do, the lab checks by its grants. Roles come and go with what runs as them, but for
// those that somebody removed.
package iam

import (
	"cmp"
	"fmt"
	"net/url"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/acso/disaster-recovery/internal/grant"
	"github.com/acso/disaster-recovery/lab/cloud"
)

// controlRegion is where the API is: docs.aws.amazon.com/whitepapers/latest/aws-fault-isolation-boundaries/global-services.html.
const controlRegion = "us-east-1"

// Role is a role and the service that may take it.
type Role struct{ ARN, Service string }

// Service is IAM.
type Service struct {
	roles   func() []Role
	removed map[string]bool
	trusts  map[string]string // by ARN, the service that it trusts instead
}

// New models IAM with the roles that something runs as, in an order that stays.
func New(c *cloud.Cloud, roles func() []Role) *Service {
	s := &Service{roles: roles, removed: map[string]bool{}, trusts: map[string]string{}}
	// https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsidentityandaccessmanagementiam.html
	cloud.Register(c, "IAM.ListRoles", cloud.Spec[iam.ListRolesInput]{
		Global: controlRegion,
		Actions: func(*cloud.Call, *iam.ListRolesInput) []grant.Action {
			return []grant.Action{{Name: "iam:ListRoles", Resource: "*"}}
		},
	}, s.list)
	return s
}

// Remove deletes a role behind the back of whatever runs as it.
func (s *Service) Remove(arn string) { s.removed[arn] = true }

// Trust has a role trust another service than the one that runs as it.
func (s *Service) Trust(arn, service string) { s.trusts[arn] = service }

// page is how many roles a page of the listing has by default.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListRoles.html
const page = 100

func (s *Service) list(_ *cloud.Call, in *iam.ListRolesInput) (*iam.ListRolesOutput, error) {
	out := &iam.ListRolesOutput{}
	from, skipping := aws.ToString(in.Marker), in.Marker != nil
	for _, r := range s.roles() {
		if skipping {
			skipping = r.ARN != from
			continue
		}
		if s.removed[r.ARN] {
			continue
		}
		if len(out.Roles) == int(cmp.Or(aws.ToInt32(in.MaxItems), page)) {
			out.IsTruncated, out.Marker = true, out.Roles[len(out.Roles)-1].Arn
			break
		}
		service := r.Service
		if other := s.trusts[r.ARN]; other != "" {
			service = other
		}
		// "the policy document is URL-encoded": https://docs.aws.amazon.com/IAM/latest/APIReference/API_Role.html
		trust := fmt.Sprintf(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":%q},"Action":"sts:AssumeRole"}]}`, service)
		out.Roles = append(out.Roles, types.Role{
			Arn: aws.String(r.ARN), RoleName: aws.String(r.ARN[strings.LastIndex(r.ARN, "/")+1:]), Path: aws.String("/"),
			AssumeRolePolicyDocument: aws.String(url.QueryEscape(trust)),
		})
	}
	return out, nil
}
