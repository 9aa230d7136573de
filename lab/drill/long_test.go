package drill_test

import "testing"

// long leaves a test out where only short ones are run: under the race detector it would take ten times as long, and it runs
// nothing that the scenarios do not.
func long(t *testing.T) {
	t.Helper()
	if testing.Short() {
		t.Skip("it runs for long")
	}
}
