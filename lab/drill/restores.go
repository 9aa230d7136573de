package drill

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/acso/disaster-recovery/internal/restore"
	"github.com/acso/disaster-recovery/lab/cloud"
	"github.com/acso/disaster-recovery/lab/cloud/stepfunctions"
	"github.com/acso/disaster-recovery/lab/world"
)

const restoreMachine = "restore-point-in-time"

// databaseRestores: the data are wrong and the region is well. They run where the data are, in the primary region.
var databaseRestores = []Scenario{
	{
		Name: "restore-corrupted-table", Expected: Recovered, machine: restoreMachine, everywhere: true,
		Sentence: "A table is corrupted at a known time: the database is restored to the second before, in its place; the old one is kept.",
		prepare: func(r *run) {
			r.corruptAndRestore()
			r.operator(time.Minute, world.Answer{Approved: true})
		},
		judge: (*run).restoredInPlace,
	},
	{
		Name: "restore-beside", Expected: Recovered, machine: restoreMachine,
		Sentence: "Somebody wants to look at the newest moment that can be restored: it is restored beside the live database, which nothing touches.",
		prepare:  func(r *run) { r.restoreAt(r.moment(), func() string { return input("latest", "beside") }) },
		judge:    (*run).restoredBeside,
	},
	{
		Name: "restore-window-edge", Expected: Recovered, machine: restoreMachine,
		Sentence: "The last second that can be restored, to the second, is restored.",
		prepare: func(r *run) {
			r.restoreAt(r.moment(), func() string {
				edge := r.world.Sim.Now().Add(-time.Second).Truncate(5 * time.Minute)
				r.restoring.to = edge
				return input(stampZone(edge, time.UTC), "beside")
			})
		},
		judge: (*run).restoredBeside,
	},
	{
		Name: "restore-too-early", Expected: FailedClean, machine: restoreMachine,
		Sentence: "A time before everything that is kept is refused, and the nearest that can be restored is named.",
		prepare: func(r *run) {
			r.restoreAt(r.moment(), func() string { return input("2024-02-29T23:59:59-05:00", "replace") })
		},
		judge: func(r *run) []Invariant {
			return append(r.asBefore(), r.causeNames("the nearest that can be restored is "))
		},
	},
	{
		Name: "restore-refused", Expected: StoodDown, machine: restoreMachine,
		Sentence: "The person who is asked says no: nothing is stopped and nothing restored.",
		prepare: func(r *run) {
			r.corruptAndRestore()
			r.operator(time.Minute, world.Answer{Approved: false})
		},
		judge: func(r *run) []Invariant { return append(r.asBefore(), r.nothingChanged()) },
	},
	{
		Name: "restore-unanswered", Expected: StoodDown, machine: restoreMachine,
		Sentence: "Nobody answers: the system serves, so silence restores nothing.",
		prepare:  func(r *run) { r.corruptAndRestore() },
		judge:    func(r *run) []Invariant { return append(r.asBefore(), r.nothingChanged()) },
	},
	{
		Name: "restore-never-available", Expected: FailedClean, machine: restoreMachine, everywhere: true,
		Sentence: "The restored database ends as incompatible-restore: it is deleted, and the services run on what was there.",
		prepare: func(r *run) {
			r.corruptAndRestore()
			r.operator(time.Minute, world.Answer{Approved: true})
			r.world.RDS.EndRestores("incompatible-restore")
		},
		judge: func(r *run) []Invariant { return append(r.asBefore(), r.causeNames("incompatible-restore")) },
	},
	{
		Name: "restore-stuck", Expected: FailedDirty, machine: restoreMachine,
		Sentence: "The restored database is being made for ever, and RDS deletes nothing that it is making: the services run on what was there, and the rest is named.",
		prepare: func(r *run) {
			r.corruptAndRestore()
			r.operator(time.Minute, world.Answer{Approved: true})
			r.world.RDS.EndRestores("creating")
		},
		judge: func(r *run) []Invariant {
			return []Invariant{r.originalLive(), r.sizesAsBefore(), r.servedHere(), r.causeNames("aws rds delete-db-instance")}
		},
	},
	{
		Name: "restore-deleted-in-between", Expected: FailedClean, machine: restoreMachine,
		Sentence: "Somebody deletes the restored database after the old one was renamed: the old one gets its name back, and the services run on it.",
		prepare: func(r *run) {
			r.corruptAndRestore()
			r.operator(time.Minute, world.Answer{Approved: true})
			r.when("CountLoss", func() {
				primary := r.env.Regions.Primary
				for _, i := range r.world.RDS.Instances(primary) {
					if i != r.restoring.old {
						r.world.RDS.Drop(primary, i.ID)
						r.say("fault", primary, "%s is deleted by hand", i.ID)
					}
				}
			})
		},
		judge: (*run).asBefore,
	},
	{
		Name: "restore-no-capacity", Expected: FailedDirty, machine: restoreMachine,
		Sentence: "The restored database is in place, and the region has room for half of the tasks: what does not run is named, with the command that starts it.",
		prepare: func(r *run) {
			r.corruptAndRestore()
			r.operator(time.Minute, world.Answer{Approved: true})
			r.when("PutInPlace", func() {
				r.world.ECS.SetCapacity(r.env.Regions.Primary, 5)
				r.say("fault", r.env.Regions.Primary, "there is room for 5 tasks")
			})
		},
		judge: func(r *run) []Invariant {
			return append(r.content(), r.nothingLost(), r.oneWriter(), r.causeNames("register-scalable-target"), r.causeNames("restored database"))
		},
	},
	{
		Name: "restore-twice", Expected: Recovered, machine: restoreMachine,
		Sentence: "Two people start a restore at once: one of them is refused by the lock.",
		prepare: func(r *run) {
			r.corruptAndRestore()
			r.operator(time.Minute, world.Answer{Approved: true})
			r.restoreAt(afterCorruption+time.Second, func() string { return input("latest", "replace") })
		},
		judge: func(r *run) []Invariant { return append(r.restoredInPlace(), r.refused(restoreMachine, 1)) },
	},
	{
		Name: "restore-during-failover", Expected: FailedClean, machine: restoreMachine,
		Sentence: "A failover waits for a person: a restore is refused by its lock.",
		prepare: func(r *run) {
			r.at(r.moment(), func() {
				r.world.Cloud.Cut(cloud.Checkers, r.env.Regions.Primary)
				r.say("fault", r.env.Regions.Primary, "Route 53's checkers do not reach it any more")
			})
			r.at(3*time.Minute, r.alarm)
			r.world.OnQuestion(func(*stepfunctions.Execution) {
				r.restoreNow(func() string { return input("latest", "replace") })
			})
		},
		judge: func(r *run) []Invariant { return append(r.asBefore(), r.causeNames("AlreadyRunning")) },
	},
	{
		Name: "failover-during-restore", Expected: Recovered, machine: restoreMachine,
		Sentence: "The services are stopped for a restore and the alarm on the region goes off: the failover stands down, and nothing is promoted.",
		prepare: func(r *run) {
			r.corruptAndRestore()
			r.operator(time.Minute, world.Answer{Approved: true})
			r.when("RestoreDatabase", func() { r.after(3*time.Minute, r.alarm) })
		},
		judge: func(r *run) []Invariant {
			return append(r.restoredInPlace(), r.refused("failover", 1), verdict("nothing is promoted", len(r.observed.promotions) == 0, "%d promotions", len(r.observed.promotions)))
		},
	},
}

