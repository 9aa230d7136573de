package drill

import (
	"context"
	"testing"

	"github.com/acso/disaster-recovery/environments"
	"github.com/acso/disaster-recovery/lab/cloud"
)

// TestSabotageOfRestoreTestsIsSeen takes the clearing and the checks out of the test, piece by piece.
func TestSabotageOfRestoreTestsIsSeen(t *testing.T) {
	long(t)
	for _, c := range []struct {
		name, scenario string
		edits          []edit
		invariant      string
	}{
		{"proves too early", "test-restore-aborted", []edit{{`"Condition": "{% $cleared.done = true %}"`, `"Condition": "{% true %}"`}, {`"Condition": "{% $proof.done = true and $count($proof.looked) = 6 %}"`, `"Condition": "{% true %}"`}}, "a test leaves nothing behind"},
		{"skips the moment", "test-restore", []edit{{`"Items": "{% $append([], $plan.databases) %}"`, `"Items": "{% $append([], $plan.databases[0]) %}"`}}, "every kind was restored and timed"},
		{"records nothing", "test-restore", []edit{{`"started": "{% $states.context.Execution.StartTime %}"`, `"started": "0001-01-01T00:00:00Z"`}}, "the result is recorded"},
	} {
		t.Run(c.name, func(t *testing.T) { mustFail(t, sabotaged(t, c.scenario, c.edits), c.invariant) })
	}
}

// TestARestoreTestSurvivesBeingKilled kills the test behind the first visit of every state, and in calls all over it, and
// redrives it: it ends as if nothing had happened, and leaves as little.
func TestARestoreTestSurvivesBeingKilled(t *testing.T) {
	long(t)
	t.Parallel()
	killedSampled(t, "test-restore", testMachine, 1)
}

// killedSampled kills a scenario's machine behind the first visit of every so-many-th state and in twelve calls all over
// it, redrives it, and expects the scenario's end.
func killedSampled(t *testing.T, scenario, machine string, step int) {
	t.Helper()
	e, err := environments.Named("production")
	if err != nil {
		t.Fatal(err)
	}
	s, err := Find(scenario)
	if err != nil {
		t.Fatal(err)
	}
	whole, err := Run(t.Context(), s, Options{Seed: 1, Environment: e})
	if err != nil {
		t.Fatal(err)
	}
	var kills []Kill
	seen := map[string]bool{}
	for _, x := range whole.Executions {
		if x.StateMachine != machine {
			continue
		}
		for n, state := range x.States {
			if !seen[state.Name] && len(seen)%step == 0 {
				kills = append(kills, Kill{Transition: n + 1})
			}
			seen[state.Name] = true
		}
	}
	const calls = 12 // of many, at even distances
	for n := range calls {
		effect := []cloud.Effect{cloud.KillBefore, cloud.KillAfter}[n%2]
		kills = append(kills, Kill{Call: 1 + n*whole.mutations/calls, Effect: effect})
	}
	results, err := inParallel(t.Context(), 2, len(kills), nil, func(ctx context.Context, bench *Bench, i int) (*Result, error) {
		return Run(ctx, s, Options{Seed: 1, Environment: e, Bench: bench, Kill: &kills[i]})
	})
	if err != nil {
		t.Fatal(err)
	}
	killed := 0
	for _, r := range results {
		if r.killed {
			killed++
		}
		if !r.Ok() {
			t.Errorf("%s: ended %s (%s), %+v", r.Repeat, r.Outcome, r.Next, r.Invariants)
		}
	}
	if killed < len(kills)-2 { // behind the last state there is nothing left to kill
		t.Errorf("%d of %d runs were killed", killed, len(kills))
	}
}
