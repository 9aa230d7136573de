package drill

import (
	"context"
	"testing"

	"github.com/acso/disaster-recovery/environments"
)

// stride is of how many states one is tried here; drctl crash SCENARIO --abort tries them all.
const stride = 9

// TestAbortAtEveryState has a person abort each mode of a failover in state after state. Before the point of no return
// everything is given back and serves; after it the abort is refused and the failover ends as it would have.
func TestAbortAtEveryState(t *testing.T) {
	long(t)
	t.Parallel()
	e, err := environments.Named("production")
	if err != nil {
		t.Fatal(err)
	}
	leave := Scenario{Name: "manual-leave", Expected: Recovered, prepare: func(r *run) {
		r.at(r.moment(), func() { r.broken = r.world.Sim.Now(); r.operate("manual", "") })
	}}
	for _, name := range []string{"switchover", "region-outage"} {
		s, err := Find(name)
		if err != nil {
			t.Fatal(err)
		}
		sweep(t, s, CrashOptions{Environment: e, First: 1, Sample: stride})
	}
	sweep(t, leave, CrashOptions{Environment: e, First: 1, Sample: stride})
}

func sweep(t *testing.T, s Scenario, o CrashOptions) {
	t.Helper()
	r, err := abortEverywhere(context.Background(), s, o)
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range r.Broken {
		t.Errorf("%s: %s: %s", b.Invariant, b.Detail, b.Repeat)
	}
	if r.Undone == 0 || r.Refused == 0 {
		t.Errorf("%s: %d aborts were undone and %d refused: the sweep proves little", s.Name, r.Undone, r.Refused)
	}
}
