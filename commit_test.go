package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	git "github.com/go-git/go-git/v5"
	"github.com/go-git/go-git/v5/plumbing/object"
)

func TestWhatIsDeployedIsNamed(t *testing.T) {
	root := t.TempDir()
	var warned strings.Builder
	if got := commitOf(root, &warned); got != unknownCommit || warned.Len() == 0 {
		t.Errorf("without a repository it is %q, and people are told %q", got, warned.String())
	}
	repository, err := git.PlainInit(root, false)
	if err != nil {
		t.Fatal(err)
	}
	write := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(root, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("app.go", "package main\n")
	tree, err := repository.Worktree()
	if err != nil {
		t.Fatal(err)
	}
	if err := tree.AddGlob("."); err != nil {
		t.Fatal(err)
	}
	hash, err := tree.Commit("first", &git.CommitOptions{Author: &object.Signature{Name: "a", Email: "a@example.com", When: time.Unix(0, 0)}})
	if err != nil {
		t.Fatal(err)
	}
	write("notes.txt", "nobody's")
	if got := commitOf(root, &warned); got != hash.String() {
		t.Errorf("with a file that is not tracked it is %q, want %s", got, hash)
	}
	write("app.go", "package changed\n")
	if got := commitOf(root, &warned); got != hash.String()+"-modified" {
		t.Errorf("with a change it is %q", got)
	}
}

func TestACommitThatIsGivenIsAFullHash(t *testing.T) {
	const full = "5d3c1f0a9b8e7d6c5b4a39281706f5e4d3c2b1a0"
	for text, works := range map[string]bool{full: true, "": true, "HEAD": false, full[:7]: false} {
		if got, err := commitGiven(map[string]any{"commit": text}); (err == nil) != works || works && got != text {
			t.Errorf("%q gives %q, %v", text, got, err)
		}
	}
}
