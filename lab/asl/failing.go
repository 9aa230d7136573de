package asl

import (
	"fmt"
	"math"
	"time"

	"github.com/acso/disaster-recovery/lab/asl/jsonata"
)

// runtime is an error that ends the execution whatever the definition says.
func (x *Execution) runtime(f *frame, cause string) *failure {
	return &failure{error: "States.Runtime", cause: x.during(f) + cause}
}

// during is the sentence with which AWS begins the cause of its own errors.
func (x *Execution) during(f *frame) string {
	return fmt.Sprintf("An error occurred while executing the state '%s' (entered at the event id #%d). ", f.state, f.entered)
}

// query records an evaluation that failed and lets the state's Retry and Catch see it.
//
// Where nothing happened since the state was entered, AWS's recordings (November 2024) show the event
// behind the last one before the state, not behind the state's own entry; those of Wait states
// (December 2024) show it behind the entry.
func (x *Execution) query(f *frame, err *queryError) {
	if err.runtime {
		x.outward(f, x.runtime(f, err.cause))
		return
	}
	previous := f.previous
	if previous == f.entered && f.current().kind != "Wait" {
		previous = f.before
	}
	x.queryFrom(f, previous, err, nil)
}

// queryFrom does so with the event before it. stateFailed is the event that a Parallel or a Map adds.
func (x *Execution) queryFrom(f *frame, previous int64, err *queryError, handled *failure) {
	fault := &failure{error: "States.QueryEvaluationError", cause: x.during(f) + err.cause}
	fields := failureFields(fault)
	if err.location != "" {
		fields = append(fields, field{"location", err.location})
	}
	f.previous = previous
	x.emit(f, "EvaluationFailed", "evaluationFailedEventDetails", append(fields, field{"state", f.state})...)
	if handled != nil { // the error of a Catch is not caught again
		x.stateFailed(f)
		x.outward(f, fault)
		return
	}
	x.cut(f, nil, f.previous)
	for _, k := range f.kids {
		k.halt()
	}
	x.faulty(f, fault)
}

// faulty deals with an error in a state: Retry, then Catch, then the frame fails.
func (x *Execution) faulty(f *frame, fault *failure) {
	if x.status != Running {
		return
	}
	f.token = ""
	if fault.beyond() {
		x.outward(f, fault)
		return
	}
	s := f.current()
	if delay, ok := x.retry(f, s, fault); ok {
		f.move()
		f.attempts++
		f.visit.Attempts++
		f.wake = x.clock.Now().Add(delay)
		x.after(f, delay, func() {
			f.wake = time.Time{}
			x.attempt(f)
		})
		return
	}
	before := f.previous
	x.stateFailed(f)
	for i, c := range s.catch {
		if fault.named(c.errors) {
			x.caught(f, &s.catch[i], fault, before)
			return
		}
	}
	x.outward(f, fault)
}

// stateFailed adds the event that only Parallel and Map states have.
func (x *Execution) stateFailed(f *frame) {
	if kind := f.current().kind; kind == "Parallel" || kind == "Map" {
		x.emit(f, stateEvent(kind, "Failed"), "")
	}
}

// caught leaves the state by a Catch. What fails in the Catch itself is recorded from before the
// state's failure, and the state fails for good (measured by the floci project, August 2026).
func (x *Execution) caught(f *frame, c *catcher, fault *failure, before int64) {
	if x.status != Running {
		return
	}
	errorOutput := jsonata.Obj("Error", fault.error)
	if fault.cause != "" {
		errorOutput.Set("Cause", fault.cause)
	}
	v := x.view(f, "errorOutput", errorOutput)
	assigned, err := x.assignments(c.assign, v)
	var output jsonata.Value = errorOutput
	if err == nil && c.output != nil {
		output, err = x.evaluate(c.output, v)
	}
	if err != nil {
		x.queryFrom(f, before, err, fault)
		return
	}
	abandon(f)
	x.exit(f, output, assigned, c.next)
}

// named applies the names and wild cards of ErrorEquals. States.TaskFailed stands for everything but a
// timeout and, measured, an evaluation that failed (iwamot/sfnx, docs/design.md, September 2026).
// No wild card stands for States.DataLimitExceeded
// (https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html), but both did when
// the result of a task was too large (localstack, March 2024; iwamot/sfnx, September 2026).
func (f *failure) named(names []string) bool {
	for _, n := range names {
		switch {
		case n == f.error:
			return true
		case f.error == "States.DataLimitExceeded" && !f.ofTask:
		case n == "States.ALL":
			return true
		case n == "States.TaskFailed" && f.error != "States.Timeout" && f.error != "States.QueryEvaluationError":
			return true
		case n == "States.HeartbeatTimeout" && f.heartbeat:
			return true
		}
	}
	return false
}

// retry finds the first retrier that names the error and has attempts left.
func (x *Execution) retry(f *frame, s *state, fault *failure) (time.Duration, bool) {
	for i, r := range s.retry {
		if !fault.named(r.errors) {
			continue
		}
		if f.retries == nil {
			f.retries = make([]int64, len(s.retry))
		}
		used := f.retries[i]
		if used >= r.maxAttempts {
			return 0, false
		}
		f.retries[i]++
		seconds := float64(r.interval) * math.Pow(r.backoff, float64(used))
		if r.maxDelay > 0 {
			seconds = math.Min(seconds, float64(r.maxDelay))
		}
		seconds = math.Min(seconds, maxSeconds)
		if r.fullJitter {
			seconds *= x.random.Float64()
		}
		return time.Duration(seconds * float64(time.Second)), true
	}
	return 0, false
}

// outward fails a frame: its parent's Parallel or Map, or the execution.
func (x *Execution) outward(f *frame, fault *failure) {
	if x.status != Running {
		return
	}
	f.move()
	f.failed = fault
	if f.parent == nil || fault.beyond() {
		x.fail(f.previous, fault)
		return
	}
	x.kidFailed(f)
}

// fail ends the execution with an error.
func (x *Execution) fail(previous int64, fault *failure) {
	x.failure = fault
	x.end(Failed)
	x.record(previous, "ExecutionFailed", "executionFailedEventDetails", failureFields(fault)...)
	x.announce()
}

// end stops everything under way.
func (x *Execution) end(s Status) {
	x.status, x.stoppedAt = s, x.clock.Now()
	if x.deadline != nil {
		x.deadline()
		x.deadline = nil
	}
	x.root.halt()
	x.tokens = map[string]*frame{}
}

func (x *Execution) announce() {
	for _, f := range x.onEnd {
		f(x)
	}
}

// timeOut ends the execution on the machine's TimeoutSeconds. No Catch runs. What comes from outside
// the states points at no event (localstack's test_stop_execution, May 2024; floci for the timeout).
func (x *Execution) timeOut() {
	if x.status != Running {
		return
	}
	x.failure = &failure{error: "States.Timeout"}
	x.end(TimedOut)
	x.record(0, "ExecutionTimedOut", "executionTimedOutEventDetails", failureFields(x.failure)...)
	x.announce()
}

// Stop aborts the execution, as StopExecution does. On an execution that has ended it does nothing.
func (x *Execution) Stop(errorName, cause string) {
	if x.status != Running {
		return
	}
	x.failure = &failure{error: errorName, cause: cause}
	x.end(Aborted)
	x.record(0, "ExecutionAborted", "executionAbortedEventDetails", failureFields(x.failure)...)
	x.announce()
}

func (x *Execution) lastEvent() int64 { return int64(len(x.history)) }
