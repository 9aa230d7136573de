package asl

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
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

var epoch = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

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
	clock *SimulatedClock
	fake  *fake
}

func begin(t testing.TB, m *Machine, input string, answers map[string][]reply) *run {
	t.Helper()
	clock := NewClock(epoch)
	f := &fake{clock: clock, answers: answers}
	x, err := Start(m, Options{Clock: clock, Integrations: f, Name: "x"}, json.RawMessage(input))
	if err != nil {
		t.Fatal(err)
	}
	return &run{x, clock, f}
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
		{name: "wait until", startAt: "W", states: `"W":{"Type":"Wait","Timestamp":"2026-01-01T00:01:00Z","End":true}`, want: `SUCCEEDED {}`, seconds: 60},
		{name: "fail with expressions", startAt: "F", input: `{"e":"Oops"}`, states: `"F":{"Type":"Fail","Error":"{% $states.input.e %}","Cause":"because"}`, want: `FAILED Oops: because`},
		{name: "no choice", startAt: "C", states: `"C":{"Type":"Choice","Choices":[{"Condition":"{% false %}","Next":"D"}]},"D":{"Type":"Succeed"}`,
			want: `FAILED States.Runtime: An error occurred while executing the state 'C' (entered at the event id #2). Failed to transition out of the state. The state does not point to a next state.`},
		{name: "condition is no boolean", startAt: "C", states: `"C":{"Type":"Choice","Choices":[{"Condition":"{% 1 %}","Next":"D"}],"Default":"D"},"D":{"Type":"Succeed"}`,
			want: `FAILED States.QueryEvaluationError: An error occurred while executing the state 'C' (entered at the event id #2). The JSONata expression '1' specified for the field 'Choices[0]/Condition' returned an unexpected result type. Expected 'boolean', but was 'number' for value: 1`},
		{name: "nothing", startAt: "P", states: `"P":{"Type":"Pass","Output":{"a":["{% $states.input.none %}"]},"End":true}`,
			want: `FAILED States.QueryEvaluationError: An error occurred while executing the state 'P' (entered at the event id #2). The JSONata expression '$states.input.none' specified for the field 'Output/a[0]' returned nothing (undefined).`},
		{name: "coded error", startAt: "P", states: `"P":{"Type":"Pass","Output":"{% $sqrt(-1) %}","End":true}`,
			want: `FAILED States.QueryEvaluationError: An error occurred while executing the state 'P' (entered at the event id #2). The JSONata expression '$sqrt(-1)' specified for the field 'Output' threw an error during evaluation. D3060: The sqrt function cannot be applied to a negative number: -1`},
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
		{name: "data limit", startAt: "T", states: `"T":{` + task + `,"Catch":[{"ErrorEquals":["States.ALL"],"Next":"A"}],"End":true},"A":{"Type":"Succeed"}`,
			answers: map[string][]reply{"T": {{output: `"` + strings.Repeat("x", maxPayload) + `"`}}}, want: `FAILED States.DataLimitExceeded: The state/task 'lambda' returned a result with a size exceeding the maximum number of bytes service limit.`},
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
			r.clock.Run()
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

// The chains are those that localstack recorded in us-east-1, and beside them those that the floci
// project read off there.
func TestChains(t *testing.T) {
	fail := `{"StartAt":"Boom","States":{"Boom":{"Type":"Fail","Error":"MyError","Cause":"my cause"}}}`
	for _, c := range []struct {
		name, startAt, states string
		answers               map[string][]reply
		want                  string
	}{
		{name: "parallel", startAt: "P", states: `"P":{"Type":"Parallel","Branches":[{"StartAt":"A","States":{"A":{"Type":"Pass","End":true}}}],"Next":"After"},"After":{"Type":"Pass","End":true}`,
			want: "ExecutionStarted<0 ParallelStateEntered<0 ParallelStateStarted<2 PassStateEntered<3 PassStateExited<4 ParallelStateSucceeded<5 ParallelStateExited<5 PassStateEntered<7 PassStateExited<8 ExecutionSucceeded<9"},
		{name: "fail in a branch", startAt: "P", states: `"P":{"Type":"Parallel","Branches":[` + fail + `],"End":true}`,
			want: "ExecutionStarted<0 ParallelStateEntered<0 ParallelStateStarted<2 FailStateEntered<3 ParallelStateFailed<4 ExecutionFailed<5"},
		{name: "retried parallel", startAt: "P", states: `"P":{"Type":"Parallel","Branches":[` + fail + `],"Retry":[{"ErrorEquals":["States.ALL"],"MaxAttempts":1,"IntervalSeconds":0}],"End":true}`,
			want: "ExecutionStarted<0 ParallelStateEntered<0 ParallelStateStarted<2 FailStateEntered<3 ParallelStateStarted<4 FailStateEntered<5 ParallelStateFailed<6 ExecutionFailed<7"},
		{name: "caught in a branch", startAt: "P", states: `"P":{"Type":"Parallel","Branches":[{"StartAt":"U","States":{"U":{"Type":"Pass","Output":{"v":"{% $states.input.missing %}"},"End":true}}}],"Catch":[{"ErrorEquals":["States.ALL"],"Next":"H"}],"End":true},"H":{"Type":"Pass","End":true}`,
			want: "ExecutionStarted<0 ParallelStateEntered<0 ParallelStateStarted<2 PassStateEntered<3 EvaluationFailed<3 ParallelStateFailed<5 ParallelStateExited<6 PassStateEntered<7 PassStateExited<8 ExecutionSucceeded<9"},
		{name: "task fails in a branch", startAt: "P", states: `"P":{"Type":"Parallel","Branches":[{"StartAt":"T","States":{"T":{` + task + `,"End":true}}}],"Catch":[{"ErrorEquals":["States.ALL"],"Next":"H"}],"End":true},"H":{"Type":"Pass","End":true}`,
			answers: map[string][]reply{"T": {{fault: &TaskError{"E", ""}}}},
			want:    "ExecutionStarted<0 ParallelStateEntered<0 ParallelStateStarted<2 TaskStateEntered<3 TaskScheduled<4 TaskStarted<5 TaskFailed<6 TaskStateAborted<7 ParallelStateFailed<7 ParallelStateExited<9 PassStateEntered<10 PassStateExited<11 ExecutionSucceeded<12"},
		{name: "catch that fails", startAt: "P", states: `"P":{"Type":"Parallel","Branches":[` + fail + `],"Catch":[{"ErrorEquals":["States.ALL"],"Output":{"v":"{% $states.input.missing %}"},"Next":"D"}],"End":true},"D":{"Type":"Pass","End":true}`,
			want: "ExecutionStarted<0 ParallelStateEntered<0 ParallelStateStarted<2 FailStateEntered<3 ParallelStateFailed<4 EvaluationFailed<4 ParallelStateFailed<6 ExecutionFailed<7"},
		{name: "iteration fails", startAt: "M", states: `"M":{"Type":"Map","Items":[1,2],"MaxConcurrency":1,"ItemProcessor":{"StartAt":"U","States":{"U":{"Type":"Pass","Output":"{% $states.input.x %}","End":true}}},"End":true}`,
			want: "ExecutionStarted<0 MapStateEntered<0 MapStateStarted<2 MapIterationStarted<3 PassStateEntered<4 EvaluationFailed<4 MapIterationFailed<6 MapStateFailed<6 ExecutionFailed<8"},
		{name: "map over nothing", startAt: "M", states: `"M":{"Type":"Map","Items":[],"ItemProcessor":{"StartAt":"A","States":{"A":{"Type":"Pass","End":true}}},"End":true}`,
			want: "ExecutionStarted<0 MapStateEntered<0 MapStateStarted<2 MapStateSucceeded<3 MapStateExited<3 ExecutionSucceeded<5"},
		{name: "distributed", startAt: "D", states: `"D":{"Type":"Map","Items":[1,2],"ItemProcessor":{"ProcessorConfig":{"Mode":"DISTRIBUTED","ExecutionType":"STANDARD"},"StartAt":"A","States":{"A":{"Type":"Pass","End":true}}},"End":true}`,
			want: "ExecutionStarted<0 MapStateEntered<0 MapStateStarted<2 MapRunStarted<3 MapRunSucceeded<4 MapStateSucceeded<5 MapStateExited<4 ExecutionSucceeded<7"},
		{name: "arguments fail twice", startAt: "T", states: `"T":{` + task + `,"Arguments":"{% $states.input.none %}","Retry":[{"ErrorEquals":["States.ALL"],"MaxAttempts":1,"IntervalSeconds":0}],"End":true}`,
			want: "ExecutionStarted<0 TaskStateEntered<0 EvaluationFailed<0 EvaluationFailed<3 ExecutionFailed<4"},
		{name: "choice", startAt: "C", states: `"C":{"Type":"Choice","Choices":[{"Condition":false,"Next":"D"}]},"D":{"Type":"Succeed"}`,
			want: "ExecutionStarted<0 ChoiceStateEntered<0 ExecutionFailed<2"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := begin(t, machine(t, c.startAt, c.states), `{}`, c.answers)
			r.clock.Run()
			if got := r.types(); got != c.want {
				t.Errorf("got  %s\nwant %s\n%s", got, c.want, r.Cause())
			}
		})
	}
}

