package stepfunctions

import (
	"encoding/json"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"

	"github.com/acso/disaster-recovery/internal/grant"
	"github.com/acso/disaster-recovery/lab/asl"
	"github.com/acso/disaster-recovery/lab/cloud"
)

// register models the operations. Their IAM actions:
// https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsstepfunctions.html
func (s *Service) register() {
	cloud.Register(s.cloud, "SFN.StartExecution", cloud.Spec[sfn.StartExecutionInput]{
		Mutating: true,
		Actions: func(_ *cloud.Call, in *sfn.StartExecutionInput) []grant.Action {
			return checked("StartExecution", in.StateMachineArn)
		},
	}, s.startExecution)
	cloud.Register(s.cloud, "SFN.DescribeExecution", cloud.Spec[sfn.DescribeExecutionInput]{
		Actions: func(_ *cloud.Call, in *sfn.DescribeExecutionInput) []grant.Action {
			return checked("DescribeExecution", in.ExecutionArn)
		},
	}, s.describeExecution)
	cloud.Register(s.cloud, "SFN.DescribeStateMachine", cloud.Spec[sfn.DescribeStateMachineInput]{
		Actions: func(_ *cloud.Call, in *sfn.DescribeStateMachineInput) []grant.Action {
			return checked("DescribeStateMachine", in.StateMachineArn)
		},
	}, s.describeMachine)
	// That it knows no resources is a guess, on the safe side: a grant on all of them covers the other reading too.
	cloud.Register(s.cloud, "SFN.ListStateMachines", cloud.Spec[sfn.ListStateMachinesInput]{
		Actions: func(*cloud.Call, *sfn.ListStateMachinesInput) []grant.Action {
			return checked("ListStateMachines", aws.String("*"))
		},
	}, s.listMachines)
	cloud.Register(s.cloud, "SFN.StopExecution", cloud.Spec[sfn.StopExecutionInput]{
		Mutating: true,
		Actions: func(_ *cloud.Call, in *sfn.StopExecutionInput) []grant.Action {
			return checked("StopExecution", in.ExecutionArn)
		},
	}, s.stopExecution)
	cloud.Register(s.cloud, "SFN.SendTaskSuccess", cloud.Spec[sfn.SendTaskSuccessInput]{
		Mutating: true,
		Actions: func(*cloud.Call, *sfn.SendTaskSuccessInput) []grant.Action {
			return checked("SendTaskSuccess", aws.String("*")) // a task token names no resource
		},
	}, s.sendTaskSuccess)
}

func checked(action string, resource *string) []grant.Action {
	return []grant.Action{{Name: "states:" + action, Resource: aws.ToString(resource)}}
}

func (s *Service) startExecution(call *cloud.Call, in *sfn.StartExecutionInput) (*sfn.StartExecutionOutput, error) {
	input := json.RawMessage(aws.ToString(in.Input))
	if len(input) == 0 {
		input = json.RawMessage("{}")
	}
	arn := aws.ToString(in.StateMachineArn)
	m, ok := s.machines[arn]
	if !ok {
		return nil, &types.StateMachineDoesNotExist{Message: aws.String("State Machine Does Not Exist: '" + arn + "'")}
	}
	x, err := s.Start(call.Region, m.Name, aws.ToString(in.Name), input)
	if err != nil {
		return nil, err
	}
	return &sfn.StartExecutionOutput{ExecutionArn: &x.ARN, StartDate: aws.Time(x.StartedAt())}, nil
}

func (s *Service) find(region string, arn *string) (*Execution, error) {
	x, ok := s.byARN[aws.ToString(arn)]
	if !ok || x.Region != region {
		return nil, &types.ExecutionDoesNotExist{Message: aws.String("Execution Does Not Exist: '" + aws.ToString(arn) + "'")}
	}
	return x, nil
}

func (s *Service) describeExecution(call *cloud.Call, in *sfn.DescribeExecutionInput) (*sfn.DescribeExecutionOutput, error) {
	x, err := s.find(call.Region, in.ExecutionArn)
	if err != nil {
		return nil, err
	}
	out := &sfn.DescribeExecutionOutput{
		ExecutionArn: &x.ARN, Name: &x.Name, StateMachineArn: aws.String(s.ARN(x.Region, x.Machine)),
		StartDate: aws.Time(x.StartedAt()), Status: types.ExecutionStatus(x.Status()), Input: aws.String(string(x.Input)),
	}
	switch x.Status() {
	case asl.Running:
	case asl.Succeeded:
		out.Output, out.StopDate = aws.String(string(x.Output())), aws.Time(x.StoppedAt())
	default:
		out.Error, out.Cause, out.StopDate = aws.String(x.Error()), aws.String(x.Cause()), aws.Time(x.StoppedAt())
	}
	return out, nil
}

func (s *Service) stopExecution(call *cloud.Call, in *sfn.StopExecutionInput) (*sfn.StopExecutionOutput, error) {
	x, err := s.find(call.Region, in.ExecutionArn)
	if err != nil {
		return nil, err
	}
	s.cloud.Sim.After(0, func() { x.Stop(aws.ToString(in.Error), aws.ToString(in.Cause)) })
	return &sfn.StopExecutionOutput{StopDate: aws.Time(s.cloud.Sim.Now())}, nil
}

func (s *Service) sendTaskSuccess(_ *cloud.Call, in *sfn.SendTaskSuccessInput) (*sfn.SendTaskSuccessOutput, error) {
	if err := s.Answer(aws.ToString(in.TaskToken), json.RawMessage(aws.ToString(in.Output))); err != nil {
		return nil, err
	}
	return &sfn.SendTaskSuccessOutput{}, nil
}

// Answer ends a wait for a task token.
func (s *Service) Answer(token string, output json.RawMessage) error {
	x, ok := s.tokens[token]
	if !ok {
		return &types.InvalidToken{Message: aws.String("Invalid Token: '" + token + "'")}
	}
	if err := x.SendTaskSuccess(token, output); err != nil {
		// What AWS says of a token that was used, or whose execution is over:
		// https://docs.aws.amazon.com/step-functions/latest/apireference/API_SendTaskSuccess.html
		return &types.TaskTimedOut{Message: aws.String("Task Timed Out: 'Provided task does not exist anymore'")}
	}
	return nil
}
