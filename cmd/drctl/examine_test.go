package main

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/acso/disaster-recovery/cmd/drctl/doctor"
)

// TestDoctorInTheLab looks at what is printed. Which tools this machine has is not known here, so the exit status follows
// from the checks.
func TestDoctorInTheLab(t *testing.T) {
	var stdout, stderr bytes.Buffer
	status := run([]string{"doctor", "--lab", "--json"}, &stdout, &stderr)
	var checks []doctor.Check
	if err := json.Unmarshal(stdout.Bytes(), &checks); err != nil || stderr.Len() > 0 {
		t.Fatalf("%v, %s, %s", err, &stdout, &stderr)
	}
	if want := map[bool]int{true: exitGood, false: exitBad}[doctor.Ready(checks)]; status != want {
		t.Errorf("exit status %d, want %d", status, want)
	}
	for _, c := range checks {
		if !strings.HasPrefix(c.Name, "tool") && c.Result != doctor.Pass {
			t.Errorf("%+v", c)
		}
	}
}

func TestEstimatesNeedAnAssembly(t *testing.T) {
	for _, command := range []string{"quotas", "cost"} {
		var stdout, stderr bytes.Buffer
		if status := run([]string{command, "--assembly", t.TempDir()}, &stdout, &stderr); status != exitMistake || !strings.Contains(stderr.String(), "go run .") {
			t.Errorf("%s: %d, %s", command, status, &stderr)
		}
	}
}

func TestColdstartRefusesWhatItDoesNotKnow(t *testing.T) {
	for _, arguments := range [][]string{{"--root", t.TempDir()}, {"--root", "../..", "--runs", "0"}, {"--root", "../..", "nothing"}} {
		var stdout, stderr bytes.Buffer
		if status := run(append([]string{"bench", "coldstart"}, arguments...), &stdout, &stderr); status != exitMistake || stderr.Len() == 0 {
			t.Errorf("%v: %d, %s", arguments, status, &stderr)
		}
	}
}
