package drill

import (
	"fmt"
	"strings"
	"time"

	"github.com/acso/disaster-recovery/lab/cloud"
)

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

// asItWas: what a failover that failed clean leaves is what it found: sizes, network, database, names, and clients that work.
func (r *run) asItWas() Invariant {
	const name = "everything was given back"
	e, w := r.env, r.world
	var wrong []string
	for _, region := range w.Cloud.Regions() {
		for _, s := range e.Services {
			want := s.Desired
			if region == r.standby() {
				want = s.Standby
			}
			if got := w.ECS.Workload(region, e.Service(region, s.Name)); got.Desired() != want || got.Running() < want && region == r.active() {
				wrong = append(wrong, fmt.Sprintf("%s wants %d tasks and runs %d, not %d", e.Service(region, s.Name), got.Desired(), got.Running(), want))
			}
		}
		if !w.EC2.Open(region, e.DatabaseACL(region)) {
			wrong = append(wrong, "the database subnets of "+region+" are closed")
		}
	}
	if replica := w.RDS.Instance(r.standby(), e.DatabaseIn(r.standby())); replica == nil || !replica.IsReplica() {
		wrong = append(wrong, "there is no replica any more")
	}
	if answer := w.DNS.Answer(e.Domain.Name); answer != e.RegionalName(r.active()) {
		wrong = append(wrong, "clients are sent to "+answer)
	}
	if !w.Cloud.Reachable(cloud.Clients, r.active()) || !w.ServesClients(r.active()) {
		wrong = append(wrong, r.active()+" does not serve")
	}
	return verdict(name, len(wrong) == 0, "%s", orNone(strings.Join(wrong, "; ")))
}
