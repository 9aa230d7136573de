package drill

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/acso/disaster-recovery/internal/readiness"
	"github.com/acso/disaster-recovery/internal/retention"
	"github.com/acso/disaster-recovery/internal/watching"
	"github.com/acso/disaster-recovery/lab/cloud/kms"
)

// copiedBackups: the other region's copies of the kinds that lie in the bucket. S3 makes them, nobody waits for them, and what
// is missing has to be seen before it is needed.
var copiedBackups = []Scenario{
	{
		Name: "backup-daily-copies-late", Expected: Recovered, machine: "backup-daily", limit: 12 * time.Hour,
		Sentence: "S3 takes 50 minutes for each copy: the day's points are good where they are, an alarm says that the copies are behind, us-west-2 is not called ready without them, and it is whole as soon as they are there.",
		prepare: func(r *run) {
			at, recovery := r.moment(), r.env.Regions.Recovery
			r.world.WatchCopies()
			r.at(at, func() {
				r.say("fault", r.env.Regions.Primary, "S3 takes 50 minutes for each copy")
				r.world.S3.Durations.Replication = 50 * time.Minute
				r.startIn(r.env.Regions.Primary, "{}")
			})
			r.at(at+40*time.Minute, func() { r.call(recovery, "readiness", "{}") })
			r.at(at+2*time.Hour, func() { r.call(recovery, "readiness", "{}") })
		},
		judge: func(r *run) []Invariant {
			return append(append(r.dayHolds(), r.parametersHold(1)...), r.copyExists()[0], r.copiesHold(),
				r.readyFor(0, readiness.Fail, copied...), r.readyFor(1, readiness.Pass, retention.Configuration, retention.Logs), r.teamTold("Daily backup completed"),
				r.alarmed(r.env.Regions.Recovery, watching.CopiesLateAlarm(r.env, "backups"), "late"), r.calmed(r.env.Regions.Recovery, watching.CopiesLateAlarm(r.env, "backups")))
		},
	},
	{
		Name: "backup-daily-copies-without-key", Expected: FailedDirty, machine: "backup-daily", limit: 12 * time.Hour,
		Sentence: "The key of the data is disabled in us-west-2: S3 makes no copy of any point and an alarm says so, no secret is written there, the day fails, and us-west-2 is not called ready.",
		prepare: func(r *run) {
			at, recovery := r.moment(), r.env.Regions.Recovery
			r.world.WatchCopies()
			r.at(at, func() {
				r.say("fault", recovery, "the key %s is disabled", r.env.KeyAlias())
				r.world.KMS.SetState(recovery, r.env.KeyAlias(), kms.Disabled)
				r.startIn(r.env.Regions.Primary, "{}")
			})
			r.at(at+2*time.Hour, func() { r.call(recovery, "readiness", "{}") })
		},
		judge: func(r *run) []Invariant {
			const name = "no copy is there in the clear or under another key"
			copies := len(r.world.S3.Objects(r.env.BucketIn(r.env.Regions.Recovery, r.env.Buckets.Backups)))
			return append(r.dayHolds(), verdict(name, copies == 0, "%d objects are in the bucket", copies), r.readyFor(0, readiness.Fail, copied...),
				r.teamTold("Daily backup failed"), r.teamTold("Configuration backup failed"), r.alarmed(r.env.Regions.Primary, watching.CopiesFailedAlarm(r.env, "backups"), "not to come"))
		},
	},
}

// alarmed: the team is told by an alarm of a region how it is with S3's copies.
func (r *run) alarmed(region, alarm, how string) Invariant {
	name := "an alarm says that the copies are " + how
	raised, _ := r.pages(region, alarm)
	return verdict(name, raised >= 0, "%s in %s", alarm, region)
}

// calmed: the team is told afterwards that it is over.
func (r *run) calmed(region, alarm string) Invariant {
	raised, over := r.pages(region, alarm)
	return verdict("the alarm is over when the copies are there", raised >= 0 && over > raised, "%s in %s", alarm, region)
}

// pages are the places, among the messages to the team since the backup began, of the last one that an alarm is raised and of the last that
// it is over; -1 for none.
func (r *run) pages(region, alarm string) (raised, over int) {
	raised, over = -1, -1
	began := r.judged()[0].StartedAt()
	for i, m := range r.world.SNS.Messages(region, r.env.Contacts.OnCall.Topic) {
		switch {
		case m.At.Before(began):
		case m.Subject == fmt.Sprintf("ALARM: %q in %s", alarm, region):
			raised = i
		case m.Subject == fmt.Sprintf("OK: %q in %s", alarm, region):
			over = i
		}
	}
	return raised, over
}

// copied are the kinds whose points S3 copies to the other region's bucket.
var copied = []string{retention.ApplicationData, retention.Configuration, retention.Infrastructure, retention.Logs}

// dayHolds judges the day's points where they were taken.
func (r *run) dayHolds() []Invariant {
	_, configuration := r.pointsHold(retention.Configuration, 1)
	return slices.Concat([]Invariant{configuration}, r.filesHold(1), r.logsHold(1), r.deploymentsHold(1, "", 2))
}

// copiesHold: every point of the primary's bucket restores byte for byte from the other one's.
func (r *run) copiesHold() Invariant {
	const name = "every recovery point restores in the other region"
	count := 0
	for _, kind := range copied {
		here, err := r.points(r.env.Regions.Primary, kind)
		if err != nil {
			return verdict(name, false, "%v", err)
		}
		there, err := r.points(r.env.Regions.Recovery, kind)
		if err != nil || len(there) != len(here) {
			return verdict(name, false, "of %d points of %s %d are there: %v", len(here), kind, len(there), err)
		}
		count += len(there)
	}
	return verdict(name, count > 0, "%d points", count)
}

// readyFor compares what the n-th answer of readiness says of the copies of some kinds; one without a schedule passes always.
func (r *run) readyFor(n int, want readiness.Verdict, kinds ...string) Invariant {
	name := "readiness says " + string(want) + " of the copies"
	if n >= len(r.answers) {
		return verdict(name, false, "there are %d answers", len(r.answers))
	}
	var report readiness.Report
	if err := json.Unmarshal([]byte(r.answers[n]), &report); err != nil {
		return verdict(name, false, "%s: %v", r.answers[n], err)
	}
	judged := 0
	for _, kind := range kinds {
		for _, c := range report.Checks {
			if c.Name != "recovery-point-"+kind || watching.AgeLimit(r.env, kind) == 0 {
				continue
			}
			if judged++; c.Verdict != want {
				return verdict(name, false, "%s: %s, %s", c.Name, c.Verdict, c.Evidence)
			}
		}
	}
	return verdict(name, judged > 1, "%d kinds", judged)
}
