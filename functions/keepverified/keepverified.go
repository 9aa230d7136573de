// Package keepverified keeps the newest recovery point of each kind in the backup bucket, and the newest that was verified,
// from expiring while nothing newer takes their place.
//
// Lifecycle rules know the age of an object and not that it is the last good one. When such a point comes near its end, this
// function takes its objects out of their rules and prolongs their locks; when a newer point has been verified, it puts them
// back. It refuses to shorten anything and deletes nothing. A point of many objects takes it several runs: it notes how far
// it is, and begins many days before the end.
package keepverified

import (
	"context"
	_ "embed"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/acso/disaster-recovery/internal/backup"
	"github.com/acso/disaster-recovery/internal/catalog"
	"github.com/acso/disaster-recovery/internal/environment"
	"github.com/acso/disaster-recovery/internal/failure"
	"github.com/acso/disaster-recovery/internal/grant"
	"github.com/acso/disaster-recovery/internal/platform"
	"github.com/acso/disaster-recovery/internal/retention"
)

// Event is an example input.
//
//go:embed event.json
var Event []byte

// Errors are the kinds that it fails with.
var Errors = []failure.Kind{failure.InvalidInput, failure.NotFound, failure.Unavailable, failure.Denied, failure.KeyMissing, failure.Failed}

const (
	// margin is how long before its end a point is prolonged. At four runs a day it leaves forty for the work.
	margin = 10 * 24 * time.Hour
	// prolonged is how long a lock lasts from then on, until it is prolonged again.
	prolonged = 30 * 24 * time.Hour
	// budget is how long one run works, of Lambda's 15 minutes.
	budget = 12 * time.Minute
)

// Input is empty: EventBridge sends {}.
type Input struct{}

// Output is what is kept beyond its class.
type Output struct {
	Region string  `json:"region"`
	Kept   []Entry `json:"kept"`
	Done   bool    `json:"done"` // false: time was up, and the next run goes on
}

// Entry is a point that is kept, or is given back to its class.
type Entry struct {
	Manifest string    `json:"manifest"`
	Until    time.Time `json:"until"`   // to which its locks are being prolonged, UTC
	After    string    `json:"after"`   // the objects up to this key are done; "" when all are
	Release  bool      `json:"release"` // it is on its way back to its class
}

// Handler keeps points.
type Handler struct {
	p     platform.Platform
	store backup.Store
	list  catalog.Bucket
}

// New makes the handler.
func New(p platform.Platform) *Handler {
	client, bucket := s3.NewFromConfig(p.AWS), p.Environment.BucketIn(p.Region(), p.Environment.Buckets.Backups)
	return &Handler{p: p, store: backup.Store{Client: client, Bucket: bucket}, list: catalog.Bucket{Client: client, Name: bucket}}
}

// Grants is what it may do: read manifests, tags and locks, change tags, and prolong locks. It may not bypass one.
func Grants(e *environment.Environment, region string) []grant.Grant {
	bucket := "arn:aws:s3:::" + e.BucketIn(region, e.Buckets.Backups)
	return []grant.Grant{
		{Actions: []string{"s3:ListBucket"}, Resources: []string{bucket}},
		{Actions: []string{"s3:GetObject", "s3:GetObjectVersion"}, Resources: []string{bucket + "/*/manifests/*"}},
		{Actions: []string{"s3:GetObject", "s3:PutObject"}, Resources: []string{bucket + "/" + stateKey}},
		{Actions: []string{"s3:GetObjectVersionTagging", "s3:PutObjectVersionTagging", "s3:PutObjectRetention"}, Resources: []string{bucket + "/*"}},
	}
}

// Handle looks once, and does what has to be done now.
func (h *Handler) Handle(ctx context.Context, _ Input) (Output, error) {
	now := h.p.Clock.Now().UTC()
	until := now.Add(budget)
	late := func() bool { return !h.p.Clock.Now().Before(until) }
	entries, version, err := h.remembered(ctx)
	if err != nil {
		return Output{}, err
	}
	protected, err := h.protected(ctx, now)
	if err != nil {
		return Output{}, err
	}
	next := plan(entries, protected, retention.From(h.p.Environment), now)
	out := Output{Region: h.p.Region(), Kept: []Entry{}, Done: true}
	for _, e := range next {
		worked := false
		if out.Done && (e.After != "" || e.Until.IsZero() || e.Release) {
			worked = true
			if e, out.Done, err = h.work(ctx, e, now, late); err != nil {
				return Output{}, err
			}
		}
		if !e.Release || !worked || !out.Done { // what has gone back is forgotten
			out.Kept = append(out.Kept, e)
		}
	}
	if slices.Equal(out.Kept, entries) {
		return out, nil
	}
	return out, h.remember(ctx, out.Kept, version)
}

// plan says what is to be done: points that are protected and near their end are prolonged, and those that are protected no
// more go back. An entry with a zero Until begins.
func plan(entries []Entry, protected []catalog.Point, rules retention.Rules, now time.Time) []Entry {
	next := []Entry{}
	known := map[string]bool{}
	for _, e := range entries {
		known[e.Manifest] = true
		is := slices.ContainsFunc(protected, func(p catalog.Point) bool { return p.ID == e.Manifest })
		switch {
		case !is && !e.Release:
			e.Release, e.After = true, ""
		case is && e.Release: // what took its place is verified no more
			e.Release, e.After, e.Until = false, "", time.Time{}
		case is && e.After == "" && e.Until.Sub(now) < margin:
			e.Until = time.Time{}
		}
		next = append(next, e)
	}
	for _, p := range protected {
		// The class that is kept for the shortest time: it may have a longer one, and then nothing is changed yet.
		shortest := retention.ClassOf(p.Kind, p.Taken, p.Taken)
		if !known[p.ID] && rules.Until(shortest, p.Taken).Sub(now) < margin {
			next = append(next, Entry{Manifest: p.ID})
		}
	}
	return next
}
