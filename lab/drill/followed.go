package drill

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/acso/disaster-recovery/internal/following"
	"github.com/acso/disaster-recovery/internal/incident"
	"github.com/acso/disaster-recovery/internal/manifest"
	"github.com/acso/disaster-recovery/internal/retention"
	"github.com/acso/disaster-recovery/internal/switching"
	"github.com/acso/disaster-recovery/lab/asl"
	"github.com/acso/disaster-recovery/lab/cloud/cloudwatch"
	"github.com/acso/disaster-recovery/lab/cloud/s3"
)

// followed: what starts backups and what pages people is where the system is active.
var followed = []Scenario{
	{
		Name: "backups-follow-the-active-region", Expected: Recovered, scheduled: true,
		Sentence: "us-east-1 dies while backups run on their schedules: they go on in us-west-2 with the next slot, and when us-east-1 returns, its schedules and alarms stay silent.",
		prepare:  diesAndReturns(150 * time.Minute),
		judge: func(r *run) []Invariant {
			return []Invariant{r.slotsGoOn(), r.chainsBeginFull(), r.silent(), r.switchedByRole(), r.historyTold()}
		},
	},
	{
		Name: "monitoring-there-and-back", Expected: Recovered, machine: failbackMachine, limit: day, scheduled: true,
		Sentence: "us-east-1 dies, returns and takes the system back while backups run on their schedules: no slot is missed but those of the outage, nobody is paged for the region that is not active, and all is as before.",
		prepare: func(r *run) {
			r.world.Mature()
			r.outage()
			r.failBackAt(afterReturn)
			r.when("AnnounceEnd", func() { r.after(50*time.Minute, func() {}) })
		},
		judge: func(r *run) []Invariant {
			return []Invariant{r.slotsThereAndBack(), r.silentWhileAway(), r.switchedByRole()}
		},
	},
	{
		Name: "nobody-rebuilds", Expected: Recovered, scheduled: true, limit: 30 * time.Hour,
		Sentence: "us-east-1 dies and returns, and nobody builds a standby there: for a day it pages nobody, since people know, and then it does, so that nobody forgets.",
		prepare:  diesAndReturns(26 * time.Hour),
		judge:    func(r *run) []Invariant { return []Invariant{r.remindedAfterADay(), r.switchedByRole()} },
	},
	{
		Name: "backup-on-standby", Expected: StoodDown, machine: "backup-daily",
		Sentence: "Somebody starts the day's backups in the region that stands by: every kind stands down, and there is no second chain of points.",
		prepare:  func(r *run) { r.at(r.moment(), func() { r.startIn(r.env.Regions.Recovery, "{}") }) },
		judge: func(r *run) []Invariant {
			const name = "nothing was written"
			for _, x := range r.judged() {
				if x.Status() != asl.Succeeded || !strings.Contains(string(x.Output()), `"outcome":"stood-down"`) {
					return []Invariant{verdict(name, false, "it ended %s with %s", x.Status(), x.Output())}
				}
			}
			objects := len(r.world.S3.Objects(r.env.BucketIn(r.env.Regions.Recovery, r.env.Buckets.Backups)))
			return []Invariant{verdict(name, objects == 0, "%d objects are in the bucket", objects)}
		},
	},
}

// diesAndReturns: the primary is dead for 100 minutes, and is looked at for so long after it died.
func diesAndReturns(until time.Duration) func(*run) {
	return func(r *run) {
		at := r.moment()
		r.at(at, r.killPrimary)
		r.at(at+100*time.Minute, r.revivePrimary)
		r.at(at+until, func() {})
	}
}

// moved is when the standby's table said that the standby is active.
func (r *run) moved() (incident.Role, error) {
	role := r.world.Role(r.env.Regions.Recovery)
	if role.ActiveRegion != r.env.Regions.Recovery {
		return role, fmt.Errorf("the role of %s is %+v", r.env.Regions.Recovery, role)
	}
	return role, nil
}

// ownPoints are the points of application data that the standby took itself.
func (r *run) ownPoints(since time.Time) (own []recoveryPoint, err error) {
	list, err := r.points(r.env.Regions.Recovery, retention.ApplicationData)
	for _, p := range list {
		if p.taken.After(since) {
			own = append(own, p)
		}
	}
	return own, err
}

// slotsGoOn: from the failover on, every quarter of an hour has its point in the region that took over.
func (r *run) slotsGoOn() Invariant {
	const name = "no slot is missed after the failover"
	const quarter = 15 * time.Minute
	role, err := r.moved()
	if err != nil {
		return verdict(name, false, "%v", err)
	}
	own, err := r.ownPoints(role.ChangedAt)
	if err != nil {
		return verdict(name, false, "%v", err)
	}
	slots := 0
	// A schedule fires within the minute of its slot; followrole looks every minute, too.
	first := role.ChangedAt.Add(2 * time.Minute).Truncate(quarter).Add(quarter)
	for slot := first; slot.Add(5 * time.Minute).Before(r.world.Sim.Now()); slot = slot.Add(quarter) {
		if !slices.ContainsFunc(own, func(p recoveryPoint) bool { return p.taken.Truncate(quarter).Equal(slot) }) {
			return verdict(name, false, "the slot of %s has no point", slot.Format(time.TimeOnly))
		}
		slots++
	}
	return verdict(name, slots > 3, "%d slots have their points", slots)
}

