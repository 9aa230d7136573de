package asl

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/acso/disaster-recovery/lab/asl/jsonata"
)

// task begins one attempt of a Task state.
func (x *Execution) task(f *frame, s *state) {
	if s.resource.token {
		f.token = uuid(x.random)
	}
	v := x.view(f)
	arguments := f.input
	var err *queryError
	if s.paths != nil {
		arguments, err = s.paths.effective(f.input, v)
		v.root = arguments
	}
	if err == nil && s.arguments != nil {
		arguments, err = x.evaluate(s.arguments, v)
	}
	var timeout, heartbeat int64
	if err == nil && s.timeout != nil {
		timeout, err = x.integer(s.timeout, v, 0, maxSeconds)
	}
	if err == nil && s.heartbeat != nil {
		heartbeat, err = x.integer(s.heartbeat, v, 0, maxSeconds)
	}
	var credentials jsonata.Value
	if err == nil && s.credentials != nil {
		credentials, err = x.evaluate(s.credentials, v)
	}
	if err != nil {
		x.query(f, err)
		return
	}
	if jsonata.Size(arguments, maxPayload) > maxPayload {
		x.outward(f, x.dataLimit(f, "arguments"))
		return
	}
	x.schedule(f, s, arguments, credentials, timeout, heartbeat)
	if x.status != Running {
		return
	}
	t := Task{
		Resource: s.resource.arn, Arguments: jsonata.Append(nil, arguments),
		Region: x.options.Region, RoleARN: x.options.RoleARN,
		ExecutionARN: x.options.ARN, ExecutionName: x.options.Name, StateMachineARN: x.options.StateMachineARN,
		StateName: s.name, Token: f.token,
	}
	if credentials != nil {
		t.Credentials = jsonata.Append(nil, credentials)
	}
	a := &attempt{x: x, f: f, turn: f.turn}
	if timeout > 0 {
		x.after(f, time.Duration(timeout)*time.Second, func() { a.timedOut(false) })
	}
	if heartbeat > 0 {
		a.heartbeat = time.Duration(heartbeat) * time.Second
	}
	if s.resource.job {
		t.Submitted = a.submitted
	}
	if f.token != "" {
		x.tokens[f.token] = f
		f.live = a
	}
	a.beat()
	if x.options.Integrations == nil {
		x.outward(f, x.runtime(f, "The lab has no integrations for "+s.resource.arn+"."))
		return
	}
	cancel := x.options.Integrations.Start(t, a.done)
	if cancel != nil {
		f.cancels = append(f.cancels, cancel)
	}
}

// schedule writes the events that begin an attempt.
func (x *Execution) schedule(f *frame, s *state, arguments, credentials jsonata.Value, timeout, heartbeat int64) {
	var limits []field
	if heartbeat > 0 {
		limits = append(limits, field{"heartbeatInSeconds", heartbeat})
	}
	if timeout > 0 {
		limits = append(limits, field{"timeoutInSeconds", timeout})
	}
	if credentials != nil {
		role := credentials
		if o, ok := credentials.(*jsonata.Object); ok {
			if arn, ok := o.Get("RoleArn"); ok {
				role = jsonata.Obj("roleArn", arn)
			}
		}
		limits = append(limits, field{"taskCredentials", role})
	}
	if s.resource.lambda {
		fields := append(payloadField("input", arguments), field{"resource", s.resource.arn})
		x.emit(f, "LambdaFunctionScheduled", "lambdaFunctionScheduledEventDetails", append(fields, limits...)...)
		x.emit(f, "LambdaFunctionStarted", "")
		return
	}
	fields := append(s.resource.fields(), field{"parameters", payload{arguments}}, field{"region", x.options.Region})
	x.emit(f, "TaskScheduled", "taskScheduledEventDetails", append(fields, limits...)...)
	x.emit(f, "TaskStarted", "taskStartedEventDetails", s.resource.fields()...)
}

// fields name an integration in an event.
func (r resource) fields() []field {
	return []field{{"resource", r.action}, {"resourceType", r.service}}
}

// attempt is one attempt under way. After the frame has moved on it is deaf.
type attempt struct {
	x         *Execution
	f         *frame
	turn      int
	heartbeat time.Duration
	unbeat    func()
	isJob     bool // a .sync request has been answered
	waiting   bool // the request with the token has been answered
}

func (a *attempt) live() bool { return a.f.turn == a.turn && a.x.status == Running }

// beat starts the heartbeat's time anew.
func (a *attempt) beat() {
	if a.heartbeat == 0 {
		return
	}
	if a.unbeat != nil {
		a.unbeat()
	}
	a.unbeat = a.x.clock.After(a.heartbeat, func() {
		if a.live() {
			a.timedOut(true)
		}
	})
	a.f.cancels = append(a.f.cancels, a.unbeat)
}

