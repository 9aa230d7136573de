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

// TestAnObjectiveThatNobodyMeasuredIsNotMet: a procedure that concerns no client says nothing of their objectives.
func TestAnObjectiveThatNobodyMeasuredIsNotMet(t *testing.T) {
	e, err := environments.Named("production")
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]Verdict{"region-outage": Pass, "backup-configuration": NotJudged} {
		s, err := Find(name)
		if err != nil {
			t.Fatal(err)
		}
		r, err := Run(context.Background(), s, Options{Seed: 1, Environment: e})
		if err != nil {
			t.Fatal(err)
		}
		if r.RTO.Met != want || r.RPO.Met != want || (r.RTO.ClientSeconds == nil) != (want == NotJudged) || !r.Ok() {
			t.Errorf("%s: RTO %s, RPO %s, clients saw %v; want %s", name, r.RTO.Met, r.RPO.Met, r.RTO.ClientSeconds, want)
		}
		text, err := json.Marshal(r.RTO)
		if err != nil || strings.Contains(string(text), `"met":null`) != (want == NotJudged) {
			t.Errorf("%s: %s, %v", name, text, err)
		}
	}
}
