package drill

import (
	"time"

	"github.com/acso/disaster-recovery/lab/cloud"
)

// outages: the primary region is really gone, and the system has to come back.
var outages = []Scenario{
	{
		Name: "region-outage", Expected: Recovered,
		Sentence: "us-east-1 dies for good and the system comes back in us-west-2.",
		prepare:  func(r *run) { r.at(r.moment(), r.killPrimary) },
	},
	{
		Name: "duplicate-alarms", Expected: Recovered,
		Sentence: "The region dies and five alarms arrive at once: one failover happens, the other executions stand down.",
		prepare: func(r *run) {
			at := r.moment()
			r.at(at, r.killPrimary)
			for range 5 {
				r.at(at+90*time.Second, func() { r.alarm() })
			}
		},
	},
	{
		Name: "primary-returns", Expected: Recovered,
		Sentence: "The region returns after the failover: traffic stays where it is and the owed fence is completed.",
		prepare: func(r *run) {
			at := r.moment()
			r.at(at, r.killPrimary)
			r.at(at+45*time.Minute, r.revivePrimary)
			r.at(at+75*time.Minute, func() {}) // long enough to see the latch hold
		},
	},
	{
		Name: "primary-returns-during", Expected: Recovered,
		Sentence: "The region returns while the replica is being promoted: it is fenced before anything routes to the new side.",
		prepare: func(r *run) {
			r.at(r.moment(), r.killPrimary)
			r.when("PromoteReplica", func() { r.after(100*time.Second, r.revivePrimary) })
		},
	},
	{
		Name: "dns-control-plane-down", Expected: Recovered,
		Sentence: "us-east-1 dies and Route 53's API answers nobody, wherever it is asked: DNS still moves, on the data plane.",
		prepare: func(r *run) {
			r.at(r.moment(), func() {
				r.world.Cloud.Inject(cloud.Fault{Operation: "Route 53.*", Effect: cloud.Unreachable})
				r.killPrimary()
				r.say("fault", "dns", "the Route 53 API answers nobody")
			})
		},
	},
}

// moment is when the scenario strikes, counted from the end of the warm-up: anywhere within the minute of the schedules.
func (r *run) moment() time.Duration {
	return r.world.Sim.Between("outage", 0, time.Minute)
}

func (r *run) killPrimary() {
	primary := r.active()
	r.breaks(primary, "the region dies")
	r.world.Cloud.Kill(primary)
	if r.returns > 0 {
		r.after(r.returns, r.revivePrimary)
	}
}

func (r *run) revivePrimary() {
	primary := r.active()
	if r.world.Cloud.Alive(primary) {
		return
	}
	r.say("fault", primary, "the region returns")
	r.world.Cloud.Revive(primary)
}

// breakApplication stops every task of the primary and lets none start, while the region and its database live on.
func (r *run) breakApplication() {
	primary := r.active()
	r.breaks(primary, "every task of the application crashes")
	r.world.ECS.SetCapacity(primary, 0)
	for _, s := range r.env.Services {
		r.world.ECS.Scale(primary, r.env.Service(primary, s.Name), 0)
	}
}

func (r *run) repairApplication() {
	primary := r.active()
	r.say("fault", primary, "the application is repaired where it is")
	r.world.ECS.SetCapacity(primary, 1000)
	for _, s := range r.env.Services {
		r.world.ECS.Scale(primary, r.env.Service(primary, s.Name), s.Desired)
	}
}

// alarm delivers the event of the alarm on the primary's health once more.
func (r *run) alarm() {
	r.say("alarm", r.standby(), "%s: an alarm event arrives", r.env.PrimaryAlarm())
	r.world.Alarm()
}
