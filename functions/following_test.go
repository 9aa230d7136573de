package functions_test

import (
	"slices"
	"testing"

	"github.com/acso/disaster-recovery/internal/following"
	"github.com/acso/disaster-recovery/statemachines"
)

// TestWhatFollowsTheRoleIsWhatExists: functions do not know the procedures, so the list of rules is written twice.
func TestWhatFollowsTheRoleIsWhatExists(t *testing.T) {
	var want []following.Item
	for _, r := range statemachines.Rules() {
		want = append(want, following.Item{Name: pair().Prefix() + "-" + r.Name, Standby: !r.Enabled(true)})
	}
	if got := following.Rules(pair()); !slices.Equal(got, want) {
		t.Errorf("followrole switches the rules %v, and there are %v", got, want)
	}
}
