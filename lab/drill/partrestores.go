package drill

import (
	"fmt"
	"slices"
	"time"

	"github.com/acso/disaster-recovery/internal/restore"
	"github.com/acso/disaster-recovery/internal/retention"
	"github.com/acso/disaster-recovery/lab/world"
)

// restores are those of the database, those of the other parts, and those to moments that are easily got wrong.
var restores = slices.Concat(databaseRestores, partRestores, momentRestores)

// partRestores: application data and configuration are restored, alone or with the database, from verified points.
var partRestores = []Scenario{
	{
		Name: "restore-everything", Expected: Recovered, machine: restoreMachine, everywhere: true,
		Sentence: "Database, files and parameters are damaged: all three are restored to the moment before, at the same time, and the other region follows.",
		prepare: func(r *run) {
			at := r.protect(r.moment())
			r.at(at, func() {
				r.damageDatabase()
				r.damageFiles()
				r.damageParameters()
			})
			r.restoreAt(at+9*time.Minute, func() string { return r.before("replace") })
			r.operator(time.Minute, world.Answer{Approved: true})
			r.when("CloseRestore", r.noteSync)
		},
		judge: func(r *run) []Invariant {
			return append(r.restoredInPlace(), r.filesRestored(), r.filesKept(), r.parametersRestored(), r.parametersKept(), r.lossesCover(), r.backupsFollow(), r.restoredFilesFollow(),
				r.together("RestoreDatabase", "RestoreData", "RestoreConfiguration"), r.together("RebuildReplica", "RebuildBackups", "RebuildFiles"))
		},
	},
	{
		Name: "restore-data-deleted", Expected: Recovered, machine: restoreMachine, everywhere: true,
		Sentence: "Files are deleted by mistake: the point before brings them back, and what was written since is in the safety point.",
		prepare: func(r *run) {
			at := r.protect(r.moment())
			r.at(at, r.damageFiles)
			r.restoreAt(at+time.Minute, func() string { return r.before("replace", restore.Data) })
			r.operator(time.Minute, world.Answer{Approved: true})
		},
		judge: (*run).dataRestored,
	},
	{
		Name: "restore-configuration-damaged", Expected: Recovered, machine: restoreMachine, everywhere: true,
		Sentence: "Parameters are changed, deleted and added, a secret among them: those that differ are put back, the others get no new version.",
		prepare: func(r *run) {
			at := r.protect(r.moment())
			r.at(at, r.damageParameters)
			r.restoreAt(at+2*time.Minute, func() string { return r.before("replace", restore.Configuration) })
			r.operator(time.Minute, world.Answer{Approved: true})
		},
		judge: func(r *run) []Invariant {
			return append(r.aside(), r.parametersRestored(), r.parametersKept(), r.lossesCover())
		},
	},
	{
		Name: "restore-data-beside", Expected: Recovered, machine: restoreMachine,
		Sentence: "Somebody wants to compare: data and configuration are restored beside the live ones, which nothing touches, and no service stops.",
		prepare: func(r *run) {
			at := r.protect(r.moment())
			r.restoreAt(at, func() string { return inputOf("latest", "beside", restore.Data, restore.Configuration) })
		},
		judge: func(r *run) []Invariant {
			return append(r.aside(), r.besideHolds(), r.partsUntouched())
		},
	},
	{
		Name: "restore-newest-corrupt", Expected: Recovered, machine: restoreMachine,
		Sentence: "The newest point was verified and is corrupt since: reading it once more before use finds that, the one before is taken, and the plan says so.",
		prepare: func(r *run) {
			first := r.protect(r.moment())
			r.at(first, func() { r.world.Files.Put("cases/01/case-0001.json", "a case that went on, in many words") })
			at := r.protect(first + time.Minute)
			r.at(at, func() {
				r.rotNewest()
				r.damageFiles()
			})
			r.restoreAt(at+time.Minute, func() string { return r.before("replace", restore.Data) })
			r.operator(time.Minute, world.Answer{Approved: true})
		},
		judge: func(r *run) []Invariant {
			return append(r.dataRestored(), r.pointUsed(0), r.questionNames("failed its verification"))
		},
	},
	{
		Name: "restore-none-verified", Expected: FailedClean, machine: restoreMachine,
		Sentence: "There is a point and nobody verified it: a restore from it is refused before anything is touched.",
		prepare: func(r *run) {
			at := r.moment()
			r.at(at, func() { r.start("backup-data", `{"reason":"the only backup"}`) })
			r.restoreAt(at+3*time.Minute, func() string { return inputOf("latest", "replace", restore.Data) })
		},
		judge: func(r *run) []Invariant {
			return append(r.asBefore(), r.partsUntouched(), r.causeNames("are not verified"), r.causeNames("no verified point of it exists"))
		},
	},
	{
		Name: "restore-between-points", Expected: Recovered, machine: restoreMachine,
		Sentence: "A time between two points, written in another time zone: the earlier of the two serves it.",
		prepare: func(r *run) {
			first := r.protect(r.moment())
			at := r.protect(first + 2*time.Minute)
			r.at(first+time.Minute, r.markMoment)
			r.at(at, r.damageFiles)
			r.restoreAt(at+time.Minute, func() string { return r.zoned("replace", restore.Data) })
			r.operator(time.Minute, world.Answer{Approved: true})
		},
		judge: func(r *run) []Invariant { return append(r.dataRestored(), r.pointUsed(0)) },
	},
	{
		Name: "restore-on-a-point", Expected: Recovered, machine: restoreMachine,
		Sentence: "The very second at which the newer of two points was taken: that point serves it.",
		prepare: func(r *run) {
			first := r.protect(r.moment())
			at := r.protect(first + 2*time.Minute)
			r.at(at, r.damageFiles)
			r.restoreAt(at+time.Minute, func() string {
				r.restoring.to = r.newestPoint(retention.ApplicationData).taken
				return r.zoned("replace", restore.Data)
			})
			r.operator(time.Minute, world.Answer{Approved: true})
		},
		judge: func(r *run) []Invariant { return append(r.dataRestored(), r.pointUsed(1)) },
	},
	{
		Name: "restore-before-points", Expected: FailedClean, machine: restoreMachine,
		Sentence: "A time before the first point is refused, and the nearest that can be restored is named.",
		prepare: func(r *run) {
			at := r.protect(r.moment())
			r.restoreAt(at, func() string { return inputOf("2024-02-29T23:59:59-05:00", "replace", restore.Data) })
		},
		judge: func(r *run) []Invariant {
			return append(r.asBefore(), r.partsUntouched(), r.causeNames("the nearest that can be restored is "+stampZone(r.newestPoint(retention.ApplicationData).taken, time.UTC)))
		},
	},
	{
		Name: "restore-ransomware", Expected: Recovered, machine: restoreMachine,
		Sentence: "Files are encrypted, and whoever did it overwrites and deletes the backups: Object Lock keeps every version, the last verified point is found below, and restored.",
		prepare: func(r *run) {
			at := r.protect(r.moment())
			r.at(at, func() {
				r.encryptFiles()
				r.attackBackups()
			})
			r.restoreAt(at+2*time.Minute, func() string { return r.before("replace", restore.Data, restore.Configuration) })
			r.operator(time.Minute, world.Answer{Approved: true})
		},
		judge: func(r *run) []Invariant {
			return append(r.dataRestored(), r.parametersRestored(), r.attackHeld(), r.questionNames("somebody wrote over or deleted"))
		},
	},
	{
		Name: "restore-data-fails", Expected: FailedClean, machine: restoreMachine, everywhere: true,
		Sentence: "The database ends as incompatible-restore while files and parameters are restored: those are put back as they were, and the services run on what was there.",
		prepare: func(r *run) {
			at := r.protect(r.moment())
			r.at(at, func() {
				r.damageFiles()
				r.damageParameters()
				r.markMoment()
			})
			r.restoreAt(at+9*time.Minute, func() string { return r.before("replace") })
			r.operator(time.Minute, world.Answer{Approved: true})
			r.world.RDS.EndRestores("incompatible-restore")
		},
		judge: func(r *run) []Invariant {
			return append(r.asBefore(), r.partsUntouched(), r.causeNames("incompatible-restore"))
		},
	},
	{
		Name: "restore-mount-lost", Expected: FailedDirty, machine: restoreMachine,
		Sentence: "The file system stops answering while the files are restored, and stays so: the services stay stopped, and the report names the command that puts the files back.",
		prepare: func(r *run) {
			at := r.protect(r.moment())
			r.at(at, r.damageFiles)
			r.restoreAt(at+time.Minute, func() string { return r.before("replace", restore.Data) })
			r.operator(time.Minute, world.Answer{Approved: true})
			r.when("RestoreData", func() {
				r.after(200*time.Millisecond, func() {
					r.say("fault", r.env.Regions.Primary, "the mount is stale")
					r.world.Files.Unmount()
				})
			})
		},
		judge: func(r *run) []Invariant {
			return []Invariant{r.filesKept(), r.causeNames(`"action":"back"`), r.causeNames("application data were made those of")}
		},
	},
	{
		Name: "restore-beside-fails", Expected: FailedClean, machine: restoreMachine,
		Sentence: "Everything is to be restored beside what is live, and the database ends as incompatible-restore: what was written beside is removed, and nothing else was touched.",
		prepare: func(r *run) {
			at := r.protect(r.moment())
			r.at(at, r.markMoment)
			r.restoreAt(at+7*time.Minute, func() string { return r.before("beside") })
			r.world.RDS.EndRestores("incompatible-restore")
		},
		judge: func(r *run) []Invariant {
			return append(r.asBefore(), r.partsUntouched(), r.nothingBeside(), r.causeNames("incompatible-restore"))
		},
	},
	{
		Name: "restore-data-in-bucket", Expected: Recovered, machine: restoreMachine, everywhere: true,
		Sentence: "The application keeps its data in a bucket, and objects are overwritten and deleted: they are what they were, and what lay there stays as older versions.",
		prepare: func(r *run) {
			at := r.moment()
			r.at(at, func() {
				for n := range 12 {
					r.world.S3.Put(r.dataBucket(), fmt.Sprintf("evidence/%02d/report (%d).pdf", n%3, n), fmt.Appendf(nil, "report %d", n))
				}
				r.start("backup-data", `{"from":"bucket"}`)
			})
			r.at(at+2*time.Minute, func() { r.start("verify-backup", `{"kind":"application-data"}`) })
			r.at(at+4*time.Minute, func() {
				r.markMoment()
				r.world.S3.Put(r.dataBucket(), "evidence/00/report (0).pdf", []byte("encrypted"))
				r.world.S3.Remove(r.dataBucket(), "evidence/01/report (1).pdf")
				r.world.S3.Put(r.dataBucket(), "READ ME.txt", []byte("pay"))
			})
			r.restoreAt(at+5*time.Minute, func() string {
				text := r.before("replace", restore.Data)
				return text[:len(text)-1] + `,"data":"bucket"}`
			})
			r.operator(time.Minute, world.Answer{Approved: true})
		},
		judge: func(r *run) []Invariant { return append(r.aside(), r.bucketRestored(), r.lossesCover()) },
	},
	{
		Name: "restore-after-failover", Expected: Recovered, machine: restoreMachine,
		Sentence: "After a failover the other region is the active one: everything is restored there, from its own points, under the lock of the region that returned.",
		prepare: func(r *run) {
			at := r.moment()
			r.at(at, func() { r.start("backup-configuration", `{"reason":"the backup before"}`) })
			r.at(at+3*time.Minute, r.killPrimary)
			r.at(at+48*time.Minute, r.revivePrimary)
			r.at(at+78*time.Minute, func() { r.restoring.region = r.env.Regions.Recovery })
			at = r.protect(at + 79*time.Minute)
			r.at(at, func() {
				r.damageDatabase()
				r.damageFiles()
				r.damageParameters()
			})
			r.restoreAt(at+9*time.Minute, func() string { return r.before("replace") })
			r.operator(time.Minute, world.Answer{Approved: true})
		},
		judge: func(r *run) []Invariant {
			if r.clockRanAhead() {
				return append(r.asBefore(), r.partsUntouched(), r.lockFreeIn(r.env.Regions.Primary))
			}
			return append(r.content(), r.nothingLost(), r.exactLoss(), r.sizesAsBefore(), r.servedHere(), r.filesRestored(), r.filesKept(), r.parametersRestored(), r.parametersKept(), r.lossesCover(), r.oldPrimaryStays(), r.lockFreeIn(r.env.Regions.Primary))
		},
	},
	{
		Name: "restore-aborted", Expected: FailedClean, machine: restoreMachine,
		Sentence: "A person aborts the restore while the database is being made and the files are restored already: everything is put back, and the services run on what was there.",
		prepare: func(r *run) {
			at := r.protect(r.moment())
			r.at(at, func() {
				r.damageFiles()
				r.damageParameters()
			})
			r.restoreAt(at+9*time.Minute, func() string { return r.before("replace") })
			r.operator(time.Minute, world.Answer{Approved: true})
			r.when("RestoreDatabase", func() { r.after(3*time.Minute, r.abort) })
		},
		judge: func(r *run) []Invariant { return append(r.asBefore(), r.partsUntouched(), r.causeNames("Aborted")) },
	},
}

// clockRanAhead: the clocks of the region that serves go ahead, so that a heartbeat of before the moment says that it is of
// after it. A restore refuses such a database, whoever is right, and puts everything back.
func (r *run) clockRanAhead() bool {
	return r.world.Cloud.SkewOf(r.where()) > 0 && r.outcome() == FailedClean && r.causeNames("look for a clock that was wrong").Result == Pass
}
