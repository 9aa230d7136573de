package drill

import (
	"context"
	"fmt"
	"slices"

	"github.com/acso/disaster-recovery/internal/environment"
	"github.com/acso/disaster-recovery/lab/cloud"
)

// CrashOptions says which scenario is killed, everywhere.
type CrashOptions struct {
	Environment *environment.Environment
	Scenario    string
	Seeds       int
	First       uint64
	Workers     int
	Sample      int // kill at every n-th place only; 0 is every place
	Progress    func(done, total int)
}

// CrashResult is what was left after every kill.
type CrashResult struct {
	Scenario               string   `json:"scenario"`
	States                 int      `json:"states"` // distinct states of the machine that were entered
	Points                 int      `json:"points"` // between two states, and before and after the effect of each mutating call
	Seeds                  int      `json:"seeds"`
	Killed                 int      `json:"killed"`
	Resumed                int      `json:"resumed"`   // reached the expected outcome after the redrive
	TakenOver              int      `json:"takenOver"` // an alarm's own execution came first: it gave everything back, and the redriven one ended superseded
	DoublePromotions       int      `json:"doublePromotions"`
	DualWriterIntervals    int      `json:"dualWriterIntervals"`
	DNSMovedBeforeWritable int      `json:"dnsMovedBeforeWritable"`
	RTOP50Seconds          *float64 `json:"rtoP50Seconds"`
	RTOP99Seconds          *float64 `json:"rtoP99Seconds"`
	Broken                 []Broken `json:"broken"`
}

// Ok tells whether every killed execution was resumed to the expected outcome and every invariant held.
func (r *CrashResult) Ok() bool {
	return len(r.Broken) == 0 && r.Killed > 0 && r.Resumed+r.TakenOver == r.Killed && r.DoublePromotions == 0 && r.DualWriterIntervals == 0 && r.DNSMovedBeforeWritable == 0
}

// Crash kills the execution between every two states in turn and inside every mutating call, before and after its
// effect, redrives it, and judges the world that is left.
func Crash(ctx context.Context, o CrashOptions) (*CrashResult, error) {
	scenario, err := Find(o.Scenario)
	if err != nil {
		return nil, err
	}
	if o.Seeds < 1 {
		return nil, fmt.Errorf("crash testing needs at least 1 seed, not %d", o.Seeds)
	}
	sum := &CrashResult{Scenario: scenario.Name, Seeds: o.Seeds, Broken: []Broken{}}
	var points []point
	for i := range o.Seeds {
		seed := o.First + uint64(i)
		found, states, err := pointsOf(ctx, scenario, o.Environment, seed)
		if err != nil {
			return nil, err
		}
		points, sum.States = append(points, found...), max(sum.States, states)
	}
	points = sampled(points, o.Sample)
	results, err := inParallel(ctx, o.Workers, len(points), o.Progress, func(ctx context.Context, bench *Bench, i int) (*Result, error) {
		return Run(ctx, scenario, Options{Seed: points[i].seed, Environment: o.Environment, Bench: bench, Kill: points[i].kill})
	})
	if err != nil {
		return nil, err
	}
	sum.Points = len(points)
	var times []float64
	for i, r := range results {
		times = sum.add(r, points[i].promotions, times)
	}
	if slices.Sort(times); len(times) > 0 {
		sum.RTOP50Seconds, sum.RTOP99Seconds = &times[len(times)/2], &times[len(times)*99/100]
	}
	return sum, nil
}

// sampled is every n-th place, the last one included.
func sampled(points []point, n int) []point {
	if n <= 1 {
		return points
	}
	var some []point
	for i := len(points) - 1; i >= 0; i -= n {
		some = append(some, points[i])
	}
	return some
}

// add counts a run; promotions is how many there are when nothing is killed.
func (r *CrashResult) add(run *Result, promotions int, times []float64) []float64 {
	if run.killed {
		r.Killed++
		switch {
		case run.Outcome == run.ExpectedOutcome:
			r.Resumed++
		case run.takenOver:
			r.TakenOver++
		default:
			r.Broken = append(r.Broken, Broken{
				Invariant: "resumed", Result: Fail, Repeat: run.Repeat,
				Detail: fmt.Sprintf("ended %s instead of %s", run.Outcome, run.ExpectedOutcome),
			})
		}
	}
	r.DoublePromotions += max(0, run.promotions-promotions)
	r.DualWriterIntervals += run.dualWriters
	if run.movedEarly {
		r.DNSMovedBeforeWritable++
	}
	r.Broken = append(r.Broken, broken(run)...)
	if run.RTO.ClientSeconds != nil {
		times = append(times, *run.RTO.ClientSeconds)
	}
	return times
}

// Kill is where an execution is killed: before the next step after its n-th history event that ends a state, or in its
// n-th mutating call.
type Kill struct {
	Transition int          // counted from 1; 0 for a call
	Call       int          // counted from 1; 0 for a transition
	Effect     cloud.Effect // KillBefore or KillAfter, for a call
}

// String writes the place as --kill reads it.
func (k Kill) String() string {
	if k.Transition > 0 {
		return fmt.Sprintf("transition:%d", k.Transition)
	}
	return fmt.Sprintf("call:%d:%s", k.Call, k.Effect)
}

type point struct {
	seed       uint64
	kill       *Kill
	promotions int // of the undisturbed run
}

// pointsOf runs the scenario once without a kill and lists the places where the next runs kill it.
func pointsOf(ctx context.Context, s Scenario, e *environment.Environment, seed uint64) (points []point, states int, err error) {
	r, err := Run(ctx, s, Options{Seed: seed, Environment: e})
	if err != nil {
		return nil, 0, err
	}
	for n := 1; n <= r.transitions; n++ {
		points = append(points, point{seed, &Kill{Transition: n}, r.promotions})
	}
	for n := 1; n <= r.mutations; n++ {
		for _, effect := range []cloud.Effect{cloud.KillBefore, cloud.KillAfter} {
			points = append(points, point{seed, &Kill{Call: n, Effect: effect}, r.promotions})
		}
	}
	distinct := map[string]bool{}
	for _, x := range r.Executions {
		if x.StateMachine == s.Machine() {
			for _, state := range x.States {
				distinct[state.Name] = true
			}
		}
	}
	return points, len(distinct), nil
}
