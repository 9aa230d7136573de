package asl

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/acso/disaster-recovery/lab/sim"
)

// Each row is a definition with the path and a part of the message of every mistake in it.
func TestMistakes(t *testing.T) {
	head := `{"QueryLanguage":"JSONata","StartAt":"A","States":{`
	for _, c := range []struct {
		definition string
		want       []string // path: part of the message
	}{
		{head + `"A":{"Type":"Pass"}}}`, []string{`/States/A: needs Next or "End"`, "/States: no state that can be reached ends"}},
		{head + `"A":{"Type":"Pass","Next":"B"}}}`, []string{`/States/A: leads to "B"`, "/States: no state that can be reached ends"}},
		{head + `"A":{"Type":"Pass","End":true},"B":{"Type":"Pass","End":true}}}`, []string{"/States/B: cannot be reached"}},
		{head + `"A":{"Type":"Pass","Next":"A"}}}`, []string{"/States: no state that can be reached ends"}},
		{head + `"A":{"Type":"Pass","End":true,"Outptu":1}}}`, []string{"/States/A/Outptu: is not a field here"}},
		{head + `"A":{"Type":"Pass","End":true,"InputPath":"$"}}}`, []string{"/States/A/InputPath: is a JSONPath field"}},
		{head + `"A":{"Type":"Nap","End":true}}}`, []string{`/States/A/Type: "Nap"`, "/States: no state that can be reached ends"}},
		{head + `"A":{"Type":"Succeed","Output":"{% $states.input.( %}"}}}`, []string{"/States/A/Output: $states.input.(: S0203"}},
		{head + `"A":{"Type":"Succeed","Output":{"x":["{% a %}"]}}}}`, []string{`/States/A/Output/x[0]: a: the field name "a"`}},
		{head + `"A":{"Type":"Succeed","Output":"{% $states.result %}"}}}`, []string{"/States/A/Output: $states.result exists only"}},
		{head + `"A":{"Type":"Succeed","Output":"{% $states.inptu %}"}}}`, []string{"/States/A/Output: $states.inptu does not exist"}},
		{head + `"A":{"Type":"Succeed","Output":"{%  %}"}}}`, []string{"/States/A/Output: the expression is empty"}},
		{head + `"A":{"Type":"Pass","End":true,"Assign":{"states":1,"1x":2}}}}`, []string{"/States/A/Assign/states: $states is reserved", "/States/A/Assign/1x: a variable name"}},
		{head + `"A":{"Type":"Wait","End":true}}}`, []string{"/States/A: needs either Seconds or Timestamp"}},
		{head + `"A":{"Type":"Wait","Seconds":1.5,"End":true}}}`, []string{"/States/A/Seconds: must be a whole number"}},
		{head + `"A":{"Type":"Wait","Timestamp":"2016-12-05 21:29:29Z","End":true}}}`, []string{"/States/A/Timestamp: must be a time"}},
		{head + `"A":{"Type":"Choice","Choices":[{"Next":"B"}]},"B":{"Type":"Succeed"}}}`, []string{"/States/A/Choices[0]/Condition: is missing"}},
		{head + `"A":{"Type":"Choice","Choices":[]}}}`, []string{"/States/A/Choices: must be an array", "/States: no state that can be reached ends"}},
		{head + `"A":{"Type":"Task","Resource":"{% $x %}","End":true}}}`, []string{"/States/A/Resource: must be a constant"}},
		{head + `"A":{"Type":"Task","Resource":"arn:aws:states:us-east-1:1:activity:x","End":true}}}`, []string{"/States/A/Resource: \"arn"}},
		{head + `"A":{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke","TimeoutSeconds":5,"HeartbeatSeconds":5,"End":true}}}`, []string{"/States/A/HeartbeatSeconds: must be smaller"}},
		{head + `"A":{` + task + `,"Retry":[{"ErrorEquals":["States.ALL","X"]},{"ErrorEquals":["X"]}],"End":true}}}`,
			[]string{"/States/A/Retry[0]/ErrorEquals: States.ALL stands alone", "/States/A/Retry[0]/ErrorEquals: States.ALL stands in the last rule"}},
		{head + `"A":{` + task + `,"Retry":[{"ErrorEquals":["States.Timout"],"BackoffRate":0.5,"JitterStrategy":"SOME","MaxDelaySeconds":1}],"End":true}}}`,
			[]string{`/States/A/Retry[0]/ErrorEquals[0]: "States.Timout"`, "/States/A/Retry[0]/BackoffRate: must", "/States/A/Retry[0]/MaxDelaySeconds: must be greater", "/States/A/Retry[0]/JitterStrategy: must be FULL"}},
		{head + `"A":{` + task + `,"Catch":[{"ErrorEquals":["X"]}],"End":true}}}`, []string{"/States/A/Catch[0]/Next: is missing"}},
		{head + `"A":{"Type":"Parallel","Branches":[{"StartAt":"A","States":{"A":{"Type":"Succeed"}}}],"End":true}}}`, []string{"/States/A/Branches[0]/States/A: a state name is used once"}},
		{head + `"A":{"Type":"Pass","Assign":{"x":1},"Next":"P"},"P":{"Type":"Parallel","Branches":[{"StartAt":"B","States":{"B":{"Type":"Pass","Assign":{"x":1},"End":true}}}],"End":true}}}`,
			[]string{"/States/P/Branches[0]/States/B/Assign/x: an outer flow assigns $x"}},
		{head + `"A":{"Type":"Map","ItemProcessor":{"ProcessorConfig":{"Mode":"DISTRIBUTED","ExecutionType":"EXPRESS"},"StartAt":"B","States":{"B":{"Type":"Succeed"}}},"End":true}}}`,
			[]string{"/States/A/ItemProcessor/ProcessorConfig/ExecutionType: Express workflows"}},
		{head + `"A":{"Type":"Map","ItemBatcher":{"MaxItemsPerBatch":1},"ItemProcessor":{"StartAt":"B","States":{"B":{"Type":"Succeed"}}},"End":true}}}`,
			[]string{"/States/A/ItemBatcher: belongs to a Map whose"}},
		{`{"StartAt":"A","States":{"A":{"Type":"Choice","Choices":[{"Variable":"$.x","Next":"B"}]},"B":{"Type":"Succeed"}}}`, []string{"/States/A: is in JSONPath", "/States: no state that can be reached ends", "/States/B: cannot be reached"}},
		{`{"StartAt":"A","States":{"A":{"Type":"Pass","ResultPath":"$$.x","OutputPath":"$..x","End":true}}}`, []string{"/States/A/ResultPath: leads into the state's input", "/States/A/OutputPath: only plain reference paths"}},
		{`{"StartAt":"A","States":{"A":{"Type":"Pass","Assign":{"x.$":"States.UUID()"},"End":true}}}`, []string{"/States/A/Assign/x.$: only plain reference paths"}},
		{`{"QueryLanguage":"JSONata","StartAt":"B","States":{"A":{"Type":"Succeed"}},"Extra":1}`, []string{"/Extra: is not a field here", `/StartAt: there is no state "B"`}},
		{head + `"` + strings.Repeat("A", 81) + `":{"Type":"Succeed"}}}`, []string{"/States/" + strings.Repeat("A", 81) + ": a state name has 1 to 80", `/StartAt: there is no state "A"`}},
	} {
		_, err := Parse("m", []byte(c.definition))
		var bad *DefinitionError
		if !errors.As(err, &bad) {
			t.Errorf("%s\nerror %v", c.definition, err)
			continue
		}
		for _, want := range c.want {
			path, message, _ := strings.Cut(want, ": ")
			if !slices.ContainsFunc(bad.Problems, func(p Problem) bool { return p.Path == path && strings.HasPrefix(p.Message, message) }) {
				t.Errorf("%s\nmissing %s\nin %+v", c.definition, want, bad.Problems)
			}
		}
		if len(bad.Problems) != len(c.want) {
			t.Errorf("%s\n%d mistakes found, %d expected: %v", c.definition, len(bad.Problems), len(c.want), bad)
		}
	}
}

func TestErrorNamesStateAndField(t *testing.T) {
	_, err := Parse("failover", []byte(`{"QueryLanguage":"JSONata","StartAt":"Promote","States":{"Promote":{`+task+`,"Retry":[{"ErrorEquals":[]}],"End":true}}}`))
	if want := `failover: state "Promote": Retry[0].ErrorEquals: must be an array with at least one error name`; err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
}

// FuzzParse: a definition is taken or refused, never a panic, and what is taken can be started.
func FuzzParse(f *testing.F) {
	files, _ := filepath.Glob("conform/testdata/*.json")
	for _, file := range files {
		if text, err := os.ReadFile(file); err == nil {
			f.Add(text)
		}
	}
	f.Add([]byte(`{"QueryLanguage":"JSONata","StartAt":"A","States":{"A":{"Type":"Map","Items":[1],"ItemProcessor":{"StartAt":"B","States":{"B":{"Type":"Succeed"}}},"End":true}}}`))
	f.Fuzz(func(t *testing.T, definition []byte) {
		m, err := Parse("fuzz", definition)
		if err != nil {
			return
		}
		if _, err := Start(m, Options{Clock: sim.New(1)}, []byte(`{}`)); err != nil {
			t.Fatal(err)
		}
	})
}
