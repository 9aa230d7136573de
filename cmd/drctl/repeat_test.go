package main

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/acso/disaster-recovery/lab/drill"
)

// What a run prints as its repetition gives the same bytes, whatever broke it. This goes through the real lab.
func TestTheRepeatLineRepeatsTheRun(t *testing.T) {
	for _, args := range []string{
		"region-outage --seed 3",
		"replica-backing-up --seed 4 --random",
		"region-outage --seed 5 --fault RDS.PromoteReadReplica@us-west-2#1+1:lost-response --fault SNS.*:throttled",
		"region-outage --seed 6 --kill transition:9",
		"region-outage --seed 7 --kill call:4:kill-after",
		"healthy-primary --environment test",
	} {
		first := printed(t, append([]string{"drill", "--json"}, strings.Fields(args)...))
		var result drill.Result
		if err := json.Unmarshal(withoutMet(first), &result); err != nil {
			t.Fatal(err)
		}
		command, ours := strings.CutPrefix(result.Repeat, "go run ./cmd/drctl ")
		if !ours {
			t.Errorf("%s: %q is no command of this program", args, result.Repeat)
			continue
		}
		again := printed(t, append(strings.Fields(strings.ReplaceAll(command, "'", "")), "--json"))
		if !bytes.Equal(first, again) {
			t.Errorf("%s: %s gives another run", args, result.Repeat)
		}
	}
}

func printed(t *testing.T, args []string) []byte {
	t.Helper()
	var out, complaints bytes.Buffer
	if run(args, &out, &complaints) == exitMistake {
		t.Fatalf("drctl %q: %s", args, complaints.String())
	}
	return out.Bytes()
}

// withoutMet removes the verdicts that are printed as true, false or null, which a Result does not read back.
func withoutMet(text []byte) []byte {
	var kept []string
	for _, line := range strings.Split(string(text), "\n") {
		if strings.Contains(line, `"met":`) {
			line = `"met": "pass"`
		}
		kept = append(kept, line)
	}
	return []byte(strings.Join(kept, "\n"))
}

// A place that the run never reaches is a mistake: nothing was tested.
func TestAKillThatMeetsNothingIsAMistake(t *testing.T) {
	var out, complaints bytes.Buffer
	status := run([]string{"drill", "healthy-primary", "--json", "--kill", "transition:99999"}, &out, &complaints)
	if status != exitMistake || out.Len() != 0 || strings.Count(complaints.String(), "\n") != 1 || !strings.Contains(complaints.String(), "transition:99999") {
		t.Errorf("exit %d, %q, %q", status, out.String(), complaints.String())
	}
}
