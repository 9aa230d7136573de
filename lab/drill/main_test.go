package drill_test

import (
	"os"
	"runtime/debug"
	"testing"
)

// TestMain collects garbage less often, as drctl does: worlds make much and keep little.
func TestMain(m *testing.M) {
	debug.SetGCPercent(400)
	os.Exit(m.Run())
}
