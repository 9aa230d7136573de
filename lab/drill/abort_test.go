package drill

import (
	"context"
	"testing"

	"github.com/acso/disaster-recovery/environments"
)

// stride is of how many states one is tried: 1 tries them all, in minutes.
const stride = 3

// TestAbortAtEveryState has a person abort a planned and a manual failover in state after state. Before the point of no
// return everything is given back and serves; after it the abort is refused and the failover ends as it would have.
func TestAbortAtEveryState(t *testing.T) {
	long(t)
	t.Parallel()
	e, err := environments.Named("production")
	if err != nil {
		t.Fatal(err)
	}
	bench, err := NewBench()
	if err != nil {
		t.Fatal(err)
	}
	leave := Scenario{Name: "manual-leave", Expected: Recovered, prepare: func(r *run) {
		r.at(r.moment(), func() { r.broken = r.world.Sim.Now(); r.operate("manual", "") })
	}}
	planned, err := Find("switchover")
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range []Scenario{planned, leave} {
		undone, refused := 0, 0
		tried := map[string]bool{}
		var undisturbed *run
		base := s
		base.prepare = func(r *run) { undisturbed = r; s.prepare(r) }
		if _, err := Run(context.Background(), base, Options{Seed: 1, Environment: e, Bench: bench}); err != nil {
			t.Fatal(err)
		}
		for n, state := range undisturbed.observed.left {
			if tried[state] {
				continue // the same state again, of a poll
			}
			tried[state] = true
			if len(tried)%stride != 0 {
				continue
			}
			var last *run
			watched := s
			watched.prepare = func(r *run) { last = r; s.prepare(r) }
			result, err := Run(context.Background(), watched, Options{Seed: 1, Environment: e, Bench: bench, Abort: n + 1})
			if err != nil {
				t.Fatal(err)
			}
			if result.Outcome == Recovered {
				refused++
				if last.observed.abort != "refused" {
					t.Errorf("%s aborted behind %s: %s, and it went on", s.Name, state, last.observed.abort)
				}
			} else {
				undone++
				if as := last.asItWas(); result.Outcome != FailedClean || as.Result != Pass || last.lostNothing().Result != Pass || len(last.observed.promotions) > 0 {
					t.Errorf("%s aborted behind %s: %s, %s, %s", s.Name, state, result.Outcome, as.Detail, result.Next)
				}
			}
			for _, i := range result.Invariants {
				if i.Result != Pass {
					t.Errorf("%s aborted behind %s: %s: %s", s.Name, state, i.Name, i.Detail)
				}
			}
		}
		if undone < 3 || refused < 3 {
			t.Errorf("%s: %d aborts were undone and %d refused: the sweep proves little", s.Name, undone, refused)
		}
		t.Logf("%s: aborted at %d states: %d undone, %d refused", s.Name, len(tried), undone, refused)
	}
}
