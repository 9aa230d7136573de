package drill

import (
	"encoding/json"
	"strings"
	"time"

	labroute53 "github.com/acso/disaster-recovery/lab/cloud/route53"
	"github.com/acso/disaster-recovery/lab/cloud/stepfunctions"
	"github.com/acso/disaster-recovery/lab/world"
)

// notReady: the region to be activated has faults, or what leaving the other one costs grows while people think.
var notReady = []Scenario{
	{
		Name: "switchover-not-ready", Expected: FailedClean, lossless: true,
		Sentence: "A step of the failover is missing in us-west-2: the switchover judges readiness before it begins, names what is missing, and takes nothing from clients.",
		prepare: func(r *run) {
			r.at(0, func() {
				r.say("fault", r.standby(), "somebody deletes the function flipdns")
				r.world.Lambda.Remove(r.standby(), r.env.FunctionName("flipdns"))
			})
			r.at(r.moment(), r.switchOver)
		},
		more: func(r *run) []Invariant { return []Invariant{r.causeNames("failover-functions (fail)")} },
	},
	{
		Name: "forced-not-ready", Expected: Recovered,
		Sentence: "The SECONDARY record leads to us-east-1 by mistake, readiness says what a forced failover comes to, and a person forces one: the switch moves nobody, and the records are edited, as was said.",
		prepare: func(r *run) {
			e := r.env
			r.at(0, func() {
				r.say("fault", "dns", "somebody points the SECONDARY record to %s", e.Regions.Primary)
				r.world.DNS.Add(labroute53.Setup{
					Name: e.Domain.Name, Type: "CNAME", Value: e.RegionalName(e.Regions.Primary), TTL: e.Domain.TTL.Std(), Set: e.Regions.Recovery, Failover: "SECONDARY",
				})
			})
			at := r.moment()
			r.at(at, r.breakApplication)
			r.at(at+time.Minute, func() { r.operate("manual", "") })
		},
		more: func(r *run) []Invariant {
			i, _ := r.world.Incident(r.standby())
			said := ""
			if i.Readiness != nil {
				said = strings.Join(i.Readiness.Findings, "; ")
			}
			var left struct{ Left []string }
			edited := r.recovery() != nil && json.Unmarshal(r.recovery().Output(), &left) == nil && strings.Contains(strings.Join(left.Left, "; "), "SECONDARY record")
			return []Invariant{
				verdict("what it comes to was said before", strings.Contains(said, "dns-records (fail): the switch does not move clients, and the failover has to edit records"), "%s", orNone(said)),
				verdict("and came so, with what is left to do", edited, "%s", orNone(strings.Join(left.Left, "; "))),
			}
		},
	},
	{
		Name: "loss-grows-while-asked", Expected: StoodDown, quiet: true,
		Sentence: "A person is asked, and while they think the replica falls behind: the yes to five minutes of loss is none to twenty, so they are asked once more, and say no.",
		prepare: func(r *run) {
			recovery := r.standby()
			r.at(0, func() {
				r.say("fault", recovery, "the replica applies nothing more")
				r.world.RDS.GrowLag(recovery, r.env.DatabaseIn(recovery), 1)
			})
			r.blindCheckers()
			r.world.OnQuestion(func(x *stepfunctions.Execution) {
				r.observed.asked++
				yes := r.observed.asked == 1
				r.after(14*time.Minute, func() {
					r.say("service", recovery, "the person who was asked says %s", map[bool]string{true: "yes", false: "no"}[yes])
					r.world.Reply(x, world.Answer{Approved: yes})
				})
			})
		},
		more: func(r *run) []Invariant {
			return []Invariant{verdict("asked again when the loss had grown", r.observed.asked == 2, "%s", counted(r.observed.asked, "question"))}
		},
	},
}
