package readiness

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/acso/disaster-recovery/internal/incident"
)

// Drift is what changed since the last run, whether it is wrong or not.
type Drift struct {
	Since   time.Time `json:"since"`   // of the last run; the zero time when this is the first
	Changed bool      `json:"changed"` // the verdict over all, or a finding, came or went
	Changes []string  `json:"changes"`
	// NotReadySince is when the region was first found not ready without having been ready since; zero while it is ready.
	NotReadySince time.Time `json:"notReadySince"`
}

// record is what a run leaves for the next one.
type record struct {
	At            time.Time          `json:"at"`
	Verdict       Verdict            `json:"verdict"`
	Checks        map[string]Verdict `json:"checks"`
	Facts         map[string]string  `json:"facts"`
	NotReadySince time.Time          `json:"notReadySince,omitzero"`
}

// remember compares with what the last run left, and leaves this one's.
func (x *Examiner) remember(ctx context.Context, r *run) error {
	now := record{At: r.report.At, Verdict: r.report.Verdict, Checks: map[string]Verdict{}, Facts: r.facts}
	for _, c := range r.report.Checks {
		now.Checks[c.Name] = c.Verdict
	}
	var last record
	return x.store.Remember(ctx, incident.ReadinessKey, &last, func() any {
		if now.NotReadySince = last.NotReadySince; now.Verdict == Pass {
			now.NotReadySince = time.Time{}
		} else if now.NotReadySince.IsZero() {
			now.NotReadySince = now.At
		}
		r.report.Drift = drift(last, now)
		return now
	})
}

// drift says what changed between two runs. A fact that one of them could not read is no change.
func drift(last, now record) Drift {
	d := Drift{Since: last.At, Changes: []string{}, NotReadySince: now.NotReadySince}
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
