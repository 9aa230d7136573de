package readiness

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/acso/disaster-recovery/internal/incident"
)

// Drift is what changed since the last run by the clock, whether it is wrong or not.
type Drift struct {
	Since   time.Time `json:"since"`   // of the last run; the zero time when this is the first
	Changed bool      `json:"changed"` // the verdict over all, or a finding, came or went
	News    bool      `json:"news"`    // people know it otherwise: nobody has told them yet
	Changes []string  `json:"changes"`
	// NotReadySince is when the region was first found not ready without having been ready since; zero while it is ready.
	NotReadySince time.Time `json:"notReadySince"`
}

// record is what a run by the clock leaves for the next one.
type record struct {
	At            time.Time          `json:"at"`
	Verdict       Verdict            `json:"verdict"`
	Checks        map[string]Verdict `json:"checks"`
	Facts         map[string]string  `json:"facts"`
	NotReadySince time.Time          `json:"notReadySince,omitzero"`
	ReadyAt       time.Time          `json:"readyAt,omitzero"` // when it was last found ready
	Told          map[string]Verdict `json:"told"`             // the checks as people were last told of them; nil when they never were
}

// remember compares with what the last run by the clock left and, when this is one, leaves this one's.
func (x *Examiner) remember(ctx context.Context, r *run, keep bool) error {
	now := record{At: r.report.At, Verdict: r.report.Verdict, Checks: map[string]Verdict{}, Facts: r.facts}
	for _, c := range r.report.Checks {
		now.Checks[c.Name] = c.Verdict
	}
	var last record
	compare := func() any {
		now.NotReadySince, now.ReadyAt, now.Told = last.NotReadySince, last.ReadyAt, last.Told
		if now.Verdict == Pass {
			now.NotReadySince, now.ReadyAt = time.Time{}, now.At
		} else if now.NotReadySince.IsZero() {
			now.NotReadySince = now.At
		}
		r.report.Drift = drift(last, now)
		return now
	}
	if keep {
		return x.store.Remember(ctx, incident.ReadinessKey, &last, compare)
	}
	err := x.store.Recall(ctx, incident.ReadinessKey, &last)
	compare()
	return err
}

// Told notes that people were told of a report. Until it is called, each run by the clock says again that there is something to tell.
func (x *Examiner) Told(ctx context.Context, r *Report) error {
	var last record
	return x.store.Remember(ctx, incident.ReadinessKey, &last, func() any {
		last.Told = map[string]Verdict{}
		for _, c := range r.Checks {
			last.Told[c.Name] = c.Verdict
		}
		return last
	})
}

// news tells whether people know something else than what is so now. They begin with knowing a region that is ready.
func news(told, now map[string]Verdict) bool {
	known := func(name string) Verdict {
		if v, ok := told[name]; ok {
			return v
		}
		return Pass // not judged, since something else was found that people were told of
	}
	for name := range now {
		if known(name) != now[name] {
			return true
		}
	}
	return false
}

// drift says what changed between two runs. A fact that one of them could not read is no change.
func drift(last, now record) Drift {
	d := Drift{Since: last.At, News: news(last.Told, now.Checks), Changes: []string{}, NotReadySince: now.NotReadySince}
	if last.At.IsZero() {
		d.Changed = now.Verdict != Pass
		return d
	}
	d.Changed = last.Verdict != now.Verdict
	for _, name := range slices.Sorted(maps.Keys(now.Checks)) {
		before, known := last.Checks[name]
		if is := now.Checks[name]; known && before != is || !known && is != Pass {
			if !known {
				before = "not judged"
			}
			d.Changed = true
			d.Changes = append(d.Changes, fmt.Sprintf("%s: %s, was %s", name, is, before))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(now.Facts)) {
		if before, known := last.Facts[name]; known && before != now.Facts[name] {
			d.Changes = append(d.Changes, fmt.Sprintf("%s is %s, was %s", name, now.Facts[name], before))
		}
	}
	return d
}
