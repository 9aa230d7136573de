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

// The whole system: the lab loses it first, and both the plan and the restore say what they are made from.
func TestTheWholeSystemIsPlannedAndRestored(t *testing.T) {
	text := strings.Join(strings.Fields(string(printed(t, []string{"restore", "plan", "--lab", "--system", "--at", "2026-03-03"}))), " ")
	for _, words := range []string{
		"rebuild us-east-1 as of 2026-03-03T", "database: from snapshot acso-production-db-20260303-", "of work is given up", "deployed again: commit ",
		"restore the application data", "side by side a guess of the lab", "What leans on control planes in us-east-1", "IAM: the stacks make and change roles", "A person has to approve it",
	} {
		if !strings.Contains(text, words) {
			t.Errorf("the plan does not say %q:\n%s", words, text)
		}
	}
	stdout, stderr, status := person("", "restore", "start", "--lab", "--system", "--at", "latest", "--answer", "yes", "--by", "kim", "--abort-at", "DeployInfrastructure")
	stdout = strings.Join(strings.Fields(stdout), " ")
	if status != exitBad || !strings.Contains(stdout, "kim asked at") || !strings.Contains(stdout, "the stacks of the workload were deployed") {
		t.Errorf("aborted, it ends with %d: %s\n%s", status, stderr, stdout)
	}
}

func TestARestoreRefusesWhatDoesNotGoTogether(t *testing.T) {
	for _, c := range []struct {
		words string
		args  []string
	}{
		{"--system", []string{"restore", "plan", "--lab", "--system", "--at", "latest", "--beside"}},
		{"--system", []string{"restore", "plan", "--lab", "--system", "--at", "latest", "--what", "data"}},
		{"--system", []string{"restore", "start", "--lab", "--system", "--at", "latest", "--reason", "x"}},
		{"--reason", []string{"restore", "start", "--lab", "--at", "latest"}},
		{"--what", []string{"restore", "start", "--lab", "--at", "latest", "--reason", "x", "--what", "everything"}},
		{"--abort-at", []string{"restore", "start", "--at", "latest", "--reason", "x", "--abort-at", "StopServices"}},
		{"--at", []string{"restore", "start", "--lab", "--reason", "x"}},
	} {
		if _, stderr, status := person("", c.args...); status != exitMistake || !strings.Contains(stderr, c.words) {
			t.Errorf("drctl %q: exit %d, %q", c.args, status, stderr)
		}
	}
}
