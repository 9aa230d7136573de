package drill

import (
	"time"

	"github.com/acso/disaster-recovery/lab/cloud"
	"github.com/acso/disaster-recovery/lab/cloud/stepfunctions"
	"github.com/acso/disaster-recovery/lab/world"
)

// decisions: a person decides, or decides against it, and what was done before follows.
var decisions = []Scenario{
	{
		Name: "manual-half-dead", Expected: Recovered,
		Sentence: "Clients and checkers do not reach us-east-1, and us-west-2 does: no alarm goes off, and a person decides to leave it.",
		prepare: func(r *run) {
			at := r.moment()
			r.at(at, func() {
				r.breaks(r.active(), "clients and checkers do not reach the region; the other region does")
				r.world.Cloud.Cut(cloud.Clients, r.active())
				r.world.Cloud.Cut(cloud.Checkers, r.active())
			})
			r.at(at+2*time.Minute, func() { r.operate("manual", "") })
		},
	},
	{
		Name: "manual-while-alarm", Expected: Recovered,
		Sentence: "The region dies, and a person starts the failover in the second in which the alarm does: one of the two stands down.",
		prepare: func(r *run) {
			at := r.moment()
			r.at(at, r.killPrimary)
			r.at(at+90*time.Second, func() { r.alarm(); r.operate("manual", "") })
		},
	},
	{
		Name: "wrong-region", Expected: StoodDown, quiet: true,
		Sentence: "A person starts a switchover in the region that is active already: it stands down, after asking the other region whether it knows better.",
		prepare: func(r *run) {
			r.at(r.moment(), func() { r.startIn(r.active(), `{"mode":"planned","by":"Ada","reason":"drill"}`) })
		},
	},
	{
		Name: "switchover-stopped", Expected: StoodDown,
		Sentence: "A person stops a switchover in the console while services are stopped, and walks away: the alarm's own execution gives back what it had taken, within minutes, and asks nobody.",
		prepare: func(r *run) {
			r.at(r.moment(), r.switchOver)
			r.when("CatchUp", func() { r.after(time.Second, r.stopAll) })
			r.world.OnQuestion(func(*stepfunctions.Execution) { r.observed.asked++ })
		},
		judge: func(r *run) []Invariant {
			return []Invariant{
				r.asItWas(), r.lostNothing(), r.singleWriter(),
				verdict("nobody was asked", r.observed.asked == 0, "%s", counted(r.observed.asked, "question")),
			}
		},
	},
	{
		Name: "carried-fence-refused", Expected: StoodDown,
		Sentence: "An execution is stopped behind its fence, and the person whom the next one asks says no: the old primary is opened again and seen to serve.",
		prepare: func(r *run) {
			recovery := r.standby()
			r.at(0, func() { r.world.RDS.FixLag(recovery, r.env.DatabaseIn(recovery), 25*time.Minute) })
			asked := 0
			r.world.OnQuestion(func(x *stepfunctions.Execution) {
				asked++
				yes := asked == 1
				r.after(time.Minute, func() { r.world.Reply(x, world.Answer{Approved: yes}) })
			})
			r.at(25*time.Minute+r.moment(), func() { r.world.Cloud.Cut(cloud.Checkers, r.active()); r.broken = r.world.Sim.Now() })
			r.at(29*time.Minute, r.alarm)
			r.when("PassPointOfNoReturn", func() {
				r.after(0, r.stopAll)
				r.after(30*time.Second, func() { r.world.Cloud.Heal(cloud.Checkers, r.active()) })
				r.after(3*time.Minute, r.alarm)
			})
		},
		judge: func(r *run) []Invariant { return []Invariant{r.asItWas(), r.lostNothing(), r.singleWriter()} },
	},
}
