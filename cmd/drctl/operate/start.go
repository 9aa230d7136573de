package operate

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"
)

// Start starts a machine in a region and gives the ARN of the execution. A name makes it repeatable: started again with the
// same name and input while it runs, it is the same execution.
func (o *Operator) Start(ctx context.Context, region, machine, name string, input json.RawMessage) (string, error) {
	in := &sfn.StartExecutionInput{StateMachineArn: aws.String(o.Environment.MachineARN(region, machine)), Input: aws.String(string(input))}
	if name != "" {
		in.Name = aws.String(name)
	}
	ctx, cancel := o.Clock.WithTimeout(ctx, patience)
	defer cancel()
	out, err := o.steps(region).StartExecution(ctx, in)
	if err != nil {
		return "", fmt.Errorf("start %s in %s: %w (next: log in as an operator; whether it started shows in drctl watch %s)", machine, region, err, machine)
	}
	return aws.ToString(out.ExecutionArn), nil
}

// Find is the execution that a person means: an ARN itself, or a machine's name for the one that runs now, else for the
// last one. It looks in the given regions and says which of them did not answer.
func (o *Operator) Find(ctx context.Context, regions []string, what string) (string, error) {
	if strings.HasPrefix(what, "arn:") {
		return what, nil
	}
	var newest *types.ExecutionListItem
	var silent []error
	for _, region := range regions {
		list, err := o.list(ctx, region, what)
		if err != nil {
			silent = append(silent, fmt.Errorf("list the executions of %s in %s: %w", what, region, err))
			continue
		}
		for i := range list {
			if newest == nil || later(list[i], *newest) {
				newest = &list[i]
			}
		}
	}
	switch {
	case newest != nil:
		return aws.ToString(newest.ExecutionArn), nil
	case len(silent) > 0:
		return "", errors.Join(silent...)
	}
	return "", fmt.Errorf("%s never ran in %s (next: drctl start %s)", what, strings.Join(regions, " or "), what)
}

// later prefers what runs, then what began later.
func later(a, b types.ExecutionListItem) bool {
	if running := a.Status == types.ExecutionStatusRunning; running != (b.Status == types.ExecutionStatusRunning) {
		return running
	}
	return aws.ToTime(a.StartDate).After(aws.ToTime(b.StartDate))
}

// list gives those that run and the newest, which AWS lists first.
func (o *Operator) list(ctx context.Context, region, machine string) ([]types.ExecutionListItem, error) {
	ctx, cancel := o.Clock.WithTimeout(ctx, patience)
	defer cancel()
	in := &sfn.ListExecutionsInput{StateMachineArn: aws.String(o.Environment.MachineARN(region, machine)), MaxResults: 1}
	newest, err := o.steps(region).ListExecutions(ctx, in)
	if err != nil {
		return nil, err
	}
	in.StatusFilter = types.ExecutionStatusRunning
	running, err := o.steps(region).ListExecutions(ctx, in)
	if err != nil {
		return nil, err
	}
	return append(running.Executions, newest.Executions...), nil
}
