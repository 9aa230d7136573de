package drill

import (
	"encoding/json"
	"fmt"
	"time"
)

// roundTrips: there and back again with more in between than one outage. They run in the primary region.
var roundTrips = []Scenario{
	{
		Name: "switchover-and-failback", Expected: Recovered, machine: failbackMachine, limit: day,
		Sentence: "Both regions are well: a person moves everything to us-west-2, and a failback rebuilds us-east-1 and moves everything back, under load: no write is lost.",
		prepare: func(r *run) {
			r.at(0, func() {
				r.remember()
				r.world.SplitFiles()
			})
			r.at(r.moment(), func() {
				r.world.Approve()
				r.startFailover(r.env.Regions.Recovery, "planned")
			})
			r.failBackAt(afterReturn)
		},
		judge: func(r *run) []Invariant {
			lost := len(r.lost())
			return append(r.failedBack(), verdict("no write is lost", lost == 0, "%s of %d lost", counted(lost, "write"), len(r.world.Traffic.Acks())))
		},
	},
	{
		Name: "failback-active-returns", Expected: Recovered, machine: failbackMachine, limit: day,
		Sentence: "The region that serves dies while the replica is built, and returns after three minutes: the failback ends, the failover that it starts promotes nothing that is half built, and started again the failback goes on.",
		prepare: func(r *run) {
			r.outage()
			r.failBackAt(afterReturn)
			r.failBackAt(afterReturn + time.Hour)
			r.when("BuildReplica", func() {
				recovery := r.env.Regions.Recovery
				r.after(2*time.Minute, func() { r.breaks(recovery, "the region dies"); r.world.Cloud.Kill(recovery) })
				r.after(5*time.Minute, func() { r.say("fault", recovery, "the region returns"); r.world.Cloud.Revive(recovery) })
			})
		},
		judge: func(r *run) []Invariant {
			return append(r.failedBack(), verdict("nothing half built was promoted", len(r.observed.promotions) == 2, "%s", counted(len(r.observed.promotions), "promotion")))
		},
	},
}

// startFailover starts a failover beside the machine that is judged, as a person does.
func (r *run) startFailover(region, mode string) {
	r.say("service", region, "a person starts the failover in mode %s", mode)
	input := fmt.Sprintf(`{"mode":%q,"by":"Ada","reason":"drill"}`, mode)
	if _, err := r.world.States.Start(region, r.env.MachineName("failover"), "", json.RawMessage(input)); err != nil {
		panic(fmt.Sprintf("lab: start failover: %v", err))
	}
}
