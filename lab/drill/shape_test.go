package drill

import (
	"context"
	"encoding/json"
	"strings"
	"testing"

	"github.com/acso/disaster-recovery/environments"
	"github.com/acso/disaster-recovery/lab/cloud"
)

// TestWhereNothingRanTheListsAreEmptyAndNotNull: who reads the JSON counts on lists, also when the recovery region answers
// nobody and no execution ever starts.
func TestWhereNothingRanTheListsAreEmptyAndNotNull(t *testing.T) {
	e, err := environments.Named("production")
	if err != nil {
		t.Fatal(err)
	}
	s, err := Find("region-outage")
	if err != nil {
		t.Fatal(err)
	}
	r, err := Run(context.Background(), s, Options{Seed: 1, Environment: e, Faults: []cloud.Fault{{Operation: "*", Region: e.Regions.Recovery, Effect: cloud.Unreachable}}})
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	for _, list := range []string{`"executions":[]`, `"invariants":[{`, `"timeline":[{`} {
		if !strings.Contains(string(text), list) {
			t.Errorf("%s is missing", list)
		}
	}
	if r.Ok() || r.Outcome == Recovered || r.Outcome == StoodDown {
		t.Errorf("nobody did anything, and the run is %s", r.Outcome)
	}
}
