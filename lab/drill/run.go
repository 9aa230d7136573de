// Package drill breaks a two-region world in a chosen way, lets the real machines and handlers work, and judges what is
// left: the final world, what clients saw, and what must hold in every run.
//
// It judges from outside. No figure in a result comes from the code under test, except those that say so (what the
// orchestrator measured or reported).
package drill

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/acso/disaster-recovery/internal/environment"
	"github.com/acso/disaster-recovery/lab/asl"
	"github.com/acso/disaster-recovery/lab/asl/jsonata"
	"github.com/acso/disaster-recovery/lab/cloud"
	"github.com/acso/disaster-recovery/lab/cloud/stepfunctions"
	"github.com/acso/disaster-recovery/lab/world"
)

// Options say how a scenario is run.
type Options struct {
	Seed        uint64
	Environment *environment.Environment
	Faults      []cloud.Fault
	Random      bool        // also let the chaos of the seed loose, as a campaign does
	Abort       int         // have a person ask to abort when the execution has left so many states; 0 for never
	Kill        *Kill       // kill the execution there and redrive it
	MustKill    bool        // a run that never reaches the place is a mistake
	Live        func(Event) // called as things happen; may be nil
	Bench       *Bench      // may be nil
}

// Bench is what many runs on one thread share because it is dear to make: the JSONata engine and the parsed machines.
type Bench struct {
	evaluator *jsonata.Evaluator
	machines  map[*environment.Environment]world.Machines
}

// NewBench makes a bench. It must not be used by two goroutines at once.
func NewBench() (*Bench, error) {
	evaluator, err := jsonata.New()
	if err != nil {
		return nil, err
	}
	return &Bench{evaluator: evaluator, machines: map[*environment.Environment]world.Machines{}}, nil
}

func (b *Bench) parsed(e *environment.Environment) (machines world.Machines, err error) {
	if b.machines[e] == nil {
		b.machines[e], err = world.ParseMachines(e)
	}
	return b.machines[e], err
}

const (
	warmUp  = 10 * time.Minute // the world lives undisturbed before something happens
	settle  = 8 * time.Minute  // and goes on after the end, for late clients, events and watchers
	patient = 6 * time.Hour    // when nothing ends
)

// InputError is a mistake in the options of a run, found before anything ran.
type InputError struct{ error }

type run struct {
	scenario Scenario
	options  Options
	world    *world.World
	env      *environment.Environment

	broken    time.Time           // when the scenario broke something; zero when nothing was
	live      map[string]bool     // states that the timeline has told of
	triggers  map[string][]func() // by the state that sets them off
	timeline  []Event
	observed  observed
	killed    bool
	stopped   map[*stepfunctions.Execution]bool // by a person, on purpose
	damage    world.Damage
	restoring restoring
	gone      gone
	passage   passage
	ticks     []tick
	misplaced []string      // throwaway databases that were seen outside of their network
	tried     int           // calls against production, with the rights of a test
	taken     []string      // those that were not refused
	answers   []string      // of functions that the script called by itself
	returns   time.Duration // a dead primary comes back so long after it died; 0 for never
	expecting int           // things that the script has still to do before the run may end
}

// Run runs a scenario to its end.
func Run(ctx context.Context, s Scenario, o Options) (*Result, error) {
	if o.Bench == nil {
		bench, err := NewBench()
		if err != nil {
			return nil, err
		}
		o.Bench = bench
	}
	machines, err := o.Bench.parsed(o.Environment)
	if err != nil {
		return nil, err
	}
	r := &run{scenario: s, options: o, env: o.Environment, live: map[string]bool{}, triggers: map[string][]func(){}, stopped: map[*stepfunctions.Execution]bool{}}
	r.world = world.New(world.Options{Seed: o.Seed, Environment: o.Environment, Evaluator: o.Bench.evaluator, Machines: machines, Active: r.active(), Recent: s.recent, Scheduled: s.scheduled, Begin: s.begins})
	for _, f := range o.Faults {
		if err := r.world.Cloud.CheckFault(f); err != nil {
			return nil, InputError{err}
		}
	}
	r.observe()
	s.prepare(r)
	r.inject(o.Faults)
	if o.Random {
		r.unleash()
	}
	if o.Kill != nil {
		r.killAt(*o.Kill)
	}
	if o.Abort > 0 {
		r.abortAt(o.Abort)
	}
	limit := s.limit
	if limit == 0 {
		limit = patient
	}
	clock := r.world.Sim
	end := clock.Now().Add(warmUp + limit)
	for clock.Now().Before(end) && !r.over() {
		if err := ctx.Err(); err != nil {
			return nil, fmt.Errorf("run %s: %w", s.Name, context.Cause(ctx))
		}
		clock.Run(clock.Now().Add(time.Minute), r.over)
	}
	clock.Run(clock.Now().Add(settle), nil)
	r.world.Traffic.Stop()
	if o.Kill != nil && o.MustKill && !r.killed {
		return nil, InputError{fmt.Errorf("kill %s: the run left %s and made %s, so nothing was killed; name an earlier place",
			o.Kill, counted(r.observed.transitions, "state"), counted(r.observed.mutations, "changing call"))}
	}
	return r.judge(), nil
}

