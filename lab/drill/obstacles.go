package drill

import (
	"time"

	"github.com/acso/disaster-recovery/lab/cloud"
)

// obstacles: the region is gone, and what should help does not help as it should.
var obstacles = []Scenario{
	{
		Name: "replica-backing-up", Expected: Recovered,
		Sentence: "The replica is being backed up when the region dies: promotion waits for it.",
		prepare: func(r *run) {
			recovery := r.standby()
			at := r.moment()
			r.at(at, func() {
				r.world.RDS.BackUp(recovery, r.env.DatabaseIn(recovery), 5*time.Minute)
				r.killPrimary()
			})
		},
	},
	{
		Name: "promotion-fails", Expected: FailedDirty,
		Sentence: "The promotion ends in a status from which nothing leads back: the failover says what it changed and what to do.",
		prepare: func(r *run) {
			recovery := r.standby()
			r.at(0, func() {
				r.world.RDS.FailPromotion(recovery, r.env.DatabaseIn(recovery), "incompatible-parameters")
			})
			r.at(r.moment(), r.killPrimary)
		},
	},
	{
		Name: "no-capacity", Expected: Recovered,
		Sentence: "us-west-2 has room for only some of the tasks: the critical services come first, the rest is reported missing.",
		prepare: func(r *run) {
			r.at(0, func() { r.world.ECS.SetCapacity(r.standby(), 8) })
			r.at(r.moment(), r.killPrimary)
		},
	},
	{
		Name: "lost-responses", Expected: Recovered,
		Sentence: "Each kind of mutating call takes effect once while its answer is lost: nothing is done twice that must not be.",
		prepare: func(r *run) {
			r.at(r.moment(), func() {
				r.world.Cloud.Inject(cloud.Fault{
					Region: r.standby(), Operation: "mutating", First: 1, Count: 1, PerName: true, Effect: cloud.LostResponse,
				})
				r.killPrimary()
			})
		},
	},
	{
		Name: "throttled", Expected: Recovered,
		Sentence: "Every API of us-west-2 refuses its first calls: patience, not failure.",
		prepare: func(r *run) {
			r.at(r.moment(), func() {
				r.world.Cloud.Inject(cloud.Fault{
					Region: r.standby(), Operation: "*", First: 1, Count: 5, PerName: true, Effect: cloud.Throttled,
				})
				r.killPrimary()
			})
		},
	},
}
