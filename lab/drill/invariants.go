package drill

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/acso/disaster-recovery/lab/asl"
)

func itoa(n uint64) string { return strconv.FormatUint(n, 10) }

// invariants judges what must hold in every run.
func (r *run) invariants(result *Result) []Invariant {
	list := []Invariant{r.namedEnd(), r.lockFree()}
	if r.scenario.judge != nil {
		return append(list, r.scenario.judge(r)...)
	}
	list = append(list, r.singleWriter(), r.noNeedlessPromotion(), r.onePromotion(), r.validatedTraffic(), r.honestLoss(result), r.fenceHolds())
	if result.Outcome == Recovered {
		list = append(list, r.clientsServed())
	}
	if r.scenario.lossless {
		list = append(list, r.lostNothing())
	}
	if r.scenario.lossless && result.Outcome == FailedClean {
		list = append(list, r.asItWas())
	}
	if r.scenario.lossless && result.Outcome == Recovered && r.undisturbed() {
		list = append(list, r.shortOutage())
	}
	if result.Outcome == Recovered && r.undisturbed() {
		list = append(list, r.readinessKept())
	}
	if r.scenario.more != nil && r.undisturbed() {
		list = append(list, r.scenario.more(r)...)
	}
	if r.scenario.quiet || result.Outcome == StoodDown {
		list = append(list, r.nothingChanged())
	}
	if r.scenario.also != nil {
		list = append(list, r.scenario.also(r)...)
	}
	return list
}

// undisturbed tells whether nothing but the scenario itself interfered.
func (r *run) undisturbed() bool {
	return !r.options.Random && r.options.Kill == nil && len(r.options.Faults) == 0 && r.options.Abort == 0
}

// readinessKept: the readiness of the region was judged when the failover began, and is in its record.
func (r *run) readinessKept() Invariant {
	const name = "readiness was judged before"
	i, _ := r.world.Incident(r.standby())
	if i.Readiness == nil {
		return verdict(name, false, "incident %d says nothing about it", i.Epoch)
	}
	before := len(r.observed.promotions) == 0 || i.Readiness.At.Before(r.observed.promotions[0].at)
	return verdict(name, before, "%s at %s, %s", i.Readiness.Verdict, stamp(i.Readiness.At), counted(len(i.Readiness.Findings), "finding"))
}

func verdict(name string, holds bool, detail string, args ...any) Invariant {
	i := Invariant{Name: name, Result: Pass, Detail: fmt.Sprintf(detail, args...)}
	if !holds {
		i.Result = Fail
	}
	return i
}

// singleWriter: among clients that use the public name, never two databases accept writes.
func (r *run) singleWriter() Invariant {
	const name = "single writer"
	if duals := r.world.Traffic.DualWriters(); len(duals) > 0 {
		d := duals[0]
		return verdict(name, false, "clients of the public name wrote to two databases for %s from %s", d.Length(), stamp(d.From))
	}
	if at := r.promotedAt(); !at.IsZero() {
		if late := r.world.Traffic.Elsewhere(r.survivor(), at); len(late) > 0 {
			return verdict(name, true, "no two databases took writes at once; %s that the old side took after the promotion call, from %s to %s, did not reach the new one",
				counted(len(late), "write"), stamp(late[0].At), stamp(late[len(late)-1].At))
		}
	}
	return verdict(name, true, "no two databases took writes of clients at once")
}

// noNeedlessPromotion: no promotion while the primary served, without approval.
func (r *run) noNeedlessPromotion() Invariant {
	const name = "no promotion of a healthy system without approval"
	for _, p := range r.observed.promotions {
		if p.serving && !p.approved {
			return verdict(name, false, "promoted at %s while the primary served its clients", stamp(p.at))
		}
	}
	return verdict(name, true, "%s", counted(len(r.observed.promotions), "promotion"))
}

func (r *run) onePromotion() Invariant {
	n := len(r.observed.promotions)
	return verdict("at most one promotion", n <= 1, "%s took effect", counted(n, "promotion"))
}

