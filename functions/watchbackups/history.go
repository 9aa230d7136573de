package watchbackups

import (
	"context"
	"time"

	"github.com/acso/disaster-recovery/internal/catalog"
	"github.com/acso/disaster-recovery/internal/watching"
)

const day = 24 * time.Hour

// history is the points of the bucket over the rolling month. Today and yesterday are listed each time; older days change
// by nothing but a verification or a hand that should not be there, so they are listed again once a day.
type history struct {
	bucket catalog.Bucket
	since  time.Time // when backups began: the first point of the first day of the bucket; zero when it is empty
	listed time.Time // the day on which the older days were listed
	older  []catalog.Point
}

func (h *history) points(ctx context.Context, now time.Time) ([]catalog.Point, error) {
	today := now.Truncate(day)
	if err := h.begin(ctx); err != nil {
		return nil, err
	}
	if !h.listed.Equal(today) {
		var older []catalog.Point
		for date := today.Add(-watching.Month - day); date.Before(today.Add(-day)); date = date.Add(day) {
			points, err := h.bucket.Day(ctx, date)
			if err != nil {
				return nil, err
			}
			older = append(older, points...)
		}
		h.older, h.listed = older, today
	}
	all := append([]catalog.Point{}, h.older...)
	for _, date := range []time.Time{today.Add(-day), today} {
		points, err := h.bucket.Day(ctx, date)
		if err != nil {
			return nil, err
		}
		all = append(all, points...)
	}
	return all, nil
}

// begin finds out since when there are backups, once there are.
func (h *history) begin(ctx context.Context) error {
	if !h.since.IsZero() {
		return nil
	}
	first, err := h.bucket.First(ctx)
	if err != nil || first.IsZero() {
		return err
	}
	points, err := h.bucket.Day(ctx, first)
	if err != nil {
		return err
	}
	h.since = first.Add(day) // the points of that day are gone or never were
	for _, p := range points {
		if p.Taken.Before(h.since) {
			h.since = p.Taken
		}
	}
	return nil
}
