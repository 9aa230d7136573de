package stepfunctions

import (
	"fmt"
	"maps"
	"slices"
	"strings"

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

// Roles are the roles that machines were made with, in all regions, whether they still run as them or not.
func (s *Service) Roles() (arns []string) {
	for _, arn := range s.Machines() {
		arns = append(arns, s.Role(strings.Split(arn, ":")[3], s.machines[arn].Name))
	}
	return arns
}

func (s *Service) roleOf(region string, m Machine) string {
	if m.Role != "" {
		return m.Role
	}
	return s.Role(region, m.Name)
}

func (s *Service) describeMachine(call *cloud.Call, in *sfn.DescribeStateMachineInput) (*sfn.DescribeStateMachineOutput, error) {
	arn := aws.ToString(in.StateMachineArn)
	m, ok := s.machines[arn]
	if !ok {
		return nil, &types.StateMachineDoesNotExist{Message: aws.String("State Machine Does Not Exist: '" + arn + "'")}
	}
	role := s.roleOf(call.Region, m)
	return &sfn.DescribeStateMachineOutput{
		Name: aws.String(m.Name), StateMachineArn: aws.String(arn), Definition: aws.String(string(m.Definition.Definition)),
		RoleArn: aws.String(role), Status: types.StateMachineStatusActive, Type: types.StateMachineTypeStandard,
	}, nil
}

// machinesPerPage is how many machines a page of the listing has by default.
// https://docs.aws.amazon.com/step-functions/latest/apireference/API_ListStateMachines.html
const machinesPerPage = 100

func (s *Service) listMachines(call *cloud.Call, in *sfn.ListStateMachinesInput) (*sfn.ListStateMachinesOutput, error) {
	out := &sfn.ListStateMachinesOutput{}
	for _, arn := range s.Machines() {
		if !strings.HasPrefix(arn, s.ARN(call.Region, "")) || arn <= aws.ToString(in.NextToken) {
			continue
		}
		if len(out.StateMachines) == machinesPerPage {
			out.NextToken = out.StateMachines[machinesPerPage-1].StateMachineArn
			break
		}
		out.StateMachines = append(out.StateMachines, types.StateMachineListItem{
			Name: aws.String(s.machines[arn].Name), StateMachineArn: aws.String(arn), Type: types.StateMachineTypeStandard, CreationDate: aws.Time(s.cloud.Sim.Now()),
		})
	}
	return out, nil
}
