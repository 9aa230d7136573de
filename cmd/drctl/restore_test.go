package main

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/acso/disaster-recovery/internal/restore"
)

// The plan of the real function, in the real lab.
func TestRestorePlanSaysWhatWouldBeDoneAndWhatItCosts(t *testing.T) {
	text := string(printed(t, []string{"restore", "plan", "--lab", "--at", "2026-03-03T14:59:30+05:30"}))
	for _, words := range []string{
		"2026-03-03T09:29:30Z", "30m30s of work is given up", "verified: unknown", "put the restored database in its place",
		"services stopped", "documented by AWS", "a guess", "A person has to approve it",
	} {
		if !strings.Contains(strings.Join(strings.Fields(text), " "), words) {
			t.Errorf("the plan does not say %q:\n%s", words, text)
		}
	}
	var plan restore.Plan
	if err := json.Unmarshal(printed(t, []string{"restore", "plan", "--lab", "--beside", "--at", "latest", "--json"}), &plan); err != nil {
		t.Fatal(err)
	}
	if plan.NeedsApproval || plan.Mode != restore.Beside || len(plan.Steps) != 4 || plan.Kept != "" {
		t.Errorf("the plan beside is %+v", plan)
	}
}

func TestRestorePlanRefusesAndNamesTheNearest(t *testing.T) {
	var out, complaints strings.Builder
	status := run([]string{"restore", "plan", "--lab", "--at", "2026-03-04T09:00:00Z"}, &out, &complaints)
	if status != exitBad || !strings.Contains(complaints.String(), "the nearest that can be restored is 2026-03-03T09:55:00Z") {
		t.Errorf("exit %d: %s", status, complaints.String())
	}
	complaints.Reset()
	if status := run([]string{"restore", "plan", "--lab", "--at", "latest", "--region", "eu-west-1"}, &out, &complaints); status != exitMistake {
		t.Errorf("exit %d: %s", status, complaints.String())
	}
}
