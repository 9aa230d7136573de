package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/alecthomas/kong"

	"github.com/acso/disaster-recovery/lab/drill"
)

// fakeLab answers with a stored result and remembers what it was asked.
type fakeLab struct {
	result   *drill.Result
	campaign *drill.CampaignResult
	crash    *drill.CrashResult
	series   *drill.SeriesResult
	asked    drill.Options
	err      error
}

func sample(t *testing.T, name string) *drill.Result {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "lab", "report", "testdata", name+".json"))
	if err != nil {
		t.Fatal(err)
	}
	var r drill.Result
	if err := json.Unmarshal(text, &r); err != nil {
		t.Fatal(err)
	}
	return &r
}

// drctl runs the command line against the fake.
func (f *fakeLab) drctl(args ...string) (stdout, stderr string, status int) {
	var out, complaints bytes.Buffer
	a := &app{
		stdin: strings.NewReader(""), stdout: &out, stderr: &complaints, getenv: func(string) string { return "" },
		lab: lab{
			scenarios: drill.Scenarios,
			find:      drill.Find,
			run: func(_ context.Context, _ drill.Scenario, o drill.Options) (*drill.Result, error) {
				f.asked = o
				if f.err != nil {
					return nil, f.err
				}
				for _, e := range f.result.Timeline {
					if o.Live != nil {
						o.Live(e)
					}
				}
				return f.result, nil
			},
			series:     func(context.Context, drill.SeriesOptions) (*drill.SeriesResult, error) { return f.series, f.err },
			campaign:   func(context.Context, drill.CampaignOptions) (*drill.CampaignResult, error) { return f.campaign, f.err },
			crash:      func(context.Context, drill.CrashOptions) (*drill.CrashResult, error) { return f.crash, f.err },
			definition: definition, execute: execute,
		},
	}
	status = a.run(args)
	return out.String(), complaints.String(), status
}

func good(t *testing.T) *drill.Result {
	r := sample(t, "recovered")
	for i := range r.Invariants {
		r.Invariants[i].Result = drill.Pass
	}
	return r
}

func TestExitStatusTellsWhetherTheDrillWasGood(t *testing.T) {
	unknown := good(t)
	unknown.Invariants[0].Result = drill.Unknown
	slow := good(t)
	slow.RTO.Met = drill.Fail
	for _, c := range []struct {
		name   string
		result *drill.Result
		want   int
	}{
		{"expected outcome, everything met", good(t), exitGood},
		{"another outcome", sample(t, "failed"), exitBad},
		{"RTO missed", slow, exitBad},
		{"an invariant unknown", unknown, exitBad},
	} {
		for _, flag := range []string{"--json", "--verbose"} {
			lab := &fakeLab{result: c.result}
			if _, stderr, status := lab.drctl("drill", flag); status != c.want || stderr != "" {
				t.Errorf("%s, %s: exit %d, want %d; standard error %q", c.name, flag, status, c.want, stderr)
			}
		}
	}
}

func TestMistakesAreOneLineAndExit2(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	brokenYAML, taken := write("broken.yaml", "name: [\n"), write("taken", "")
	for _, c := range []struct {
		args []string
		want string
	}{
		{nil, "--help"},
		{[]string{"dril"}, `did you mean one of "drill", "drills"?`},
		{[]string{"drill", "--bogus"}, "--bogus"},
		{[]string{"drill", "--seed", "many"}, `--seed: "many" is no seed`},
		{[]string{"drill", "--seed", "-1"}, "seed"},
		{[]string{"drill", "region-outrage"}, "region-outage"},
		{[]string{"drill", "--fault", "RDS.*:melt"}, "melt"},
		{[]string{"drill", "--kill", "state:3"}, "transition:N"},
		{[]string{"drill", "--environment", "staging"}, "production"},
		{[]string{"drill", "--environment", brokenYAML}, brokenYAML + ":"},
		{[]string{"drill", "--environment", filepath.Join(dir, "missing.yaml")}, "missing.yaml"},
		{[]string{"drill", "--report", filepath.Join(taken, "below")}, "--report"},
		{[]string{"campaign", "--seeds", "0"}, "--seeds"},
		{[]string{"campaign", "--scenario", "region-outrage"}, "region-outage"},
		{[]string{"drills", "region-outrage"}, "region-outage"},
		{[]string{"drills", "--seeds", "0"}, "--seeds"},
		{[]string{"crash", "--seeds", "0"}, "--seeds"},
		{[]string{"crash", "region-outrage"}, "region-outage"},
		{[]string{"validate", brokenYAML}, brokenYAML + ":"},
		{[]string{"validate"}, "file"},
	} {
		lab := &fakeLab{result: good(t)}
		_, stderr, status := lab.drctl(c.args...)
		if status != exitMistake {
			t.Errorf("drctl %q: exit %d, want %d", c.args, status, exitMistake)
		}
		if strings.Count(stderr, "\n") != 1 || !strings.HasPrefix(stderr, "drctl: ") || !strings.Contains(stderr, c.want) {
			t.Errorf("drctl %q: want one line with %q on standard error, got %q", c.args, c.want, stderr)
		}
	}
}

func TestAFailureOfTheLabIsNoMistakeOfTheUser(t *testing.T) {
	lab := &fakeLab{err: errors.New("build the world: no such thing")}
	if _, stderr, status := lab.drctl("drill"); status != exitBad || stderr != "drctl: build the world: no such thing\n" {
		t.Errorf("exit %d, %q", status, stderr)
	}
}