const (
	corruption      = 3 * time.Minute              // after the warm-up
	afterCorruption = corruption + 9*time.Minute   // somebody noticed, and the logs are in S3
	mark            = "corrupted"                  // of the damage
	between         = 5*time.Hour + 30*time.Minute // the operator's zone
	drained         = 45 * time.Second             // from the last write of a client to the look that finds no task
)

// input is what an operator types, for the database alone.
func input(to, mode string) string { return inputOf(to, mode, restore.Database) }

// inputOf is what an operator types; without parts it is all of them.
func inputOf(to, mode string, parts ...restore.Part) string {
	text := fmt.Sprintf(`{"to":%q,"mode":%q,"reason":"drill"`, to, mode)
	if len(parts) > 0 {
		what, err := json.Marshal(parts)
		if err != nil {
			panic(err) // a list of words
		}
		text += `,"what":` + string(what)
	}
	return text + "}"
}

func stampZone(t time.Time, zone *time.Location) string { return t.In(zone).Format(time.RFC3339) }

// corruptAndRestore damages a table, and has an operator start the restore to the second before, in the zone of the
// operator.
func (r *run) corruptAndRestore() {
	primary := r.env.Regions.Primary
	r.at(corruption, func() {
		r.world.RDS.Mark(r.world.RDS.Instance(primary, r.env.DatabaseIn(primary)), mark)
		r.restoring.to = r.world.Sim.Now().Truncate(time.Second).Add(-time.Second)
		r.breaks(primary, "a table of the database is corrupted")
	})
	r.restoreAt(afterCorruption, func() string {
		return input(stampZone(r.restoring.to, time.FixedZone("operator", int(between.Seconds()))), "replace")
	})
}

// restoreAt starts a restore d after the warm-up.
func (r *run) restoreAt(d time.Duration, text func() string) {
	r.at(d, func() { r.restoreNow(text) })
}

// restoreNow starts a restore, and remembers what was there before the first one.
func (r *run) restoreNow(text func() string) {
	if r.restoring.before == nil {
		r.remember()
	}
	r.startIn(r.where(), text())
}
