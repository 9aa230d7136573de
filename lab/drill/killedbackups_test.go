package drill_test

import (
	"context"
	"testing"

	"github.com/acso/disaster-recovery/environments"
	"github.com/acso/disaster-recovery/lab/drill"
)

// TestBackupsSurviveBeingKilledAnywhere kills the backups that write in many steps between every two states and inside every mutating
// call: after the redrive it ends as it should, and every recovery point that there is restores.
func TestBackupsSurviveBeingKilledAnywhere(t *testing.T) {
	e, err := environments.Named("test")
	if err != nil {
		t.Fatal(err)
	}
	for _, scenario := range []string{"backup-data", "backup-configuration"} {
		r, err := drill.Crash(context.Background(), drill.CrashOptions{Environment: e, Scenario: scenario, Seeds: 1, First: 1, Workers: 2})
		if err != nil {
			t.Fatal(err)
		}
		if !r.Ok() || r.Killed == 0 {
			t.Errorf("%s: %d of %d killed runs were resumed, broken: %+v", scenario, r.Resumed, r.Killed, r.Broken)
		}
		t.Logf("%s: killed at %d places", scenario, r.Killed)
	}
}
