// Package operate does with deployed machines what an operator does: it starts one, watches it to its end, answers what it
// asks and asks it to stop.
//
// It decides nothing and holds nothing up: an execution goes on when whoever watches it goes away. It never takes silence
// for an answer, and it says which region it could not ask.
package operate

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/sfn"

	"github.com/acso/disaster-recovery/internal/environment"
	"github.com/acso/disaster-recovery/internal/incident"
	"github.com/acso/disaster-recovery/internal/platform"
)

// patience bounds each call: a region that does not answer costs seconds and not the operator's minutes.
const patience = 10 * time.Second

// Clock is time that an operator can wait by.
type Clock interface {
	platform.Clock
	// Sleep waits, and fails when the context ends first.
	Sleep(ctx context.Context, d time.Duration) error
}

// Operator works on the machines of one environment, in both of its regions.
type Operator struct {
	Environment *environment.Environment
	AWS         aws.Config // of whoever operates; its region does not matter
	Clock       Clock

	remember map[string][]visits // of past executions, by region and machine
}

func (o *Operator) in(region string) aws.Config {
	config := o.AWS.Copy()
	config.Region = region
	return config
}

func (o *Operator) steps(region string) *sfn.Client { return sfn.NewFromConfig(o.in(region)) }

func (o *Operator) store(region string) *incident.Store {
	return incident.NewStore(platform.Platform{AWS: o.in(region), Environment: o.Environment, Clock: o.Clock})
}

// Regions are both regions of the environment, the primary first.
func (o *Operator) Regions() []string {
	return []string{o.Environment.Regions.Primary, o.Environment.Regions.Recovery}
}

// Invoke asks a deployed function of a region and decodes its answer.
func (o *Operator) Invoke(ctx context.Context, region, function string, in, out any) error {
	payload, err := json.Marshal(in)
	if err != nil {
		return err
	}
	name := o.Environment.FunctionName(function)
	answer, err := lambda.NewFromConfig(o.in(region)).Invoke(ctx, &lambda.InvokeInput{FunctionName: aws.String(name), Payload: payload})
	if err != nil {
		return fmt.Errorf("invoke %s in %s: %w (next: log in as an operator, or give --lab)", name, region, err)
	}
	if answer.FunctionError == nil {
		return json.Unmarshal(answer.Payload, out)
	}
	var failed struct{ ErrorType, ErrorMessage string }
	if err := json.Unmarshal(answer.Payload, &failed); err != nil {
		return fmt.Errorf("%s in %s failed: %s", name, region, answer.Payload)
	}
	return fmt.Errorf("%s in %s: %s: %s", name, region, failed.ErrorType, failed.ErrorMessage)
}

// RegionOf is the region in an ARN, "" when it has none.
func RegionOf(arn string) string {
	if parts := strings.Split(arn, ":"); len(parts) > 4 && parts[0] == "arn" {
		return parts[3]
	}
	return ""
}

// MachineOf is the machine in the ARN of an execution, without the environment's prefix.
func (o *Operator) MachineOf(execution string) string {
	parts := strings.Split(execution, ":")
	if len(parts) < 8 {
		return execution
	}
	return strings.TrimPrefix(parts[6], o.Environment.Prefix()+"-")
}
