package drill

import (
	"fmt"
	"strings"
	"time"

	"github.com/acso/disaster-recovery/internal/restore"
	"github.com/acso/disaster-recovery/lab/cloud/rds"
	"github.com/acso/disaster-recovery/lab/world"
)

const releaseMachine = "release"

// releases: a database that a failback put aside is deleted, or must not be.
var releases = []Scenario{
	{
		Name: "release", Expected: Recovered, machine: releaseMachine, everywhere: true,
		Sentence: "The old database of a failback is past its time and a person approves: its last snapshot is verified, then it is deleted.",
		prepare: func(r *run) {
			r.releaseOf(15*24*time.Hour, true)
			r.operator(time.Minute, world.Answer{Approved: true})
		},
		judge: func(r *run) []Invariant { return append(r.releaseJudged(), r.released(true)) },
	},
	{
		Name: "release-too-early", Expected: FailedClean, machine: releaseMachine,
		Sentence: "The old database is a day old: the release is refused, and nobody is asked.",
		prepare:  func(r *run) { r.releaseOf(24*time.Hour, true) },
		judge: func(r *run) []Invariant {
			return append(r.releaseJudged(), r.released(false), r.causeNames("it is kept until"))
		},
	},
	{
		Name: "release-unlisted", Expected: FailedClean, machine: releaseMachine,
		Sentence: "Nobody ever listed what the old database has and its successor lacks: the release is refused.",
		prepare:  func(r *run) { r.releaseOf(15*24*time.Hour, false) },
		judge: func(r *run) []Invariant {
			return append(r.releaseJudged(), r.released(false), r.causeNames("was never listed"))
		},
	},
	{
		Name: "release-unanswered", Expected: StoodDown, machine: releaseMachine,
		Sentence: "Nobody answers whether the old database may go: it stays.",
		prepare:  func(r *run) { r.releaseOf(15*24*time.Hour, true) },
		judge:    func(r *run) []Invariant { return append(r.releaseJudged(), r.released(false)) },
	},
	{
		Name: "release-no-snapshot", Expected: FailedClean, machine: releaseMachine,
		Sentence: "The quota of snapshots is reached: without a last snapshot nothing is deleted.",
		prepare: func(r *run) {
			r.releaseOf(15*24*time.Hour, true)
			r.operator(time.Minute, world.Answer{Approved: true})
			r.world.RDS.SetSnapshotQuota(r.env.Regions.Primary, 0)
		},
		judge: func(r *run) []Invariant { return append(r.releaseJudged(), r.released(false)) },
	},
}

// releaseOf puts a database aside, some time ago, and has an operator start its release.
func (r *run) releaseOf(age time.Duration, listed bool) {
	primary, e := r.env.Regions.Primary, r.env
	name := fmt.Sprintf("%s-before-%s-0a1b2c3d", e.Database.Identifier, r.world.Sim.Now().Add(-age).UTC().Format("20060102-150405"))
	old := r.world.RDS.Create(primary, rds.Setup{
		ID: name, Class: e.Database.InstanceClass, Database: e.Database.Name, Key: e.DatabaseKey(primary), ACL: e.DatabaseACL(primary),
		Retention: e.Database.BackupRetention.Days(), Window: e.Database.BackupWindow, Protected: true,
	})
	r.world.RDS.Tag(old, restore.KeptTag, strings.Replace(e.MachineARN(primary, failbackMachine), ":stateMachine:", ":execution:", 1)+":drill")
	if listed {
		r.world.S3.Put(e.BucketIn(primary, e.Buckets.Compliance), "failback/"+name+"/missing-transactions.json", []byte("{}"))
	}
	r.restoring.old = old
	r.at(r.moment(), func() { r.startIn(primary, fmt.Sprintf(`{"instance":%q,"reason":"drill"}`, name)) })
}

// releaseJudged: whatever became of a release, clients are served by the database that was never named.
func (r *run) releaseJudged() []Invariant {
	live := r.liveDatabase()
	return []Invariant{r.oneWriter(), r.servedHere(), r.locksFree(), verdict("the live database is untouched", live != nil && live.Status == "available", "it is there: %v", live != nil)}
}

// released: it is gone and its last snapshot is there, or it is there and protected.
func (r *run) released(wanted bool) Invariant {
	const name = "never the only copy"
	primary, old := r.env.Regions.Primary, r.restoring.old
	gone := r.world.RDS.Instance(primary, old.ID) == nil
	kept := false
	for _, p := range r.world.RDS.Snapshots(primary) {
		kept = kept || p.ID == old.ID+"-last" && p.Status == "available"
	}
	return verdict(name, gone == wanted && (!gone || kept) && (gone || old.Protected()), "gone %v, last snapshot %v", gone, kept)
}
