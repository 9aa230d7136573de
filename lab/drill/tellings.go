package drill

import (
	"slices"
	"time"

	"github.com/acso/disaster-recovery/lab/asl"
	"github.com/acso/disaster-recovery/lab/cloud"
	"github.com/acso/disaster-recovery/lab/cloud/rds"
	"github.com/acso/disaster-recovery/lab/cloud/stepfunctions"
)

// tellings: the failover goes its way; what is judged is who was told what, and when.
var tellings = []Scenario{
	{
		Name: "nobody-acknowledges", Expected: Recovered, telling: true, late: true, also: (*run).toldByThePlan, limit: 3 * time.Hour,
		Sentence: "The region dies and the promotion takes half an hour and more: nobody takes over, and everybody of the communication plan is told in time.",
		prepare:  func(r *run) { r.slowPromotion(35 * time.Minute) },
	},
	{
		Name: "promotion-takes-an-hour", Expected: Recovered, telling: true, late: true, also: (*run).toldByThePlan, limit: 4 * time.Hour,
		Sentence: "The promotion takes an hour: the failover waits, and people hear in time that the objective is missed.",
		prepare:  func(r *run) { r.slowPromotion(time.Hour) },
	},
	{
		Name: "acknowledged", Expected: Recovered, telling: true, late: true, also: (*run).toldUntilAcknowledged, limit: 3 * time.Hour,
		Sentence: "The commander takes over after eight minutes: nobody else is told automatically, and the failover goes on.",
		prepare: func(r *run) {
			r.slowPromotion(35 * time.Minute)
			r.when("PromoteReplica", func() { r.after(8*time.Minute, r.acknowledge) })
			r.when("AnnounceRecovery", func() { r.after(3*time.Minute, r.learn) })
		},
	},
	{
		Name: "channels-down", Expected: Recovered, telling: true, late: true, also: (*run).toldByThePlan, limit: 3 * time.Hour,
		Sentence: "The topics of the technical lead and of customer success, and the status page, take no message: retried, then the next channel; one has no other and is told when its topic works again.",
		prepare: func(r *run) {
			r.slowPromotion(35 * time.Minute)
			region := r.env.Regions.Recovery
			r.world.SNS.Fail(region, r.env.Contacts.CustomerSuccess.Topic, true)
			r.world.SNS.Fail(region, r.env.Contacts.TechnicalLead.Topic, true)
			r.world.Hooks.Down = []string{r.env.Contacts.StatusPage.StatusPage.URL}
			r.when("PromoteReplica", func() {
				r.after(4*time.Minute, func() {
					r.say("fault", region, "the technical lead's topic works again")
					r.world.SNS.Fail(region, r.env.Contacts.TechnicalLead.Topic, false)
				})
			})
		},
	},
	{
		Name: "messages-in-doubt", Expected: Recovered, telling: true, late: true, also: (*run).toldInDoubt, limit: 3 * time.Hour,
		Sentence: "The run that tells people dies when a message is sent and not written down, answers of topics are lost, and the status page takes a message and says nothing: whoever may hear twice is told so.",
		prepare: func(r *run) {
			r.slowPromotion(35 * time.Minute)
			lose := func(effect cloud.Effect, count int) {
				r.world.Cloud.Inject(cloud.Fault{Region: r.env.Regions.Recovery, Operation: "SNS.Publish", First: 1, Count: count, Effect: effect})
			}
			r.world.Hooks.Silent = []string{r.env.Contacts.StatusPage.StatusPage.URL}
			r.when("PromoteReplica", func() {
				r.after(10*time.Minute, func() { lose(cloud.KillAfter, 1) })
				r.after(25*time.Minute, func() { lose(cloud.LostResponse, 2) })
			})
		},
	},
	{
		Name: "execution-dies-untold", Expected: Recovered, telling: true, also: (*run).toldOfTheEnd, limit: 3 * time.Hour,
		Sentence: "The execution dies before anybody was told: the team hears that nobody recovers anything, and what follows when it is redriven after five minutes.",
		prepare: func(r *run) {
			r.at(r.moment(), r.killPrimary)
			r.when("FencePrimary", func() {
				running := slices.IndexFunc(r.judged(), func(x *stepfunctions.Execution) bool { return x.Status() == asl.Running })
				x := r.judged()[running]
				r.say("fault", x.Region, "the execution is killed")
				x.Stop("Crash", "killed by the lab")
				r.after(5*time.Minute, func() {
					r.say("service", x.Region, "the on-call engineer redrives the execution")
					if err := x.Redrive(); err != nil {
						r.say("fault", x.Region, "the redrive was refused: %v", err)
					}
				})
			})
		},
	},
}

// slowPromotion kills the primary, and has the promotion of the replica take so long.
func (r *run) slowPromotion(d time.Duration) {
	r.world.RDS.Durations.PromotionModify = rds.Span{Low: d, High: d}
	r.world.Mature()
	r.at(r.moment(), r.killPrimary)
}

// learn is what people add to the record afterwards, with drctl incident tick and note.
func (r *run) learn() {
	region := r.env.Regions.Recovery
	r.say("service", region, "the commander ticks what was done by telephone, and notes the root cause")
	r.call(region, "review", `{"tick":"Communicate with stakeholders","evidence":"telephone conference at 09:30","by":"Grace"}`)
	r.call(region, "review", `{"kind":"root-cause","note":"a power cut","by":"Grace"}`)
}

// acknowledge is what an operator does with drctl acknowledge, once more when it fails.
func (r *run) acknowledge() {
	r.say("state", r.env.Regions.Recovery, "the commander takes over telling people")
	r.call(r.env.Regions.Recovery, "incident", `{"action":"acknowledge","by":"Grace"}`)
	r.after(30*time.Second, func() {
		if i, _ := r.world.Incident(r.env.Regions.Recovery); i.Acknowledged == nil {
			r.call(r.env.Regions.Recovery, "incident", `{"action":"acknowledge","by":"Grace"}`)
		}
	})
}
