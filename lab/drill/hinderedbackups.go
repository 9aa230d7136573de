package drill

import (
	"time"

	"github.com/acso/disaster-recovery/lab/cloud"
)

// hinderedBackups: what may stand in the way of every kind alike: clocks that are wrong, sources that do not answer,
// destinations that refuse, and two runs at once.
var hinderedBackups = []Scenario{
	{
		Name: "backup-database-unreachable", Expected: FailedDirty, machine: "backup-database",
		Sentence: "RDS does not answer in us-east-1: nobody knows whether a snapshot was begun, the older ones stay, and the backup fails and says so.",
		prepare: func(r *run) {
			r.at(r.moment(), func() {
				r.say("fault", r.env.Regions.Primary, "RDS answers nobody")
				r.world.Cloud.Inject(cloud.Fault{Region: r.env.Regions.Primary, Operation: "RDS.*", Effect: cloud.Unreachable})
				r.startIn(r.env.Regions.Primary, "{}")
			})
		},
		judge: func(r *run) []Invariant {
			return []Invariant{r.teamTold("Database backup failed"), r.olderSnapshotsStay()}
		},
	},
	{
		Name: "backup-database-denied", Expected: FailedDirty, machine: "backup-database",
		Sentence: "us-west-2 refuses every copy: the snapshot is kept, and that its copy is missing is a failure.",
		prepare: func(r *run) {
			r.at(r.moment(), func() {
				r.say("fault", r.env.Regions.Recovery, "every copy of a snapshot is refused")
				r.world.Cloud.Inject(cloud.Fault{Region: r.env.Regions.Recovery, Operation: "RDS.CopyDBSnapshot", Effect: cloud.ErrorBefore})
				r.startIn(r.env.Regions.Primary, "{}")
			})
		},
		judge: func(r *run) []Invariant {
			return []Invariant{r.teamTold("Database backup failed"), r.olderSnapshotsStay()}
		},
	},
	{
		Name: "backup-database-skew", Expected: Recovered, machine: "backup-database",
		Sentence: "The clocks of both regions are 90 s apart: the snapshot and its copy are one point all the same.",
		prepare: func(r *run) {
			r.at(r.moment(), func() {
				r.skewBoth(45 * time.Second)
				r.startIn(r.env.Regions.Primary, "{}")
			})
		},
		judge: (*run).copyExists,
	},
	{
		Name: "backup-configuration-skew", Expected: Recovered, machine: "backup-configuration",
		Sentence: "A backup was taken by a clock 40 s ahead: the next one waits until its own time is later, and the chain holds.",
		prepare: func(r *run) {
			at := r.moment()
			r.at(at, func() {
				r.skewBoth(40 * time.Second)
				r.startIn(r.env.Regions.Primary, "{}")
			})
			r.at(at+20*time.Second, func() {
				r.skewBoth(0)
				r.startIn(r.env.Regions.Primary, "{}")
			})
		},
		judge: func(r *run) []Invariant { return r.parametersHold(2) },
	},
	{
		Name: "backup-configuration-twice", Expected: Recovered, machine: "backup-configuration",
		Sentence: "Two backups start in the same second: each makes its own point, one after the other, and the copy is written once.",
		prepare: func(r *run) {
			r.at(r.moment(), func() {
				r.startIn(r.env.Regions.Primary, "{}")
				r.startIn(r.env.Regions.Primary, "{}")
			})
		},
		judge: func(r *run) []Invariant { return r.parametersHold(2) },
	},
	{
		Name: "backup-configuration-denied", Expected: FailedDirty, machine: "backup-configuration",
		Sentence: "The bucket's policy denies every write: the backup fails and says so, and the older point is whole.",
		prepare: func(r *run) {
			at := r.moment()
			r.at(at, func() { r.startIn(r.env.Regions.Primary, `{"reason":"the backup before"}`) })
			r.at(at+3*time.Minute, func() {
				r.refuseBackups()
				r.startIn(r.env.Regions.Primary, "{}")
			})
		},
		judge: func(r *run) []Invariant { return append(r.documentsHold(1), r.teamTold("Configuration backup failed")) },
	},
	{
		Name: "backup-infrastructure-skew", Expected: Recovered, machine: "backup-infrastructure",
		Sentence: "A backup was taken by a clock 40 s ahead, and a stack is deployed meanwhile: the next one waits until its own time is later, and has the deployment.",
		prepare: func(r *run) {
			r.world.Sources.Push(laterFiles())
			at := r.moment()
			r.at(at, func() {
				r.skewBoth(40 * time.Second)
				r.startIn(r.env.Regions.Primary, `{"reason":"the backup before"}`)
			})
			r.at(at+15*time.Second, func() {
				r.skewBoth(0)
				r.deploy(r.env.Regions.Primary, "storage", later)
			})
		},
		judge: func(r *run) []Invariant { return r.deploymentsHold(2, later, 2) },
	},
	{
		Name: "backup-logs-skew", Expected: Recovered, machine: "backup-logs",
		Sentence: "The function's clock is five minutes slow: what is exported follows the execution's own time, not a line is missing or twice.",
		prepare: func(r *run) {
			at := r.moment()
			r.at(at, func() { r.startIn(r.env.Regions.Primary, "{}") })
			r.at(at+90*time.Minute, func() {
				r.skewBoth(-5 * time.Minute)
				r.startIn(r.env.Regions.Primary, "{}")
			})
		},
		judge: func(r *run) []Invariant { return r.logsHold(2) },
	},
	{
		Name: "verify-backup-unreachable", Expected: FailedClean, machine: "verify-backup",
		Sentence: "S3 does not answer: nothing is known about the point, and that is a failure.",
		prepare: func(r *run) {
			r.at(0, func() { r.world.PutBackup(objectsOfABackup) })
			r.at(r.moment(), func() {
				r.say("fault", r.env.Regions.Primary, "S3 answers nobody")
				r.world.Cloud.Inject(cloud.Fault{Region: r.env.Regions.Primary, Operation: "S3.*", Effect: cloud.Unreachable})
				r.startIn(r.env.Regions.Primary, "{}")
			})
		},
		judge: func(r *run) []Invariant { return []Invariant{r.teamTold("Backup verification failed")} },
	},
}

// skewBoth sets the primary's clock wrong by d, and the recovery region's by as much the other way.
func (r *run) skewBoth(d time.Duration) {
	if d != 0 {
		r.say("fault", r.env.Regions.Primary, "its clock is wrong by %s, and that of %s by %s", d, r.env.Regions.Recovery, -d)
	}
	r.world.Cloud.Skew(r.env.Regions.Primary, d)
	r.world.Cloud.Skew(r.env.Regions.Recovery, -d)
}
