package drill

import (
	"time"

	"github.com/acso/disaster-recovery/lab/cloud"
	"github.com/acso/disaster-recovery/lab/cloud/rds"
	"github.com/acso/disaster-recovery/lab/cloud/stepfunctions"
	"github.com/acso/disaster-recovery/lab/world"
)

// doubts: it is not certain that the primary is gone, or what leaving it would cost.
var doubts = []Scenario{
	{
		Name: "healthy-primary", Expected: StoodDown, quiet: true,
		Sentence: "A false alarm while the primary is healthy: stand down, nothing changed.",
		prepare:  func(r *run) { r.at(r.moment(), r.alarm) },
	},
	{
		Name: "unknown-health", Expected: Recovered,
		Sentence: "The vantage points disagree about the primary: a person is asked, says yes, and the failover goes on.",
		prepare: func(r *run) {
			r.blindCheckers()
			r.operator(3*time.Minute, world.Answer{Approved: true})
		},
	},
	{
		Name: "unknown-health-unanswered", Expected: StoodDown, quiet: true,
		Sentence: "The vantage points disagree and nobody answers in time: stand down, as the environment's policy says.",
		prepare:  func(r *run) { r.blindCheckers() },
	},
	{
		Name: "asymmetric-partition", Expected: StoodDown, quiet: true,
		Sentence: "Clients reach the primary and the recovery region does not: a person is asked and leaves things as they are.",
		prepare: func(r *run) {
			r.partition()
			r.operator(2*time.Minute, world.Answer{Approved: false})
		},
	},
	{
		Name: "asymmetric-partition-approved", Expected: Recovered,
		Sentence: "The same partition, but the person fences the old primary by hand, says so, and the failover goes on.",
		prepare: func(r *run) {
			r.partition()
			r.world.OnQuestion(func(*stepfunctions.Execution) {
				r.after(2*time.Minute, r.fenceByHand)
			})
			r.operator(3*time.Minute, world.Answer{Approved: true, FencedByHand: true})
		},
	},
	{
		Name: "flapping-primary", Expected: StoodDown, quiet: true,
		Sentence: "The primary goes away for some seconds again and again: it serves when it is looked at twice, so nothing changes.",
		prepare: func(r *run) {
			at := r.moment()
			for n := range 6 {
				from := at + time.Duration(n)*2*time.Minute
				r.at(from, func() { r.cutOff(); r.after(25*time.Second, r.reconnect) })
			}
			r.at(at+90*time.Second, r.alarm)
		},
	},
	{
		Name: "lagging-replica", Expected: StoodDown,
		Sentence: "The replica is further behind than the RPO allows: a person is asked, refuses to lose the data, and repairs the primary.",
		prepare: func(r *run) {
			recovery := r.standby()
			r.at(0, func() { r.world.RDS.FixLag(recovery, r.env.DatabaseIn(recovery), 25*time.Minute) })
			r.at(25*time.Minute+r.moment(), r.breakApplication)
			r.operator(2*time.Minute, world.Answer{Approved: false})
			r.world.OnQuestion(func(*stepfunctions.Execution) { r.after(4*time.Minute, r.repairApplication) })
		},
	},
	{
		Name: "unknown-lag", Expected: Recovered,
		Sentence: "Nobody can say how far the replica is behind: that is not zero, so a person is asked, and says yes.",
		prepare: func(r *run) {
			r.at(0, r.hideLag)
			r.at(r.moment(), r.killPrimary)
			r.operator(2*time.Minute, world.Answer{Approved: true})
			r.world.OnQuestion(func(*stepfunctions.Execution) { r.after(2*time.Minute, r.showLag) })
		},
	},
}

// blindCheckers makes Route 53's checkers see a dead primary that everybody else sees serving, and lets their alarm reach
// the recovery region.
func (r *run) blindCheckers() {
	at := r.moment()
	r.at(at, func() {
		r.say("fault", r.active(), "Route 53's checkers no longer reach the region; clients do")
		r.world.Cloud.Cut(cloud.Checkers, r.active())
	})
	r.at(at+2*time.Minute, r.alarm)
}

// partition cuts the two regions from each other; clients and checkers reach both.
func (r *run) partition() {
	primary, recovery := r.active(), r.standby()
	r.at(r.moment(), func() {
		r.say("fault", primary, "the regions no longer reach each other; clients reach both")
		r.world.Cloud.Cut(recovery, primary)
		r.world.Cloud.Cut(primary, recovery)
	})
}

// cutOff makes the primary unreachable from everywhere; what runs in it goes on running.
func (r *run) cutOff() {
	primary := r.active()
	r.breaks(primary, "nobody reaches the region")
	for _, from := range []string{cloud.Clients, cloud.Checkers, r.standby()} {
		r.world.Cloud.Cut(from, primary)
	}
}

func (r *run) reconnect() {
	primary := r.active()
	r.say("fault", primary, "the region is reachable again")
	for _, from := range []string{cloud.Clients, cloud.Checkers, r.standby()} {
		r.world.Cloud.Heal(from, primary)
	}
}

// fenceByHand is what the runbook tells a person to do in the old primary's console: close the database subnets.
func (r *run) fenceByHand() {
	primary := r.active()
	r.breaks(primary, "the operator closes the database subnets by hand")
	r.world.CloseDatabase(primary)
}

// hideLag has the replica refuse every connection, so that nobody can read its newest heartbeat.
func (r *run) hideLag() {
	recovery := r.standby()
	r.say("fault", recovery, "the replica has no connection slot left and shows no lag")
	r.world.RDS.SetLagMetric(recovery, r.env.DatabaseIn(recovery), rds.LagMissing)
	r.world.RDS.ExhaustConnections(recovery, r.env.DatabaseIn(recovery), true)
}

func (r *run) showLag() {
	recovery := r.standby()
	r.say("fault", recovery, "the replica takes connections again")
	r.world.RDS.ExhaustConnections(recovery, r.env.DatabaseIn(recovery), false)
}

// operator answers every question so long after it was asked.
func (r *run) operator(after time.Duration, answer world.Answer) {
	r.world.OnQuestion(func(x *stepfunctions.Execution) {
		r.after(after, func() {
			verb := "no"
			if answer.Approved {
				verb = "yes"
			}
			r.say("service", r.standby(), "the person who was asked says %s", verb)
			r.world.Reply(x, answer)
		})
	})
}
