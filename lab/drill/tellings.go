package drill

import (
	"time"

	"github.com/acso/disaster-recovery/lab/cloud/rds"
)

// tellings: the failover goes its way; what is judged is who was told what, and when.
var tellings = []Scenario{
	{
		Name: "nobody-acknowledges", Expected: Recovered, judge: (*run).toldByThePlan, limit: 3 * time.Hour,
		Sentence: "The region dies and the promotion takes half an hour and more: nobody takes over, and everybody of the communication plan is told in time.",
		prepare:  func(r *run) { r.slowPromotion(35 * time.Minute) },
	},
	{
		Name: "promotion-takes-an-hour", Expected: Recovered, judge: (*run).toldByThePlan, limit: 4 * time.Hour,
		Sentence: "The promotion takes an hour: the failover waits, and people hear in time that the objective is missed.",
		prepare:  func(r *run) { r.slowPromotion(time.Hour) },
	},
	{
		Name: "acknowledged", Expected: Recovered, judge: (*run).toldUntilAcknowledged, limit: 3 * time.Hour,
		Sentence: "The commander takes over after eight minutes: nobody else is told automatically, and the failover goes on.",
		prepare: func(r *run) {
			r.slowPromotion(35 * time.Minute)
			r.when("PromoteReplica", func() { r.after(8*time.Minute, r.acknowledge) })
		},
	},
	{
		Name: "channels-down", Expected: Recovered, judge: (*run).toldByThePlan, limit: 3 * time.Hour,
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
}

// slowPromotion kills the primary, and has the promotion of the replica take so long.
func (r *run) slowPromotion(d time.Duration) {
	r.world.RDS.Durations.PromotionModify = rds.Span{Low: d, High: d}
	r.at(r.moment(), r.killPrimary)
}

// acknowledge is what an operator does with drctl acknowledge.
func (r *run) acknowledge() {
	r.say("state", r.env.Regions.Recovery, "the commander takes over telling people")
	r.call(r.env.Regions.Recovery, "incident", `{"action":"acknowledge","by":"Grace"}`)
}
