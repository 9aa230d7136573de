package operate

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"
)

const (
	// interval is how often an execution is looked at. GetExecutionHistory allows 20 calls a second and account:
	// https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html
	interval = 2 * time.Second
	// misses in a row after which watching is given up: two minutes with calls that fail at once.
	misses = 60
	// lookback is how many events are asked for at once.
	lookback = 200
)

// Event is a line in the life of an execution.
type Event struct {
	At   time.Time
	Kind string // state, wait (for a person), failure or end
	Text string // the name of the state, or what happened
}

// Ending is how an execution ended.
type Ending struct {
	Execution string    `json:"execution"`
	Status    string    `json:"status"`
	StartedAt time.Time `json:"startedAt"`
	StoppedAt time.Time `json:"stoppedAt"`
	Error     string    `json:"error,omitempty"`
	Cause     string    `json:"cause,omitempty"`
	Output    string    `json:"output,omitempty"` // JSON
}

// Succeeded tells whether it ended well.
func (e Ending) Succeeded() bool { return e.Status == string(types.ExecutionStatusSucceeded) }

// Started is when an execution began.
func (o *Operator) Started(ctx context.Context, execution string) (time.Time, error) {
	ctx, cancel := o.Clock.WithTimeout(ctx, patience)
	defer cancel()
	x, err := o.steps(RegionOf(execution)).DescribeExecution(ctx, &sfn.DescribeExecutionInput{ExecutionArn: aws.String(execution)})
	if err != nil {
		return time.Time{}, fmt.Errorf("look at %s: %w", execution, err)
	}
	return aws.ToTime(x.StartDate), nil
}

// Watch follows an execution to its end and tells of each event once, in order. When it cannot see it any more it fails;
// the execution goes on.
func (o *Operator) Watch(ctx context.Context, execution string, tell func(Event)) (Ending, error) {
	seen, missed := int64(0), 0
	for {
		// The end is asked for first: the events that are read after it are then all there are.
		ending, err := o.ending(ctx, execution)
		if err == nil {
			seen, err = o.news(ctx, execution, seen, tell)
		}
		var gone *types.ExecutionDoesNotExist
		switch {
		case err == nil && ending.Status != string(types.ExecutionStatusRunning):
			return ending, nil
		case err == nil:
			missed = 0
		case ctx.Err() != nil:
			return Ending{}, fmt.Errorf("%s goes on, and nobody watches it; drctl watch %s takes it up again", execution, execution)
		case errors.As(err, &gone), missed >= misses:
			return Ending{}, fmt.Errorf("watch %s: %w; the execution goes on: drctl watch %s takes it up again", execution, err, execution)
		default:
			missed++
		}
		if err := o.Clock.Sleep(ctx, interval); err != nil {
			return Ending{}, fmt.Errorf("%s goes on, and nobody watches it; drctl watch %s takes it up again", execution, execution)
		}
	}
}

func (o *Operator) ending(ctx context.Context, execution string) (Ending, error) {
	ctx, cancel := o.Clock.WithTimeout(ctx, patience)
	defer cancel()
	x, err := o.steps(RegionOf(execution)).DescribeExecution(ctx, &sfn.DescribeExecutionInput{ExecutionArn: aws.String(execution)})
	if err != nil {
		return Ending{}, err
	}
	return Ending{
		Execution: execution, Status: string(x.Status), StartedAt: aws.ToTime(x.StartDate), StoppedAt: aws.ToTime(x.StopDate),
		Error: aws.ToString(x.Error), Cause: aws.ToString(x.Cause), Output: aws.ToString(x.Output),
	}, nil
}

// news reads backwards from the newest event to the last one that was told, since a history may have 25,000.
func (o *Operator) news(ctx context.Context, execution string, seen int64, tell func(Event)) (int64, error) {
	in := &sfn.GetExecutionHistoryInput{ExecutionArn: aws.String(execution), ReverseOrder: true, MaxResults: lookback, IncludeExecutionData: aws.Bool(false)}
	var fresh []types.HistoryEvent
	for more := true; more; {
		page, err := o.page(ctx, in)
		if err != nil {
			return seen, err
		}
		in.NextToken, more = page.NextToken, page.NextToken != nil
		for _, e := range page.Events {
			if e.Id <= seen {
				more = false
				break
			}
			fresh = append(fresh, e)
		}
	}
	for _, e := range slices.Backward(fresh) {
		if line, ok := read(e); ok {
			tell(line)
		}
		seen = e.Id
	}
	return seen, nil
}

func (o *Operator) page(ctx context.Context, in *sfn.GetExecutionHistoryInput) (*sfn.GetExecutionHistoryOutput, error) {
	ctx, cancel := o.Clock.WithTimeout(ctx, patience)
	defer cancel()
	return o.steps(RegionOf(aws.ToString(in.ExecutionArn))).GetExecutionHistory(ctx, in)
}

// read makes a line of an event, if a person wants to know of it.
func read(e types.HistoryEvent) (Event, bool) {
	line := Event{At: aws.ToTime(e.Timestamp)}
	switch {
	case e.StateEnteredEventDetails != nil:
		line.Kind, line.Text = "state", aws.ToString(e.StateEnteredEventDetails.Name)
	case e.TaskScheduledEventDetails != nil && strings.HasSuffix(aws.ToString(e.TaskScheduledEventDetails.Resource), "waitForTaskToken"):
		line.Kind, line.Text = "wait", "a person is asked"
	case e.TaskFailedEventDetails != nil:
		line.Kind, line.Text = "failure", failed(e.TaskFailedEventDetails.Error, e.TaskFailedEventDetails.Cause)
	case e.Type == types.HistoryEventTypeExecutionRedriven:
		line.Kind, line.Text = "end", "redriven: it goes on where it stopped"
	default:
		return line, false
	}
	return line, true
}

// failed is an error on one line: the message inside the cause when it is Lambda's JSON.
func failed(kind, cause *string) string {
	return strings.TrimSpace(aws.ToString(kind) + ": " + Message(aws.ToString(cause)))
}
