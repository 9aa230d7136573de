package asl

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/acso/disaster-recovery/lab/sim"
)

// fake answers tasks from a list by state name; without an answer a task never ends.
type fake struct {
	clock   Clock
	answers map[string][]reply
	started []Task
	items   []json.RawMessage
	sunk    int
}

type reply struct {
	output    string
	fault     *TaskError
	submitted string
	after     time.Duration
}

func (f *fake) Start(t Task, done func(json.RawMessage, *TaskError)) func() {
	f.started = append(f.started, t)
	queue := f.answers[t.StateName]
	if len(queue) == 0 {
		return nil
	}
	r := queue[0]
	if len(queue) > 1 {
		f.answers[t.StateName] = queue[1:]
	}
	if r.submitted != "" {
		f.clock.After(0, func() { t.Submitted(json.RawMessage(r.submitted)) })
	}
	return f.clock.After(r.after, func() { done(json.RawMessage(r.output), r.fault) })
}

func (f *fake) ReadItems(_ ItemSource, done func([]json.RawMessage, *TaskError)) func() {
	return f.clock.After(0, func() { done(f.items, nil) })
}

func (f *fake) WriteResults(s ResultSink, done func(json.RawMessage, *TaskError)) func() {
	f.sunk = len(s.Children)
	return f.clock.After(0, func() { done(json.RawMessage(`{"MapRunArn":"`+s.MapRunARN+`"}`), nil) })
}

var epoch = sim.Epoch

