package asl

import (
	"fmt"

	"github.com/acso/disaster-recovery/lab/asl/jsonata"
)

// maxPayload is the largest input, output or result of a state, in bytes of JSON:
// https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html
const maxPayload = 262144

// Limits of variables: https://docs.aws.amazon.com/step-functions/latest/dg/workflow-variables.html
const (
	maxVariable  = 262144
	maxVariables = 10 << 20
)

// tooLarge checks what a state hands on.
func (x *Execution) tooLarge(f *frame, output jsonata.Value, assigned *jsonata.Object) *failure {
	if jsonata.Size(output, maxPayload) > maxPayload {
		return x.dataLimit(f, "output")
	}
	if assigned == nil {
		return nil
	}
	if jsonata.Size(assigned, maxVariable) > maxVariable {
		return x.dataLimit(f, "assigned variables")
	}
	if f.vars.size(maxVariables)+jsonata.Size(assigned, maxVariable) > maxVariables {
		return x.dataLimit(f, "stored variables")
	}
	return nil
}

// dataLimit is AWS's error for a payload over its limit.
func (x *Execution) dataLimit(f *frame, what string) *failure {
	s := f.current()
	cause := fmt.Sprintf("The state/task '%s' returned a result with a size exceeding the maximum number of bytes service limit.", s.name)
	if s.kind == "Task" && s.resource.arn != "" {
		cause = fmt.Sprintf("The state/task '%s' returned a result with a size exceeding the maximum number of bytes service limit.", s.resource.name())
	}
	if what != "output" {
		cause = fmt.Sprintf("An error occurred while executing the state '%s' (entered at the event id #%d). The %s exceed the maximum size.", s.name, f.entered, what)
	}
	return &failure{error: "States.DataLimitExceeded", cause: cause, ofTask: s.kind == "Task" && what == "output"}
}
