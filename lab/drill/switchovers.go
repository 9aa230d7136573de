package drill

import (
	"fmt"
	"slices"
	"time"

	"github.com/acso/disaster-recovery/lab/cloud"
)

// failovers are all scenarios of the failover's machine alone.
var failovers = slices.Concat(outages, doubts, obstacles, switchovers, decisions, dryRuns, refusals, notReady, aborts, turned)

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
	{
		Name: "switchover-and-back", Expected: Recovered, everywhere: true,
		Sentence: "A person moves everything to us-west-2, people rebuild us-east-1 as its standby, and everything is moved back, under load: no write is lost.",
		prepare: func(r *run) {
			primary := r.active()
			r.at(r.moment(), r.switchOver)
			r.at(45*time.Minute, func() {
				r.say("service", primary, "people rebuild the standby here")
				r.world.StandBy(primary)
			})
			r.at(75*time.Minute, func() {
				r.say("service", primary, "a person starts the failover in mode planned, back")
				r.startIn(primary, `{"mode":"planned","by":"Ada","reason":"back again"}`)
			})
		},
		judge: (*run).backWithEverything,
	},
	{
		Name: "switchover-no-capacity", Expected: FailedClean, lossless: true,
		Sentence: "us-west-2 has no room for all tasks: the switchover ends before it takes anything from clients, and gives back what it started.",
		prepare: func(r *run) {
			r.at(0, func() { r.world.ECS.SetCapacity(r.standby(), 8) })
			r.at(r.moment(), r.switchOver)
		},
	},
	{
		Name: "switchover-cannot-catch-up", Expected: FailedClean, lossless: true,
		Sentence: "The file system stops being synced when the services have stopped: after 15 minutes clients get the old primary back.",
		prepare: func(r *run) {
			r.at(r.moment(), r.switchOver)
			r.when("DrainPrimary", func() {
				r.say("fault", r.standby(), "the replication of the file system stalls")
				r.world.EFS.Stall(r.world.EFS.Of(r.world.EFS.Find(r.standby(), r.env.FileSystem(r.standby()))), true)
			})
		},
	},
	{
		Name: "switchover-replica-behind", Expected: FailedClean, lossless: true,
		Sentence: "The replica is 25 minutes behind: a switchover that would have clients wait for it does not begin.",
		prepare: func(r *run) {
			r.at(0, func() { r.world.RDS.FixLag(r.standby(), r.env.DatabaseIn(r.standby()), 25*time.Minute) })
			r.at(25*time.Minute+r.moment(), r.switchOver)
		},
	},
	{
		Name: "switchover-unhealthy", Expected: FailedClean,
		Sentence: "Route 53's checkers do not reach us-east-1: a planned switchover refuses, and names the manual one.",
		prepare: func(r *run) {
			r.at(r.moment(), func() { r.world.Cloud.Cut(cloud.Checkers, r.active()) })
			r.at(2*time.Minute+r.moment(), r.switchOver)
		},
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

// backWithEverything: two switchovers, and the first region serves with every write of every client.
func (r *run) backWithEverything() []Invariant {
	primary := r.active()
	ended := 0
	for _, x := range r.judged() {
		if outcomeOf(x) == Recovered {
			ended++
		}
	}
	home := r.world.RDS.Instance(primary, r.env.DatabaseIn(primary))
	l := r.world.Traffic.Loss(home)
	since := r.world.Sim.Now().Sub(r.world.Traffic.LastAck(primary))
	i, _ := r.world.Incident(primary)
	return []Invariant{
		verdict("both switchovers recovered", ended == 2, "%d of 2", ended),
		verdict("no write is lost", l.Rows == 0, "%s of %d lost", counted(l.Rows, "write"), len(r.world.Traffic.Acks())),
		r.singleWriter(),
		verdict("clients are served where they began", since <= 5*time.Second, "the last write was acknowledged %s before the end", since),
		verdict("the lock is free in the other region", i.State != "open", "incident %d is %s", i.Epoch, i.State),
	}
}
