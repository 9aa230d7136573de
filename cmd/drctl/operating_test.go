package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/acso/disaster-recovery/cmd/drctl/operate"
	"github.com/acso/disaster-recovery/environments"
	"github.com/acso/disaster-recovery/internal/environment"
	"github.com/acso/disaster-recovery/lab/world"
)

// person runs a command as somebody at a terminal who types the lines, or as a pipe without lines.
func person(lines string, args ...string) (stdout, stderr string, status int) {
	var out, complaints bytes.Buffer
	a := &app{
		stdin: strings.NewReader(lines), stdout: &out, stderr: &complaints, getenv: func(string) string { return "" },
		lab: theLab(), interactive: func() bool { return lines != "" },
	}
	// Nothing here may reach AWS: what would be done there is done in a lab.
	a.lab.operateOnAWS = func(ctx context.Context, e *environment.Environment, work func(context.Context, *operate.Operator) error) error {
		return operate.InLab(ctx, e, 1, func(ctx context.Context, _ *world.World, o *operate.Operator) error { return work(ctx, o) })
	}
	status = a.run(args)
	return out.String(), complaints.String(), status
}

func TestStartShowsAnExecutionToItsEnd(t *testing.T) {
	stdout, stderr, status := person("", "start", "failover", "--lab")
	if status != exitGood || stderr != "" || !strings.Contains(stdout, "StandDownHealthy") || !strings.Contains(stdout, `"outcome": "stood-down"`) {
		t.Errorf("exit %d, %q\n%s", status, stderr, stdout)
	}
	stdout, _, status = person("", "start", "backup-database", "--lab", "--json")
	var ending operate.Ending
	if err := json.Unmarshal([]byte(stdout), &ending); err != nil || status != exitGood || !ending.Succeeded() || !ending.StoppedAt.After(ending.StartedAt) {
		t.Errorf("exit %d, %v: %+v", status, err, ending)
	}
}

func TestAPersonIsAskedAndTheAnswerDecides(t *testing.T) {
	restore := []string{"restore", "start", "--lab", "--at", "latest", "--reason", "a test", "--by", "kim"}
	for _, c := range []struct {
		name, lines string
		more        []string
		words       []string
	}{
		{"no", "no\n", nil, []string{"Approval needed: restore database acso-production-db", "refused by kim", `"outcome": "stood-down"`}},
		{"yes", "yes\n", nil, []string{`"outcome": "recovered"`, `"approvedBy": "kim"`}},
		{"left to others", "\n", nil, []string{"nobody answered in time"}},
		{"a pipe, answered in advance", "", []string{"--answer", "no"}, []string{"refused by kim"}},
		{"a pipe", "", nil, []string{"nobody answered in time"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			stdout, stderr, _ := person(c.lines, append(restore, c.more...)...)
			for _, words := range c.words {
				if !strings.Contains(stdout, words) {
					t.Errorf("it does not say %q:\n%s%s", words, stdout, stderr)
				}
			}
			if told := strings.Contains(stderr, "answer with: drctl approve arn:"); told != (c.name == "a pipe") {
				t.Errorf("standard error: %q", stderr)
			}
		})
	}
}

func TestTheChecklistStopsAFailoverThatIsNotMeant(t *testing.T) {
	for _, c := range []struct {
		name, lines string
		args        []string
		want        int
		words       string
	}{
		{"a healthy region is left only by force", "", []string{"failover", "--lab", "--reason", "r"}, exitBad, "confirm primary region outage"},
		{"no reason", "", []string{"failover", "--lab", "--mode", "planned"}, exitBad, "document incident details"},
		{"unknown without a person", "", []string{"failover", "--lab", "--mode", "planned", "--reason", "r"}, exitMistake, "nobody is at the terminal"},
		{"a person does not know", "no\n", []string{"failover", "--lab", "--mode", "planned", "--reason", "r"}, exitBad, "notify stakeholders is unknown"},
		{"a region that is none", "", []string{"failover", "--lab", "--to", "mars-1"}, exitMistake, "--to: production has no"},
	} {
		t.Run(c.name, func(t *testing.T) {
			stdout, stderr, status := person(c.lines, c.args...)
			if status != c.want || !strings.Contains(stderr, c.words) {
				t.Errorf("exit %d, want %d; want %q in %q\n%s", status, c.want, c.words, stderr, stdout)
			}
			if strings.Contains(stdout, "failover starts") {
				t.Errorf("it was started:\n%s", stdout)
			}
		})
	}
}

