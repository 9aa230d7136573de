package drill_test

import (
	"context"
	"testing"

	"github.com/acso/disaster-recovery/environments"
	"github.com/acso/disaster-recovery/lab/drill"
)

// TestBackupsSurviveBeingKilledAnywhere kills the backups between two states and inside mutating calls: after the redrive
// each ends as it should, and every recovery point that there is restores. Where a backup has many such places, every n-th
// is enough here; drctl crash kills at all of them.
func TestBackupsSurviveBeingKilledAnywhere(t *testing.T) {
	long(t)
	t.Parallel()
	e, err := environments.Named("test")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		scenario string
		sample   int
	}{
		{"backup-data", 1}, {"backup-configuration", 1}, {"backup-data-long", 37}, {"backup-database", 11}, {"backup-logs", 29},
		{"backup-infrastructure", 1}, {"backup-daily", 97},
		{"verify-backup-attributes", 1}, {"verify-backup-intact", 3},
	} {
		r, err := drill.Crash(context.Background(), drill.CrashOptions{Environment: e, Scenario: c.scenario, Seeds: 1, First: 1, Workers: 2, Sample: c.sample})
		if err != nil {
			t.Fatal(err)
		}
		if !r.Ok() {
			t.Errorf("%s: %d of %d killed runs were resumed, broken: %+v", c.scenario, r.Resumed, r.Killed, r.Broken)
		}
		t.Logf("%s: killed at %d of %d places", c.scenario, r.Killed, r.Points*c.sample)
	}
}
