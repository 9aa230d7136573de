package asl

import (
	"encoding/json"
	"slices"
	"testing"
	"time"

	"github.com/acso/disaster-recovery/lab/sim"
)

func TestRedrive(t *testing.T) {
	m := machine(t, "A", `"A":{"Type":"Pass","Assign":{"v":1},"Next":"P"},
	"P":{"Type":"Parallel","Branches":[{"StartAt":"Good","States":{"Good":{`+task+`,"End":true}}},{"StartAt":"Bad","States":{"Bad":{`+task+`,"Output":"{% $v %}","End":true}}}],"End":true}`)
	r := begin(t, m, `{}`, map[string][]reply{"Good": {{output: `"g"`}}, "Bad": {{fault: &TaskError{"E", "c"}, after: time.Second}, {output: `{}`}}})
	r.finish()
	if r.Status() != Failed {
		t.Fatal(r.Status())
	}
	if err := r.Redrive(); err != nil {
		t.Fatal(err)
	}
	r.finish()
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

// A redriven map run repeats the child executions that failed, and only those.
func TestRedriveDistributedMap(t *testing.T) {
	m := machine(t, "D", `"D":{"Type":"Map","Items":[1,2,3],"ItemProcessor":{"ProcessorConfig":{"Mode":"DISTRIBUTED","ExecutionType":"STANDARD"},"StartAt":"T","States":{"T":{`+task+`,"Output":"{% $states.input %}","End":true}}},"End":true}`)
	r := begin(t, m, `{}`, map[string][]reply{"T": {{output: `{}`}, {fault: &TaskError{"E", "c"}}, {output: `{}`}}})
	r.finish()
	if r.Error() != "States.ExceedToleratedFailureThreshold" {
		t.Fatalf("%s %s", r.Status(), r.Error())
	}
	before := len(r.fake.started)
	if err := r.Redrive(); err != nil {
		t.Fatal(err)
	}
	r.finish()
	if r.Status() != Succeeded || string(r.Output()) != `[1,2,3]` {
		t.Errorf("%s %s %s\n%s", r.Status(), r.Output(), r.Cause(), r.types())
	}
	if repeated := len(r.fake.started) - before; repeated > 2 || r.Children()[1].RedriveCount() != 1 {
		t.Errorf("%d tasks repeated", repeated)
	}
}

// A retry that was interrupted leaves no waiting time behind for the next Wait.
func TestRedriveInARetryDelay(t *testing.T) {
	m := machine(t, "T", `"T":{`+task+`,"Retry":[{"ErrorEquals":["E"],"IntervalSeconds":100}],"Next":"W"},"W":{"Type":"Wait","Seconds":5,"End":true}`)
	r := begin(t, m, `{}`, map[string][]reply{"T": {{fault: &TaskError{"E", ""}}, {output: `{}`}}})
	r.clock.Run(epoch.Add(time.Second), nil)
	r.Stop("", "")
	if err := r.Redrive(); err != nil {
		t.Fatal(err)
	}
	r.finish()
	if r.Status() != Succeeded || r.StoppedAt().Sub(epoch) != 6*time.Second {
		t.Errorf("%s after %s", r.Status(), r.StoppedAt().Sub(epoch))
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
	whole.finish()
	if whole.Status() != Succeeded {
		t.Fatal(whole.Cause())
	}
	for stop := range len(whole.History()) {
		clock := sim.New(1)
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
		finish(clock, x)
		if x.Status() == Aborted {
			if err := x.Redrive(); err != nil {
				t.Fatal(err)
			}
			finish(clock, x)
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
		r.finish()
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
	r.finish()
	if r.Status() != TimedOut || r.StoppedAt().Sub(epoch) != 3*time.Second {
		t.Errorf("%s after %s", r.Status(), r.StoppedAt().Sub(epoch))
	}
}

// What ends an execution from outside points at no event.
func TestEndsFromOutside(t *testing.T) {
	const wait = `"W":{"Type":"Wait","Seconds":10,"End":true}`
	m, err := Parse("t", []byte(`{"QueryLanguage":"JSONata","TimeoutSeconds":3,"StartAt":"W","States":{`+wait+`}}`))
	if err != nil {
		t.Fatal(err)
	}
	timed, stopped := begin(t, m, `{}`, nil), begin(t, machine(t, "W", wait), `{}`, nil)
	timed.finish()
	stopped.clock.Run(epoch.Add(time.Second), nil)
	stopped.Stop("", "")
	if got := timed.types() + ", " + stopped.types(); got != "ExecutionStarted<0 WaitStateEntered<0 ExecutionTimedOut<0, ExecutionStarted<0 WaitStateEntered<0 ExecutionAborted<0" {
		t.Error(got)
	}
}

func TestHistoryLimit(t *testing.T) {
	m := machine(t, "A", `"A":{"Type":"Pass","Next":"B"},"B":{"Type":"Choice","Choices":[{"Condition":"{% $states.input.stop %}","Next":"C"}],"Default":"A"},"C":{"Type":"Succeed"}`)
	r := begin(t, m, `{"stop":false}`, nil)
	r.finish()
	h := r.History()
	if len(h) != maxEvents || h[len(h)-1].Type != "ExecutionFailed" || r.Error() != "States.Runtime" {
		t.Errorf("%d events, the last %s, %s", len(h), h[len(h)-1].Type, r.Error())
	}
}

func TestStateVisits(t *testing.T) {
	m := machine(t, "P", `"P":{"Type":"Parallel","Branches":[{"StartAt":"A","States":{"A":{"Type":"Wait","Seconds":2,"End":true}}}],"End":true}`)
	r := begin(t, m, `{}`, nil)
	r.finish()
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
		clock := sim.New(1)
		e.Clock = clock
		x, err := Start(m, e, json.RawMessage(`{"n":0}`))
		if err != nil {
			b.Fatal(err)
		}
		finish(clock, x)
		n += len(x.StateVisits())
	}
	b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "transitions/s")
}
