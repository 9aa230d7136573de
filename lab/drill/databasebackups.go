package drill

import (
	"time"

	"github.com/acso/disaster-recovery/lab/cloud"
	"github.com/acso/disaster-recovery/lab/cloud/kms"
)

// databaseBackups: the snapshot, its copy and the replication of RDS's own backups, with what stands in their way.
var databaseBackups = []Scenario{
	{
		Name: "backup-database-replication-late", Expected: FailedDirty, machine: "backup-database",
		Sentence: "us-west-2 holds RDS's own backups of an hour ago: the snapshot and its copy are kept, and the backup fails.",
		prepare: func(r *run) {
			r.at(r.moment(), func() {
				recovery := r.env.Regions.Recovery
				r.say("fault", recovery, "the replication of automated backups falls behind")
				r.world.RDS.DelayBackups(recovery, r.env.DatabaseIn(r.env.Regions.Primary), time.Hour)
				r.startIn(r.env.Regions.Primary, "{}")
			})
			// What was there stays there: only after two hours is it an hour old.
			r.at(3*time.Hour, func() { r.startIn(r.env.Regions.Primary, "{}") })
		},
		judge: func(r *run) []Invariant { return append(r.copyExists(), r.teamTold("Database backup failed")) },
	},
	{
		Name: "backup-database-replication-stopped", Expected: FailedDirty, machine: "backup-database",
		Sentence: "Somebody ended the replication of RDS's own backups: no entry is not good news, and the backup fails.",
		prepare: func(r *run) {
			r.at(r.moment(), func() {
				recovery := r.env.Regions.Recovery
				r.say("fault", recovery, "the replication of automated backups is ended")
				r.world.RDS.StopBackups(recovery, r.env.DatabaseIn(r.env.Regions.Primary))
				r.startIn(r.env.Regions.Primary, "{}")
			})
		},
		judge: func(r *run) []Invariant { return append(r.copyExists(), r.teamTold("Database backup failed")) },
	},
	{
		Name: "backup-database-key-missing", Expected: FailedDirty, machine: "backup-database",
		Sentence: "The key is disabled in us-west-2: the copy is not skipped, the backup fails.",
		prepare: func(r *run) {
			r.at(r.moment(), func() {
				recovery := r.env.Regions.Recovery
				r.say("fault", recovery, "the key %s is disabled", r.env.DatabaseKey(recovery))
				r.world.KMS.SetState(recovery, r.env.DatabaseKey(recovery), kms.Disabled)
				r.startIn(r.env.Regions.Primary, "{}")
			})
		},
		judge: func(r *run) []Invariant {
			return []Invariant{r.teamTold("Database backup failed"), r.olderSnapshotsStay()}
		},
	},
	{
		Name: "backup-database-quota", Expected: FailedClean, machine: "backup-database",
		Sentence: "The quota of snapshots is reached: none is removed to make room, and the failure says what has to be raised.",
		prepare: func(r *run) {
			r.at(r.moment(), func() {
				primary := r.env.Regions.Primary
				r.world.RDS.FillSnapshots(primary, r.env.DatabaseIn(primary), 100)
				r.say("fault", primary, "the region has as many snapshots as it may have")
				r.startIn(primary, "{}")
			})
		},
		judge: func(r *run) []Invariant {
			return []Invariant{r.teamTold("Database backup failed"), r.olderSnapshotsStay()}
		},
	},
	{
		Name: "backup-database-throttled", Expected: Recovered, machine: "backup-database",
		Sentence: "RDS refuses its first calls of each kind in both regions: patience, not failure.",
		prepare: func(r *run) {
			r.at(r.moment(), func() {
				r.world.Cloud.Inject(cloud.Fault{Operation: "RDS.*", First: 1, Count: 8, PerName: true, Effect: cloud.Throttled})
				r.startIn(r.env.Regions.Primary, "{}")
			})
		},
		judge: (*run).copyExists,
	},
	{
		Name: "backup-database-twice", Expected: Recovered, machine: "backup-database",
		Sentence: "Two backups start at once: RDS takes one snapshot at a time, and each gets its own.",
		prepare: func(r *run) {
			r.at(r.moment(), func() {
				r.startIn(r.env.Regions.Primary, "{}")
				r.startIn(r.env.Regions.Primary, "{}")
			})
		},
		judge: (*run).copyExists,
	},
}

// olderSnapshotsStay: whatever failed, nothing was deleted.
func (r *run) olderSnapshotsStay() Invariant {
	for _, change := range r.observed.changes {
		if len(change) > len("RDS.Delete") && change[:len("RDS.Delete")] == "RDS.Delete" {
			return verdict("no snapshot is removed", false, "%s", change)
		}
	}
	return verdict("no snapshot is removed", true, "%d changes", len(r.observed.changes))
}
