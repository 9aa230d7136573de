package inspection

import (
	"context"
	"fmt"
	"time"

	"github.com/acso/disaster-recovery/internal/catalog"
	"github.com/acso/disaster-recovery/internal/environment"
	"github.com/acso/disaster-recovery/internal/judging"
	"github.com/acso/disaster-recovery/internal/retention"
	"github.com/acso/disaster-recovery/internal/watching"
)

func (r *run) snapshotCopies(ctx context.Context) judging.Finding {
	points, _, err := catalog.Snapshots(ctx, r.rds, r.e, r.here)
	if err != nil {
		return judging.Of(err)
	}
	var newest catalog.Point
	for _, p := range points {
		if len(p.Regions) > 0 && p.Taken.After(newest.Taken) {
			newest = p
		}
	}
	return r.fresh(newest.Taken, newest.Name, watching.AgeLimit(r.e, retention.Database))
}

// fresh compares a point's age with what is allowed for its kind.
func (r *run) fresh(taken time.Time, name string, limit time.Duration) judging.Finding {
	if taken.IsZero() {
		return judging.Fails("there is none in %s", r.here)
	}
	age := r.p.Clock.Now().Sub(taken)
	told := fmt.Sprintf("%s is of %s, %s old; the limit is %s", name, taken.UTC().Format(time.RFC3339), judging.Duration(int(age.Seconds())), environment.Duration(limit))
	if age > limit {
		return judging.Fails("%s", told)
	}
	return judging.Passes("%s", told)
}

// recoveryPoint judges the newest verified point of a kind that has a schedule. Infrastructure has none, since the same is not
// stored twice and an old point may be the right one: watching.AgeLimit is 0 for it, and its check always passes.
func (r *run) recoveryPoint(ctx context.Context, kind string) judging.Finding {
	limit := watching.AgeLimit(r.e, kind)
	if limit == 0 {
		return judging.Passes("%s has no schedule", kind)
	}
	bucket := catalog.Bucket{Client: r.s3, Name: r.e.BucketIn(r.here, r.e.Buckets.Backups)}
	var unverified time.Time
	const day = 24 * time.Hour
	today := r.p.Clock.Now().UTC().Truncate(day)
	for date := today; !date.Before(today.Add(-limit - day)); date = date.Add(-day) {
		points, err := r.day(ctx, bucket, date)
		if err != nil {
			return judging.Of(err)
		}
		if newest, found := watching.NewestVerified(points, kind); found {
			return r.fresh(newest.Taken, newest.ID, limit)
		}
		for _, p := range points {
			if p.Kind == kind && p.Taken.After(unverified) {
				unverified = p.Taken
			}
		}
	}
	if !unverified.IsZero() {
		return judging.Fails("none of %s is verified; the newest is of %s", kind, unverified.UTC().Format(time.RFC3339)).Do("verify it: start verify-backup with its kind")
	}
	return judging.Fails("there is none of %s in s3://%s of the last %s", kind, bucket.Name, environment.Duration(limit))
}

// day lists each day once, since every kind asks for the same ones.
func (r *run) day(ctx context.Context, bucket catalog.Bucket, date time.Time) ([]catalog.Point, error) {
	if r.days[date] == nil {
		r.days[date] = &judging.Memo[[]catalog.Point]{}
	}
	return r.days[date].Get(func() ([]catalog.Point, error) { return bucket.Day(ctx, date) })
}
