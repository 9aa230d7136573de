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