// active is the region that serves when the run begins, and that a failover leaves.
func (r *run) active() string {
	if r.scenario.turned {
		return r.env.Regions.Recovery
	}
	return r.env.Regions.Primary
}

// standby is the region that a failover activates.
func (r *run) standby() string { return r.env.Pair(r.active()) }

// at does something d after the warm-up.
func (r *run) at(d time.Duration, f func()) {
	r.expecting++
	r.world.Sim.After(warmUp+d, func() { r.expecting--; f() })
}

// after does something d from now, and the run does not end before.
func (r *run) after(d time.Duration, f func()) {
	r.expecting++
	r.world.Sim.After(d, func() { r.expecting--; f() })
}

// over tells whether the script is done and every execution that was started has ended.
func (r *run) over() bool {
	if r.expecting > 0 {
		return false
	}
	started := false
	for _, x := range r.world.States.Executions() {
		if x.Status() == asl.Running {
			return false
		}
		started = started || r.isJudged(x)
	}
	return started
}

func (r *run) isJudged(x *stepfunctions.Execution) bool {
	return x.Machine == r.env.MachineName(r.scenario.Machine())
}

// say adds a line to the timeline.
func (r *run) say(kind, region, format string, args ...any) {
	e := Event{At: r.world.Sim.Now(), Region: region, Kind: kind, Text: fmt.Sprintf(format, args...)}
	r.timeline = append(r.timeline, e)
	if r.options.Live != nil {
		r.options.Live(e)
	}
}

// breaks notes that something was broken; the first such moment is when recovery times begin.
func (r *run) breaks(region, format string, args ...any) {
	if r.broken.IsZero() {
		r.broken = r.world.Sim.Now()
	}
	r.say("fault", region, format, args...)
}

// stopAll has a person stop the judged executions that run.
func (r *run) stopAll() {
	for _, x := range r.judged() {
		if x.Status() == asl.Running {
			r.say("fault", x.Region, "a person stops the execution")
			r.stopped[x] = true
			x.Stop("Stopped", "by a person")
		}
	}
}

// startIn starts the judged machine in a region, as an operator or a schedule does.
func (r *run) startIn(region, input string) {
	_, err := r.world.States.Start(region, r.env.MachineName(r.scenario.Machine()), "", json.RawMessage(input))
	if err != nil {
		panic(fmt.Sprintf("lab: start %s: %v", r.scenario.Machine(), err))
	}
}

// redriveAfter is how long an operator takes to redrive an execution that was killed.
const redriveAfter = 20 * time.Second

// killAt kills the judged execution at a place and redrives it 20 s later, as an operator would.
func (r *run) killAt(k Kill) {
	count := 0
	kill := func(x *stepfunctions.Execution) {
		if r.killed || x.Status() != asl.Running {
			return
		}
		r.killed = true
		r.expecting++
		r.say("fault", x.Region, "the execution is killed")
		x.Stop("Crash", "killed by the lab")
		r.world.Sim.After(redriveAfter, func() {
			r.expecting--
			r.redrive(x)
			for _, other := range r.judged() { // the call that died may have been that of a second run
				if other != x && other.Status() == asl.Failed && other.Error() == "States.Runtime" {
					r.redrive(other)
				}
			}
		})
	}
	if k.Transition > 0 {
		r.world.States.OnEvent(func(x *stepfunctions.Execution, e asl.Event) {
			if !r.isJudged(x) || !strings.HasSuffix(e.Type, "StateExited") {
				return
			}
			if count++; count == k.Transition {
				r.world.Sim.After(0, func() { kill(x) })
			}
		})
		return
	}
	var victim *stepfunctions.Execution
	r.world.States.OnEvent(func(x *stepfunctions.Execution, e asl.Event) {
		if r.isJudged(x) && e.Type == "ExecutionStarted" && victim == nil {
			victim = x
			region := x.Region
			if r.scenario.everywhere {
				region = ""
			}
			r.world.Cloud.Inject(cloud.Fault{Region: region, Operation: "mutating", First: k.Call, Count: 1, Effect: k.Effect})
		}
	})
	r.world.Cloud.Observe(func(c cloud.Record) {
		if victim == nil || !c.Mutating || !r.counts(c.To, victim.Region) {
			return
		}
		if count++; count == k.Call {
			r.world.Sim.After(0, func() { kill(victim) })
		}
	})
}

// redrive goes on with an execution, as an operator would.
func (r *run) redrive(x *stepfunctions.Execution) {
	if err := x.Redrive(); err != nil {
		r.say("fault", x.Region, "the redrive was refused: %v", err)
		return
	}
	r.say("state", x.Region, "the execution is redriven")
}

// counts tells whether a crash test kills in calls to a region, of an execution in another or the same.
func (r *run) counts(to, running string) bool { return r.scenario.everywhere || to == running }
