package drill

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/acso/disaster-recovery/environments"
	"github.com/acso/disaster-recovery/lab/cloud/stepfunctions"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// TestScenariosEndAsTheyDid holds every scenario to its path of states and to the world that it leaves.
func TestScenariosEndAsTheyDid(t *testing.T) {
	t.Parallel()
	e, err := environments.Named("production")
	if err != nil {
		t.Fatal(err)
	}
	bench, err := NewBench()
	if err != nil {
		t.Fatal(err)
	}
	for n, s := range Scenarios() {
		if testing.Short() && n%5 != 0 {
			continue // for the race detector: one world has one thread, and a fifth of the worlds crosses every package
		}
		t.Run(s.Name, func(t *testing.T) {
			var last *run
			watched := s
			watched.prepare = func(r *run) { last = r; s.prepare(r) }
			result, err := Run(context.Background(), watched, Options{Seed: 1, Environment: e, Bench: bench})
			if err != nil {
				t.Fatal(err)
			}
			if !result.Ok() {
				t.Errorf("did not end as expected: outcome %s, RTO met %s, RPO met %s, invariants %+v", result.Outcome, result.RTO.Met, result.RPO.Met, result.Invariants)
			}
			for state := range last.triggers {
				t.Errorf("the script waits for the state %s, which was never entered: something did not happen", state)
			}
			compare(t, filepath.Join("testdata", s.Name+".golden"), last.summary(result))
		})
	}
	for _, file := range goldenFiles(t) {
		if _, err := Find(strings.TrimSuffix(filepath.Base(file), ".golden")); err != nil {
			t.Errorf("%s belongs to no scenario", file)
		}
	}
}

func goldenFiles(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob("testdata/*.golden")
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func compare(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs: read the difference and run go test ./lab/drill -update if it is meant\n%s", file, difference(string(want), got))
	}
}

// difference lists the lines that only one side has.
func difference(want, got string) string {
	have := func(text string) map[string]bool {
		lines := map[string]bool{}
		for line := range strings.SplitSeq(text, "\n") {
			lines[line] = true
		}
		return lines
	}
	var out strings.Builder
	inWant, inGot := have(want), have(got)
	for line := range strings.SplitSeq(want, "\n") {
		if !inGot[line] {
			fmt.Fprintf(&out, "- %s\n", line)
		}
	}
	for line := range strings.SplitSeq(got, "\n") {
		if !inWant[line] {
			fmt.Fprintf(&out, "+ %s\n", line)
		}
	}
	return out.String()
}

// summary is the path that the judged executions took and the world that they left.
func (r *run) summary(result *Result) string {
	var out strings.Builder
	fmt.Fprintf(&out, "%s: %s\n\nInvariants\n", result.Scenario, result.Outcome)
	for _, i := range result.Invariants {
		fmt.Fprintf(&out, "  %s: %s\n", i.Name, i.Result)
	}
	for n, x := range r.judged() {
		fmt.Fprintf(&out, "\nPath of execution %d: %s\n", n+1, ended(x))
		for _, state := range path(x) {
			fmt.Fprintf(&out, "  %s\n", state)
		}
	}
	out.WriteString("\nFinal world\n")
	for _, line := range r.finalWorld() {
		fmt.Fprintf(&out, "  %s\n", line)
	}
	return out.String()
}

// path is the states in the order of their first visits: how often was polled depends on durations.
func path(x *stepfunctions.Execution) []string {
	seen := map[string]bool{}
	var states []string
	for _, v := range x.StateVisits() {
		if !seen[v.Name] {
			seen[v.Name] = true
			states = append(states, v.Name)
		}
	}
	return states
}

func (r *run) finalWorld() []string {
	w, e := r.world, r.env
	lines := []string{fmt.Sprintf("public name -> %s", w.DNS.Answer(e.Domain.Name))}
	if i, ok := w.Incident(r.standby()); ok {
		lines = append(lines, fmt.Sprintf("incident %d: %s, outcome %s, fence %s", i.Epoch, i.State, i.Outcome, i.Fence.State))
	}
	for _, region := range w.Cloud.Regions() {
		lines = append(lines, fmt.Sprintf("%s: alive %v, serves %v, database subnets open %v", region, w.Cloud.Alive(region), w.ECS.Serves(region), w.EC2.Open(region, e.DatabaseACL(region))))
		for _, i := range w.RDS.Instances(region) {
			lines = append(lines, fmt.Sprintf("%s: database %s is %s, replica %v, backups kept %d days", region, i.ID, i.Status, i.IsReplica(), i.Retention))
		}
		lines = append(lines, fmt.Sprintf("%s: file system writable %v", region, w.EFS.Writable(w.EFS.Find(region, e.FileSystem(region)))))
		for _, s := range e.Services {
			name := e.Service(region, s.Name)
			if w.ECS.Workload(region, name) == nil {
				lines = append(lines, fmt.Sprintf("%s: %s does not exist", region, name))
				continue
			}
			low, high, _ := w.ECS.Bounds(region, name)
			lines = append(lines, fmt.Sprintf("%s: %s wants %d tasks, runs %d, scales %d to %d", region, name, w.ECS.Workload(region, name).Desired(), w.ECS.Workload(region, name).Running(), low, high))
		}
		for _, topic := range e.Topics() {
			for _, m := range w.SNS.Messages(region, topic) {
				if topic == e.Contacts.OnCall.Topic {
					lines = append(lines, fmt.Sprintf("%s: told on-call: %s", region, m.Subject))
				}
			}
		}
		snapshots := 0
		for range w.RDS.Snapshots(region) {
			snapshots++
		}
		lines = append(lines, fmt.Sprintf("%s: %d snapshots", region, snapshots))
	}
	return lines
}
