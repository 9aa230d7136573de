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
