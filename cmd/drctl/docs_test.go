package main

import (
	"flag"
	"os"
	"path/filepath"
	"testing"
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
