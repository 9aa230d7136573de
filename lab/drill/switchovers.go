package drill

import (
	"fmt"
	"slices"
	"time"
)

// failovers are all scenarios of the failover's machine alone.
var failovers = slices.Concat(outages, doubts, obstacles, switchovers)

// switchovers: both regions are well, and a person moves everything. Nothing may be lost.
var switchovers = []Scenario{
	{
		Name: "switchover", Expected: Recovered, lossless: true, everywhere: true,
		Sentence: "Both regions are well and a person moves everything to us-west-2 under load: no write is lost.",
		prepare:  func(r *run) { r.at(r.moment(), r.switchOver) },
	},
	{
		Name: "switchover-back", Expected: Recovered, lossless: true, turned: true, everywhere: true,
		Sentence: "us-west-2 is active, us-east-1 was rebuilt as its standby, and a person moves everything there under load: no write is lost.",
		prepare:  func(r *run) { r.at(r.moment(), r.switchOver) },
	},
}

// operate starts the failover as a person does, in the region to be activated. Starting it is an approval.
func (r *run) operate(mode, more string) {
	r.say("service", r.standby(), "a person starts the failover in mode %s", mode)
	r.world.Approve()
	r.startIn(r.standby(), fmt.Sprintf(`{"mode":%q,"by":"Ada","reason":"drill"%s}`, mode, more))
}

func (r *run) switchOver() {
	r.broken = r.world.Sim.Now()
	r.operate("planned", "")
}

// lostNothing: no write that was acknowledged to a client is missing in the database that serves now.
func (r *run) lostNothing() Invariant {
	l := r.world.Traffic.Loss(r.survivor())
	return verdict("no write is lost", l.Rows == 0, "%s of %d lost", counted(l.Rows, "write"), len(r.world.Traffic.Acks()))
}

// shortOutage: clients waited no longer than the parts of this very switchover took, and a tenth.
func (r *run) shortOutage() Invariant {
	const name = "clients waited only for the parts of the switchover"
	x, seen := r.recovery(), r.observed.milestones
	if x == nil || seen.drainCalled.IsZero() || seen.moved.IsZero() {
		return Invariant{Name: name, Result: Unknown, Detail: "the switchover did not get that far"}
	}
	between := func(from, to time.Time) time.Duration { return max(0, to.Sub(from)) }
	drain := between(seen.drainCalled, entered(x, "CatchUp"))
	catchUp := between(entered(x, "CatchUp"), entered(x, "FencePrimary"))
	promotion := max(between(seen.promoteCalled, seen.writable), between(seen.dataCalled, seen.dataWritable))
	validation := visit(x, "ValidateStandby") + visit(x, "ValidatePublic")
	moved := between(entered(x, "FlipDns"), seen.moved)
	parts := drain + catchUp + promotion + validation + moved + r.env.Domain.TTL.Std()
	outage := r.world.Traffic.Outage().Longest.Length()
	return verdict(name, !r.world.Traffic.Outage().Ongoing && outage.Seconds() <= 1.10*parts.Seconds(),
		"%.0f s, where drain %.0f, catch-up %.0f, promotion %.0f, validation %.0f, switch %.0f and time to live %.0f make %.0f s", outage.Seconds(),
		drain.Seconds(), catchUp.Seconds(), promotion.Seconds(), validation.Seconds(), moved.Seconds(), r.env.Domain.TTL.Std().Seconds(), parts.Seconds())
}
