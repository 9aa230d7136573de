package conform

import (
	"strings"
	"testing"
)

const pass = `"definition":{"QueryLanguage":"JSONata","StartAt":"A","States":{"A":{"Type":"Pass","Output":"{% $states.input.n %}","End":true}}},"input":{"n":1}`

// Each wrong event is found.
func TestDifferencesAreFound(t *testing.T) {
	good := []string{
		`{"executionStartedEventDetails":{"input":{"n":1},"inputDetails":{"truncated":false},"roleArn":"snf_role_arn"},"id":1,"previousEventId":0,"timestamp":"timestamp","type":"ExecutionStarted"}`,
		`{"id":2,"previousEventId":0,"stateEnteredEventDetails":{"input":{"n":1},"inputDetails":{"truncated":false},"name":"A"},"timestamp":"timestamp","type":"PassStateEntered"}`,
		`{"id":3,"previousEventId":2,"stateExitedEventDetails":{"name":"A","output":"1","outputDetails":{"truncated":false}},"timestamp":"timestamp","type":"PassStateExited"}`,
		`{"executionSucceededEventDetails":{"output":"1","outputDetails":{"truncated":false}},"id":4,"previousEventId":3,"timestamp":"timestamp","type":"ExecutionSucceeded"}`,
	}
	replay := func(events []string) Result {
		r, err := Replay([]byte(`{"id":"x",` + pass + `,"events":[` + strings.Join(events, ",") + `]}`))
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	if r := replay(good); !r.Agrees() {
		t.Fatalf("%v", r.Differences)
	}
	for _, c := range []struct{ old, changed, says string }{
		{`"output":"1"`, `"output":"2"`, "recorded \"2\", ours \"1\""},
		{`"name":"A"`, `"name":"B"`, "missing"},
		{`"type":"PassStateExited"`, `"type":"TaskStateExited"`, "not recorded"},
		{`"id":3,"previousEventId":2`, `"id":3,"previousEventId":1`, "previousEventId"},
		{`"truncated":false`, `"truncated":true`, "truncated"},
		{`"inputDetails":{"truncated":false},`, ``, "not recorded"},
		{`"input":{"n":1}`, `"input":{"n":1,"m":2}`, "missing, recorded 2"},
	} {
		wrong := strings.Split(strings.ReplaceAll(strings.Join(good, "\n"), c.old, c.changed), "\n")
		r := replay(wrong)
		if r.Agrees() || !strings.Contains(strings.Join(r.Differences, "\n"), c.says) {
			t.Errorf("%s instead of %s: %v", c.changed, c.old, r.Differences)
		}
	}
}

func TestBadRecordings(t *testing.T) {
	for _, text := range []string{``, `[]`, `{}`, `{"definition":1}`, `{"definition":{},"input":1}`, `{"definition":{},"input":1,"events":[1]}`} {
		if _, err := Replay([]byte(text)); err == nil {
			t.Errorf("%s was taken for a recording", text)
		}
	}
}

// The recorder sorts what happens inside a Parallel state and takes the numbers away.
func TestSortedParallel(t *testing.T) {
	r, err := Replay([]byte(`{"definition":{"QueryLanguage":"JSONata","StartAt":"P","States":{"P":{"Type":"Parallel","Branches":[
	{"StartAt":"A","States":{"A":{"Type":"Task","Resource":"__tbd__","Arguments":{"x":"%X%"},"End":true}}}],"End":true}}},"input":{},"events":[
	{"executionStartedEventDetails":{"input":{},"inputDetails":{"truncated":false},"roleArn":"snf_role_arn"},"id":1,"previousEventId":0,"type":"ExecutionStarted"},
	{"id":2,"previousEventId":0,"stateEnteredEventDetails":{"input":{},"inputDetails":{"truncated":false},"name":"P"},"type":"ParallelStateEntered"},
	{"id":3,"previousEventId":2,"type":"ParallelStateStarted"},
	{"id":[0],"previousEventId":0,"stateEnteredEventDetails":{"input":{},"inputDetails":{"truncated":false},"name":"A"},"type":"TaskStateEntered"},
	{"id":[0],"previousEventId":0,"stateExitedEventDetails":{"name":"A","output":"7","outputDetails":{"truncated":false}},"type":"TaskStateExited"},
	{"id":[0],"previousEventId":0,"taskScheduledEventDetails":{"parameters":{"x":"<y>"},"region":"<region>","resource":"publish","resourceType":"sns"},"type":"TaskScheduled"},
	{"id":[0],"previousEventId":0,"taskStartedEventDetails":{"resource":"publish","resourceType":"sns"},"type":"TaskStarted"},
	{"id":[0],"previousEventId":0,"taskSucceededEventDetails":{"output":"7","outputDetails":{"truncated":false},"resource":"publish","resourceType":"sns"},"type":"TaskSucceeded"},
	{"id":10,"previousEventId":8,"stateExitedEventDetails":{"name":"P","output":"[7]","outputDetails":{"truncated":false}},"type":"ParallelStateExited"},
	{"executionSucceededEventDetails":{"output":"[7]","outputDetails":{"truncated":false}},"id":11,"previousEventId":10,"type":"ExecutionSucceeded"}]}`))
	if err != nil {
		t.Fatal(err)
	}
	if !r.Agrees() || len(r.Completed) != 2 {
		t.Errorf("%v %v", r.Differences, r.Completed)
	}
}