func TestTaskToken(t *testing.T) {
	m := machine(t, "T", `"T":{"Type":"Task","Resource":"arn:aws:states:::sns:publish.waitForTaskToken","Arguments":{"t":"{% $states.context.Task.Token %}"},"HeartbeatSeconds":10,"TimeoutSeconds":100,"End":true}`)
	r := begin(t, m, `{}`, map[string][]reply{"T": {{output: `{"MessageId":"m"}`}}})
	r.clock.RunUntil(epoch.Add(8 * time.Second))
	tokens := r.Tokens()
	if len(tokens) != 1 || !strings.Contains(string(r.fake.started[0].Arguments), tokens[0]) {
		t.Fatalf("tokens %v, arguments %s", tokens, r.fake.started[0].Arguments)
	}
	if err := r.SendTaskHeartbeat(tokens[0]); err != nil {
		t.Fatal(err)
	}
	r.clock.RunUntil(epoch.Add(15 * time.Second))
	if err := r.SendTaskSuccess(tokens[0], json.RawMessage(`{"approved":true}`)); err != nil {
		t.Fatal(err)
	}
	if err := r.SendTaskFailure(tokens[0], "Late", ""); err == nil {
		t.Error("a token was used twice")
	}
	r.clock.Run()
	want := "ExecutionStarted<0 TaskStateEntered<0 TaskScheduled<2 TaskStarted<3 TaskSubmitted<4 TaskSucceeded<5 TaskStateExited<6 ExecutionSucceeded<7"
	if got := r.types(); got != want || string(r.Output()) != `{"approved":true}` {
		t.Errorf("got %s %s", got, r.Output())
	}
}

