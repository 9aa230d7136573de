package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const waiting = `{
  "QueryLanguage": "JSONata", "StartAt": "Pause",
  "States": {
    "Pause": {"Type": "Wait", "Seconds": 90, "Next": "Answer"},
    "Answer": {"Type": "Pass", "Output": {"sum": "{% $states.input.a + 1 %}"}, "End": true}
  }
}`

func written(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestMachineRunPrintsOutputAndHistory(t *testing.T) {
	lab := &fakeLab{}
	machine, input := written(t, "waiting.asl.json", waiting), written(t, "input.json", `{"a": 41}`)
	stdout, stderr, status := lab.drctl("machine", "run", machine, "--input", input)
	if status != exitGood || stderr != "" {
		t.Fatalf("exit %d, %s", status, stderr)
	}
	for _, want := range []string{"T+01:30  PassStateEntered", "SUCCEEDED after 1m30s", `"sum": 42`} {
		if !strings.Contains(stdout, want) {
			t.Errorf("want %q in\n%s", want, stdout)
		}
	}
	stdout, _, _ = lab.drctl("machine", "run", machine, "--input", input, "--json")
	var result struct {
		Status string
		Output json.RawMessage
		Events []struct {
			ID   int
			Type string
		}
	}
	if err := json.Unmarshal([]byte(stdout), &result); err != nil {
		t.Fatal(err)
	}
	if result.Status != "SUCCEEDED" || len(result.Events) != 6 || result.Events[1].Type != "WaitStateEntered" || result.Events[5].ID != 6 {
		t.Errorf("the history is not that of GetExecutionHistory: %+v", result)
	}
}

func TestMachineRunThatFailsExits1(t *testing.T) {
	lab := &fakeLab{}
	path := written(t, "failing.asl.json", `{"QueryLanguage": "JSONata", "StartAt": "No", "States": {"No": {"Type": "Fail", "Error": "Refused", "Cause": "because"}}}`)
	stdout, _, status := lab.drctl("machine", "run", path)
	if status != exitBad || !strings.Contains(stdout, "FAILED") || !strings.Contains(stdout, "Refused: because") {
		t.Errorf("exit %d\n%s", status, stdout)
	}
}

func TestMachineMistakesExit2(t *testing.T) {
	good, broken := written(t, "good.asl.json", waiting), written(t, "broken.asl.json", "{")
	wrong := written(t, "wrong.asl.json", `{"QueryLanguage": "JSONata", "StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "B", "Colour": 1}}}`)
	unmodelled := written(t, "unmodelled.asl.json", `{"QueryLanguage": "JSONata", "StartAt": "A", "States": {"A": {"Type": "Task", "Resource": "arn:aws:states:::aws-sdk:iot:createThing", "Arguments": {}, "End": true}}}`)
	// The task is never reached: what cannot be carried out is refused before anything runs.
	hidden := written(t, "hidden.asl.json", `{"QueryLanguage": "JSONata", "StartAt": "A", "States": {"A": {"Type": "Choice", "Choices": [{"Condition": "{% false %}", "Next": "M"}], "Default": "Z"},
		"M": {"Type": "Map", "Items": [1], "ItemProcessor": {"StartAt": "B", "States": {"B": {"Type": "Task", "Resource": "arn:aws:states:::glue:startJobRun", "Arguments": {}, "End": true}}}, "Next": "Z"}, "Z": {"Type": "Succeed"}}}`)
	unknown := written(t, "unknown.asl.json", `{"QueryLanguage": "JSONata", "StartAt": "A", "States": {"A": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Arguments": {"FunctionName": "${frobnicate}", "Payload": {}}, "End": true}}}`)
	text := written(t, "input.json", "{\n\"a\": }")
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"machine", "run", good, "--input", text}, "line 2"},
		{[]string{"machine", "run", good, "--input", "missing.json"}, "missing.json"},
		{[]string{"machine", "run", broken}, "broken.asl.json"},
		{[]string{"machine", "run", "nothing"}, "failover"},
		{[]string{"machine", "run", good, "--region", "mars"}, "us-west-2"},
		{[]string{"machine", "run", unknown}, "${frobnicate}"},
		{[]string{"machine", "run", unmodelled}, "iot:createThing"},
		{[]string{"machine", "run", hidden}, `state "B": Resource: the lab does not carry out arn:aws:states:::glue:startJobRun`},
		{[]string{"machine", "check", good, wrong, broken}, "Colour"},
		{[]string{"machine", "conform", t.TempDir()}, "no recording"},
	} {
		lab := &fakeLab{}
		_, stderr, status := lab.drctl(c.args...)
		if status != exitMistake || !strings.Contains(stderr, c.want) || strings.Contains(stderr, "goroutine") {
			t.Errorf("drctl %q: exit %d, want %q on standard error, got %q", c.args, status, c.want, stderr)
		}
	}
}

func TestConformToTheRecordings(t *testing.T) {
	lab := &fakeLab{}
	stdout, stderr, status := lab.drctl("machine", "conform", filepath.Join("..", "..", "lab", "asl", "conform", "testdata"))
	if status != exitGood || !strings.Contains(stdout, "recordings agree") {
		t.Errorf("exit %d, %s\n%s", status, stderr, stdout)
	}
}

// On a day on which nothing is broken, the failover stands down.
func TestMachineRunOfAProcedureUsesTheTwoRegions(t *testing.T) {
	lab := &fakeLab{}
	stdout, stderr, status := lab.drctl("machine", "run", "failover")
	if status != exitGood || !strings.Contains(stdout, "StandDownHealthy") {
		t.Errorf("exit %d, %s\n%s", status, stderr, stdout)
	}
}
