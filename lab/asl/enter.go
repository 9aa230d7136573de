package asl

import (
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/acso/disaster-recovery/lab/asl/jsonata"
)

// stateEvent is the type of an event that a type of state writes.
func stateEvent(kind, what string) string { return kind + "State" + what }

// enter enters the frame's state. It is the clock's callback for every transition.
func (x *Execution) enter(f *frame) {
	f.move()
	s := f.current()
	f.before, f.since = f.previous, x.clock.Now()
	f.attempts, f.retries, f.token, f.wake = 0, nil, "", time.Time{}
	f.kids, f.items, f.next, f.run = nil, nil, 0, nil
	f.visit = &StateVisit{Name: s.name, Branch: f.branch(), Entered: f.since, Attempts: 1}
	x.visits = append(x.visits, f.visit)
	f.entered = x.emit(f, stateEvent(s.kind, "Entered"), "stateEnteredEventDetails",
		append(payloadField("input", f.input), field{"name", s.name})...)
	if x.status != Running {
		return // stopped by the observer, or the history is full
	}
	x.attempt(f)
}

// attempt does the work of a state that has been entered: at first, after a retry, and on redrive.
func (x *Execution) attempt(f *frame) {
	s := f.current()
	switch s.kind {
	case "Pass":
		x.pass(f, s)
	case "Succeed":
		x.leave(f, x.view(f), s.output, s.assign, f.input)
	case "Fail":
		x.failState(f, s)
	case "Choice":
		x.choose(f, s)
	case "Wait":
		x.wait(f, s)
	case "Task":
		x.task(f, s)
	case "Parallel":
		x.parallel(f, s)
	case "Map":
		x.mapState(f, s)
	}
}

func (x *Execution) pass(f *frame, s *state) {
	if s.paths != nil {
		x.pathPass(f, s)
		return
	}
	x.leave(f, x.view(f), s.output, s.assign, f.input)
}

func (x *Execution) failState(f *frame, s *state) {
	v := x.view(f)
	out := &failure{}
	for _, part := range []struct {
		t  *template
		to *string
	}{{s.failure, &out.error}, {s.cause, &out.cause}} {
		if part.t == nil {
			continue
		}
		value, err := x.evaluate(part.t, v)
		if err == nil {
			text, ok := value.(string)
			if *part.to = text; !ok {
				err = wrongType(part.t, "string", value)
			}
		}
		if err != nil {
			x.query(f, err)
			return
		}
	}
	x.outward(f, out)
}

func (x *Execution) choose(f *frame, s *state) {
	v := x.view(f)
	for _, r := range s.choices {
		value, err := x.evaluate(r.condition, v)
		if err == nil {
			if _, ok := value.(bool); !ok {
				err = wrongType(r.condition, "boolean", value)
			}
		}
		if err != nil {
			x.query(f, err)
			return
		}
		if value.(bool) {
			x.leaveTo(f, v, r.output, r.assign, f.input, r.next)
			return
		}
	}
	if s.fallback == "" { // not catchable, and States.Runtime although the specification says NoChoiceMatched
		x.outward(f, x.runtime(f, "Failed to transition out of the state. The state does not point to a next state."))
		return
	}
	x.leaveTo(f, v, s.output, s.assign, f.input, s.fallback)
}

func (x *Execution) wait(f *frame, s *state) {
	v := x.view(f)
	if f.wake.IsZero() {
		var err *queryError
		if s.seconds != nil {
			var n int64
			if n, err = x.integer(s.seconds, v, 0, longestWait); err == nil {
				f.wake = x.clock.Now().Add(time.Duration(n) * time.Second)
			}
		} else {
			f.wake, err = x.timestamp(s.timestamp, v)
		}
		if err != nil {
			f.wake = time.Time{}
			x.query(f, err)
			return
		}
	}
	x.after(f, f.wake.Sub(x.clock.Now()), func() {
		f.wake = time.Time{}
		x.leave(f, x.view(f), s.output, s.assign, f.input)
	})
}

// maxSeconds is the largest number of seconds in a definition:
// https://states-language.net/spec.html#wait-state and the console's own limit.
const maxSeconds = 99999999

// longestWait bounds what an expression gives a Wait: AWS went on waiting for 100000000 seconds, which a
// definition may not say (measured: iwamot/sfnx, docs/design.md, September 2026). It fits a Duration.
const longestWait = 9e9

