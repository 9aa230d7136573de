package readiness

import (
	"context"
	"fmt"
	"time"

	"github.com/acso/disaster-recovery/internal/catalog"
	"github.com/acso/disaster-recovery/internal/environment"
	"github.com/acso/disaster-recovery/internal/retention"
	"github.com/acso/disaster-recovery/internal/watching"
)

// backupRules: one for each kind of recovery points that may have a schedule. Which of them have one is the environment's.
func backupRules() []rule {
	rules := []rule{{
		name: "snapshot-copies", look: (*run).snapshotCopies,
		why:    "A replica is no backup: corruption replicates. The snapshots here are what is left when both databases are wrong.",
		next:   "run backup-database in the active region and read what it says of the copy",
		forced: "none for the failover itself: if the replica turns out to be wrong too, there is no recent snapshot here",
	}}
	for _, kind := range []string{retention.ApplicationData, retention.Configuration, retention.Infrastructure, retention.Logs} {
		rules = append(rules, rule{
			name: "recovery-point-" + kind, look: func(r *run, ctx context.Context) finding { return r.recoveryPoint(ctx, kind) },
			why:    "The newest verified recovery point of " + kind + " in this region's bucket is what can be restored without the other region.",
			next:   "run the backup of " + kind + " in the active region and verify it; when it is fresh there, look at the replication of the bucket",
			forced: "none for the failover itself: what has to be restored of " + kind + " afterwards is older than its objective",
		})
	}
	return rules
}

func (r *run) snapshotCopies(ctx context.Context) finding {
	points, _, err := catalog.Snapshots(ctx, r.near.rds, r.e, r.here)
	if err != nil {
		return failed(err)
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
func (r *run) fresh(taken time.Time, name string, limit time.Duration) finding {
	if taken.IsZero() {
		return fail("there is none in %s", r.here)
	}
	age := r.p.Clock.Now().Sub(taken)
	told := fmt.Sprintf("%s is of %s, %s old; the limit is %s", name, taken.UTC().Format(time.RFC3339), clock(int(age.Seconds())), environment.Duration(limit))
	if age > limit {
		return fail("%s", told)
	}
	return pass("%s", told)
}

func (r *run) recoveryPoint(ctx context.Context, kind string) finding {
	limit := watching.AgeLimit(r.e, kind)
	if limit == 0 {
		return pass("%s has no schedule", kind)
	}
	bucket := catalog.Bucket{Client: r.near.s3, Name: r.e.BucketIn(r.here, r.e.Buckets.Backups)}
	var unverified time.Time
	const day = 24 * time.Hour
	today := r.p.Clock.Now().UTC().Truncate(day)
	for date := today; !date.Before(today.Add(-limit - day)); date = date.Add(-day) {
		points, err := r.day(ctx, bucket, date)
		if err != nil {
			return failed(err)
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
		return fail("none of %s is verified; the newest is of %s", kind, unverified.UTC().Format(time.RFC3339)).do("verify it: start verify-backup with its kind")
	}
	return fail("there is none of %s in s3://%s of the last %s", kind, bucket.Name, environment.Duration(limit))
}

// day lists each day once, since every kind asks for the same ones.
func (r *run) day(ctx context.Context, bucket catalog.Bucket, date time.Time) ([]catalog.Point, error) {
	if r.days == nil {
		r.days = map[time.Time]*memo[[]catalog.Point]{}
	}
	if r.days[date] == nil {
		r.days[date] = &memo[[]catalog.Point]{}
	}
	return r.days[date].get(func() ([]catalog.Point, error) { return bucket.Day(ctx, date) })
}
