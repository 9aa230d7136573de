package stacks

import (
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"
	"github.com/aws/jsii-runtime-go"

	"github.com/acso/disaster-recovery/functions"
	"github.com/acso/disaster-recovery/statemachines"
)

// backup is the stack that takes backups, copies them away and verifies them, with the buckets that they lie in. It is the
// same in both regions; only the primary's buckets are replicated.
type backup struct {
	*place
	foundation *foundation
	dead       awssqs.IQueue
}

// backup makes the stack of a region; copies is that of the recovery region, whose buckets the primary's are replicated
// to, and nil there.
func (a *app) backup(f *foundation, copies *backup) *backup {
	b := &backup{place: a.place(f.region, "backup", "Backups of "+a.options.Environment.Prefix()+": buckets, functions, machines"), foundation: f}
	if copies != nil {
		b.AddDependency(copies.Stack, jsii.String("replication names the buckets of the recovery region"))
	}
	b.buckets()
	b.dead = b.deadLetters(f)
	for _, function := range functions.OfBackup() {
		b.deployFunction(function, f, b.dead)
	}
	for _, machine := range statemachines.All() {
		if aboutBackups(machine) {
			b.machine(machine, f)
		}
	}
	return b
}

// buckets are that of the recovery points and that of reports and evidence. Object Lock keeps every version for as long as
// the shortest retention that the bucket has, whoever asks; longer ones are set on the object by who writes it.
func (b *backup) buckets() {
	e := b.env
	points := bucket{
		id: "backups", name: e.BucketIn(b.region, e.Buckets.Backups), key: b.foundation.data, logs: *b.foundation.accessLogs.Ref(),
		lockDays: int(e.Backup.Data.Daily.Days()), lifecycle: expiry(e),
	}
	reports := bucket{
		id: "compliance", name: e.BucketIn(b.region, e.Buckets.Compliance), key: b.foundation.data, logs: *b.foundation.accessLogs.Ref(),
		lockDays: int(e.Backup.Data.Monthly.Days()), lifecycle: []any{aged(e.Backup.Data.Monthly.Days()), tidying()},
	}
	if b.active() {
		points.replica = e.BucketIn(e.Pair(b.region), e.Buckets.Backups)
		reports.replica = e.BucketIn(e.Pair(b.region), e.Buckets.Compliance)
	}
	b.bucket(points)
	b.bucket(reports)
}
