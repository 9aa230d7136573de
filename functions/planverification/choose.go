package planverification

import (
	"cmp"
	"context"
	"time"

	"github.com/acso/disaster-recovery/internal/catalog"
	"github.com/acso/disaster-recovery/internal/failure"
	"github.com/acso/disaster-recovery/internal/manifest"
)

// lookBack is how many days without a manifest are passed over when none is named.
const lookBack = 31

// choose finds the manifest that the input means.
func (h *Handler) choose(ctx context.Context, in Input) (string, error) {
	switch {
	case in.ChainDays < 0 || in.ChainDays > 366:
		return "", failure.New(failure.InvalidInput, "plan a verification", "chainDays %d is not from 0 to 366", in.ChainDays)
	case in.Manifest != "":
		return in.Manifest, nil
	case in.Date != "":
		day, err := time.Parse(time.DateOnly, in.Date)
		if err != nil {
			return "", failure.New(failure.InvalidInput, "plan a verification", "date %q is not like 2026-01-15", in.Date)
		}
		return h.newest(ctx, in.Kind, day, 1)
	}
	return h.newest(ctx, in.Kind, h.p.Clock.Now(), lookBack)
}

// newest is the last manifest of a kind of the first day, going back from day, that has one.
func (h *Handler) newest(ctx context.Context, kind string, day time.Time, days int) (string, error) {
	kind = cmp.Or(kind, manifest.ApplicationData)
	for back := range days {
		points, err := h.list.Day(ctx, day.AddDate(0, 0, -back))
		if err != nil {
			return "", err
		}
		var last catalog.Point
		for _, p := range points {
			if p.Kind == kind && p.Taken.After(last.Taken) {
				last = p
			}
		}
		if last.ID != "" {
			return last.ID, nil
		}
	}
	return "", failure.New(failure.NotFound, "find a manifest of "+kind+" in s3://"+h.store.Bucket+"/"+manifest.Folder(day), "there is none, going back %d days: a backup without a manifest is no recovery point", days).
		Next("look why backups do not finish")
}