func TestMissedHeartbeat(t *testing.T) {
	m := machine(t, "T", `"T":{"Type":"Task","Resource":"arn:aws:states:::sns:publish.waitForTaskToken","HeartbeatSeconds":10,"Catch":[{"ErrorEquals":["States.HeartbeatTimeout"],"Next":"H"}],"End":true},"H":{"Type":"Pass","Output":"late","End":true}`)
	r := begin(t, m, `{}`, map[string][]reply{"T": {{output: `{}`}}})
	r.clock.Run()
	if string(r.Output()) != `"late"` || r.StoppedAt().Sub(epoch) != 10*time.Second {
		t.Errorf("%s %s after %s", r.Status(), r.Output(), r.StoppedAt().Sub(epoch))
	}
}

func TestJob(t *testing.T) {
	m := machine(t, "T", `"T":{"Type":"Task","Resource":"arn:aws:states:::states:startExecution.sync:2","Arguments":{"StateMachineArn":"a"},"End":true}`)
	r := begin(t, m, `{}`, map[string][]reply{"T": {{submitted: `{"ExecutionArn":"e"}`, output: `{"Status":"SUCCEEDED"}`, after: time.Second}}})
	r.clock.Run()
	want := "ExecutionStarted<0 TaskStateEntered<0 TaskScheduled<2 TaskStarted<3 TaskSubmitted<4 TaskSucceeded<5 TaskStateExited<6 ExecutionSucceeded<7"
	if r.types() != want {
		t.Errorf("got %s", r.types())
	}
}

