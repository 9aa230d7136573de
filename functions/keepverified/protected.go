package keepverified

import (
	"context"
	"time"

	"github.com/acso/disaster-recovery/internal/catalog"
	"github.com/acso/disaster-recovery/internal/retention"
)

// inBucket are the kinds whose points are objects: snapshots have prunesnapshots.
var inBucket = []string{retention.ApplicationData, retention.Configuration, retention.Infrastructure, retention.Logs}

// protected are the points that must not go: the newest of each kind, and the newest that was verified at each depth. It
// goes back in time until it has seen them, on most days to the day before.
func (h *Handler) protected(ctx context.Context, now time.Time) ([]catalog.Point, error) {
	first, err := h.list.First(ctx)
	if err != nil || first.IsZero() {
		return nil, err
	}
	points := map[string]catalog.Point{}
	var all []retention.Point
	seen := map[string]bool{} // kinds whose newest point that was read to the last byte was found
	for day := now.Add(24 * time.Hour).Truncate(24 * time.Hour); !day.Before(first) && len(seen) < len(inBucket); day = day.AddDate(0, 0, -1) {
		list, err := h.list.Day(ctx, day)
		if err != nil {
			return nil, err
		}
		for _, p := range list {
			points[p.Kind+" "+p.ID] = p
			all = append(all, p.Point)
			if !p.Verified.IsZero() && p.Depth.AtLeast(retention.Content) {
				seen[p.Kind] = true
			}
		}
	}
	var out []catalog.Point
	for _, d := range retention.Solve(retention.From(h.p.Environment), all, now) {
		if d.Why == retention.NewestVerified || d.Why == retention.Newest {
			out = append(out, points[d.Kind+" "+d.ID])
		}
	}
	return out, nil
}
