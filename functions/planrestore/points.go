package planrestore

import (
	"context"
	"fmt"
	"path"
	"strings"
	"time"

	"github.com/acso/disaster-recovery/internal/catalog"
	"github.com/acso/disaster-recovery/internal/failure"
	"github.com/acso/disaster-recovery/internal/incident"
	"github.com/acso/disaster-recovery/internal/restore"
)

// far is how many days are looked through for a point, before the time and behind it: a month, since beyond the daily
// points there is one a month.
const far = 32

// point finds the verified recovery point of a kind that is nearest before a time, or on it.
func (h *Handler) point(ctx context.Context, kind string, plan *restore.Plan) (restore.Point, restore.Source, error) {
	source := restore.Source{Skipped: []string{}, Verified: incident.Pass}
	if plan.To.After(plan.Now) {
		return restore.Point{}, source, h.none(ctx, kind, *plan, "it is in the future")
	}
	found, skipped, hidden, err := h.before(ctx, kind, plan.To)
	if err != nil {
		return restore.Point{}, source, err
	}
	for _, p := range skipped {
		source.Skipped = append(source.Skipped, p.ID+why(p))
	}
	if found == nil {
		reason := "no point of it is kept from before"
		if len(skipped) > 0 {
			reason = fmt.Sprintf("%d points before it are not verified (the newest: %s)", len(skipped), source.Skipped[0])
		}
		return restore.Point{}, source, h.none(ctx, kind, *plan, reason)
	}
	for _, one := range hidden {
		if about(one.Key, found.ID) {
			plan.Hidden = append(plan.Hidden, one)
		}
	}
	if err := h.points.Describe(ctx, found); err != nil {
		return restore.Point{}, source, err
	}
	source.From = "s3://" + h.points.Name + "/" + found.ID
	source.Earliest, source.Latest = found.Taken, found.Taken
	source.LossSeconds = plan.Now.Sub(found.Taken).Seconds()
	return restore.Point{
		Kind: kind, Manifest: found.ID, Taken: found.Taken, Depth: string(found.Depth), Objects: found.Objects, Bytes: found.Bytes,
	}, source, nil
}

// about tells whether a key is a manifest or a verdict on it, whose name begins with the manifest's.
func about(key, id string) bool {
	return key == id || strings.HasPrefix(path.Base(key), strings.TrimSuffix(path.Base(id), ".json")+".") && strings.HasPrefix(key, path.Dir(path.Dir(id))+"/")
}

func why(p catalog.Point) string {
	if !p.Failed.IsZero() {
		return " failed its verification at " + stamp(p.Failed)
	}
	return " is not verified"
}

// before looks back day by day. skipped are the points between the time and the one that is found, the newest first.
// hidden is what lies under something else on the day of the one that is found.
func (h *Handler) before(ctx context.Context, kind string, to time.Time) (found *catalog.Point, skipped []catalog.Point, hidden []catalog.Hidden, err error) {
	for back := range far {
		points, hidden, err := h.points.Versions(ctx, to.AddDate(0, 0, -back))
		if err != nil {
			return nil, nil, nil, err
		}
		for i := len(points) - 1; i >= 0; i-- {
			p := points[i]
			switch {
			case p.Kind != kind || p.Taken.After(to):
			case p.Verified.IsZero():
				skipped = append(skipped, p)
			default:
				return &p, skipped, hidden, nil
			}
		}
	}
	return nil, skipped, nil, nil
}

// after looks for the first verified point behind a time.
func (h *Handler) after(ctx context.Context, kind string, to, now time.Time) (*catalog.Point, error) {
	first, err := h.points.First(ctx)
	if err != nil || first.IsZero() {
		return nil, err
	}
	day := to.Truncate(24 * time.Hour)
	if first.After(day) {
		day = first
	}
	for range far {
		if day.After(now) {
			return nil, nil
		}
		points, _, err := h.points.Versions(ctx, day)
		if err != nil {
			return nil, err
		}
		for _, p := range points {
			if p.Kind == kind && p.Taken.After(to) && !p.Verified.IsZero() {
				return &p, nil
			}
		}
		day = day.AddDate(0, 0, 1)
	}
	return nil, nil
}

// none refuses a time, and names the nearest that can be restored.
func (h *Handler) none(ctx context.Context, kind string, plan restore.Plan, reason string) error {
	var near []string
	from := plan.To
	if from.After(plan.Now) {
		from = plan.Now
	}
	older, _, _, err := h.before(ctx, kind, from)
	if err != nil {
		return err
	}
	if older != nil {
		near = append(near, stamp(older.Taken))
	}
	newer, err := h.after(ctx, kind, from, plan.Now)
	if err != nil {
		return err
	}
	if newer != nil {
		near = append(near, stamp(newer.Taken))
	}
	nearest := "no verified point of it exists"
	if len(near) > 0 {
		nearest = "the nearest that can be restored is " + strings.Join(near, " or ")
	}
	return failure.New(failure.InvalidInput, "choose the recovery point of "+kind+" for "+stamp(plan.To), "%s; %s", reason, nearest).
		Next("give that time, leave this part out, or verify a point with verify-backup")
}
