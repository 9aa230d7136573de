package testrestore

import (
	"context"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/rds"

	"github.com/acso/disaster-recovery/internal/catalog"
	"github.com/acso/disaster-recovery/internal/failure"
	"github.com/acso/disaster-recovery/internal/restoretest"
	"github.com/acso/disaster-recovery/internal/retention"
)

const (
	// glance bounds the look at the other region, whose copies prove snapshots: without an answer they are unproven.
	glance = 5 * time.Second
	// lookBack is how many days are gone through for a verified point. A kind without one for longer is missing.
	lookBack = 35
)

// plan chooses the newest verified point of each kind.
func (h *Handler) plan(ctx context.Context, in Input) (Output, error) {
	e := h.p.Environment
	plan := restoretest.Plan{
		Name: restoretest.Name(e, in.Execution), Region: h.p.Region(), Planned: h.p.Clock.Now().UTC(),
		Databases: []restoretest.Database{}, Points: []restoretest.Point{}, Missing: []string{},
	}
	if err := h.snapshot(ctx, in, &plan); err != nil {
		return Output{}, err
	}
	if err := h.moment(ctx, in, &plan); err != nil {
		return Output{}, err
	}
	if err := h.points(ctx, &plan); err != nil {
		return Output{}, err
	}
	detail := fmt.Sprintf("%d databases and %d points are restored as %s", len(plan.Databases), len(plan.Points), plan.Name)
	return Output{Done: true, Detail: detail, Plan: &plan}, nil
}

// snapshot takes the newest snapshot that is verified: restored before, or read in full for its copy in the other region.
func (h *Handler) snapshot(ctx context.Context, in Input, plan *restoretest.Plan) error {
	e, region := h.p.Environment, h.p.Region()
	here, _, err := catalog.Snapshots(ctx, h.rds, e, region)
	if err != nil {
		return err
	}
	listed := map[string]catalog.Point{}
	for _, p := range here {
		listed[p.Name] = p
	}
	bounded, cancel := h.p.Clock.WithTimeout(ctx, glance)
	there, _, err := catalog.Snapshots(bounded, rds.NewFromConfig(h.p.In(e.Pair(region))), e, e.Pair(region))
	cancel()
	if err != nil {
		there = nil // then none is proven by its copy; those that were restored before still are
	}
	chosen, verified := catalog.Point{}, false
	for _, p := range catalog.Merge(here, there) {
		own, isHere := listed[p.Name]
		if !isHere || len(own.Regions) == 0 { // elsewhere only, or not available yet
			continue
		}
		if in.Snapshot == p.Name || in.Snapshot == "" && !p.Verified.IsZero() {
			chosen, verified = own, !p.Verified.IsZero()
		}
	}
	switch {
	case chosen.Name == "" && in.Snapshot != "":
		return failure.New(failure.Unsafe, "plan a restore test of snapshot "+in.Snapshot, "no backup of %s has an available one of that name in %s", e.Prefix(), region).
			Next("give a snapshot of this environment that drctl backups lists, or none")
	case chosen.Name == "":
		plan.Missing = append(plan.Missing, retention.Database)
		return nil
	}
	plan.Databases = append(plan.Databases, restoretest.Database{
		From: restoretest.Snapshot, Instance: restoretest.Instance(e, in.Execution, restoretest.Snapshot), Snapshot: chosen.Name,
		Moment: chosen.Finished.UTC(), Verified: word(verified),
	})
	return nil
}

func word(verified bool) string {
	if verified {
		return "pass"
	}
	return "unknown"
}

// moment takes the newest moment of the live database's automated backups. A replica has none: its region tests the copies.
func (h *Handler) moment(ctx context.Context, in Input, plan *restoretest.Plan) error {
	e := h.p.Environment
	name := e.DatabaseIn(h.p.Region())
	op := "plan a restore test of " + name
	out, err := h.rds.DescribeDBInstances(ctx, &rds.DescribeDBInstancesInput{DBInstanceIdentifier: aws.String(name)})
	if err != nil {
		return failure.FromAWS(err, "%s", op)
	}
	if len(out.DBInstances) != 1 {
		return failure.New(failure.NotFound, op, "RDS lists %d instances of that name", len(out.DBInstances))
	}
	live := out.DBInstances[0]
	if aws.ToString(live.ReadReplicaSourceDBInstanceIdentifier) != "" {
		return nil
	}
	backups, err := h.rds.DescribeDBInstanceAutomatedBackups(ctx, &rds.DescribeDBInstanceAutomatedBackupsInput{DbiResourceId: live.DbiResourceId})
	if err != nil {
		return failure.FromAWS(err, "%s: read its automated backups", op)
	}
	for _, backup := range backups.DBInstanceAutomatedBackups {
		if r := backup.RestoreWindow; r != nil && r.LatestTime != nil {
			plan.Databases = append(plan.Databases, restoretest.Database{
				From: restoretest.Moment, Instance: restoretest.Instance(e, in.Execution, restoretest.Moment), Moment: r.LatestTime.UTC(), Verified: word(false),
			})
			return nil
		}
	}
	plan.Missing = append(plan.Missing, "point in time")
	return nil
}

// points takes the newest verified point of each kind in the bucket, and names the kinds that have none.
func (h *Handler) points(ctx context.Context, plan *restoretest.Plan) error {
	e := h.p.Environment
	bucket := catalog.Bucket{Client: h.s3, Name: e.BucketIn(h.p.Region(), e.Buckets.Backups)}
	found := map[string]restoretest.Point{}
	for back := 0; back < lookBack && len(found) < len(restoretest.Kinds()); back++ {
		day, err := bucket.Day(ctx, plan.Planned.AddDate(0, 0, -back))
		if err != nil {
			return err
		}
		newest := map[string]restoretest.Point{}
		for _, p := range day {
			if at := newest[p.Kind]; !p.Verified.IsZero() && p.Taken.After(at.Taken) {
				newest[p.Kind] = restoretest.Point{Kind: p.Kind, Manifest: p.ID, Taken: p.Taken.UTC(), Verified: p.Verified.UTC(), Depth: string(p.Depth)}
			}
		}
		for _, kind := range restoretest.Kinds() {
			if p, ok := newest[kind]; ok && found[kind].Manifest == "" {
				found[kind] = p
			}
		}
	}
	for _, kind := range restoretest.Kinds() {
		if p, ok := found[kind]; ok {
			plan.Points = append(plan.Points, p)
			continue
		}
		plan.Missing = append(plan.Missing, kind)
	}
	return nil
}
