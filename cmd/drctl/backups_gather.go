package main

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/acso/disaster-recovery/cmd/drctl/console"
	"github.com/acso/disaster-recovery/internal/catalog"
	"github.com/acso/disaster-recovery/internal/environment"
	"github.com/acso/disaster-recovery/internal/manifest"
	"github.com/acso/disaster-recovery/internal/retention"
	"github.com/acso/disaster-recovery/internal/watching"
)

// farBack is how many days are looked through for a kind's newest verified point.
const farBack = 35

// gather reads the points of the day, or of today and yesterday when it is zero, with the newest verified one of each kind:
// what retention says of a point depends on those.
func gather(ctx context.Context, a account, env *environment.Environment, now, day time.Time) (console.Backups, error) {
	bucket := catalog.Bucket{Client: s3.NewFromConfig(a.config), Name: env.BucketIn(a.region, env.Buckets.Backups)}
	points, err := recent(ctx, bucket, now, day)
	if err != nil {
		return console.Backups{}, err
	}
	for i := range points {
		if err := bucket.Describe(ctx, &points[i]); err != nil {
			return console.Backups{}, err
		}
		points[i].Refers = dayBefore(points[:i], points[i])
	}
	snapshots, unasked, err := bothRegions(ctx, a, env)
	if err != nil {
		return console.Backups{}, err
	}
	points = append(points, snapshots...)
	table := judged(points, env, now, day)
	table.Unasked = unasked
	return table, nil
}

// recent lists the days that are asked for, and goes on until each kind has a verified point.
func recent(ctx context.Context, bucket catalog.Bucket, now, day time.Time) ([]catalog.Point, error) {
	var points []catalog.Point
	add := func(date time.Time) error {
		found, err := bucket.Day(ctx, date)
		points = append(found, points...)
		return err
	}
	for back := 0; back < farBack && (back < 2 || !complete(points)); back++ {
		date := now.AddDate(0, 0, -back)
		if manifest.Day(date) == manifest.Day(day) {
			day = time.Time{}
		}
		if err := add(date); err != nil {
			return nil, err
		}
	}
	if !day.IsZero() {
		return points, add(day)
	}
	return points, nil
}

func complete(points []catalog.Point) bool {
	for _, kind := range retention.Kinds {
		if _, found := watching.NewestVerified(points, kind); !found && kind != retention.Database {
			return false
		}
	}
	return true
}

// dayBefore are the points that a point may refer to: the earlier ones of its kind and day. Which of them it does is in its
// manifest, which may be large; what it may refer to is kept as long.
func dayBefore(earlier []catalog.Point, p catalog.Point) (ids []string) {
	for _, q := range earlier {
		if q.Kind == p.Kind && manifest.Day(q.Taken) == manifest.Day(p.Taken) && q.Taken.Before(p.Taken) {
			ids = append(ids, q.ID)
		}
	}
	return ids
}

// bothRegions lists the snapshots of both regions; the region that is asked for has to answer, and without the other one
// no copy counts. unasked says why the other one is not known, "" when it is.
func bothRegions(ctx context.Context, a account, env *environment.Environment) (points []catalog.Point, unasked string, err error) {
	here, _, err := catalog.Snapshots(ctx, rds.NewFromConfig(a.config), env, a.region)
	if err != nil {
		return nil, "", err
	}
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	pair := env.Pair(a.region)
	there, _, err := catalog.Snapshots(ctx, rds.NewFromConfig(a.in(pair)), env, pair)
	if err != nil {
		return here, pair + " was not asked for its snapshots, so that no copy counts: " + err.Error(), nil
	}
	return catalog.Merge(here, there), "", nil
}

// judged puts the points into the order of the table, with what retention and the age limits say.
func judged(points []catalog.Point, env *environment.Environment, now, day time.Time) console.Backups {
	var bare []retention.Point
	known := map[string]catalog.Point{}
	for _, p := range points {
		bare = append(bare, p.Point)
		known[p.Kind+" "+p.ID] = p
	}
	rows := map[string][]console.Backup{}
	rules := retention.From(env)
	for _, d := range retention.Solve(rules, bare, now) {
		p := known[d.Kind+" "+d.ID]
		if old := d.Taken.Before(now.AddDate(0, 0, -1).Truncate(24 * time.Hour)); day.IsZero() && old && d.Why != retention.NewestVerified {
			continue
		}
		if !day.IsZero() && manifest.Day(d.Taken) != manifest.Day(day) {
			continue
		}
		row := console.Backup{
			Kind: d.Kind, ID: d.ID, Taken: d.Taken, AgeSeconds: now.Sub(d.Taken).Seconds(), Bytes: p.Bytes, Objects: p.Objects,
			Depth: string(p.Depth), Regions: p.Regions, Why: string(d.Why),
		}
		row.Verified, row.Failed, row.KeptUntil = optional(p.Verified), optional(p.Failed), optional(d.Until)
		if d.Why == retention.ReferredTo && d.Until.IsZero() { // as long as another is the newest: what it has by itself
			row.KeptUntil, row.Why = optional(rules.Until(d.Class, d.Taken)), string(d.Class)
		}
		rows[d.Kind] = append([]console.Backup{row}, rows[d.Kind]...)
	}
	l := console.Backups{Points: []console.Backup{}}
	for _, kind := range retention.Kinds {
		l.Points = append(l.Points, rows[kind]...)
		if limit := watching.AgeLimit(env, kind); limit > 0 {
			age := console.Age{Kind: kind, Limit: limit}
			if newest, found := watching.NewestVerified(points, kind); found {
				age.Newest = new(now.Sub(newest.Taken))
			}
			l.Ages = append(l.Ages, age)
		}
	}
	return l
}

func optional(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}