func TestHelpIsThereForEveryCommand(t *testing.T) {
	lab := &fakeLab{}
	parser, err := kong.New(&commandLine{})
	if err != nil {
		t.Fatal(err)
	}
	commands := []string{"", "machine", "restore", "bench", "incident"} // and every one below
	for _, leaf := range parser.Model.Leaves(false) {
		commands = append(commands, strings.TrimPrefix(leaf.FullPath(), parser.Model.Name))
	}
	for _, command := range commands {
		args := append(strings.Fields(command), "--help")
		stdout, stderr, status := lab.drctl(args...)
		if status != exitGood || stderr != "" || !strings.HasPrefix(stdout, "Usage: drctl") || strings.Count(stdout, "\n\n") < 2 {
			t.Errorf("drctl %s: exit %d, standard error %q, standard output\n%s", args, status, stderr, stdout)
		}
	}
}

// The names that issue A promises, at every level.
func TestJSONHasThePromisedShape(t *testing.T) {
	lab := &fakeLab{result: good(t)}
	stdout, _, _ := lab.drctl("drill", "--json")
	var object map[string]any
	if err := json.Unmarshal([]byte(stdout), &object); err != nil {
		t.Fatalf("%v in %s", err, stdout)
	}
	first := func(key string) any { return object[key].([]any)[0] }
	execution := first("executions").(map[string]any)
	for _, c := range []struct {
		where string
		value any
		keys  []string
	}{
		{"result", object, []string{"scenario", "seed", "environment", "outcome", "expectedOutcome", "rto", "rpo", "invariants", "executions", "calls"}},
		{"rto", object["rto"], []string{"objectiveSeconds", "measuredSeconds", "clientSeconds", "met"}},
		{"rpo", object["rpo"], []string{"objectiveSeconds", "reportedSeconds", "clientSeconds", "met"}},
		{"invariants", first("invariants"), []string{"name", "result", "detail"}},
		{"executions", execution, []string{"stateMachine", "status", "startedAt", "stoppedAt", "states"}},
		{"states", execution["states"].([]any)[0], []string{"name", "enteredAt", "exitedAt", "attempts"}},
	} {
		for _, key := range c.keys {
			if _, ok := c.value.(map[string]any)[key]; !ok {
				t.Errorf("%s has no %q", c.where, key)
			}
		}
	}
	for _, objective := range []string{"rto", "rpo"} {
		if met := object[objective].(map[string]any)["met"]; met != true {
			t.Errorf("%s.met is %v, want true", objective, met)
		}
	}
}

func TestFlagsReachTheLab(t *testing.T) {
	lab := &fakeLab{result: good(t)}
	lab.drctl("drill", "region-outage", "--seed", "18446744073709551615", "--environment", "test",
		"--fault", "RDS.PromoteReadReplica@us-west-2#1+1:lost-response", "--fault", "*:slow", "--kill", "call:3:kill-after")
	if lab.asked.Seed != 1<<64-1 || lab.asked.Environment.Name != "test" {
		t.Errorf("seed %d, environment %s", lab.asked.Seed, lab.asked.Environment.Name)
	}
	if len(lab.asked.Faults) != 2 || lab.asked.Faults[0].String() != "RDS.PromoteReadReplica@us-west-2#1+1:lost-response" || lab.asked.Faults[1].String() != "*:slow" {
		t.Errorf("faults %v", lab.asked.Faults)
	}
	if lab.asked.Kill == nil || lab.asked.Kill.String() != "call:3:kill-after" {
		t.Errorf("kill %v", lab.asked.Kill)
	}
}

func TestReportIsWrittenAndNamed(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "reports")
	lab := &fakeLab{result: good(t)}
	stdout, stderr, status := lab.drctl("drill", "--report", dir)
	path := filepath.Join(dir, "region-outage-seed-1.html")
	if _, err := os.Stat(path); err != nil || status != exitGood || !strings.Contains(stdout, path) {
		t.Errorf("exit %d, %v, standard error %q", status, err, stderr)
	}
}

func TestCampaignFailsOnABrokenInvariant(t *testing.T) {
	lab := &fakeLab{campaign: &drill.CampaignResult{Runs: 1, Broken: []drill.Broken{{Invariant: "single writer", Repeat: "drctl drill x"}}}}
	for _, format := range []string{"", "--json"} {
		stdout, _, status := lab.drctl(append([]string{"campaign"}, strings.Fields(format)...)...)
		if status != exitBad || !strings.Contains(stdout, "drctl drill x") {
			t.Errorf("%s: exit %d\n%s", format, status, stdout)
		}
	}
	lab.campaign.Broken = nil
	if _, _, status := lab.drctl("campaign"); status != exitGood {
		t.Errorf("exit %d without a broken invariant", status)
	}
}

func TestCrashFailsWhenSomethingDidNotResume(t *testing.T) {
	lab := &fakeLab{crash: &drill.CrashResult{Killed: 10, Resumed: 9}}
	if _, _, status := lab.drctl("crash"); status != exitBad {
		t.Errorf("exit %d with an execution that did not resume", status)
	}
	lab.crash.Resumed = 10
	if _, _, status := lab.drctl("crash"); status != exitGood {
		t.Errorf("exit %d with all resumed", status)
	}
	lab.crash.Killed, lab.crash.Resumed = 0, 0
	if _, _, status := lab.drctl("crash"); status != exitBad {
		t.Errorf("exit %d, and nothing was killed", status)
	}
}

func TestValidateNamesEveryMistake(t *testing.T) {
	lab := &fakeLab{}
	stdout, stderr, status := lab.drctl("validate", filepath.Join("..", "..", "environments", "production.yaml"), filepath.Join("testdata", "mistakes.yaml"))
	if status != exitMistake || !strings.Contains(stdout, "environment production is valid") || strings.Count(stderr, "\n") < 2 {
		t.Errorf("exit %d\n%s%s", status, stdout, stderr)
	}
}
