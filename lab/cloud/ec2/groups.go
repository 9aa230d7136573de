package ec2

import (
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsec2 "github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/acso/disaster-recovery/internal/grant"
	"github.com/acso/disaster-recovery/lab/cloud"
)

// group is a security group: a name and an identifier, since what it lets through is not modelled.
type group struct{ id, region, name string }

// CreateGroup makes a security group and gives its identifier.
func (s *Service) CreateGroup(region, name string) string {
	g := group{id: fmt.Sprintf("sg-%017x", len(s.groups)+1), region: region, name: name}
	s.groups = append(s.groups, g)
	return g.id
}

// registerGroups: DescribeSecurityGroups knows no resource:
// docs.aws.amazon.com/service-authorization/latest/reference/list_amazonec2.html.
func (s *Service) registerGroups() {
	cloud.Register(s.cloud, "EC2.DescribeSecurityGroups", cloud.Spec[awsec2.DescribeSecurityGroupsInput]{
		Actions: func(*cloud.Call, *awsec2.DescribeSecurityGroupsInput) []grant.Action {
			return []grant.Action{{Name: "ec2:DescribeSecurityGroups", Resource: "*"}}
		},
	}, func(call *cloud.Call, in *awsec2.DescribeSecurityGroupsInput) (*awsec2.DescribeSecurityGroupsOutput, error) {
		out := &awsec2.DescribeSecurityGroupsOutput{}
		for _, g := range s.groups {
			wanted := g.region == call.Region && (len(in.GroupIds) == 0 || slices.Contains(in.GroupIds, g.id))
			for _, f := range in.Filters {
				if aws.ToString(f.Name) != "group-name" {
					return nil, cloud.Error("InvalidParameterValue", "lab: The filter '%s' is not modelled", aws.ToString(f.Name))
				}
				wanted = wanted && slices.Contains(f.Values, g.name)
			}
			if wanted {
				out.SecurityGroups = append(out.SecurityGroups, types.SecurityGroup{GroupId: aws.String(g.id), GroupName: aws.String(g.name), OwnerId: aws.String(s.cloud.Account)})
			}
		}
		return out, nil
	})
}
