// Package pagetest lets tests hold the generated part of a page of docs to the code that it is generated from. It knows nothing
// of what stands there, and only tests import it.
package pagetest

import (
	"os"
	"strings"
	"testing"
)

// Part is what is generated in a page: between the lines Begin and End, or to the end of the page when End is empty.
type Part struct {
	Page       string // path
	Begin, End string
}

// Current fails the test when the part is not the text, and says which command, that of the package, writes it anew. With
// update it is written instead.
func (p Part) Current(t *testing.T, text, command string, update bool) {
	t.Helper()
	page, err := os.ReadFile(p.Page)
	if err != nil {
		t.Fatal(err)
	}
	head, rest, begins := strings.Cut(string(page), p.Begin)
	tail, ends := "", true
	if p.End != "" {
		_, tail, ends = strings.Cut(rest, p.End)
	}
	if !begins || !ends {
		t.Fatalf("%s has no place for what is generated: the lines %q and %q", p.Page, p.Begin, p.End)
	}
	want := head + p.Begin + text + p.End + tail
	if update {
		if err := os.WriteFile(p.Page, []byte(want), 0o600); err != nil { // #nosec G703 -- the test names its page
			t.Fatal(err)
		}
		return
	}
	if string(page) != want {
		t.Errorf("%s is not current: %s", p.Page, command)
	}
}
