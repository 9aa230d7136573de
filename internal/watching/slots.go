// Package watching says what is expected of backups and whether it came: scheduled slots, ages of recovery points, and the
// alarms on both.
//
// It counts slots and not attempts: a job that never started has no record, and its slot is a failure all the same. It
// refuses to count what is not known to be there. It calls nothing: who watches gives it points and a time.
package watching

import (
	"math"
	"time"

	"github.com/acso/disaster-recovery/internal/catalog"
	"github.com/acso/disaster-recovery/internal/environment"
	"github.com/acso/disaster-recovery/internal/retention"
)

// Month is the rolling month over which success is reported.
const Month = 31 * 24 * time.Hour

// Slots is the schedule of a kind: one recovery point is expected in each interval, counted from midnight UTC.
type Slots struct {
	Kind     string
	Interval time.Duration // divides a day
}

// Expected are the schedules of an environment. Infrastructure is backed up when it is deployed, and has none.
func Expected(e *environment.Environment) []Slots {
	const day = 24 * time.Hour
	return []Slots{
		{retention.ApplicationData, e.Backup.Data.Incremental.Std()},
		{retention.Configuration, day},
		{retention.Database, e.Backup.Database.Interval.Std()},
		{retention.Logs, day},
	}
}

// grace is how long after its end a slot is judged: a run may begin late in its slot and takes its time.
func (s Slots) grace() time.Duration { return min(s.Interval, time.Hour) }

// judged is the end of the last slot on which there is a verdict.
func (s Slots) judged(now time.Time) time.Time { return now.UTC().Add(-s.grace()).Truncate(s.Interval) }

// Rate is how many of the slots of a month have their recovery point.
type Rate struct {
	Kind      string      `json:"kind"`      // "" for all kinds together
	Expected  int         `json:"expected"`  // slots: the denominator
	Succeeded int         `json:"succeeded"` // slots with a good point: the numerator
	Missed    []time.Time `json:"missed"`    // when the other slots began
}

// Percent is the success rate, NaN without any slot: nothing is known then.
func (r Rate) Percent() float64 {
	if r.Expected == 0 {
		return math.NaN()
	}
	return 100 * float64(r.Succeeded) / float64(r.Expected)
}

// LastMissed tells whether the last judged slot has no point; false as long as no slot is judged.
func (s Slots) LastMissed(r Rate, now time.Time) bool {
	return len(r.Missed) > 0 && r.Missed[len(r.Missed)-1].Equal(s.judged(now).Add(-s.Interval))
}

// From is the start of the first slot of the rolling month; slots before the first whole one after since do not count.
func (s Slots) From(since, now time.Time) time.Time {
	from := s.judged(now).Add(-Month)
	if first := since.UTC().Truncate(s.Interval); first.Before(since) {
		since = first.Add(s.Interval)
	}
	if since.After(from) {
		from = since
	}
	return from.UTC()
}

// Judge counts the slots of the rolling month, since a moment at which backups began. The points may be of any kind and in
// any order; those that failed verification do not count, and neither do snapshots that are not in both regions.
func (s Slots) Judge(points []catalog.Point, since, now time.Time) Rate {
	filled := map[time.Time]bool{}
	for _, p := range points {
		if p.Kind == s.Kind && Good(p) {
			filled[p.Taken.UTC().Truncate(s.Interval)] = true
		}
	}
	rate := Rate{Kind: s.Kind, Missed: []time.Time{}}
	for slot := s.From(since, now); slot.Before(s.judged(now)); slot = slot.Add(s.Interval) {
		rate.Expected++
		if filled[slot] {
			rate.Succeeded++
		} else {
			rate.Missed = append(rate.Missed, slot)
		}
	}
	return rate
}

// Good tells whether a point fills its slot: no verification of it failed, and a snapshot is known to be in both regions,
// since a copy that was skipped is a failure.
func Good(p catalog.Point) bool {
	return p.Failed.IsZero() && (p.Kind != retention.Database || len(p.Regions) > 1)
}

// Total puts the rates of all kinds together, without the list of what was missed.
func Total(rates []Rate) Rate {
	var all Rate
	for _, r := range rates {
		all.Expected += r.Expected
		all.Succeeded += r.Succeeded
	}
	return all
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
	more := map[string]environment.Duration{
		retention.ApplicationData: rpo.Critical, retention.Configuration: rpo.Standard, retention.Database: rpo.Standard, retention.Logs: rpo.Archive,
	}
	for _, s := range Expected(e) {
		if s.Kind == kind {
			return s.Interval + more[kind].Std()
		}
	}
	return 0
}
