package mermaid

import (
	"flag"
	"os"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func TestPage(t *testing.T) {
	definition, err := os.ReadFile("testdata/sample.asl.json")
	if err != nil {
		t.Fatal(err)
	}
	got, err := Page("sample", definition)
	if err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile("testdata/sample.md", []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile("testdata/sample.md")
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("differs from testdata/sample.md; with -update it becomes:\n%s", got)
	}
}

func TestPageOfWhatIsNoJSON(t *testing.T) {
	if _, err := Page("broken", []byte("{")); err == nil || !strings.Contains(err.Error(), "broken") {
		t.Errorf("want an error that names the machine, got %v", err)
	}
}

func TestEscape(t *testing.T) {
	if got, want := escape(`$x > 1; "a": {b}`), `$x #62; 1#59; #34;a#34;#58; #123;b#125;`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// Thirty arrows to the same state hide the way that things normally take.
func TestManyEqualArrowsBecomeANote(t *testing.T) {
	definition := `{"StartAt": "A", "States": {"Undo": {"Type": "Fail"}`
	for _, name := range []string{"A", "B", "C", "D"} {
		definition += `, "` + name + `": {"Type": "Task", "End": true, "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Undo"}]}`
	}
	got, err := Page("many", []byte(definition+"}}"))
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(got, "--> Undo") || !strings.Contains(got, "note right of Undo: on States.ALL from 4 states") {
		t.Errorf("want a note and no arrows, got\n%s", got)
	}
}
