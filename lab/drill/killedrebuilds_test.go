package drill_test

import (
	"testing"

	"github.com/acso/disaster-recovery/environments"
	"github.com/acso/disaster-recovery/lab/drill"
)

// TestARebuildingSurvivesBeingKilled kills a restore of the whole system at some places, at even distances, and redrives it.
// drctl crash system-lost kills it at all of them, some 700.
func TestARebuildingSurvivesBeingKilled(t *testing.T) {
	long(t)
	e, err := environments.Named("production")
	if err != nil {
		t.Fatal(err)
	}
	r, err := drill.Crash(t.Context(), drill.CrashOptions{Environment: e, Scenario: "system-lost", Seeds: 1, First: 1, Workers: 2, Sample: 113})
	if err != nil {
		t.Fatal(err)
	}
	if !r.Ok() || r.Killed < 5 {
		t.Errorf("%d of %d killed runs were resumed, broken: %+v", r.Resumed, r.Killed, r.Broken)
	}
}
