package drill

import (
	"time"

	"github.com/acso/disaster-recovery/internal/retention"
	"github.com/acso/disaster-recovery/lab/cloud"
	"github.com/acso/disaster-recovery/lab/world"
)

const rebuildMachine = "restore-full-system"

// rebuilds: the workload is gone in both regions, deleted by somebody who may, and nothing is left to fail over to.
var rebuilds = []Scenario{
	{
		Name: "system-lost", Expected: Recovered, machine: rebuildMachine, limit: testLimit,
		Sentence: "Database, services, files, parameters and stacks are deleted in both regions: from a date and nothing else, us-east-1 is rebuilt from its backups.",
		prepare: func(r *run) {
			r.loseSystem(func() { r.rebuildIn(r.env.Regions.Primary, r.today()) })
			r.operator(time.Minute, world.Answer{Approved: true})
		},
		judge: func(r *run) []Invariant { return r.rebuilt(r.env.Regions.Primary) },
	},
	{
		Name: "system-lost-copies-only", Expected: Recovered, machine: rebuildMachine, limit: testLimit,
		Sentence: "us-east-1 is gone for good and us-west-2's standby deleted: us-west-2 is rebuilt from the copies that it holds, and clients are sent there.",
		prepare: func(r *run) {
			r.loseSystem(func() {
				r.world.Cloud.Kill(r.env.Regions.Primary)
				r.say("fault", r.env.Regions.Primary, "the region is gone, backups included")
				r.rebuildIn(r.env.Regions.Recovery, `{"at":"latest"}`)
			})
			r.operator(time.Minute, world.Answer{Approved: true})
		},
		judge: func(r *run) []Invariant { return r.rebuilt(r.env.Regions.Recovery) },
	},
	{
		Name: "system-lost-wrong-archive", Expected: FailedClean, machine: rebuildMachine, limit: testLimit,
		Sentence: "The archive of the infrastructure is not that of the deployed commit: the build refuses it, and nothing is deployed.",
		prepare: func(r *run) {
			r.loseSystem(func() {
				r.corruptArchive()
				r.rebuildIn(r.env.Regions.Primary, `{"at":"latest"}`)
			})
			r.operator(time.Minute, world.Answer{Approved: true})
		},
		judge: func(r *run) []Invariant {
			return []Invariant{r.causeNames("is not the archive of commit"), r.causeNames("Nothing was changed"), r.stillGone(r.env.Regions.Primary), r.neitherLocked()}
		},
	},
	{
		Name: "system-lost-forged-archive", Expected: FailedClean, machine: rebuildMachine, limit: testLimit,
		Sentence: "Somebody wrote a recovery point whose digests all agree, with a file in the archive that the commit does not have: the build compares it with the commit, and deploys nothing.",
		prepare: func(r *run) {
			r.loseSystem(func() {
				r.world.ForgeInfrastructure()
				r.say("fault", r.env.Regions.Primary, "the newest infrastructure is forged")
				r.rebuildIn(r.env.Regions.Primary, `{"at":"latest"}`)
			})
			r.operator(time.Minute, world.Answer{Approved: true})
		},
		judge: func(r *run) []Invariant {
			return []Invariant{r.causeNames("its files are tree"), r.causeNames("Nothing was changed"), r.stillGone(r.env.Regions.Primary), r.neitherLocked()}
		},
	},
	{
		Name: "system-lost-newest-corrupt", Expected: Recovered, machine: rebuildMachine, limit: testLimit,
		Sentence: "The newest snapshot does not restore, and the newest configuration failed its verification: the ones before are taken, and it is said.",
		prepare: func(r *run) {
			r.at(0, r.layOlderSnapshot)
			r.loseSystem(func() {
				r.failNewest(retention.Configuration)
				r.world.RDS.EndRestores("incompatible-restore")
				r.when("DiscardDatabase", func() { r.world.RDS.EndRestores("") })
				r.rebuildIn(r.env.Regions.Primary, `{"at":"latest"}`)
			})
			r.operator(time.Minute, world.Answer{Approved: true})
		},
		judge: func(r *run) []Invariant {
			return append(r.rebuilt(r.env.Regions.Primary), r.passedOver("does not restore"), r.passedOver("failed its verification"))
		},
	},
	{
		Name: "system-lost-never-available", Expected: FailedDirty, machine: rebuildMachine, limit: testLimit,
		Sentence: "No snapshot becomes a database: each is tried, and what was deployed is named with how to go on.",
		prepare: func(r *run) {
			r.loseSystem(func() {
				r.world.RDS.EndRestores("incompatible-restore")
				r.rebuildIn(r.env.Regions.Primary, `{"at":"latest"}`)
			})
			r.operator(time.Minute, world.Answer{Approved: true})
		},
		judge: func(r *run) []Invariant {
			return []Invariant{r.causeNames("no snapshot became a database"), r.causeNames("the stacks of the workload were deployed"), r.causeNames("redrive"), r.neitherLocked()}
		},
	},
	{
		Name: "system-lost-leap-day", Expected: Recovered, machine: rebuildMachine, limit: testLimit, begins: leapEvening.Add(-55 * time.Minute),
		Sentence: "Backed up on 29 February, changed and backed up again on 1 March, and lost: by the date of the leap day the system of that day's last moment comes back.",
		prepare: func(r *run) {
			r.afterBackups(func() {
				r.gone.files, r.gone.parameters = r.filesNow(), r.parametersNow(r.env.Regions.Primary)
				march := leapEvening.Truncate(24*time.Hour).AddDate(0, 0, 1)
				r.after(march.Sub(r.world.Sim.Now()), func() {
					r.damageFiles()
					r.damageParameters()
					r.start("backup-data", `{"reason":"of the day after"}`)
					r.start("backup-configuration", `{"reason":"of the day after"}`)
					r.after(2*time.Minute, func() {
						r.start("verify-backup", `{"kind":"application-data"}`)
						r.start("verify-backup", `{"kind":"configuration"}`)
					})
					r.after(5*time.Minute, func() { r.lose(func() { r.rebuildIn(r.env.Regions.Primary, `{"date":"2028-02-29"}`) }) })
				})
			})
			r.operator(time.Minute, world.Answer{Approved: true})
		},
		judge: func(r *run) []Invariant { return append(r.rebuilt(r.env.Regions.Primary), r.fromBefore("2028-03-01")) },
	},
	{
		Name: "system-lost-no-such-day", Expected: FailedClean, machine: rebuildMachine, limit: testLimit,
		Sentence: "A date that does not exist, and one in the future, are refused for what they are.",
		prepare: func(r *run) {
			r.at(r.moment(), func() {
				r.restoring.before = r.standing()
				r.startIn(r.env.Regions.Primary, `{"date":"2026-02-29"}`)
				r.startIn(r.env.Regions.Primary, `{"date":"2030-01-01"}`)
			})
		},
		judge: func(r *run) []Invariant {
			return []Invariant{r.productionStands(), r.nothingChanged(), r.causeNames(`date "2026-02-29" is not like`), r.causeNames("2030-01-01 is in the future"), r.neitherLocked()}
		},
	},
	{
		Name: "system-lost-aborted", Expected: FailedDirty, machine: rebuildMachine, limit: testLimit,
		Sentence: "A person ends the restore while the database is made: no other snapshot is tried, the database goes, no service starts, and what was deployed is named.",
		prepare: func(r *run) {
			r.loseSystem(func() { r.rebuildIn(r.env.Regions.Primary, `{"at":"latest"}`) })
			r.operator(time.Minute, world.Answer{Approved: true})
			r.when("RestoreDatabase", func() { r.after(3*time.Minute, func() { r.abortIn(r.env.Regions.Primary) }) })
		},
		judge: (*run).givenBack,
	},
	{
		Name: "system-lost-aborted-late", Expected: FailedDirty, machine: rebuildMachine, limit: testLimit,
		Sentence: "The same when the database was checked and protected already: nobody could write to it, and it goes.",
		prepare: func(r *run) {
			r.loseSystem(func() { r.rebuildIn(r.env.Regions.Primary, `{"at":"latest"}`) })
			r.operator(time.Minute, world.Answer{Approved: true})
			r.when("CheckDatabase", func() {
				r.let([]cloud.Fault{{Region: r.env.Regions.Primary, Operation: "RDS.ModifyDBInstance", First: 1, Count: 1, Effect: cloud.Slow}})
				r.abortIn(r.env.Regions.Primary)
			})
		},
		judge: (*run).givenBack,
	},
	{
		Name: "system-lost-abort-too-late", Expected: Recovered, machine: rebuildMachine, limit: testLimit,
		Sentence: "The services start and may write: the request to abort is refused with the reason, and the restore goes on.",
		prepare: func(r *run) {
			r.loseSystem(func() { r.rebuildIn(r.env.Regions.Primary, r.today()) })
			r.operator(time.Minute, world.Answer{Approved: true})
			r.when("DeployCritical", func() { r.abortIn(r.env.Regions.Primary) })
		},
		judge: func(r *run) []Invariant { return append(r.rebuilt(r.env.Regions.Primary), r.abortWas("refused")) },
	},
	{
		Name: "system-lost-twice", Expected: Recovered, machine: rebuildMachine, limit: testLimit,
		Sentence: "Two people rebuild the system at once, and the alarm on the region goes off meanwhile: the lock refuses the second restore and the failover.",
		prepare: func(r *run) {
			r.loseSystem(func() {
				r.rebuildIn(r.env.Regions.Primary, r.today())
				r.after(time.Second, func() { r.startIn(r.env.Regions.Primary, `{"at":"latest"}`) })
			})
			r.operator(time.Minute, world.Answer{Approved: true})
			r.when("RestoreEverything", r.alarm)
		},
		judge: func(r *run) []Invariant {
			return append(r.rebuilt(r.env.Regions.Primary), r.refused(rebuildMachine, 1), r.refused("failover", 1), verdict("nothing is promoted", len(r.observed.promotions) == 0, "%d promotions", len(r.observed.promotions)))
		},
	},
	{
		Name: "system-lost-no-capacity", Expected: FailedDirty, machine: rebuildMachine, limit: testLimit,
		Sentence: "Everything is restored, and the region has room for half of the tasks: what does not run is named, and how to go on.",
		prepare: func(r *run) {
			r.loseSystem(func() { r.rebuildIn(r.env.Regions.Primary, `{"at":"latest"}`) })
			r.operator(time.Minute, world.Answer{Approved: true})
			r.when("StartServices", func() {
				r.world.ECS.SetCapacity(r.env.Regions.Primary, 5)
				r.say("fault", r.env.Regions.Primary, "there is room for 5 tasks")
			})
		},
		judge: func(r *run) []Invariant {
			return []Invariant{
				r.causeNames("tasks:"), r.causeNames("redrive"), r.causeNamesNot("delete-db-instance"), r.neitherLocked(), r.oneWriter(),
				r.same("files are those of the point, byte for byte", r.gone.files, r.filesNow()),
				r.same("the configuration is that of the point", r.gone.parameters, r.parametersNow(r.env.Regions.Primary)),
			}
		},
	},
	{
		Name: "system-lost-refused", Expected: StoodDown, machine: rebuildMachine, limit: testLimit,
		Sentence: "The person who is asked says no: nothing is deployed.",
		prepare: func(r *run) {
			r.loseSystem(func() { r.rebuildIn(r.env.Regions.Primary, `{"at":"latest"}`) })
			r.operator(time.Minute, world.Answer{Approved: false})
		},
		judge: func(r *run) []Invariant { return []Invariant{r.stillGone(r.env.Regions.Primary), r.neitherLocked()} },
	},
	{
		Name: "system-stands", Expected: FailedClean, machine: rebuildMachine, limit: testLimit,
		Sentence: "Somebody rebuilds a system that stands: refused, with what to start instead.",
		prepare: func(r *run) {
			r.afterBackups(func() {
				r.restoring.before = r.standing()
				r.startIn(r.env.Regions.Primary, `{"at":"latest"}`)
			})
		},
		judge: func(r *run) []Invariant {
			return []Invariant{r.productionStands(), r.causeNames("restore-point-in-time"), r.servedHere(), r.neitherLocked()}
		},
	},
}
