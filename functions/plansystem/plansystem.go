// Package plansystem decides what a restore of the whole system would make from what: from a date, and from what its own
// region holds, since the other one may be gone.
//
// It touches nothing. It refuses a time in the future, a region in which services still run, and a part of which no verified
// recovery point is left, and names every newer point that it passes over.
package plansystem

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/aws-sdk-go-v2/service/rds/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/acso/disaster-recovery/internal/catalog"
	"github.com/acso/disaster-recovery/internal/database"
	"github.com/acso/disaster-recovery/internal/environment"
	"github.com/acso/disaster-recovery/internal/failure"
	"github.com/acso/disaster-recovery/internal/grant"
	"github.com/acso/disaster-recovery/internal/incident"
	"github.com/acso/disaster-recovery/internal/platform"
	"github.com/acso/disaster-recovery/internal/rebuild"
	"github.com/acso/disaster-recovery/internal/retention"
)

// Event is an example input.
//
//go:embed event.json
var Event []byte

// Errors are the kinds that it fails with.
var Errors = append([]failure.Kind{failure.InvalidInput, failure.Unsafe, failure.QuotaReached, failure.KeyMissing}, incident.Errors...)

// Input is the one thing that is asked for: a date, or a moment.
type Input struct {
	Date string `json:"date,omitempty"` // 2026-11-20: its last moment, UTC
	At   string `json:"at,omitempty"`   // RFC 3339 with a zone, or latest
}

// Handler plans in its region.
type Handler struct {
	p     platform.Platform
	store *incident.Store
	rds   *rds.Client
	s3    *s3.Client
}

// New makes the handler.
func New(p platform.Platform) *Handler {
	return &Handler{p: p, store: incident.NewStore(p), rds: rds.NewFromConfig(p.AWS), s3: s3.NewFromConfig(p.AWS)}
}

// Grants is what it may do: look.
func Grants(e *environment.Environment, region string) []grant.Grant {
	bucket := "arn:aws:s3:::" + e.BucketIn(region, e.Buckets.Backups)
	return append(incident.ReadGrants(e, region),
		grant.Grant{Actions: []string{"rds:DescribeDBSnapshots"}, Resources: []string{
			fmt.Sprintf("arn:aws:rds:%s:%s:snapshot:*", region, e.Account), fmt.Sprintf("arn:aws:rds:%s:%s:snapshot:*", e.Pair(region), e.Account),
		}},
		grant.Grant{Actions: []string{"rds:DescribeDBInstances"}, Resources: []string{database.ARN(e, region)}},
		grant.Grant{Actions: []string{"s3:ListBucket"}, Resources: []string{bucket}},
		grant.Grant{Actions: []string{"s3:GetObject"}, Resources: []string{bucket + "/*/manifests/*"}},
		grant.Grant{Actions: []string{"s3:GetObjectVersion"}, Resources: []string{bucket + "/*/" + retention.Infrastructure + "/*"}},
	)
}

// Handle makes the plan.
func (h *Handler) Handle(ctx context.Context, in Input) (rebuild.Plan, error) {
	now := h.p.Clock.Now().UTC().Truncate(time.Second)
	plan := rebuild.Plan{Region: h.p.Region(), Project: h.p.Environment.RebuildProject(), Now: now, Snapshots: []rebuild.Snapshot{}, Passed: []string{}, ControlPlanes: []string{}}
	var err error
	if plan.At, err = choose(in, now); err != nil {
		return plan, err
	}
	if err := h.vacant(ctx); err != nil {
		return plan, err
	}
	role, err := h.store.Role(ctx)
	if err != nil {
		return plan, err
	}
	plan.Active = role.ActiveRegion
	storage, err := h.snapshots(ctx, &plan)
	if err != nil {
		return plan, err
	}
	if err := h.points(ctx, &plan); err != nil {
		return plan, err
	}
	e := h.p.Environment
	d, archive, err := rebuild.Open(ctx, h.s3, e.BucketIn(plan.Region, e.Buckets.Backups), plan.Infrastructure.Manifest)
	if err != nil {
		return plan, err
	}
	if len(rebuild.Of(d, e, plan.Region, "")) < len(e.Services) {
		return plan, failure.New(failure.Unsafe, "plan a restore of "+plan.Region, "the infrastructure of %s records %d of %d services of the region", stamp(plan.Infrastructure.Taken), len(rebuild.Of(d, e, plan.Region, "")), len(e.Services)).
			Next("give an earlier date, from when both regions answered")
	}
	plan.Deployment = rebuild.Deployment{Commit: d.Commit, Archive: archive.Key, Version: archive.Version, ArchiveSHA256: d.ArchiveSHA256, TakenAt: d.TakenAt}
	plan.Steps = rebuild.Steps(storage)
	plan.ControlPlanes = rebuild.ControlPlanes(plan.Steps)
	plan.Summary = fmt.Sprintf("rebuild %s as of %s: commit %.12s of %s, database of %s (%.0f s given up), files of %s, configuration of %s",
		plan.Region, stamp(plan.At), d.Commit, stamp(plan.Infrastructure.Taken), stamp(plan.Snapshots[0].Taken), plan.Snapshots[0].LossSeconds, stamp(plan.Data.Taken), stamp(plan.Configuration.Taken))
	return plan, nil
}

