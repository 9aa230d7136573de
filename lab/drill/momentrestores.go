package drill

import (
	"time"

	"github.com/acso/disaster-recovery/internal/restore"
	"github.com/acso/disaster-recovery/internal/retention"
	"github.com/acso/disaster-recovery/lab/world"
)

// leapEvening is shortly before the end of a day that most years do not have.
var leapEvening = time.Date(2028, time.February, 29, 23, 25, 0, 0, time.UTC)

// momentRestores: the moment is the difficulty. Each part has its own way from a moment to what serves it.
var momentRestores = []Scenario{
	{
		Name: "restore-leap-day", Expected: Recovered, machine: restoreMachine, begins: leapEvening,
		Sentence: "On 1 March everything is restored to the last second of 29 February, which the operator writes in a zone where it is March already.",
		prepare: func(r *run) {
			r.protect(0)
			midnight := leapEvening.Truncate(24*time.Hour).AddDate(0, 0, 1).Sub(leapEvening) - warmUp
			r.at(midnight, func() {
				r.damageDatabase()
				r.damageFiles()
				r.damageParameters()
			})
			r.protect(midnight + 10*time.Second) // points of the damage, on the day after
			r.restoreAt(midnight+9*time.Minute, func() string { return r.zoned("replace", restore.Parts()...) })
			r.operator(time.Minute, world.Answer{Approved: true})
		},
		judge: func(r *run) []Invariant {
			return append(r.restoredInPlace(), r.filesRestored(), r.filesKept(), r.parametersRestored(), r.parametersKept(), r.lossesCover(), r.restoredTo("2028-02-29T23:59:59Z"), r.pointUsed(0))
		},
	},
	{
		Name: "restore-no-such-day", Expected: FailedClean, machine: restoreMachine,
		Sentence: "29 February of a year that has none is refused for what it is, and not taken for 1 March.",
		prepare: func(r *run) {
			r.restoreAt(r.moment(), func() string { return inputOf("2026-02-29T10:00:00Z", "replace") })
		},
		judge: func(r *run) []Invariant { return append(r.asBefore(), r.nothingChanged(), r.causeNames("is no time")) },
	},
	{
		Name: "restore-future", Expected: FailedClean, machine: restoreMachine,
		Sentence: "A time that has passed where the operator is, written with the zone of UTC, is in the future: refused, and the nearest is named.",
		prepare: func(r *run) {
			r.restoreAt(r.moment(), func() string {
				there := r.world.Sim.Now().Add(-time.Minute).In(time.FixedZone("operator", int(between.Seconds())))
				return inputOf(there.Format("2006-01-02T15:04:05")+"Z", "replace")
			})
		},
		judge: func(r *run) []Invariant {
			return append(r.asBefore(), r.nothingChanged(), r.causeNames("is in the future; the nearest that can be restored is "))
		},
	},
	{
		Name: "restore-data-future", Expected: FailedClean, machine: restoreMachine,
		Sentence: "The same of the files and the parameters, which have no backups of RDS to be compared with: refused, and the newest point is named.",
		prepare: func(r *run) {
			at := r.protect(r.moment())
			r.restoreAt(at, func() string {
				return inputOf(stampZone(r.world.Sim.Now().Add(time.Minute), time.UTC), "replace", restore.Data, restore.Configuration)
			})
		},
		judge: func(r *run) []Invariant {
			return append(r.asBefore(), r.partsUntouched(), r.causeNames("it is in the future; the nearest that can be restored is "+stampZone(r.newestPoint(retention.ApplicationData).taken, time.UTC)))
		},
	},
	{
		Name: "restore-second-too-early", Expected: FailedClean, machine: restoreMachine,
		Sentence: "The second before the first that can be restored is refused, and that first second is named.",
		prepare: func(r *run) {
			r.restoreAt(r.moment(), func() string { return input(stampZone(r.firstSecond().Add(-time.Second), time.UTC), "replace") })
		},
		judge: func(r *run) []Invariant {
			return append(r.asBefore(), r.nothingChanged(), r.causeNames("the nearest that can be restored is "+stampZone(r.firstSecond(), time.UTC)))
		},
	},
	{
		Name: "restore-first-second", Expected: FailedClean, machine: restoreMachine,
		Sentence: "The first second that RDS can restore is asked for, and the database of then has no heartbeat near it: it is not called restored, and deleted again.",
		prepare: func(r *run) {
			r.restoreAt(r.moment(), func() string { return input(stampZone(r.firstSecond(), time.UTC), "beside") })
		},
		judge: func(r *run) []Invariant { return append(r.asBefore(), r.causeNames("heartbeat")) },
	},
	{
		Name: "restore-data-second-too-early", Expected: FailedClean, machine: restoreMachine,
		Sentence: "The second before the first point of the files, written in another zone, is refused, and that point is named.",
		prepare: func(r *run) {
			at := r.protect(r.moment())
			r.restoreAt(at, func() string {
				r.restoring.to = r.newestPoint(retention.ApplicationData).taken.Add(-time.Second)
				return r.zoned("replace", restore.Data)
			})
		},
		judge: func(r *run) []Invariant {
			return append(r.asBefore(), r.partsUntouched(), r.causeNames("the nearest that can be restored is "+stampZone(r.newestPoint(retention.ApplicationData).taken, time.UTC)))
		},
	},
	{
		Name: "restore-configuration-between-points", Expected: Recovered, machine: restoreMachine,
		Sentence: "Parameters are restored to a time between two points, written in another time zone: the earlier of the two serves it.",
		prepare: func(r *run) {
			first := r.protect(r.moment())
			r.at(first+time.Minute, r.markMoment)
			r.at(first+2*time.Minute, r.damageParameters)
			second := r.protect(first + 3*time.Minute)
			r.restoreAt(second+time.Minute, func() string { return r.zoned("replace", restore.Configuration) })
			r.operator(time.Minute, world.Answer{Approved: true})
		},
		judge: func(r *run) []Invariant {
			return append(r.aside(), r.parametersRestored(), r.parametersKept(), r.lossesCover(), r.parametersAsOf())
		},
	},
	{
		Name: "restore-configuration-on-a-point", Expected: Recovered, machine: restoreMachine,
		Sentence: "Parameters are restored to the very second at which a point was taken: that point serves it, and not the one before.",
		prepare: func(r *run) {
			first := r.protect(r.moment())
			second := r.protect(first + time.Minute)
			r.at(second, r.damageParameters)
			r.restoreAt(second+time.Minute, func() string {
				keys := r.keys(retention.Configuration)
				for _, key := range keys {
					if p, err := r.pointOf(key); err == nil && !p.taken.After(r.restoring.to) {
						r.restoring.to = p.taken
					}
				}
				return r.zoned("replace", restore.Configuration)
			})
			r.operator(time.Minute, world.Answer{Approved: true})
		},
		judge: func(r *run) []Invariant {
			return append(r.aside(), r.parametersRestored(), r.parametersKept(), r.lossesCover(), r.parametersAsOf())
		},
	},
}

// firstSecond is the first that RDS can restore the database to: the world begins with backups of the whole retention.
func (r *run) firstSecond() time.Time {
	return r.world.Began.AddDate(0, 0, -int(r.env.Database.BackupRetention.Days()))
}

// restoredTo: the moment that was understood is the one that was meant.
func (r *run) restoredTo(want string) Invariant {
	got := stampZone(r.said().To, time.UTC)
	return verdict("the moment is understood", got == want, "%s, wanted %s", got, want)
}

// parametersAsOf: of all points at the moment or before, the newest served it.
func (r *run) parametersAsOf() Invariant {
	newest := ""
	for _, key := range r.keys(retention.Configuration) {
		if p, err := r.pointOf(key); err == nil && !p.taken.After(r.restoring.to) {
			newest = key
		}
	}
	return verdict("the right point serves the moment", newest != "" && newest == r.said().Configuration, "%s was used, %s is the newest of %s or before", r.said().Configuration, newest, stampZone(r.restoring.to, time.UTC))
}
