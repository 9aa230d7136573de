package stepfunctions

import (
	"fmt"
	"maps"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"

	"github.com/acso/disaster-recovery/lab/cloud"
)

// Machines are the ARNs of all state machines, in all regions.
func (s *Service) Machines() []string { return slices.Sorted(maps.Keys(s.machines)) }

// Remove deletes a machine of a region.
func (s *Service) Remove(region, machine string) { delete(s.machines, s.ARN(region, machine)) }

// Role is the role that a machine of a region runs as, unless it was deployed with another.
func (s *Service) Role(region, machine string) string {
	return fmt.Sprintf("arn:aws:iam::%s:role/%s-%s", s.cloud.Account, machine, region)
}

func (s *Service) describeMachine(call *cloud.Call, in *sfn.DescribeStateMachineInput) (*sfn.DescribeStateMachineOutput, error) {
	arn := aws.ToString(in.StateMachineArn)
	m, ok := s.machines[arn]
	if !ok {
		return nil, &types.StateMachineDoesNotExist{Message: aws.String("State Machine Does Not Exist: '" + arn + "'")}
	}
	role := m.Role
	if role == "" {
		role = s.Role(call.Region, m.Name)
	}
	return &sfn.DescribeStateMachineOutput{
		Name: aws.String(m.Name), StateMachineArn: aws.String(arn), Definition: aws.String(string(m.Definition.Definition)),
		RoleArn: aws.String(role), Status: types.StateMachineStatusActive, Type: types.StateMachineTypeStandard,
	}, nil
}