func TestWithoutAnIncidentThereIsNothingToAnswerOrAbort(t *testing.T) {
	for _, c := range []struct {
		args  []string
		want  int
		words string
	}{
		{[]string{"approve"}, exitBad, "no open incident asks anything"},
		{[]string{"approve", "--refuse", "--fenced-by-hand"}, exitMistake, "--fenced-by-hand"},
		{[]string{"abort", "--reason", "r"}, exitBad, "nothing to act on"},
		{[]string{"abort", "test-restore", "--reason", "r", "--yes"}, exitBad, "never ran"},
		{[]string{"abort", "nothing", "--reason", "r", "--yes"}, exitMistake, "choose one of"},
		{[]string{"abort", "backup-data", "--reason", "r", "--yes"}, exitBad, "it does not run, it is SUCCEEDED"},
		{[]string{"acknowledge"}, exitBad, "no incident is open"},
		{[]string{"acknowledge", "--region", "mars-1"}, exitMistake, "--region"},
		{[]string{"watch", "failover"}, exitBad, "never ran"},
		{[]string{"watch", "nothing"}, exitMistake, "choose one of"},
		{[]string{"watch", "failover", "--region", "mars-1"}, exitMistake, "--region"},
		{[]string{"start", "nothing"}, exitMistake, "choose one of"},
		{[]string{"start", "failover", "--answer", "yes"}, exitMistake, "--answer"},
		{[]string{"start", "failover", "--lab", "--leave"}, exitMistake, "--leave"},
	} {
		if _, stderr, status := person("", c.args...); status != c.want || !strings.Contains(stderr, c.words) {
			t.Errorf("drctl %q: exit %d, want %d; want %q in %q", c.args, status, c.want, c.words, stderr)
		}
	}
}

func TestWithoutCredentialsTheOperatorIsToldWhatToDo(t *testing.T) {
	var out, complaints bytes.Buffer
	a := &app{stdin: strings.NewReader(""), stdout: &out, stderr: &complaints, getenv: func(string) string { return "" }, lab: theLab()}
	a.lab.operateOnAWS = func(context.Context, *environment.Environment, func(context.Context, *operate.Operator) error) error {
		return errors.New("read the AWS configuration: none (next: log in, or give --lab where there is one)")
	}
	if status := a.run([]string{"watch"}); status != exitBad || !strings.Contains(complaints.String(), "log in") {
		t.Errorf("exit %d, %q", status, complaints.String())
	}
}

func TestAFailoverIsAbortedUntilItsPointOfNoReturn(t *testing.T) {
	planned := []string{"failover", "--lab", "--mode", "planned", "--reason", "r", "--yes", "--abort-at"}
	for _, c := range []struct {
		state  string
		want   int
		stdout string
		stderr string
	}{
		{"CatchUp", exitBad, "Nothing is left changed", ""},
		{"PromoteReplica", exitGood, `"outcome": "recovered"`, "failback"},
	} {
		stdout, stderr, status := person("", append(planned, c.state)...)
		if status != c.want || !strings.Contains(stdout, c.stdout) || !strings.Contains(stderr, c.stderr) {
			t.Errorf("aborted in %s: exit %d, %q\n%s", c.state, status, stderr, stdout)
		}
	}
	if _, stderr, status := person("", append(planned, "CatchUpp")...); status != exitMistake || !strings.Contains(stderr, "never entered a state CatchUpp") {
		t.Errorf("a state that never comes: exit %d, %q", status, stderr)
	}
	if _, stderr, status := person("", "failover", "--abort-at", "CatchUp", "--reason", "r"); status != exitMistake || !strings.Contains(stderr, "--abort-at") {
		t.Errorf("exit %d, %q", status, stderr)
	}
}

// Whoever interrupts the watching and leaves the execution running has not seen it succeed.
func TestLeavingIsNoSuccess(t *testing.T) {
	e, err := environments.Named("production")
	if err != nil {
		t.Fatal(err)
	}
	var stdout, stderr bytes.Buffer
	a := &app{
		stdin: strings.NewReader("leave\n"), stdout: &stdout, stderr: &stderr, getenv: func(string) string { return "" },
		lab: theLab(), interactive: func() bool { return true },
	}
	err = operate.InLab(t.Context(), e, 1, func(ctx context.Context, _ *world.World, o *operate.Operator) error {
		execution, err := o.Start(ctx, e.Regions.Recovery, "failover", "", []byte(`{"mode":"planned","reason":"r"}`))
		if err != nil {
			return err
		}
		interrupted, cancel := context.WithCancel(ctx)
		cancel()
		return (&watcher{app: a, operator: o}).endless(interrupted, execution)
	})
	if !errors.Is(err, errBad) || !strings.Contains(stdout.String(), "Type abort") {
		t.Errorf("got %v\n%s%s", err, stdout.String(), stderr.String())
	}
}

func TestADryRunPrintsItsPlan(t *testing.T) {
	stdout, stderr, status := person("", "failover", "--lab", "--mode", "dry-run", "--reason", "r")
	for _, words := range []string{"\nPlan\n", "check readiness: pass", "mode planned: GO", "about 480 s", "felt by clients"} {
		if status != exitGood || !strings.Contains(stdout, words) {
			t.Errorf("exit %d, %q; it does not say %q:\n%s", status, stderr, words, stdout)
		}
	}
}