// choose reads the date or the moment.
func choose(in Input, now time.Time) (time.Time, error) {
	const op = "choose the time to restore to"
	at := now
	switch {
	case (in.Date == "") == (in.At == ""):
		return at, failure.New(failure.InvalidInput, op, "date %q, at %q: exactly one of them is needed", in.Date, in.At).Next(`write {"date":"2026-11-20"} or {"at":"2026-11-20T10:30:00Z"}`)
	case in.Date != "":
		day, err := time.Parse(time.DateOnly, in.Date)
		if err != nil {
			return at, failure.New(failure.InvalidInput, op, "date %q is not like 2026-11-20", in.Date)
		}
		if day.After(now) {
			return at, failure.New(failure.InvalidInput, op, "%s is in the future", in.Date)
		}
		if end := day.AddDate(0, 0, 1).Add(-time.Second); end.Before(now) {
			return end, nil
		}
		return now, nil
	case in.At == "latest":
		return now, nil
	}
	at, err := time.Parse(time.RFC3339, in.At)
	if err != nil {
		return at, failure.New(failure.InvalidInput, op, "at %q is no time", in.At).Next("write RFC 3339 with a zone, 2026-01-15T10:30:00Z, or latest, or a date that exists")
	}
	if at.After(now) {
		return at, failure.New(failure.InvalidInput, op, "%s is in the future", stamp(at))
	}
	return at.UTC(), nil
}

// vacant refuses a region that still has its database: what is there is for restore-point-in-time, which keeps it.
func (h *Handler) vacant(ctx context.Context) error {
	name := h.p.Environment.DatabaseIn(h.p.Region())
	out, err := h.rds.DescribeDBInstances(ctx, &rds.DescribeDBInstancesInput{DBInstanceIdentifier: aws.String(name)})
	var missing *types.DBInstanceNotFoundFault
	switch {
	case errors.As(err, &missing):
		return nil
	case err != nil:
		return failure.FromAWS(err, "look for database %s", name)
	}
	for _, i := range out.DBInstances {
		made := slices.ContainsFunc(i.TagList, func(t types.Tag) bool { return aws.ToString(t.Key) == rebuild.Tag })
		if !made {
			return failure.New(failure.Unsafe, "plan a restore of "+h.p.Region(), "database %s exists, %s", name, aws.ToString(i.DBInstanceStatus)).
				Next("start restore-point-in-time, or fail over; a whole system is restored only where none is")
		}
	}
	return nil
}

// glance bounds the look at the other region: without an answer a snapshot is verified only by what this region knows.
const glance = 5 * time.Second