// validatedTraffic: no traffic to a region that was not validated, or to a fenced one.
func (r *run) validatedTraffic() Invariant {
	const name = "traffic only to a validated region"
	first := r.observed.firstRouted
	switch {
	case first.IsZero():
		return verdict(name, true, "no client was sent to %s", r.standby())
	case r.observed.validated.IsZero() || first.Before(r.observed.validated):
		return verdict(name, false, "a client was sent to %s at %s, before it was validated", r.standby(), stamp(first))
	case r.movedEarly():
		return verdict(name, false, "a client was sent to %s at %s, before its database took writes", r.standby(), stamp(first))
	case r.observed.backAgain > 0:
		return verdict(name, false, "%s went back to the fenced %s after a fresh look at DNS", counted(r.observed.backAgain, "request"), r.active())
	}
	return verdict(name, true, "validated at %s, first client at %s", stamp(r.observed.validated), stamp(first))
}

func (r *run) movedEarly() bool { return r.observed.early }

// honestLoss: the reported loss is never below the one that clients suffered.
func (r *run) honestLoss(result *Result) Invariant {
	const name = "reported loss covers the real loss"
	if result.Outcome != Recovered {
		return verdict(name, true, "nothing was reported as recovered")
	}
	reported, real := result.RPO.ReportedSeconds, *result.RPO.ClientSeconds
	if reported == nil {
		return Invariant{Name: name, Result: Unknown, Detail: "the orchestrator reported no loss"}
	}
	return verdict(name, *reported >= real, "reported at most %.0f s, clients lost %.0f s in %s", *reported, real, counted(result.RPO.LostWrites, "write"))
}

// namedEnd: every execution ends in a named end state.
func (r *run) namedEnd() Invariant {
	const name = "every execution ends by name"
	for _, x := range r.world.States.Executions() {
		if x.Status() == asl.Running {
			return verdict(name, false, "%s still runs", x.ARN)
		}
		if r.isJudged(x) && outcomeOf(x) == "unnamed" && !r.stopped[x] {
			return verdict(name, false, "%s ended %s with %s: %s", x.ARN, x.Status(), x.Error(), x.Cause())
		}
		if strings.Contains(x.Error()+x.Cause(), "States.QueryEvaluationError") { // a mistake in the machine, in front of the real cause
			return verdict(name, false, "%s ended %s by an expression of its own: %s", x.ARN, x.Status(), x.Cause())
		}
	}
	return verdict(name, true, "%s", counted(len(r.world.States.Executions()), "execution"))
}

func (r *run) lockFree() Invariant {
	const name = "the lock is free"
	i, ok := r.world.Incident(r.standby())
	return verdict(name, !ok || i.State != "open", "incident %d is %s", i.Epoch, orNone(string(i.State)))
}

// counted writes a number with its noun: 1 execution, 2 executions.
func counted(n int, noun string) string {
	if n != 1 {
		noun += "s"
	}
	return strconv.Itoa(n) + " " + noun
}

func orNone(s string) string {
	if s == "" {
		return "none"
	}
	return s
}

// fenceHolds: after a promotion the old primary takes no write, and where it can be reached the fence is proven.
func (r *run) fenceHolds() Invariant {
	const name = "the old primary is fenced"
	if len(r.observed.promotions) == 0 {
		return verdict(name, true, "nothing was promoted")
	}
	primary := r.active()
	i, _ := r.world.Incident(r.standby())
	if !r.world.Cloud.Reachable(r.standby(), primary) {
		return verdict(name, i.Fence.State != "none", "%s, and %s does not answer", i.Fence.State, primary)
	}
	writable := r.world.ECS.Serves(primary)
	return verdict(name, i.Fence.State == "proven" && !writable, "%s; %s takes writes of clients: %v", i.Fence.State, primary, writable)
}

func (r *run) clientsServed() Invariant {
	last := r.world.Traffic.LastAck(r.standby())
	since := r.world.Sim.Now().Sub(last)
	return verdict("clients are served at the end", since <= 5*time.Second, "the last write was acknowledged %s before the end", since)
}

func (r *run) nothingChanged() Invariant {
	return verdict("nothing was changed", len(r.observed.changes) == 0, "%s", orNone(strings.Join(r.observed.changes, "; ")))
}

func stamp(t time.Time) string { return t.UTC().Format("15:04:05") }
