package drill

import (
	"time"

	"github.com/acso/disaster-recovery/lab/cloud"
	"github.com/acso/disaster-recovery/lab/cloud/kms"
	"github.com/acso/disaster-recovery/lab/cloud/stepfunctions"
	"github.com/acso/disaster-recovery/lab/world"
)

// refusals: going on would be worse than an outage, or is not possible.
var refusals = []Scenario{
	{
		Name: "both-degraded", Expected: FailedClean,
		Sentence: "The application of us-east-1 is down and the key of the replica cannot be used: the failover refuses, says why, and offers the choice.",
		prepare: func(r *run) {
			r.at(0, func() { r.world.KMS.SetState(r.standby(), r.env.DatabaseKey(r.standby()), kms.Disabled) })
			r.at(r.moment(), r.breakApplication)
		},
	},
	{
		Name: "unfenceable-primary", Expected: FailedClean,
		Sentence: "The application of us-east-1 is down, its region answers, and its network cannot be closed: a person says yes, and nothing is promoted beside it all the same.",
		prepare: func(r *run) {
			r.at(r.moment(), func() {
				r.world.Cloud.Inject(cloud.Fault{Region: r.active(), Operation: "EC2.*", Effect: cloud.Throttled})
				r.breakApplication()
			})
			r.operator(2*time.Minute, world.Answer{Approved: true})
		},
	},
	{
		Name: "manual-unfenceable", Expected: FailedClean, lossless: true,
		Sentence: "A person wants to leave a primary that serves, and its network cannot be closed: nothing is promoted, and it serves on.",
		prepare: func(r *run) {
			r.at(r.moment(), func() {
				r.broken = r.world.Sim.Now()
				r.world.Cloud.Inject(cloud.Fault{Region: r.active(), Operation: "EC2.CreateNetworkAclEntry", Effect: cloud.ErrorBefore})
				r.operate("manual", "")
			})
		},
	},
	{
		Name: "primary-returns-unfenceable", Expected: Recovered,
		Sentence: "The region returns while the replica is being promoted, and its network cannot be closed from here: a person closes it, says so, and clients are moved.",
		prepare: func(r *run) {
			r.at(r.moment(), r.killPrimary)
			r.when("PromoteReplica", func() {
				r.world.Cloud.Inject(cloud.Fault{Region: r.active(), Operation: "EC2.*", Effect: cloud.Throttled, Count: 4000})
				r.after(100*time.Second, r.revivePrimary)
			})
			r.world.OnQuestion(func(*stepfunctions.Execution) {
				r.after(2*time.Minute, func() {
					r.say("service", r.active(), "the operator closes the database subnets in the console")
					r.world.EC2.Shut(r.active(), r.env.DatabaseACL(r.active()))
				})
			})
			r.operator(3*time.Minute, world.Answer{Approved: true, FencedByHand: true})
		},
		judge: func(r *run) []Invariant {
			return []Invariant{r.singleWriter(), r.onePromotion(), r.clientsServed()}
		},
	},
	{
		Name: "primary-returns-unanswered", Expected: Recovered,
		Sentence: "The same, and nobody answers: the fence is tried on, and 40 minutes later, when the network can be closed again, it is completed and clients are moved.",
		prepare: func(r *run) {
			r.at(r.moment(), r.killPrimary)
			r.when("PromoteReplica", func() {
				remove := r.world.Cloud.Inject(cloud.Fault{Region: r.active(), Operation: "EC2.*", Effect: cloud.Throttled})
				r.after(100*time.Second, r.revivePrimary)
				r.after(40*time.Minute, func() {
					r.say("fault", r.active(), "its network can be closed again")
					remove()
				})
			})
		},
		judge: func(r *run) []Invariant {
			return []Invariant{r.singleWriter(), r.onePromotion(), r.validatedTraffic(), r.fenceHolds(), r.clientsServed()}
		},
	},
	{
		Name: "switch-cannot-be-set", Expected: Recovered,
		Sentence: "The application of us-east-1 is down and CloudWatch takes no data point any more: the records are edited instead.",
		prepare: func(r *run) {
			r.at(r.moment(), r.breakApplication)
			r.operator(2*time.Minute, world.Answer{Approved: true})
			r.when("MeasureFinalLoss", func() {
				r.world.Cloud.Inject(cloud.Fault{Region: r.env.Regions.Recovery, Operation: "CloudWatch.PutMetricData", Effect: cloud.ErrorBefore})
			})
		},
	},
}

// turned: us-west-2 is active, and us-east-1 its standby.
var turned = []Scenario{
	{
		Name: "recovery-application-dies", Expected: Recovered, turned: true,
		Sentence: "us-west-2 is active and its application dies: a person says yes, and the system comes back in us-east-1, by the switch.",
		prepare: func(r *run) {
			r.at(r.moment(), r.breakApplication)
			r.operator(2*time.Minute, world.Answer{Approved: true})
		},
	},
	{
		Name: "recovery-region-dies", Expected: Recovered, turned: true,
		Sentence: "us-west-2 is active and dies, with the switch frozen as it was: the records are edited, which needs us-east-1, and the plan says what is left.",
		prepare:  func(r *run) { r.at(r.moment(), r.killPrimary) },
		more: func(r *run) []Invariant {
			output := ""
			if x := r.recovery(); x != nil {
				output = string(x.Output())
			}
			missing := missingFrom(output, "point the PRIMARY record of", "which needs us-east-1", "the fence of us-west-2 is owed")
			return []Invariant{verdict("what is left is said", missing == "", "missing: %s", orNone(missing))}
		},
	},
	{
		Name: "second-incident", Expected: Recovered, turned: true, recent: true,
		Sentence: "The region that took over dies in the cool-down: the alarm starts nothing, and a person does.",
		prepare: func(r *run) {
			at := r.moment()
			r.at(at, r.killPrimary)
			r.at(at+6*time.Minute, func() { r.operate("manual", "") })
		},
	},
}
