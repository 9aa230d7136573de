package restorelock

import (
	"context"
	"time"

	"github.com/acso/disaster-recovery/internal/failure"
	"github.com/acso/disaster-recovery/internal/incident"
	"github.com/acso/disaster-recovery/internal/manifest"
	"github.com/acso/disaster-recovery/internal/restore"
)

// place records that what was restored serves from now on. A restore of the database records it when the name is taken.
func (h *Handler) place(ctx context.Context, in Input) (Output, error) {
	i, err := h.store.Update(ctx, in.Claim, func(i *incident.Incident) bool {
		if i.Restore == nil || i.Restore.InPlace || i.Restore.Source != "" {
			return false
		}
		i.Settle()
		return true
	})
	if err == nil && (i.Restore == nil || !i.Restore.InPlace) {
		err = failure.New(failure.Unsafe, "put what was restored in its place", "the restored database does not carry the live name")
	}
	return h.output(i), err
}

// losses are the losses of the parts that were restored in place, as far as they are known.
func losses(r *incident.Restore) []Loss {
	list := []Loss{}
	if r == nil || r.StoppedAt.IsZero() {
		return list
	}
	add := func(part restore.Part, from string, moment time.Time) {
		list = append(list, Loss{Part: part, From: from, Seconds: max(0, r.StoppedAt.Sub(moment).Seconds())})
	}
	if r.Source != "" && r.LostRows != nil {
		add(restore.Database, r.To.Format(time.RFC3339), r.To)
	}
	for _, one := range []struct {
		part restore.Part
		of   *incident.Part
	}{{restore.Data, r.Data}, {restore.Configuration, r.Configuration}} {
		if one.of == nil || !one.of.Restored {
			continue
		}
		if _, taken, ok := manifest.ParseKey(one.of.Manifest); ok {
			add(one.part, one.of.Manifest, taken)
		}
	}
	return list
}
