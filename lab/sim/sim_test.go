package sim_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/acso/disaster-recovery/lab/sim"
)

func TestEventsHappenInOrderOfTimeAndThenOfSequence(t *testing.T) {
	s := sim.New(1)
	var got []string
	note := func(text string) func() { return func() { got = append(got, text) } }
	s.After(2*time.Second, note("third"))
	s.After(time.Second, note("first"))
	s.After(time.Second, note("second"))
	cancel := s.After(time.Second, note("cancelled"))
	cancel()
	s.Run(s.Now().Add(time.Minute), nil)
	if want := []string{"first", "second", "third"}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if want := sim.Epoch.Add(time.Minute); !s.Now().Equal(want) {
		t.Errorf("time stands at %v, want %v: a run lasts until its end even when nothing happens", s.Now(), want)
	}
}

func TestSameSeedSameHistoryWhateverElseIsDrawn(t *testing.T) {
	a, b := sim.New(7), sim.New(7)
	b.Rand("something else").Uint64()
	for range 5 {
		x, y := a.Between("promotion", time.Second, time.Hour), b.Between("promotion", time.Second, time.Hour)
		if x != y {
			t.Fatalf("%v and %v: a draw for another purpose changed this one", x, y)
		}
		if x < time.Second || x > time.Hour {
			t.Fatalf("%v is out of range", x)
		}
	}
}

func TestProcessSleepsInVirtualTime(t *testing.T) {
	s := sim.New(1)
	var woke time.Time
	ended := ""
	s.Go(context.Background(), func(ctx context.Context) {
		sim.Sleep(ctx, time.Hour)
		woke = s.Now()
	}, func(killed bool) { ended = fmt.Sprint("killed ", killed) })
	s.Run(s.Now().Add(2*time.Hour), nil)
	if want := sim.Epoch.Add(time.Hour); !woke.Equal(want) || ended != "killed false" {
		t.Errorf("woke at %v (%s), want %v", woke, ended, want)
	}
}

func TestKilledProcessTouchesNothingMore(t *testing.T) {
	s := sim.New(1)
	var after, deferred bool
	ended := ""
	p := s.Go(context.Background(), func(ctx context.Context) {
		defer func() {
			sim.Sleep(ctx, time.Second) // a deferred call of a dead body must not get through
			deferred = true
		}()
		sim.Sleep(ctx, time.Hour)
		after = true
	}, func(killed bool) { ended = fmt.Sprint("killed ", killed) })
	s.After(time.Minute, p.Kill)
	s.Run(s.Now().Add(2*time.Hour), nil)
	if after || deferred || ended != "killed true" {
		t.Errorf("went on %v, deferred %v, %s", after, deferred, ended)
	}
}

func TestProcessMayCauseItsOwnDeath(t *testing.T) {
	s := sim.New(1)
	var p *sim.Process
	reached := false
	p = s.Go(context.Background(), func(ctx context.Context) {
		p.Kill()
		sim.Sleep(ctx, time.Second)
		reached = true
	}, func(bool) {})
	s.Run(s.Now().Add(time.Minute), nil)
	if reached {
		t.Error("the body went on after it was killed")
	}
}

func TestVirtualTimeoutEndsTheContextAndNestedOnesNeverOutliveIt(t *testing.T) {
	s := sim.New(1)
	outer, _ := s.WithTimeout(context.Background(), 10*time.Second)
	inner, cancel := s.WithTimeout(outer, time.Hour)
	defer cancel()
	if left, ok := s.Remaining(inner); !ok || left != 10*time.Second {
		t.Errorf("remaining %v, want the 10 s of the outer context", left)
	}
	s.Run(s.Now().Add(11*time.Second), nil)
	if !errors.Is(context.Cause(inner), context.DeadlineExceeded) {
		t.Errorf("cause %v, want DeadlineExceeded", context.Cause(inner))
	}
	if _, ok := outer.Deadline(); ok {
		t.Error("the context reports a deadline, which somebody would compare with the real clock")
	}
}
