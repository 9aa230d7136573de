package main

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/acso/disaster-recovery/lab/drill"
)

var update = flag.Bool("update", false, "rewrite the generated parts of the documentation")

func TestDiagramsAreCurrent(t *testing.T) {
	committed := filepath.Join("..", "..", "docs", "diagrams")
	lab := &fakeLab{}
	fresh := t.TempDir()
	if *update {
		fresh = committed
	}
	if _, stderr, status := lab.drctl("diagrams", fresh); status != exitGood {
		t.Fatalf("exit %d, %s", status, stderr)
	}
	same := func(in, other string) {
		files, err := os.ReadDir(in)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range files {
			want, err := os.ReadFile(filepath.Join(in, f.Name()))
			if err != nil {
				t.Fatal(err)
			}
			if got, err := os.ReadFile(filepath.Join(other, f.Name())); err != nil || string(got) != string(want) {
				t.Errorf("docs/diagrams/%s is not current: go generate ./cmd/drctl", f.Name())
			}
		}
	}
	same(fresh, committed)
	same(committed, fresh) // a machine that is gone leaves no page behind
}

// The README shows what a drill really prints, and the scenarios that there really are.
func TestREADMEIsCurrent(t *testing.T) {
	path := filepath.Join("..", "..", "README.md")
	committed, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var out, complaints bytes.Buffer
	if status := run([]string{"drill"}, &out, &complaints); status != exitGood {
		t.Fatalf("exit %d, %s\n%s", status, complaints.String(), out.String())
	}
	text := replaced(t, string(committed), "drill", "```text\n$ go run ./cmd/drctl drill\n"+out.String()+"```\n")
	text = replaced(t, text, "scenarios", scenarioTable())
	if *update {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	if text != string(committed) {
		t.Error("README.md is not current: go test ./cmd/drctl -update")
	}
}

// replaced puts a part into a document, between its marks.
func replaced(t *testing.T, document, name, part string) string {
	t.Helper()
	before, rest, begins := strings.Cut(document, "<!-- "+name+": ")
	mark, rest, marked := strings.Cut(rest, "-->\n")
	_, after, ends := strings.Cut(rest, "<!-- end -->")
	if !begins || !marked || !ends {
		t.Fatalf("README.md has no place for %s: <!-- %s: ... --> and <!-- end -->", name, name)
	}
	return before + "<!-- " + name + ": " + mark + "-->\n" + part + "<!-- end -->" + after
}

func scenarioTable() string {
	table := "| Scenario | What happens | Ends as |\n|---|---|---|\n"
	for _, s := range drill.Scenarios() {
		table += fmt.Sprintf("| `%s` | %s | %s |\n", s.Name, s.Sentence, s.Expected)
	}
	return table
}