// historyTold: the metric behind the dashboards' RTO history says how long clients were without the system, in the region that
// took over and in no other, and both regions say which of them is active.
func (r *run) historyTold() Invariant {
	const name = "the recovery time is told as clients had it"
	here := r.env.Regions.Recovery
	said := func(region, metric string) (float64, bool) {
		return r.world.Metrics.Worst(region, switching.Namespace, metric, cloudwatch.Dimensions("Environment", r.env.Name))
	}
	took, measured := said(here, switching.RecoveryTime)
	if !measured {
		return verdict(name, false, "%s says no recovery time", here)
	}
	if other, too := said(r.env.Regions.Primary, switching.RecoveryTime); too {
		return verdict(name, false, "%s, which was not activated, says %.0f s", r.env.Regions.Primary, other)
	}
	if active, _ := said(here, switching.Active); active != 1 {
		return verdict(name, false, "%s does not say that it is active", here)
	}
	// A probe a minute: what is told may be longer than the outage by the time in which nobody looked, and never shorter.
	outage := r.world.Traffic.Outage().Longest.Length()
	if told := time.Duration(took * float64(time.Second)); told < outage || told > outage+5*time.Minute {
		return verdict(name, false, "%s is told, and clients were without the system for %s", told.Round(time.Second), outage.Round(time.Second))
	}
	return verdict(name, true, "%.0f s, of which clients were without the system for %.0f s", took, outage.Seconds())
}

// chainsBeginFull: the first point that the region took by itself refers to nothing.
func (r *run) chainsBeginFull() Invariant {
	const name = "the region that took over begins with a full point"
	role, err := r.moved()
	if err != nil {
		return verdict(name, false, "%v", err)
	}
	own, err := r.ownPoints(role.ChangedAt)
	if err != nil || len(own) == 0 {
		return verdict(name, false, "%d points, %v", len(own), err)
	}
	return verdict(name, own[0].header.Full, "the first of %d points is full: %v", len(own), own[0].header.Full)
}

// silent: after its return the old region takes no point and pages nobody about backups.
func (r *run) silent() Invariant {
	const name = "the old region is silent"
	old := r.env.Regions.Primary
	role, err := r.moved()
	if err != nil {
		return verdict(name, false, "%v", err)
	}
	bucket := r.env.BucketIn(old, r.env.Buckets.Backups)
	for _, o := range r.world.S3.Objects(bucket) {
		kind, taken, ok := manifest.ParseKey(o.Key)
		own := slices.ContainsFunc(r.world.S3.Versions(bucket, o.Key), func(v s3.Object) bool { return v.Replication != types.ReplicationStatusReplica })
		if ok && own && taken.After(role.ChangedAt) { // what the other region took may be replicated to here
			return verdict(name, false, "%s took a point of %s at %s", old, kind, taken.Format(time.TimeOnly))
		}
	}
	for _, topic := range r.env.Topics() {
		for _, m := range r.world.SNS.Messages(old, topic) {
			if m.At.After(role.ChangedAt) && strings.Contains(m.Subject, "ALARM") {
				return verdict(name, false, "%s was told: %s", topic, m.Subject)
			}
		}
	}
	return verdict(name, true, "no point and no page since %s", role.ChangedAt.Format(time.TimeOnly))
}

// remindedAfterADay: a region that was left pages for the first time when a day has gone by, that it is not ready.
func (r *run) remindedAfterADay() Invariant {
	const name = "the region that was left pages after a day"
	old := r.env.Regions.Primary
	role, err := r.moved()
	if err != nil {
		return verdict(name, false, "%v", err)
	}
	for _, m := range r.world.SNS.Messages(old, r.env.Contacts.OnCall.Topic) {
		if m.At.After(role.ChangedAt) && strings.HasPrefix(m.Subject, "ALARM") {
			after := m.At.Sub(role.ChangedAt)
			return verdict(name, after > day && after < day+time.Hour && strings.Contains(m.Subject, following.NotReadyAlarm(r.env)), "%s after %s", m.Subject, after.Round(time.Minute))
		}
	}
	return verdict(name, false, "it never did")
}

// switchedByRole: schedules, rules and alarms of both regions are as their roles want them.
func (r *run) switchedByRole() Invariant {
	const name = "schedules, rules and alarms follow the role"
	count := 0
	for _, region := range r.world.Cloud.Regions() {
		active := region == r.activeRegion()
		for _, s := range r.world.Scheduler.Schedules(region) {
			if following.Schedule(s.TargetARN) && s.Disabled == active {
				return verdict(name, false, "schedule %s in %s is disabled: %v", s.Name, region, s.Disabled)
			}
			count++
		}
		for _, rule := range following.Rules(r.env) {
			if r.world.Events.Enabled(region, rule.Name) != rule.Enabled(active) {
				return verdict(name, false, "rule %s in %s is enabled: %v", rule.Name, region, !rule.Enabled(active))
			}
			count++
		}
		pages := map[string]bool{}
		for _, a := range r.world.Metrics.Alarms(region) {
			pages[*a.AlarmName] = aws.ToBool(a.ActionsEnabled)
		}
		for _, item := range following.Alarms(r.env, region) {
			// What stands by pages only where readiness does: not in a region that was left behind and is not rebuilt.
			want := item.Enabled(active) && (!item.Standby || pages[following.NotReadyAlarm(r.env)])
			if on, found := pages[item.Name]; !found || on != want {
				return verdict(name, false, "the actions of alarm %s in %s are enabled: %v, and it exists: %v", item.Name, region, on, found)
			}
			count++
		}
	}
	return verdict(name, count > 0, "%d were looked at", count)
}
