package operate

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"

	"github.com/acso/disaster-recovery/internal/incident"
)

// Open is an incident that is open, as one region's table has it.
type Open struct {
	Region string // of the table
	incident.Incident
}

// Incidents are the open incidents of both regions. A region that does not answer is in the error, beside what the other
// one says: silence does not mean that there is none.
func (o *Operator) Incidents(ctx context.Context) ([]Open, error) {
	var found []Open
	var silent []error
	for _, region := range o.Regions() {
		i, err := o.present(ctx, region)
		switch {
		case err != nil:
			silent = append(silent, fmt.Errorf("read the incident of %s: %w", region, err))
		case i.State == incident.Open:
			found = append(found, Open{region, i})
		}
	}
	return found, errors.Join(silent...)
}

func (o *Operator) present(ctx context.Context, region string) (incident.Incident, error) {
	ctx, cancel := o.Clock.WithTimeout(ctx, patience)
	defer cancel()
	return o.store(region).Present(ctx)
}

// Question is what an execution waits for.
type Question struct {
	incident.Question
	Execution string
}

// Questions are what the executions of an open incident ask. With an execution, only what that one asks.
func (o *Operator) Questions(ctx context.Context, execution string) ([]Question, error) {
	open, silent := o.Incidents(ctx)
	var found []Question
	for _, i := range open {
		if i.Question != nil && (execution == "" || i.Owner == execution) {
			found = append(found, Question{*i.Question, i.Owner})
		}
	}
	if len(found) > 0 {
		return found, nil
	}
	return nil, silent
}

// Answer is what a person says.
type Answer struct {
	Approved     bool   `json:"approved"`
	By           string `json:"by"`
	FencedByHand bool   `json:"fencedByHand,omitempty"` // they made sure themselves that the old primary takes no writes
}

// Answer answers a question.
func (o *Operator) Answer(ctx context.Context, q Question, a Answer) error {
	text, err := json.Marshal(a)
	if err != nil {
		return err
	}
	ctx, cancel := o.Clock.WithTimeout(ctx, patience)
	defer cancel()
	region := RegionOf(q.Execution)
	_, err = o.steps(region).SendTaskSuccess(ctx, &sfn.SendTaskSuccessInput{TaskToken: aws.String(q.Token), Output: aws.String(string(text))})
	var invalid *types.InvalidToken
	var timedOut *types.TaskTimedOut
	var missing *types.TaskDoesNotExist
	switch {
	case err == nil:
		return nil
	case errors.As(err, &invalid), errors.As(err, &timedOut), errors.As(err, &missing):
		return fmt.Errorf("answer %s: nobody waits for this answer any more: it was answered before, or the time for it is over (next: drctl watch %s)", q.Execution, q.Execution)
	}
	return fmt.Errorf("answer %s in %s: %w (next: repeat it; an answer that arrived already is said to be so)", q.Execution, region, err)
}

// Message is the sentence in the cause of a failure: Lambda's errorMessage when it is JSON, else as it is.
func Message(cause string) string {
	var lambda struct{ ErrorMessage string }
	if json.Unmarshal([]byte(cause), &lambda) == nil && lambda.ErrorMessage != "" {
		return lambda.ErrorMessage
	}
	return cause
}

// Only is the one incident that is open.
func (o *Operator) Only(ctx context.Context) (Open, error) {
	open, silent := o.Incidents(ctx)
	switch {
	case len(open) == 1:
		return open[0], nil
	case len(open) > 1 && open[0].Owner == open[1].Owner:
		for _, i := range open { // a procedure that holds the lock of both regions keeps its record where it runs
			if i.Region == RegionOf(i.Owner) {
				return i, nil
			}
		}
		return open[0], nil // nobody's region
	case len(open) > 1:
		return Open{}, fmt.Errorf("both regions have an open incident: %s and %s; stop one of the executions in the console first", open[0].Owner, open[1].Owner)
	case silent != nil:
		return Open{}, fmt.Errorf("no open incident was found, and not everybody was heard: %w", silent)
	}
	return Open{}, errors.New("no incident is open in either region: there is nothing to act on")
}

// Abort asks the procedure of an open incident to give back what it changed and to end. After the point of no return it
// fails with the reason.
func (o *Operator) Abort(ctx context.Context, i Open, by, reason string) error {
	ctx, cancel := o.Clock.WithTimeout(ctx, patience)
	defer cancel()
	var out struct{} // what it answers is the incident, which watching shows
	return o.Invoke(ctx, i.Region, "incident", map[string]string{"action": "abort", "by": by, "reason": reason}, &out)
}

// Owned is the open incident of an execution, in the region where it runs when both have it; nil when it has none. A region
// that does not answer is an error unless the other one has it: it may have the incident.
func (o *Operator) Owned(ctx context.Context, execution string) (*Open, error) {
	open, silent := o.Incidents(ctx)
	var found *Open
	for n := range open {
		if open[n].Owner == execution && (found == nil || open[n].Region == RegionOf(execution)) {
			found = &open[n]
		}
	}
	if found != nil {
		return found, nil
	}
	return nil, silent
}

// Stop ends an execution where it is. One that ended already is an error.
func (o *Operator) Stop(ctx context.Context, execution, by, reason string) error {
	ending, err := o.ending(ctx, execution)
	if err != nil {
		return fmt.Errorf("look at %s: %w", execution, err)
	}
	if ending.Status != string(types.ExecutionStatusRunning) {
		return fmt.Errorf("stop %s: it does not run, it is %s", execution, ending.Status)
	}
	ctx, cancel := o.Clock.WithTimeout(ctx, patience)
	defer cancel()
	_, err = o.steps(RegionOf(execution)).StopExecution(ctx, &sfn.StopExecutionInput{
		ExecutionArn: aws.String(execution), Error: aws.String("Aborted"), Cause: aws.String(by + ": " + reason),
	})
	if err != nil {
		return fmt.Errorf("stop %s: %w", execution, err)
	}
	return nil
}
