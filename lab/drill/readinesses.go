package drill

import (
	"slices"

	"github.com/acso/disaster-recovery/internal/environment"
	"github.com/acso/disaster-recovery/lab/cloud/ecs"
	"github.com/acso/disaster-recovery/lab/cloud/kms"
)

// readinesses: the recovery region is judged before anybody needs it.
var readinesses = []Scenario{
	{
		Name: "recovery-not-ready", Expected: FailedClean, machine: "check-readiness",
		Sentence: "The recovery region lost its key, an image and a procedure's rule: each is named, with what a forced failover would come to.",
		prepare: func(r *run) {
			r.world.Mature()
			r.at(0, func() {
				recovery := r.env.Regions.Recovery
				r.say("fault", recovery, "the key %s is disabled, an image is deleted, and the rule that starts a failover is off", r.env.DatabaseKey(recovery))
				r.world.KMS.SetState(recovery, r.env.DatabaseKey(recovery), kms.Disabled)
				r.world.ECR.Remove(recovery, r.env.Repository(r.env.Services[0].Name), "stable")
				r.turnOff(recovery, r.env.PrimaryAlarm())
				r.startIn(recovery, `{"reason":"before a planned switchover","tell":"always"}`)
			})
		},
		judge: func(r *run) []Invariant {
			return []Invariant{
				r.causeHas("the key is named", "database-key in us-west-2: fail"),
				r.causeHas("the image is named", "images-here in us-west-2: fail"),
				r.causeHas("the rule is named", "trigger-rule in us-west-2: fail"),
				r.causeHas("what to do is said", "database-key: enable the key here"),
				r.causeHas("what a forced failover comes to is said", "the promotion is refused"),
				r.causeHas("no recovery time is promised", "no recovery by failover, because of database-key"),
				r.teamToldIn(r.env.Regions.Recovery, "is not ready to be activated"), r.standbyAsBefore(),
			}
		},
	},
}

// turnOff disables a rule behind the back of whoever made it.
func (r *run) turnOff(region, name string) {
	for _, rule := range r.world.Events.Rules(region) {
		if rule.Name == name {
			rule.Disabled = true
			r.world.Events.Create(region, rule)
		}
	}
}

// standbyAsBefore: judging left every service at the size that it had.
func (r *run) standbyAsBefore() Invariant {
	const name = "nothing was changed"
	recovery := r.env.Regions.Recovery
	changed := slices.ContainsFunc(r.world.ECS.Workloads(recovery), func(w *ecs.Workload) bool {
		return !slices.ContainsFunc(r.env.Services, func(s environment.Service) bool {
			return w.Name == r.env.Service(recovery, s.Name) && w.Desired() == s.Standby
		})
	})
	return verdict(name, !changed, "every service runs what a standby has")
}
