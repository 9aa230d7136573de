package stepfunctions

import (
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"

	"github.com/acso/disaster-recovery/internal/grant"
	"github.com/acso/disaster-recovery/lab/asl"
	"github.com/acso/disaster-recovery/lab/cloud"
)

// page is how many results a call gives when it does not say, and at most.
// https://docs.aws.amazon.com/step-functions/latest/apireference/API_GetExecutionHistory.html
const (
	page        = 100
	largestPage = 1000
)

func (s *Service) registerReading() {
	cloud.Register(s.cloud, "SFN.GetExecutionHistory", cloud.Spec[sfn.GetExecutionHistoryInput]{
		Actions: func(_ *cloud.Call, in *sfn.GetExecutionHistoryInput) []grant.Action {
			return checked("GetExecutionHistory", in.ExecutionArn)
		},
	}, s.getExecutionHistory)
	cloud.Register(s.cloud, "SFN.ListExecutions", cloud.Spec[sfn.ListExecutionsInput]{
		Actions: func(_ *cloud.Call, in *sfn.ListExecutionsInput) []grant.Action {
			return checked("ListExecutions", in.StateMachineArn)
		},
	}, s.listExecutions)
}

func (s *Service) getExecutionHistory(call *cloud.Call, in *sfn.GetExecutionHistoryInput) (*sfn.GetExecutionHistoryOutput, error) {
	x, err := s.find(call.Region, in.ExecutionArn)
	if err != nil {
		return nil, err
	}
	history := slices.Clone(x.History())
	if in.ReverseOrder {
		slices.Reverse(history)
	}
	from, to, next, err := paged(in.NextToken, in.MaxResults, len(history))
	if err != nil {
		return nil, err
	}
	out := &sfn.GetExecutionHistoryOutput{NextToken: next}
	for _, e := range history[from:to] {
		out.Events = append(out.Events, historyEvent(e))
	}
	return out, nil
}

// historyEvent is an event with the details that somebody here reads: which state, and what went wrong.
func historyEvent(e asl.Event) types.HistoryEvent {
	out := types.HistoryEvent{Id: e.ID, PreviousEventId: e.PreviousEventID, Timestamp: aws.Time(e.Timestamp), Type: types.HistoryEventType(e.Type)}
	wrong, cause := aws.String(e.Detail("error")), aws.String(e.Detail("cause"))
	switch {
	case strings.HasSuffix(e.Type, "StateEntered"):
		out.StateEnteredEventDetails = &types.StateEnteredEventDetails{Name: aws.String(e.State())}
	case strings.HasSuffix(e.Type, "StateExited"):
		out.StateExitedEventDetails = &types.StateExitedEventDetails{Name: aws.String(e.State())}
	case e.Type == "ExecutionFailed":
		out.ExecutionFailedEventDetails = &types.ExecutionFailedEventDetails{Error: wrong, Cause: cause}
	case e.Type == "ExecutionAborted":
		out.ExecutionAbortedEventDetails = &types.ExecutionAbortedEventDetails{Error: wrong, Cause: cause}
	case e.Type == "ExecutionTimedOut":
		out.ExecutionTimedOutEventDetails = &types.ExecutionTimedOutEventDetails{Error: wrong, Cause: cause}
	case e.Type == "TaskScheduled":
		out.TaskScheduledEventDetails = &types.TaskScheduledEventDetails{ResourceType: aws.String(e.Detail("resourceType")), Resource: aws.String(e.Detail("resource"))}
	case e.Type == "TaskFailed":
		out.TaskFailedEventDetails = &types.TaskFailedEventDetails{Error: wrong, Cause: cause}
	}
	return out
}

// listExecutions gives the newest first, as AWS does.
// https://docs.aws.amazon.com/step-functions/latest/apireference/API_ListExecutions.html
func (s *Service) listExecutions(call *cloud.Call, in *sfn.ListExecutionsInput) (*sfn.ListExecutionsOutput, error) {
	m, ok := s.machines[aws.ToString(in.StateMachineArn)]
	if !ok {
		return nil, &types.StateMachineDoesNotExist{Message: aws.String("State Machine Does Not Exist: '" + aws.ToString(in.StateMachineArn) + "'")}
	}
	var found []types.ExecutionListItem
	for _, x := range slices.Backward(s.executions) {
		status := types.ExecutionStatus(x.Status())
		if x.Region != call.Region || x.Machine != m.Name || in.StatusFilter != "" && in.StatusFilter != status {
			continue
		}
		item := types.ExecutionListItem{
			ExecutionArn: &x.ARN, Name: &x.Name, StateMachineArn: in.StateMachineArn, StartDate: aws.Time(x.StartedAt()), Status: status,
		}
		if x.Status() != asl.Running {
			item.StopDate = aws.Time(x.StoppedAt())
		}
		found = append(found, item)
	}
	from, to, next, err := paged(in.NextToken, in.MaxResults, len(found))
	if err != nil {
		return nil, err
	}
	return &sfn.ListExecutionsOutput{Executions: found[from:to], NextToken: next}, nil
}

// paged is the part of n results that a call asks for. The token is the index of the first.
func paged(token *string, limit int32, n int) (from, to int, next *string, err error) {
	if token != nil {
		if from, err = strconv.Atoi(*token); err != nil || from < 0 || from > n {
			return 0, 0, nil, &types.InvalidToken{Message: aws.String("Invalid Token: '" + *token + "'")}
		}
	}
	size := int(limit)
	if size == 0 {
		size = page
	}
	to = min(n, from+min(size, largestPage))
	if to < n {
		next = aws.String(strconv.Itoa(to))
	}
	return from, to, next, nil
}