// integer evaluates a whole number of a range. The texts for numbers that do not fit are those of
// TimeoutSeconds on AWS (gabrielmoreira/tiny-asl-machine, Feature.JSONataValidation-007, -008 and -010).
func (x *Execution) integer(t *template, v jsonata.Bindings, low, high int64) (int64, *queryError) {
	value, err := x.evaluate(t, v)
	if err != nil {
		return 0, err
	}
	n, ok := value.(float64)
	name := t.field[strings.LastIndexByte(t.field, '/')+1:]
	switch {
	case !ok:
		return 0, wrongType(t, "number", value)
	case n != math.Trunc(n):
		return 0, &queryError{cause: fmt.Sprintf("The %s field cannot be parsed as an integer: %s", name, jsonata.Encode(value)), location: t.field}
	case n < float64(low) || n > float64(high):
		return 0, &queryError{cause: fmt.Sprintf("%s must be between %d and %d but was: %s", name, low, high, jsonata.Encode(value)), location: t.field}
	}
	return int64(n), nil
}

// timestamp evaluates an instant in the profile of RFC 3339 that the specification asks for.
func (x *Execution) timestamp(t *template, v jsonata.Bindings) (time.Time, *queryError) {
	value, err := x.evaluate(t, v)
	if err != nil {
		return time.Time{}, err
	}
	s, ok := value.(string)
	if !ok {
		return time.Time{}, wrongType(t, "string", value)
	}
	at, bad := offsetTime(s)
	if bad {
		return time.Time{}, &queryError{cause: "The " + t.field + " field cannot be parsed as an ISO-8601 extended offset date-time format string: " + s, location: t.field}
	}
	return at, nil
}

// offsetTime reads what an expression gives a Timestamp: an ISO 8601 extended date and time with an offset,
// in which t and z may be small and the seconds may be missing, and up to nine digits of a fraction
// (measured: iwamot/sfnx, docs/design.md, September 2026). Timestamps of definitions are RFC 3339.
func offsetTime(s string) (at time.Time, bad bool) {
	if len(s) > len("2006-01-02T15:04:05.000000000+00:00") {
		return at, true
	}
	s = strings.ToUpper(s)
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04Z07:00"} {
		if at, err := time.Parse(layout, s); err == nil {
			return at, strings.ContainsRune(s, ',')
		}
	}
	return at, true
}

// leave exits a state by its own Output, Assign and Next.
func (x *Execution) leave(f *frame, v view, output, assign *template, result jsonata.Value) {
	x.leaveTo(f, v, output, assign, result, f.current().next)
}

// leaveTo exits a state: Assign and Output see the variables as they were before either.
func (x *Execution) leaveTo(f *frame, v view, output, assign *template, result jsonata.Value, next string) {
	assigned, err := x.assignments(assign, v)
	if err != nil {
		x.query(f, err)
		return
	}
	if output != nil {
		if result, err = x.evaluate(output, v); err != nil {
			x.query(f, err)
			return
		}
	}
	x.exit(f, result, assigned, next)
}

// assignments evaluates an Assign field.
func (x *Execution) assignments(t *template, v jsonata.Bindings) (*jsonata.Object, *queryError) {
	if t == nil {
		return nil, nil
	}
	value, err := x.evaluate(t, v)
	if err != nil {
		return nil, err
	}
	return value.(*jsonata.Object), nil
}

// exit writes the exit event and moves on.
func (x *Execution) exit(f *frame, output jsonata.Value, assigned *jsonata.Object, next string) {
	s := f.current()
	if fault := x.tooLarge(f, output, assigned); fault != nil {
		x.outward(f, fault)
		return
	}
	fields := make([]field, 0, 5)
	if assigned != nil && len(assigned.Keys) > 0 {
		for i, name := range assigned.Keys {
			f.vars.set(name, assigned.Values[i])
		}
		fields = append(fields, field{"assignedVariables", variables{assigned.Keys, assigned.Values}},
			field{"assignedVariablesDetails", whole})
	}
	fields = append(fields, field{"name", s.name}, field{"output", payload{output}}, field{"outputDetails", whole})
	x.emit(f, stateEvent(s.kind, "Exited"), "stateExitedEventDetails", fields...)
	if x.status != Running {
		return
	}
	f.visit.Exited = x.clock.Now()
	f.entered = 0
	f.move()
	if next == "" {
		x.finish(f, output)
		return
	}
	f.state, f.input = next, output
	x.later(f, func() { x.enter(f) })
}

// finish ends a frame that succeeded.
func (x *Execution) finish(f *frame, output jsonata.Value) {
	f.done, f.output = true, output
	if f.parent != nil {
		x.kidDone(f)
		return
	}
	x.output = output
	x.end(Succeeded)
	x.record(f.previous, "ExecutionSucceeded", "executionSucceededEventDetails", payloadField("output", output)...)
	x.announce()
}