// machine wraps states into a JSONata definition that starts at the first one named.
func machine(t testing.TB, startAt, states string) *Machine {
	t.Helper()
	m, err := Parse("test", []byte(fmt.Sprintf(`{"QueryLanguage":"JSONata","StartAt":%q,"States":{%s}}`, startAt, states)))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

type run struct {
	*Execution
	clock *sim.Sim
	fake  *fake
}

func begin(t testing.TB, m *Machine, input string, answers map[string][]reply) *run {
	t.Helper()
	clock := sim.New(1)
	f := &fake{clock: clock, answers: answers}
	x, err := Start(m, Options{Clock: clock, Integrations: f, Name: "x"}, json.RawMessage(input))
	if err != nil {
		t.Fatal(err)
	}
	return &run{x, clock, f}
}

// finish lets time pass until the execution has ended.
func (r *run) finish() { finish(r.clock, r.Execution) }

func finish(clock *sim.Sim, x *Execution) {
	clock.Run(epoch.AddDate(10, 0, 0), func() bool { return x.Status() != Running })
}

func (r *run) types() string {
	var out []string
	for _, e := range r.History() {
		out = append(out, fmt.Sprintf("%s<%d", e.Type, e.PreviousEventID))
	}
	return strings.Join(out, " ")
}

const task = `"Type":"Task","Resource":"arn:aws:states:::lambda:invoke"`

// Each row is a machine that runs to its end; want is "STATUS output" or "STATUS error: cause".
func TestBehaviour(t *testing.T) {
	for _, c := range []struct {
		name, startAt, states, input string
		answers                      map[string][]reply
		want                         string
		seconds                      int // virtual, of the whole execution
	}{
		{name: "output and assign", startAt: "A", input: `{"n":1}`,
			states: `"A":{"Type":"Pass","Assign":{"v":"{% $states.input.n + 1 %}"},"Next":"B"},"B":{"Type":"Pass","Output":{"v":"{% $v %}","in":"{% $states.input %}"},"End":true}`,
			want:   `SUCCEEDED {"v":2,"in":{"n":1}}`},
		{name: "assign sees the values from before", startAt: "A", input: `{}`,
			states: `"A":{"Type":"Pass","Assign":{"x":1},"Next":"B"},"B":{"Type":"Pass","Assign":{"x":2,"y":"{% $x %}"},"Output":"{% $x %}","Next":"C"},"C":{"Type":"Pass","Output":"{% [$x,$y,$states.input] %}","End":true}`,
			want:   `SUCCEEDED [2,1,1]`},
		{name: "wait seconds", startAt: "W", states: `"W":{"Type":"Wait","Seconds":"{% 5 * 2 %}","End":true}`, want: `SUCCEEDED {}`, seconds: 10},
		{name: "wait until", startAt: "W", states: `"W":{"Type":"Wait","Timestamp":"2026-03-03T09:01:00Z","End":true}`, want: `SUCCEEDED {}`, seconds: 60},
		{name: "fail with expressions", startAt: "F", input: `{"e":"Oops"}`, states: `"F":{"Type":"Fail","Error":"{% $states.input.e %}","Cause":"because"}`, want: `FAILED Oops: because`},
		{name: "no choice", startAt: "C", states: `"C":{"Type":"Choice","Choices":[{"Condition":"{% false %}","Next":"D"}]},"D":{"Type":"Succeed"}`,
			want: `FAILED States.Runtime: An error occurred while executing the state 'C' (entered at the event id #2). Failed to transition out of the state. The state does not point to a next state.`},
		{name: "condition is no boolean", startAt: "C", states: `"C":{"Type":"Choice","Choices":[{"Condition":"{% 1 %}","Next":"D"}],"Default":"D"},"D":{"Type":"Succeed"}`,
			want: `FAILED States.QueryEvaluationError: An error occurred while executing the state 'C' (entered at the event id #2). The JSONata expression '1' specified for the field 'Choices[0]/Condition' returned an unexpected result type. Expected 'boolean', but was 'number' for value: 1`},
		{name: "nothing", startAt: "P", states: `"P":{"Type":"Pass","Output":{"a":["{% $states.input.none %}"]},"End":true}`,
			want: `FAILED States.QueryEvaluationError: An error occurred while executing the state 'P' (entered at the event id #2). The JSONata expression '$states.input.none' specified for the field 'Output/a[0]' returned nothing (undefined).`},
		{name: "coded error", startAt: "P", states: `"P":{"Type":"Pass","Output":"{% $sqrt(-1) %}","End":true}`,
			want: `FAILED States.QueryEvaluationError: An error occurred while executing the state 'P' (entered at the event id #2). The JSONata expression '$sqrt(-1)' specified for the field 'Output' threw an error during evaluation. D3060: The sqrt function cannot be applied to a negative number: -1`},
		{name: "timeout is no whole number", startAt: "T", states: `"T":{` + task + `,"TimeoutSeconds":"{% 1.5 %}","End":true}`,
			want: `FAILED States.QueryEvaluationError: An error occurred while executing the state 'T' (entered at the event id #2). The TimeoutSeconds field cannot be parsed as an integer: 1.5`},
		{name: "timeout is out of range", startAt: "T", states: `"T":{` + task + `,"TimeoutSeconds":"{% -1 %}","End":true}`,
			want: `FAILED States.QueryEvaluationError: An error occurred while executing the state 'T' (entered at the event id #2). TimeoutSeconds must be between 0 and 99999999 but was: -1`},
		{name: "heartbeat is no number", startAt: "T", states: `"T":{` + task + `,"HeartbeatSeconds":"{% 'a' %}","End":true}`,
			want: `FAILED States.QueryEvaluationError: An error occurred while executing the state 'T' (entered at the event id #2). The JSONata expression ''a'' specified for the field 'HeartbeatSeconds' returned an unexpected result type. Expected 'number', but was 'string' for value: "a"`},
		{name: "a range of one is its member", startAt: "P", states: `"P":{"Type":"Pass","Output":"{% [$range(1,9,9), $range(2,2,1), $count($range(1,9,2))] %}","End":true}`, want: `SUCCEEDED [1,2,5]`},
		{name: "catch assigns what a branch assigns", startAt: "P",
			states: `"P":{"Type":"Parallel","Branches":[{"StartAt":"A","States":{"A":{"Type":"Pass","Assign":{"v":1},"Next":"B"},"B":{"Type":"Fail","Error":"E"}}}],"Catch":[{"ErrorEquals":["E"],"Assign":{"v":2},"Next":"C"}],"End":true},"C":{"Type":"Pass","Output":"{% $v %}","End":true}`,
			want:   `SUCCEEDED 2`},
		{name: "retry with back-off", startAt: "T",
			states:  `"T":{` + task + `,"Retry":[{"ErrorEquals":["Busy"],"IntervalSeconds":3,"BackoffRate":2,"MaxAttempts":2}],"Output":"{% $states.result.ok %}","End":true}`,
			answers: map[string][]reply{"T": {{fault: &TaskError{"Busy", ""}}, {fault: &TaskError{"Busy", ""}}, {output: `{"ok":7}`}}}, want: `SUCCEEDED 7`, seconds: 9},
		{name: "retry used up", startAt: "T",
			states:  `"T":{` + task + `,"Retry":[{"ErrorEquals":["States.ALL"],"IntervalSeconds":2,"BackoffRate":10,"MaxDelaySeconds":5,"MaxAttempts":2}],"End":true}`,
			answers: map[string][]reply{"T": {{fault: &TaskError{"Busy", "full"}}}}, want: `FAILED Busy: full`, seconds: 7},
		{name: "catch", startAt: "T",
			states:  `"T":{` + task + `,"Catch":[{"ErrorEquals":["States.TaskFailed"],"Next":"D","Assign":{"e":"{% $states.errorOutput.Error %}"},"Output":{"c":"{% $states.errorOutput.Cause %}"}}],"End":true},"D":{"Type":"Pass","Output":"{% [$e, $states.input.c] %}","End":true}`,
			answers: map[string][]reply{"T": {{fault: &TaskError{"Busy", "full"}}}}, want: `SUCCEEDED ["Busy","full"]`},
		{name: "timeout", startAt: "T", states: `"T":{` + task + `,"TimeoutSeconds":"{% 4 %}","End":true}`, want: `FAILED States.Timeout: `, seconds: 4},
		{name: "timeout is no task failure", startAt: "T", states: `"T":{` + task + `,"TimeoutSeconds":4,"Catch":[{"ErrorEquals":["States.TaskFailed"],"Next":"A"},{"ErrorEquals":["States.Timeout"],"Next":"B"}],"End":true},"A":{"Type":"Fail"},"B":{"Type":"Pass","Output":1,"End":true}`, want: `SUCCEEDED 1`, seconds: 4},
		{name: "data limit", startAt: "T", states: `"T":{` + task + `,"Catch":[{"ErrorEquals":["States.ALL"],"Output":"{% $states.errorOutput.Cause %}","Next":"A"}],"End":true},"A":{"Type":"Succeed"}`,
			answers: map[string][]reply{"T": {{output: `"` + strings.Repeat("x", maxPayload) + `"`}}}, want: `SUCCEEDED "The state/task 'lambda' returned a result with a size exceeding the maximum number of bytes service limit."`},
		{name: "data limit by its name", startAt: "T", states: `"T":{` + task + `,"Catch":[{"ErrorEquals":["States.DataLimitExceeded"],"Output":1,"Next":"A"}],"End":true},"A":{"Type":"Succeed"}`,
			answers: map[string][]reply{"T": {{output: `"` + strings.Repeat("x", maxPayload) + `"`}}}, want: `SUCCEEDED 1`},
		{name: "parallel scopes", startAt: "P", input: `{"i":1}`,
			states: `"P":{"Type":"Parallel","Arguments":{"a":"{% $states.input.i %}"},"Branches":[{"StartAt":"A","States":{"A":{"Type":"Pass","Assign":{"x":1},"Next":"A2"},"A2":{"Type":"Pass","Output":"{% [$x, $states.input.a] %}","End":true}}},{"StartAt":"B","States":{"B":{"Type":"Pass","Assign":{"x":2},"Next":"B2"},"B2":{"Type":"Pass","Output":"{% $x %}","End":true}}}],"Output":{"r":"{% $states.result %}","x":"{% $exists($x) %}"},"End":true}`,
			want:   `SUCCEEDED {"r":[[1,1],2],"x":false}`},
		{name: "map with selector", startAt: "M", input: `{"k":9}`,
			states: `"M":{"Type":"Map","Items":[5,6],"ItemSelector":{"v":"{% $states.context.Map.Item.Value %}","i":"{% $states.context.Map.Item.Index %}","k":"{% $states.input.k %}"},"ItemProcessor":{"StartAt":"A","States":{"A":{"Type":"Pass","End":true}}},"End":true}`,
			want:   `SUCCEEDED [{"v":5,"i":0,"k":9},{"v":6,"i":1,"k":9}]`},
		{name: "map over nothing", startAt: "M", states: `"M":{"Type":"Map","Items":[],"ItemProcessor":{"StartAt":"A","States":{"A":{"Type":"Pass","End":true}}},"End":true}`, want: `SUCCEEDED []`},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := begin(t, machine(t, c.startAt, c.states), c.input, c.answers)
			r.finish()
			got := string(r.Status()) + " " + string(r.Output())
			if r.Status() != Succeeded {
				got = string(r.Status()) + " " + r.Error() + ": " + r.Cause()
			}
			if got != c.want {
				t.Errorf("got  %s\nwant %s\n%s", got, c.want, r.types())
			}
			if d := r.StoppedAt().Sub(r.StartedAt()); d != time.Duration(c.seconds)*time.Second {
				t.Errorf("took %s, want %ds", d, c.seconds)
			}
		})
	}
}