func TestDistributedMap(t *testing.T) {
	m := machine(t, "D", `"D":{"Type":"Map","Label":"Check","ItemReader":{"Resource":"arn:aws:states:::s3:getObject","ReaderConfig":{"InputType":"JSON"},"Arguments":{"Bucket":"b","Key":"k"}},
	"ItemBatcher":{"MaxItemsPerBatch":2,"BatchInput":{"z":1}},"ToleratedFailurePercentage":40,
	"ItemProcessor":{"ProcessorConfig":{"Mode":"DISTRIBUTED","ExecutionType":"STANDARD"},"StartAt":"A","States":{"A":{"Type":"Choice","Choices":[{"Condition":"{% $states.input.Items[0] = 3 %}","Next":"F"}],"Default":"P"},"F":{"Type":"Fail","Error":"E"},"P":{"Type":"Pass","End":true}}},
	"ResultWriter":{"Resource":"arn:aws:states:::s3:putObject","Arguments":{"Bucket":"b","Prefix":"p"}},"End":true}`)
	r := begin(t, m, `{}`, nil)
	for i := range 5 {
		r.fake.items = append(r.fake.items, json.RawMessage(fmt.Sprint(i+1)))
	}
	r.clock.Run()
	if r.Status() != Succeeded || r.fake.sunk != 3 || len(r.Children()) != 3 {
		t.Fatalf("%s %s %s\n%s", r.Status(), r.Error(), r.Cause(), r.types())
	}
	if got := string(r.Children()[0].Input()); got != `{"BatchInput":{"z":1},"Items":[1,2]}` {
		t.Errorf("input of the first child: %s", got)
	}
	if r.Children()[1].Status() != Failed {
		t.Errorf("second child: %s", r.Children()[1].Status())
	}
}

func TestToleranceExceeded(t *testing.T) {
	m := machine(t, "D", `"D":{"Type":"Map","Items":[1,2],"ItemProcessor":{"ProcessorConfig":{"Mode":"DISTRIBUTED","ExecutionType":"STANDARD"},"StartAt":"F","States":{"F":{"Type":"Fail","Error":"E"}}},"End":true}`)
	r := begin(t, m, `{}`, nil)
	r.clock.Run()
	if r.Error() != "States.ExceedToleratedFailureThreshold" {
		t.Errorf("%s %s\n%s", r.Error(), r.Cause(), r.types())
	}
}

func TestRedrive(t *testing.T) {
	m := machine(t, "A", `"A":{"Type":"Pass","Assign":{"v":1},"Next":"P"},
	"P":{"Type":"Parallel","Branches":[{"StartAt":"Good","States":{"Good":{`+task+`,"End":true}}},{"StartAt":"Bad","States":{"Bad":{`+task+`,"Output":"{% $v %}","End":true}}}],"End":true}`)
	r := begin(t, m, `{}`, map[string][]reply{"Good": {{output: `"g"`}}, "Bad": {{fault: &TaskError{"E", "c"}, after: time.Second}, {output: `{}`}}})
	r.clock.Run()
	if r.Status() != Failed {
		t.Fatal(r.Status())
	}
	if err := r.Redrive(); err != nil {
		t.Fatal(err)
	}
	r.clock.Run()
	if r.Status() != Succeeded || string(r.Output()) != `["g",1]` || r.RedriveCount() != 1 {
		t.Errorf("%s %s %s\n%s", r.Status(), r.Output(), r.Cause(), r.types())
	}
	good := 0
	for _, s := range r.fake.started {
		if s.StateName == "Good" {
			good++
		}
	}
	if good != 1 {
		t.Errorf("the branch that had succeeded ran %d times", good)
	}
	if err := r.Redrive(); err == nil {
		t.Error("an execution that succeeded was redriven")
	}
}

// Killing before any event and redriving ends as without the kill.
func TestStopAnywhereAndRedrive(t *testing.T) {
	states := `"A":{"Type":"Pass","Assign":{"v":1},"Next":"W"},"W":{"Type":"Wait","Seconds":5,"Next":"M"},
	"M":{"Type":"Map","Items":[1,2,3],"MaxConcurrency":2,"ItemProcessor":{"StartAt":"T","States":{"T":{` + task + `,"Output":"{% $states.result.n + $v %}","Next":"X"},"X":{"Type":"Pass","End":true}}},"Next":"P"},
	"P":{"Type":"Parallel","Branches":[{"StartAt":"L","States":{"L":{"Type":"Pass","Output":"{% $states.input %}","End":true}}}],"Next":"C"},
	"C":{"Type":"Choice","Choices":[{"Condition":"{% true %}","Next":"Z"}]},"Z":{"Type":"Succeed"}`
	m := machine(t, "A", states)
	answers := func() map[string][]reply { return map[string][]reply{"T": {{output: `{"n":1}`, after: time.Second}}} }
	whole := begin(t, m, `{}`, answers())
	whole.clock.Run()
	if whole.Status() != Succeeded {
		t.Fatal(whole.Cause())
	}
	for stop := range len(whole.History()) {
		clock := NewClock(epoch)
		killed := false
		x, err := Start(m, Options{Clock: clock, Integrations: &fake{clock: clock, answers: answers()}, Name: "x", Observer: func(x *Execution, e Event) {
			if int(e.ID) == stop+1 && !killed {
				killed = true
				x.Stop("Killed", "")
			}
		}}, json.RawMessage(`{}`))
		if err != nil {
			t.Fatal(err)
		}
		clock.Run()
		if x.Status() == Aborted {
			if err := x.Redrive(); err != nil {
				t.Fatal(err)
			}
			clock.Run()
		}
		if x.Status() != Succeeded || string(x.Output()) != string(whole.Output()) {
			t.Errorf("killed at event %d: %s %s %s", stop+1, x.Status(), x.Output(), x.Cause())
		}
	}
}

