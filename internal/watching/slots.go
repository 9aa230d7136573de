// Package watching says what is expected of backups and whether it came: scheduled slots, ages of recovery points, and the
// alarms on both.
//
// It counts slots and not attempts: a job that never started has no record, and its slot is a failure all the same. It
// refuses to count what is not known to be there. It calls nothing: who watches gives it points and a time.
package watching

import (
	"math"
	"slices"
	"time"

	"github.com/acso/disaster-recovery/internal/catalog"
	"github.com/acso/disaster-recovery/internal/environment"
	"github.com/acso/disaster-recovery/internal/retention"
)

// Month is the rolling month over which success is reported.
const Month = 31 * 24 * time.Hour

// Slots is one schedule of a kind: every Interval, at Offset after midnight UTC, a recovery point is expected.
type Slots struct {
	Kind     string
	Offset   time.Duration
	Interval time.Duration // divides a day
	Window   time.Duration // a point fills a slot when it was taken so soon after the slot began
}

// Expected are the schedules of an environment, as statemachines.Schedules starts them. Infrastructure is backed up when it
// is deployed, and has none. The windows are short where another schedule or a person may take a point of the same kind
// between two slots, which fills neither; logs are exported one group after the other, which takes its time.
func Expected(e *environment.Environment) []Slots {
	const daily, soon, slowly, nightly = 24 * time.Hour, 2 * time.Hour, 12 * time.Hour, 2 * time.Hour
	data, database := e.Backup.Data.Incremental.Std(), e.Backup.Database.Interval.Std()
	return []Slots{
		{retention.ApplicationData, 0, data, data},
		{retention.Configuration, 0, daily, soon},
		{retention.Database, 0, daily, soon},
		{retention.Database, nightly % database, database, max(database-nightly, database/2)},
		{retention.Logs, 0, daily, slowly},
	}
}

// slot is the beginning of the slot that a moment is in.
func (s Slots) slot(t time.Time) time.Time {
	return t.UTC().Add(-s.Offset).Truncate(s.Interval).Add(s.Offset)
}

// end is the first slot on which there is no verdict yet: a run may begin late in its window and takes its time.
func (s Slots) end(now time.Time) time.Time {
	return s.slot(now.Add(-s.Window - min(s.Interval, time.Hour))).Add(s.Interval)
}

// Rate is how many of the slots of a month have their recovery point.
type Rate struct {
	Kind      string      `json:"kind"`      // "" for all kinds together
	Expected  int         `json:"expected"`  // slots: the denominator
	Succeeded int         `json:"succeeded"` // slots with a good point: the numerator
	Missed    []time.Time `json:"missed"`    // when the other slots began
	// LastMissed tells whether a schedule's last judged slot is among them.
	LastMissed bool `json:"lastMissed"`
}

// Percent is the success rate, NaN without any slot: nothing is known then.
func (r Rate) Percent() float64 {
	if r.Expected == 0 {
		return math.NaN()
	}
	return 100 * float64(r.Succeeded) / float64(r.Expected)
}

// From is the first slot of the rolling month; slots before the first whole one after since do not count.
func (s Slots) From(since, now time.Time) time.Time {
	from := s.end(now).Add(-Month)
	if first := s.slot(since); since.After(from) {
		if from = first; first.Before(since) {
			from = first.Add(s.Interval)
		}
	}
	return from
}

// Judge counts the slots of the rolling month, since a moment at which backups began. The points may be of any kind and in
// any order; those that failed verification do not count, and neither do snapshots that are not in both regions.
func (s Slots) Judge(points []catalog.Point, since, now time.Time) Rate {
	filled := map[time.Time]bool{}
	for _, p := range points {
		if slot := s.slot(p.Taken); p.Kind == s.Kind && p.Taken.Sub(slot) < s.Window && Good(p) {
			filled[slot] = true
		}
	}
	rate := Rate{Kind: s.Kind, Missed: []time.Time{}}
	for slot := s.From(since, now); slot.Before(s.end(now)); slot = slot.Add(s.Interval) {
		rate.Expected++
		if filled[slot] {
			rate.Succeeded++
		} else {
			rate.Missed = append(rate.Missed, slot)
		}
		rate.LastMissed = !filled[slot]
	}
	return rate
}

// Good tells whether a point fills its slot: no verification of it failed, and a snapshot is known to be in both regions,
// since a copy that was skipped is a failure.
func Good(p catalog.Point) bool {
	return p.Failed.IsZero() && (p.Kind != retention.Database || len(p.Regions) > 1)
}

// JudgeKind counts the slots of all schedules of a kind; false for a kind without any.
func JudgeKind(schedules []Slots, kind string, points []catalog.Point, since, now time.Time) (Rate, bool) {
	all, scheduled := Rate{Kind: kind, Missed: []time.Time{}}, false
	for _, s := range schedules {
		if s.Kind == kind {
			all, scheduled = all.plus(s.Judge(points, since, now)), true
		}
	}
	slices.SortFunc(all.Missed, time.Time.Compare)
	return all, scheduled
}

// Total puts the rates of all kinds together.
func Total(rates []Rate) Rate {
	all := Rate{Missed: []time.Time{}}
	for _, r := range rates {
		all = all.plus(r)
	}
	slices.SortFunc(all.Missed, time.Time.Compare)
	return all
}

func (r Rate) plus(other Rate) Rate {
	r.Expected += other.Expected
	r.Succeeded += other.Succeeded
	r.Missed = append(r.Missed, other.Missed...)
	r.LastMissed = r.LastMissed || other.LastMissed
	return r
}

// NewestVerified is the newest point of a kind that was verified, at whatever depth, or false when there is none.
func NewestVerified(points []catalog.Point, kind string) (newest catalog.Point, found bool) {
	for _, p := range points {
		if p.Kind == kind && !p.Verified.IsZero() && (!found || p.Taken.After(newest.Taken)) {
			newest, found = p, true
		}
	}
	return newest, found
}

// AgeLimit is the age at which the newest verified point of a kind is too old, or 0 for a kind without a schedule. Just
// before the next point is there, the last one is as old as the interval; what comes on top is the recovery point objective
// of the class of data.
func AgeLimit(e *environment.Environment, kind string) time.Duration {
	rpo := e.Objectives.RecoveryPoint
	switch kind {
	case retention.ApplicationData:
		return e.Backup.Data.Incremental.Std() + rpo.Critical.Std()
	case retention.Configuration:
		return 24*time.Hour + rpo.Standard.Std()
	case retention.Database:
		return e.Backup.Database.Interval.Std() + rpo.Standard.Std()
	case retention.Logs:
		return 24*time.Hour + rpo.Archive.Std()
	}
	return 0
}
