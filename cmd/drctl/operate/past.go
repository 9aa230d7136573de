package operate

import (
	"context"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"
)

// remembered is how many past executions a step's duration is taken from.
const remembered = 5

// Took is what a step took in past executions, in seconds.
type Took struct{ Low, High, Executions int }

// Source says where it is from.
func (t Took) Source() string {
	if t.Executions == 1 {
		return "measured: 1 past execution"
	}
	return fmt.Sprintf("measured: %d past executions", t.Executions)
}

// Took is how long the last executions of a machine that succeeded needed from the first state of a step to the state that
// follows it, as Step Functions keeps it for 90 days. Without such an execution, or when it cannot be read, nothing is known:
// a plan is worth printing all the same.
func (o *Operator) Took(ctx context.Context, region, machine, begins, ends string) (Took, bool) {
	if begins == "" {
		return Took{}, false
	}
	var took Took
	for _, entered := range o.past(ctx, region, machine) {
		from, began := entered[begins]
		to, ended := entered[ends]
		if !began || !ended || to.Before(from) {
			continue
		}
		seconds := int(to.Sub(from).Round(time.Second).Seconds())
		if took.Executions == 0 {
			took.Low, took.High = seconds, seconds
		}
		took.Low, took.High, took.Executions = min(took.Low, seconds), max(took.High, seconds), took.Executions+1
	}
	return took, took.Executions > 0
}

// visits are when each state of an execution was entered first.
type visits map[string]time.Time

// past reads the last executions that succeeded, once.
func (o *Operator) past(ctx context.Context, region, machine string) []visits {
	key := region + "/" + machine
	if found, known := o.remember[key]; known {
		return found
	}
	var all []visits
	bounded, cancel := o.Clock.WithTimeout(ctx, patience)
	list, err := o.steps(region).ListExecutions(bounded, &sfn.ListExecutionsInput{
		StateMachineArn: aws.String(o.Environment.MachineARN(region, machine)), StatusFilter: types.ExecutionStatusSucceeded, MaxResults: remembered,
	})
	cancel()
	if err == nil {
		for _, x := range list.Executions {
			if entered, err := o.entered(ctx, aws.ToString(x.ExecutionArn)); err == nil {
				all = append(all, entered)
			}
		}
	}
	if o.remember == nil {
		o.remember = map[string][]visits{}
	}
	o.remember[key] = all
	return all
}

// entered reads a history from its beginning. A poll enters its states again and again: the first time counts.
func (o *Operator) entered(ctx context.Context, execution string) (visits, error) {
	found := visits{}
	in := &sfn.GetExecutionHistoryInput{ExecutionArn: aws.String(execution), MaxResults: lookback, IncludeExecutionData: aws.Bool(false)}
	for {
		page, err := o.page(ctx, in)
		if err != nil {
			return nil, err
		}
		for _, e := range page.Events {
			if e.StateEnteredEventDetails == nil {
				continue
			}
			name := aws.ToString(e.StateEnteredEventDetails.Name)
			if _, known := found[name]; !known {
				found[name] = aws.ToTime(e.Timestamp)
			}
		}
		if in.NextToken = page.NextToken; in.NextToken == nil {
			return found, nil
		}
	}
}