func TestSameSeedSameBytes(t *testing.T) {
	m := machine(t, "T", `"T":{`+task+`,"Arguments":{"id":"{% $uuid() %}","r":"{% $random() %}","at":"{% $now() %}"},"Retry":[{"ErrorEquals":["States.ALL"],"JitterStrategy":"FULL"}],"End":true}`)
	var texts []string
	for range 2 {
		r := begin(t, m, `{}`, map[string][]reply{"T": {{fault: &TaskError{"E", ""}}}})
		r.clock.Run()
		b, err := json.Marshal(r.History())
		if err != nil {
			t.Fatal(err)
		}
		texts = append(texts, string(b))
	}
	if texts[0] != texts[1] {
		t.Error("two runs with the same seed differ")
	}
}

func TestMachineTimeout(t *testing.T) {
	m, err := Parse("t", []byte(`{"QueryLanguage":"JSONata","TimeoutSeconds":3,"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":10,"End":true}}}`))
	if err != nil {
		t.Fatal(err)
	}
	r := begin(t, m, `{}`, nil)
	r.clock.Run()
	if r.Status() != TimedOut || r.StoppedAt().Sub(epoch) != 3*time.Second {
		t.Errorf("%s after %s", r.Status(), r.StoppedAt().Sub(epoch))
	}
}

func TestHistoryLimit(t *testing.T) {
	m := machine(t, "A", `"A":{"Type":"Pass","Next":"B"},"B":{"Type":"Choice","Choices":[{"Condition":"{% $states.input.stop %}","Next":"C"}],"Default":"A"},"C":{"Type":"Succeed"}`)
	r := begin(t, m, `{"stop":false}`, nil)
	r.clock.Run()
	h := r.History()
	if len(h) != maxEvents || h[len(h)-1].Type != "ExecutionFailed" || r.Error() != "States.Runtime" {
		t.Errorf("%d events, the last %s, %s", len(h), h[len(h)-1].Type, r.Error())
	}
}

func TestStateVisits(t *testing.T) {
	m := machine(t, "P", `"P":{"Type":"Parallel","Branches":[{"StartAt":"A","States":{"A":{"Type":"Wait","Seconds":2,"End":true}}}],"End":true}`)
	r := begin(t, m, `{}`, nil)
	r.clock.Run()
	v := r.StateVisits()
	if len(v) != 2 || v[1].Branch != "P[0]" || v[1].Exited.Sub(v[1].Entered) != 2*time.Second || v[0].Exited.IsZero() {
		t.Errorf("%+v", v)
	}
	if !slices.Equal(m.States(), []string{"P", "A"}) {
		t.Errorf("%v", m.States())
	}
}

func BenchmarkTransitions(b *testing.B) {
	m := machine(b, "A", `"A":{"Type":"Pass","Output":{"n":"{% $states.input.n + 1 %}","id":"{% $states.context.Execution.Id %}"},"Next":"B"},"B":{"Type":"Choice","Choices":[{"Condition":"{% $states.input.n >= 350 %}","Next":"C"}],"Default":"A"},"C":{"Type":"Succeed"}`)
	var e = Options{}
	first := begin(b, m, `{"n":0}`, nil)
	e.Evaluator = first.options.Evaluator
	b.ResetTimer()
	n := 0
	for b.Loop() {
		clock := NewClock(epoch)
		e.Clock = clock
		x, err := Start(m, e, json.RawMessage(`{"n":0}`))
		if err != nil {
			b.Fatal(err)
		}
		clock.Run()
		n += len(x.StateVisits())
	}
	b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "transitions/s")
}
