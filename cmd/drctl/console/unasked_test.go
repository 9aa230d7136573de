package console

import (
	"bytes"
	"strings"
	"testing"
)

// TestARegionThatWasNotAskedIsNamed: without it, snapshots without copies and copies that nobody looked for are the same.
func TestARegionThatWasNotAskedIsNamed(t *testing.T) {
	for _, unasked := range []string{"", "us-west-2 was not asked for its snapshots, so that no copy counts: timeout"} {
		var out bytes.Buffer
		if err := (Screen{Out: &out, Width: 80}).Backups(Backups{Unasked: unasked}); err != nil {
			t.Fatal(err)
		}
		if got := strings.Contains(out.String(), "Unknown: us-west-2 was not asked"); got != (unasked != "") {
			t.Errorf("with %q the table says\n%s", unasked, out.String())
		}
	}
}