// snapshots lists the verified ones up to the moment, the newest first.
func (h *Handler) snapshots(ctx context.Context, plan *rebuild.Plan) (storageGiB int, err error) {
	e := h.p.Environment
	here, _, err := catalog.Snapshots(ctx, h.rds, e, plan.Region)
	if err != nil {
		return 0, err
	}
	bounded, cancel := h.p.Clock.WithTimeout(ctx, glance)
	there, _, err := catalog.Snapshots(bounded, rds.NewFromConfig(h.p.In(e.Pair(plan.Region))), e, e.Pair(plan.Region))
	cancel()
	if err != nil {
		there = nil
	}
	own := map[string]catalog.Point{}
	for _, p := range here {
		own[p.ID] = p
	}
	merged := catalog.Merge(here, there)
	slices.Reverse(merged)
	for _, p := range merged {
		mine, listed := own[p.ID]
		// A copy is here because RDS read all of the original and wrote it again.
		verified := string(p.Depth)
		if verified == "" && strings.HasSuffix(mine.Name, catalog.CopySuffix) {
			verified = string(retention.Copied)
		}
		switch {
		case !listed || p.Taken.After(plan.At):
		case len(mine.Regions) == 0:
			plan.Passed = append(plan.Passed, "snapshot "+mine.Name+" is not available")
		case verified == "":
			plan.Passed = append(plan.Passed, "snapshot "+mine.Name+" was never verified")
		case len(plan.Snapshots) < substitutes:
			plan.Snapshots = append(plan.Snapshots, rebuild.Snapshot{Snapshot: mine.Name, Taken: p.Taken, LossSeconds: plan.Now.Sub(p.Taken).Seconds(), Verified: verified})
			storageGiB = max(storageGiB, int(mine.Bytes>>30))
		}
	}
	if len(plan.Snapshots) == 0 {
		return 0, failure.New(failure.Unsafe, "plan a restore of "+plan.Region, "no verified snapshot from before %s is available in it (%s)", stamp(plan.At), orNone(plan.Passed)).
			Next("give a later date, or start the restore in %s", e.Pair(plan.Region))
	}
	return storageGiB, nil
}

// substitutes is how many snapshots a plan has at most, each for the case that the one before it does not restore.
const substitutes = 4

func orNone(list []string) string {
	if len(list) == 0 {
		return "nor an unverified one"
	}
	return strings.Join(list, "; ")
}

// lookBack is how many days before the moment a point may be from.
const lookBack = 35

// points takes the newest verified point of each kind from up to the moment, and names the newer ones that it passes over.
func (h *Handler) points(ctx context.Context, plan *rebuild.Plan) error {
	e := h.p.Environment
	bucket := catalog.Bucket{Client: h.s3, Name: e.BucketIn(plan.Region, e.Buckets.Backups)}
	wanted := map[string]*rebuild.Point{retention.ApplicationData: &plan.Data, retention.Configuration: &plan.Configuration, retention.Infrastructure: &plan.Infrastructure}
	for back := 0; back < lookBack; back++ {
		day, err := bucket.Day(ctx, plan.At.AddDate(0, 0, -back))
		if err != nil {
			return err
		}
		slices.SortStableFunc(day, func(a, b catalog.Point) int { return b.Taken.Compare(a.Taken) })
		for _, p := range day {
			into := wanted[p.Kind]
			switch {
			case into == nil || into.Manifest != "" || p.Taken.After(plan.At):
			case p.Verified.IsZero():
				why := "was never verified"
				if !p.Failed.IsZero() {
					why = "failed its verification"
				}
				plan.Passed = append(plan.Passed, p.ID+" "+why)
			default:
				*into = rebuild.Point{Kind: p.Kind, Manifest: p.ID, Taken: p.Taken.UTC(), LossSeconds: plan.Now.Sub(p.Taken).Seconds(), Verified: string(p.Depth)}
			}
		}
		if plan.Data.Manifest != "" && plan.Configuration.Manifest != "" && plan.Infrastructure.Manifest != "" {
			return nil
		}
	}
	for _, kind := range []string{retention.ApplicationData, retention.Configuration, retention.Infrastructure} {
		if wanted[kind].Manifest == "" {
			return failure.New(failure.Unsafe, "plan a restore of "+plan.Region, "no verified point of %s from the %d days before %s is in s3://%s", kind, lookBack, stamp(plan.At), bucket.Name).
				Next("give a later date, start verify-backup on an unverified point, or start the restore in %s", e.Pair(plan.Region))
		}
	}
	return nil
}

func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }
