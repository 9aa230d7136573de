package asl

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/acso/disaster-recovery/lab/sim"
)

// What iwamot/sfnx measured on AWS with TestState, ValidateStateMachineDefinition and executions
// (docs/design.md and tests/test_testing.py there, September 2026).
func TestMeasured(t *testing.T) {
	distributed := `"ItemProcessor":{"ProcessorConfig":{"Mode":"DISTRIBUTED","ExecutionType":"STANDARD"},"StartAt":"A","States":{"A":{"Type":"Succeed"}}},"End":true}`
	for _, c := range []struct {
		name, states, want string
		seconds            int
	}{
		{name: "TaskFailed is no evaluation", states: `"S":{` + task + `,"Output":"{% $states.result.none %}","Catch":[{"ErrorEquals":["States.TaskFailed"],"Next":"F"},{"ErrorEquals":["States.ALL"],"Output":1,"Next":"E"}],"Next":"E"},"F":{"Type":"Fail"},"E":{"Type":"Succeed"}`, want: "SUCCEEDED 1"},
		{name: "BranchFailed does not stand for a branch's error", states: `"S":{"Type":"Parallel","Branches":[{"StartAt":"X","States":{"X":{"Type":"Fail","Error":"Boom"}}}],"Catch":[{"ErrorEquals":["States.BranchFailed"],"Next":"E"}],"Next":"E"},"E":{"Type":"Succeed"}`, want: "FAILED Boom: "},
		{name: "entries", states: `"S":{"Type":"Map","Items":"{% {'a':1,'b':{'x':2}} %}",` + distributed, want: `SUCCEEDED [{"Key":"a","Value":1},{"Key":"b","Value":{"x":2}}]`},
		{name: "entries selected", states: `"S":{"Type":"Map","Items":"{% {'a':1} %}","ItemSelector":"{% $states.context.Map.Item %}",` + distributed, want: `SUCCEEDED [{"Index":0,"Key":"a","Value":1}]`},
		{name: "no entries inline", states: `"S":{"Type":"Map","Items":"{% {'a':1} %}","ItemProcessor":{"StartAt":"A","States":{"A":{"Type":"Succeed"}}},"End":true}`,
			want: `FAILED States.QueryEvaluationError: An error occurred while executing the state 'S' (entered at the event id #2). The JSONata expression '{'a':1}' specified for the field 'Items' returned an unexpected result type. Expected 'array', but was 'object' for value: {"a":1}`},
		{name: "a Timestamp with an offset and no seconds", states: `"S":{"Type":"Wait","Timestamp":"{% '` + epoch.Add(time.Minute).In(time.FixedZone("", 9*3600)).Format("2006-01-02t15:04Z07:00") + `' %}","Output":1,"End":true}`, want: "SUCCEEDED 1", seconds: 60 - epoch.Second()},
		{name: "a Timestamp with a space", states: `"S":{"Type":"Wait","Timestamp":"{% '2016-03-14 01:59:00Z' %}","End":true}`,
			want: "FAILED States.QueryEvaluationError: An error occurred while executing the state 'S' (entered at the event id #2). The Timestamp field cannot be parsed as an ISO-8601 extended offset date-time format string: 2016-03-14 01:59:00Z"},
		{name: "a longer Wait than a definition may say", states: `"S":{"Type":"Wait","Seconds":"{% 100000000 %}","Output":1,"End":true}`, want: "SUCCEEDED 1", seconds: 100000000},
		{name: "functions", states: `"S":{"Type":"Pass","Output":"{% $uppercase %}","End":true}`, want: "FAILED States.QueryEvaluationError: An error occurred while executing the state 'S' (entered at the event id #2). The JSONata expression '$uppercase' specified for the field 'Output' returned an unsupported result type."},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := begin(t, machine(t, "S", c.states), `{}`, map[string][]reply{"S": {{output: `{}`}}})
			r.finish()
			got := string(r.Status()) + " " + string(r.Output())
			if r.Status() == Failed {
				got = "FAILED " + r.Error() + ": " + r.Cause()
			}
			if got != c.want || c.seconds != 0 && r.StoppedAt().Sub(epoch) != time.Duration(c.seconds)*time.Second {
				t.Errorf("got  %s after %s\nwant %s", got, r.StoppedAt().Sub(epoch), c.want)
			}
		})
	}
}

// The twenty runs of a distributed Map: failed of total items, the thresholds, and whether it fails.
func TestMeasuredThresholds(t *testing.T) {
	for _, c := range []struct {
		failed, total int
		count         int64
		percentage    float64
		want          bool
	}{
		{1, 3, 0, 0, true}, {1, 3, 1, 100, false}, {3, 3, 1, 100, true}, {3, 3, 3, 100, false}, {1, 3, 0, 100, false},
		{1, 3, 100000, 34, false}, {1, 3, 100000, 33, true}, {1, 4, 100000, 25, false}, {1, 4, 100000, 24, true},
		{1, 3, 0, 50, false}, {3, 3, 0, 50, true}, {1, 3, 5, 0, false}, {3, 3, 5, 0, false}, {2, 3, 1, 90, true},
		{2, 3, 5, 50, true}, {2, 5, 1, 100, true}, {2, 5, 2, 100, false}, {2, 5, 100000, 34, true},
		{2, 5, 100000, 39, true}, {2, 5, 100000, 40, false},
	} {
		r := &mapRun{failures: c.failed, total: c.total, limits: mapLimits{count: c.count, percentage: c.percentage}}
		if r.exceeded() != c.want {
			t.Errorf("%+v: got %v", c, !c.want)
		}
	}
}

func TestToleratedChild(t *testing.T) {
	m := machine(t, "D", `"D":{"Type":"Map","Items":[1,2],"ToleratedFailureCount":1,"ItemProcessor":{"ProcessorConfig":{"Mode":"DISTRIBUTED","ExecutionType":"STANDARD"},"StartAt":"A","States":{"A":{"Type":"Choice","Choices":[{"Condition":"{% $states.input = 1 %}","Next":"F"}],"Default":"P"},"F":{"Type":"Fail","Error":"Boom","Cause":"c"},"P":{"Type":"Succeed"}}},"End":true}`)
	r := begin(t, m, `{}`, nil)
	r.finish()
	if want := `[{"Status":"FAILED","Error":"Boom","Cause":"c"},2]`; string(r.Output()) != want {
		t.Errorf("got %s %s, want %s", r.Status(), r.Output(), want)
	}
}

// Names are taken only on the way into a Parallel or a Map, inline or distributed, loops included.
func TestMeasuredScopes(t *testing.T) {
	inner := func(mode string) string {
		return `"Type":"Map","Items":[1],"ItemProcessor":{` + mode + `"StartAt":"I","States":{"I":{"Type":"Pass","Assign":{"v":1},"End":true}}}`
	}
	distributed := `"ProcessorConfig":{"Mode":"DISTRIBUTED","ExecutionType":"STANDARD"},`
	for _, c := range []struct {
		name, states string
		taken        bool
	}{
		{"before", `"S":{"Type":"Pass","Assign":{"v":0},"Next":"M"},"M":{` + inner("") + `,"End":true}`, true},
		{"before a distributed Map", `"S":{"Type":"Pass","Assign":{"v":0},"Next":"M"},"M":{` + inner(distributed) + `,"End":true}`, true},
		{"after", `"S":{` + inner("") + `,"Next":"A"},"A":{"Type":"Pass","Assign":{"v":0},"End":true}`, false},
		{"its own Assign", `"S":{` + inner("") + `,"Assign":{"v":0},"End":true}`, false},
		{"its own Assign in a loop", `"S":{` + inner("") + `,"Assign":{"v":0},"Next":"C"},"C":{"Type":"Choice","Choices":[{"Condition":"{% true %}","Next":"S"}],"Default":"E"},"E":{"Type":"Succeed"}`, true},
		{"another way", `"S":{"Type":"Choice","Choices":[{"Condition":"{% true %}","Assign":{"v":0},"Next":"E"}],"Default":"M"},"M":{` + inner("") + `,"Next":"E"},"E":{"Type":"Succeed"}`, false},
		{"a rule on the way", `"S":{"Type":"Choice","Choices":[{"Condition":"{% true %}","Assign":{"v":0},"Next":"M"}],"Default":"M"},"M":{` + inner("") + `,"End":true}`, true},
	} {
		_, err := Parse("m", []byte(`{"QueryLanguage":"JSONata","StartAt":"S","States":{`+c.states+`}}`))
		if taken := err != nil && strings.Contains(err.Error(), "$v"); taken != c.taken || err != nil && !taken {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

// A state in a Map that is set to JSONata has the machine's query language all the same.
func TestMeasuredLanguage(t *testing.T) {
	text := `{"StartAt":"M","States":{"M":{"QueryLanguage":"JSONata","Type":"Map","Items":[{"a":1}],"ItemProcessor":{"StartAt":"P","States":{"P":{"Type":"Pass","OutputPath":"$.a","End":true}}},"End":true}}}`
	m, err := Parse("m", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	s := sim.New(1)
	x, err := Start(m, Options{Clock: s}, json.RawMessage(`{}`))
	if err != nil {
		t.Fatal(err)
	}
	s.Run(s.Now().Add(time.Hour), nil)
	if string(x.Output()) != "[1]" {
		t.Errorf("got %s %s", x.Status(), x.Output())
	}
}