// timedOut ends the attempt.
func (a *attempt) timedOut(heartbeat bool) {
	a.f.move()
	s := a.f.current()
	fault := &failure{error: "States.Timeout", heartbeat: heartbeat}
	if s.resource.lambda {
		a.x.emit(a.f, "LambdaFunctionTimedOut", "lambdaFunctionTimedOutEventDetails", failureFields(fault)...)
	} else {
		a.x.emit(a.f, "TaskTimedOut", "taskTimedOutEventDetails", append(failureFields(fault), s.resource.fields()...)...)
	}
	a.x.faulty(a.f, fault)
}

// submitted records the answer of a .sync request.
func (a *attempt) submitted(output json.RawMessage) {
	if !a.live() || a.isJob {
		return
	}
	v, err := jsonata.Decode(output)
	if err != nil {
		a.notJSON(err)
		return
	}
	a.isJob = true
	a.x.emit(a.f, "TaskSubmitted", "taskSubmittedEventDetails", append(payloadField("output", v), a.f.current().resource.fields()...)...)
}

// done is what Integrations calls.
func (a *attempt) done(output json.RawMessage, fault *TaskError) {
	if !a.live() {
		return
	}
	s := a.f.current()
	if s.resource.token && !a.waiting {
		a.requested(output, fault)
		return
	}
	if fault != nil {
		a.failed(&failure{error: fault.Error, cause: fault.Cause})
		return
	}
	a.succeeded(output)
}

// requested takes the answer of a request that carried a token; the result comes with the token.
func (a *attempt) requested(output json.RawMessage, fault *TaskError) {
	s := a.f.current()
	if fault == nil {
		v, err := jsonata.Decode(output)
		if err != nil {
			a.notJSON(err)
			return
		}
		a.waiting = true
		a.x.emit(a.f, "TaskSubmitted", "taskSubmittedEventDetails", append(payloadField("output", v), s.resource.fields()...)...)
		return
	}
	a.failed(&failure{error: fault.Error, cause: fault.Cause})
}

func (a *attempt) failed(fault *failure) {
	a.f.move()
	s := a.f.current()
	delete(a.x.tokens, a.f.token)
	switch {
	case s.resource.lambda:
		a.x.emit(a.f, "LambdaFunctionFailed", "lambdaFunctionFailedEventDetails", failureFields(fault)...)
	case s.resource.token && !a.waiting, s.resource.job && !a.isJob:
		a.x.emit(a.f, "TaskSubmitFailed", "taskSubmitFailedEventDetails", append(failureFields(fault), s.resource.fields()...)...)
	default:
		a.x.emit(a.f, "TaskFailed", "taskFailedEventDetails", append(failureFields(fault), s.resource.fields()...)...)
	}
	a.x.faulty(a.f, fault)
}

func (a *attempt) notJSON(err error) {
	a.x.outward(a.f, a.x.runtime(a.f, fmt.Sprintf("The integration %s answered what is not JSON: %v", a.f.current().resource.arn, err)))
}

func (a *attempt) succeeded(output json.RawMessage) {
	v, err := jsonata.Decode(output)
	if err != nil {
		a.notJSON(err)
		return
	}
	x, f := a.x, a.f
	s := f.current()
	delete(x.tokens, f.token)
	f.move()
	if jsonata.Size(v, maxPayload) > maxPayload {
		x.tooLargeTask(f, s)
		return
	}
	if s.resource.lambda {
		x.emit(f, "LambdaFunctionSucceeded", "lambdaFunctionSucceededEventDetails", payloadField("output", v)...)
	} else {
		x.emit(f, "TaskSucceeded", "taskSucceededEventDetails", append(payloadField("output", v), s.resource.fields()...)...)
	}
	if x.status != Running {
		return
	}
	if s.paths != nil {
		x.pathLeave(f, s, v)
		return
	}
	x.leave(f, x.view(f, "result", v), s.output, s.assign, v)
}

// tooLargeTask fails a task whose result is over the limit.
func (x *Execution) tooLargeTask(f *frame, s *state) {
	fault := x.dataLimit(f, "output")
	if s.resource.lambda {
		x.emit(f, "LambdaFunctionFailed", "lambdaFunctionFailedEventDetails", failureFields(fault)...)
	} else {
		x.emit(f, "TaskFailed", "taskFailedEventDetails", append(failureFields(fault), s.resource.fields()...)...)
	}
	x.faulty(f, fault)
}
