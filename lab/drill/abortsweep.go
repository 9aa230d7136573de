package drill

import (
	"context"
	"fmt"
)

// AbortResult is what was left after an abort behind each state.
type AbortResult struct {
	Scenario string   `json:"scenario"`
	Seed     uint64   `json:"seed"`
	States   int      `json:"states"`  // different ones that the undisturbed run leaves
	Tried    int      `json:"tried"`   // of them, those behind which an abort was asked for
	Undone   int      `json:"undone"`  // what was changed was given back
	Refused  int      `json:"refused"` // past the point of no return, or nothing was open any more: it went on to its expected end
	Broken   []Broken `json:"broken"`
}

// Ok tells whether every abort was honoured or refused as it has to be, and every invariant held.
func (r *AbortResult) Ok() bool { return len(r.Broken) == 0 && r.Tried > 0 }

// Aborts has a person abort a scenario behind every state in turn, each time in a world of its own. Of CrashOptions it takes
// the first seed only. An abort that is taken ends clean (a failback ends where it is, and the other region serves; a restore of the whole
// system leaves what it deployed, without a database and without tasks); one that
// is refused changes nothing about the end.
func Aborts(ctx context.Context, o CrashOptions) (*AbortResult, error) {
	s, err := Find(o.Scenario)
	if err != nil {
		return nil, err
	}
	return abortEverywhere(ctx, s, o)
}

func abortEverywhere(ctx context.Context, s Scenario, o CrashOptions) (*AbortResult, error) {
	var undisturbed *run
	base := s
	base.prepare = func(r *run) { undisturbed = r; s.prepare(r) }
	if _, err := Run(ctx, base, Options{Seed: o.First, Environment: o.Environment}); err != nil {
		return nil, err
	}
	places, states := undisturbed.firstVisits(max(1, o.Sample))
	sum := &AbortResult{Scenario: s.Name, Seed: o.First, States: states, Tried: len(places), Broken: []Broken{}}
	type ending struct {
		state  string
		answer string
		left   string // what an abort that was taken did not give back
		result *Result
	}
	endings, err := inParallel(ctx, o.Workers, len(places), o.Progress, func(ctx context.Context, bench *Bench, i int) (ending, error) {
		var last *run
		watched := s
		watched.prepare = func(r *run) { last = r; s.prepare(r) }
		result, err := Run(ctx, watched, Options{Seed: o.First, Environment: o.Environment, Bench: bench, Abort: places[i]})
		if err != nil {
			return ending{}, err
		}
		return ending{undisturbed.observed.left[places[i]-1], last.observed.abort, last.notGivenBack(result), result}, nil
	})
	if err != nil {
		return nil, err
	}
	for _, e := range endings {
		sum.add(s, e.state, e.answer, e.result)
		if e.left != "" {
			sum.Broken = append(sum.Broken, Broken{Invariant: "everything was given back", Result: Fail, Detail: "aborted behind " + e.state + ": " + e.left, Repeat: e.result.Repeat})
		}
	}
	return sum, nil
}

// notGivenBack is what a failover of a region that lives left behind when it ended clean; "" for nothing.
func (r *run) notGivenBack(result *Result) string {
	if result.Outcome != FailedClean || r.scenario.Machine() != "failover" || !r.world.Cloud.Alive(r.active()) {
		return ""
	}
	for _, i := range []Invariant{r.asItWas(), r.lostNothing()} {
		if i.Result != Pass {
			return i.Name + ": " + i.Detail
		}
	}
	return ""
}

// firstVisits are the places behind which each state is left for the first time, of every n-th state.
func (r *run) firstVisits(n int) (places []int, states int) {
	seen := map[string]bool{}
	for at, state := range r.observed.left {
		if seen[state] {
			continue // the same state again, of a poll
		}
		seen[state] = true
		if (len(seen)-1)%n == 0 {
			places = append(places, at+1)
		}
	}
	return places, len(seen)
}

func (r *AbortResult) add(s Scenario, state, answer string, run *Result) {
	note := func(name, detail string) {
		r.Broken = append(r.Broken, Broken{Invariant: name, Result: Fail, Detail: "aborted behind " + state + ": " + detail, Repeat: run.Repeat})
	}
	clean := run.Outcome == FailedClean || run.Outcome == StoodDown || (s.machine == failbackMachine || s.machine == rebuildMachine) && run.Outcome == FailedDirty
	switch {
	case answer == "noted" && clean:
		r.Undone++
	case answer == "noted":
		note("an abort is honoured", fmt.Sprintf("it was noted, and the run ended %s: %s", run.Outcome, run.Next))
	case answer == "refused" && run.Outcome == run.ExpectedOutcome:
		r.Refused++
	default:
		note("a refused abort changes nothing", fmt.Sprintf("the answer was %q, and the run ended %s: %s", answer, run.Outcome, run.Next))
	}
	for _, b := range broken(run) {
		if answer == "noted" && s.judge != nil && !general(b.Invariant) {
			continue // the scenario's own judge expects what was given up
		}
		r.Broken = append(r.Broken, b)
	}
}

// general tells whether an invariant holds in every run, however it ends.
func general(name string) bool {
	switch name {
	case "every execution ends by name", "the lock is free", "both locks are free", "single writer", "no acknowledged row is dropped",
		"clients are served by the active region", "no promotion of a healthy system without approval", "traffic only to a validated region":
		return true
	}
	return false
}
