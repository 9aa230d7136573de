// Package planverification lays out the verification of a recovery point: a work list of batches by the bytes of their
// objects, and the stretch of the chain of manifests to look at.
//
// It reads the whole manifest, so that an altered one is found before any object is read, and it refuses to plan anything
// for a manifest without its seal. It reads no object, judges none and deletes nothing; its memory does not depend on how
// many objects there are. It writes only below the verifications folder.
package planverification

import (
	"cmp"
	"context"
	_ "embed"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/acso/disaster-recovery/internal/backup"
	"github.com/acso/disaster-recovery/internal/catalog"
	"github.com/acso/disaster-recovery/internal/environment"
	"github.com/acso/disaster-recovery/internal/failure"
	"github.com/acso/disaster-recovery/internal/grant"
	"github.com/acso/disaster-recovery/internal/manifest"
	"github.com/acso/disaster-recovery/internal/platform"
	"github.com/acso/disaster-recovery/internal/retention"
	"github.com/acso/disaster-recovery/internal/verification"
)

// Event is an example input.
//
//go:embed event.json
var Event []byte

// Errors are the kinds that it fails with.
var Errors = []failure.Kind{failure.InvalidInput, failure.NotFound, failure.Unavailable, failure.Denied, failure.KeyMissing, failure.Failed}

// Input says what is verified, and how.
type Input struct {
	Execution string `json:"execution"` // name of the execution
	Date      string `json:"date"`      // day (UTC) as 2026-01-15; its newest manifest is verified
	Manifest  string `json:"manifest"`  // key of a manifest; without it and a date, the newest of the last 31 days
	Kind      string `json:"kind"`      // whose newest manifest is meant; application-data without it
	Depth     string `json:"depth"`     // content (the default) reads every byte, attributes compares what S3 says
	// ChainDays is how many days of the chain are looked at, those of the point included. 0 is since the point that was
	// proven last, and for content at least since the beginning of the day before.
	ChainDays int    `json:"chainDays"`
	Purpose   string `json:"purpose"` // restore judges the point's versions alone, as a restore reads them, and no chain
}

// Output is the plan.
type Output struct {
	Plan verification.Plan `json:"plan"`
}

// Handler plans verifications.
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

// Grants is what it may do: read manifests and proofs of its region, and write below their verifications folders.
func Grants(e *environment.Environment, region string) []grant.Grant {
	bucket := "arn:aws:s3:::" + e.BucketIn(region, e.Buckets.Backups)
	return []grant.Grant{
		{Actions: []string{"s3:ListBucket"}, Resources: []string{bucket}},
		{Actions: []string{"s3:GetObject"}, Resources: []string{bucket + "/*/manifests/*", bucket + "/*/verified/*"}},
		{Actions: []string{"s3:GetObjectVersion"}, Resources: []string{bucket + "/*/manifests/*"}},
		{Actions: []string{"s3:PutObject"}, Resources: []string{bucket + "/" + retention.Verifications + "*"}},
	}
}

// limits of one item: at the 50 MB/s of a slow day, 8 GiB take under 3 minutes of the 15 that a function has. That many
// manifests are compared in seconds when they are small; their bytes bound them when they are not.
var limits = backup.Limits{Objects: 1000, Bytes: 8 << 30}

const linksOfAnItem = 100

// Handle lays one verification out.
func (h *Handler) Handle(ctx context.Context, in Input) (Output, error) {
	key, err := h.choose(ctx, in)
	if err != nil {
		return Output{}, err
	}
	plan := verification.Plan{Bucket: h.store.Bucket, Manifest: key, Depth: cmp.Or(backup.Depth(in.Depth), backup.Content), Purpose: in.Purpose}
	if plan.Work, err = verification.WorkOf(key, in.Execution); err != nil {
		return Output{}, err
	}
	plan.Items = plan.Work + "items.jsonl"
	kind, taken, ok := manifest.ParseKey(key)
	if !ok {
		return Output{}, failure.New(failure.InvalidInput, "plan a verification", "%q is no key of a manifest", key)
	}
	plan.Kind, plan.Taken = kind, taken.Format(time.RFC3339)
	list := backup.NewWorkList(ctx, h.store, plan.Items)
	if err := h.lay(ctx, &plan, list, in, taken); err != nil {
		list.Abandon(ctx)
		return Output{}, err
	}
	return Output{Plan: plan}, failure.FromAWS(list.Close(), "write s3://%s/%s", plan.Bucket, plan.Items)
}

// lay fills the work list: batches of objects first, since they take longest.
func (h *Handler) lay(ctx context.Context, plan *verification.Plan, list *backup.WorkList, in Input, taken time.Time) error {
	item := func(b *backup.Batch, links []string) error {
		plan.Count++
		return list.Add(verification.Item{Number: plan.Count, Work: plan.Work, Kind: plan.Kind, Depth: plan.Depth, Batch: b, Links: links})
	}
	laid, err := backup.PlanBatches(ctx, h.store, plan.Manifest, plan.Depth, limits, func(b backup.Batch) error { return item(&b, nil) })
	if err != nil {
		return err
	}
	if laid.Kind != plan.Kind || !laid.Taken.Equal(taken) {
		return failure.New(failure.Failed, "read manifest s3://"+plan.Bucket+"/"+plan.Manifest, "it says that it is of %s at %s", laid.Kind, laid.Taken.Format(time.RFC3339)).
			Next("treat this recovery point as lost: use the one before it and find out who wrote the manifest")
	}
	plan.Version, plan.Digest, plan.Prefix, plan.Objects, plan.Bytes = laid.Version, laid.Digest, laid.Prefix, laid.Objects, laid.Bytes
	plan.Unread, plan.Changed, plan.Largest = laid.Unread, laid.Changed, laid.Largest
	if plan.Purpose == verification.ForRestore {
		plan.Chain = verification.Stretch{From: plan.Taken, To: plan.Taken}
		if plan.Count == 0 { // a point of an empty tree is one, too: its manifest is what there is to read
			return item(nil, []string{plan.Manifest})
		}
		return nil
	}
	return h.chain(ctx, plan, in.ChainDays, taken, func(links []string) error { return item(nil, links) })
}
