// Package verifychecksums proves that a recovery point still holds what its manifest says, byte by byte.
//
// It refuses to call anything verified that it did not read: an object that cannot be read, a batch that failed and a
// batch that ran out of time are unknown, and unknown fails the verification as a mismatch does. It repairs nothing and
// deletes nothing; it writes only below the day's verifications and verified folders.
//
// One verification is four actions: plan reads the manifest and writes the work list, batch hashes some of its objects,
// extras compares the list with what is stored, and conclude puts the answers together and raises Failed unless every
// object passed.
package verifychecksums

import (
	"context"
	_ "embed"
	"fmt"
	"path"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/acso/disaster-recovery/internal/environment"
	"github.com/acso/disaster-recovery/internal/failure"
	"github.com/acso/disaster-recovery/internal/grant"
	"github.com/acso/disaster-recovery/internal/platform"
)

// Event is an example input.
//
//go:embed event.json
var Event []byte

// Errors are the kinds that it fails with.
var Errors = []failure.Kind{failure.InvalidInput, failure.NotFound, failure.Unavailable, failure.Denied, failure.KeyMissing, failure.Failed}

// Input says what to do. Each action reads its own fields.
type Input struct {
	Action    string `json:"action"`    // plan, batch, extras or conclude
	Execution string `json:"execution"` // plan: name of the execution
	Date      string `json:"date"`      // plan: day (UTC) as 2026-01-15; its newest manifest is verified
	Manifest  string `json:"manifest"`  // plan: key of a manifest; without it and a date, the newest of the last 31 days
	Kind      string `json:"kind"`      // plan: whose newest manifest is meant; application-data without it
	Depth     string `json:"depth"`     // plan: content (the default) reads every byte, attributes compares what S3 says
	Purpose   string `json:"purpose"`   // plan: restore judges versions alone, as a restore reads them: what somebody put on top of them or beside them does not count
	Items     []Item `json:"items"`     // batch: the objects to read
	Plan      *Plan  `json:"plan"`      // extras, conclude: what plan answered
	Results   string `json:"results"`   // conclude: key of the manifest.json that the map's ResultWriter wrote; "" without objects
}

// Item is one line of the work list.
type Item struct {
	Key       string `json:"key"`
	VersionID string `json:"versionId"`
	Size      int64  `json:"size"`   // bytes
	SHA256    string `json:"sha256"` // hexadecimal
	// Checksum is the SHA-256 as S3 has to state it; with it, nothing is read and S3's word is taken.
	Checksum string `json:"checksum,omitempty"`
}

// Plan is a verification that was begun.
type Plan struct {
	Bucket   string `json:"bucket"`
	Purpose  string `json:"purpose,omitempty"`
	Manifest string `json:"manifest"` // key
	Version  string `json:"version"`  // version of the manifest, so that every step reads the same one
	Kind     string `json:"kind"`
	Depth    string `json:"depth"` // attributes or content
	Prefix   string `json:"prefix"`
	Taken    string `json:"taken"` // RFC 3339, UTC
	Work     string `json:"work"`  // folder of this verification, ends with /
	Items    string `json:"items"` // key of the work list: JSON Lines of Item
	Objects  int    `json:"objects"`
	Bytes    int64  `json:"bytes"`
}

// Verdict is what was found out about one object.
type Verdict string

// The verdicts. Only Pass is good; Unknown is what could not be read.
const (
	Pass      Verdict = "pass"
	Mismatch  Verdict = "mismatch"
	Missing   Verdict = "missing"
	Truncated Verdict = "truncated"
	Extra     Verdict = "extra"
	Unknown   Verdict = "unknown"
)

// Result is the verdict on one object.
type Result struct {
	Key       string  `json:"key"`
	VersionID string  `json:"versionId"`
	Verdict   Verdict `json:"verdict"`
	Detail    string  `json:"detail"` // "" for pass
}

// Output has the field of the action that ran.
type Output struct {
	Plan    *Plan    `json:"plan,omitempty"`    // plan
	Results []Result `json:"results,omitempty"` // batch: one for each item
	Found   *int     `json:"found,omitempty"`   // extras: how many objects are not as listed
	Report  *Report  `json:"report,omitempty"`  // conclude
}

// Handler verifies recovery points.
type Handler struct {
	p      platform.Platform
	bucket string
	client *s3.Client
}

// New makes the handler.
func New(p platform.Platform) *Handler {
	client := s3.NewFromConfig(p.AWS, func(o *s3.Options) {
		// Our own digest decides. With the SDK's validation on, a corrupted body ends as a read error, which would look
		// like an object that cannot be read.
		o.ResponseChecksumValidation = aws.ResponseChecksumValidationWhenRequired
	})
	return &Handler{p: p, bucket: p.Environment.BucketIn(p.Region(), p.Environment.Buckets.Backups), client: client}
}

// Grants is what it may do: read the region's backups, and write below their verifications and verified folders.
func Grants(e *environment.Environment, region string) []grant.Grant {
	bucket := "arn:aws:s3:::" + e.BucketIn(region, e.Buckets.Backups)
	return []grant.Grant{
		// Without ListBucket, S3 answers a missing object with AccessDenied, and missing could not be told from denied:
		// https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
		{Actions: []string{"s3:ListBucket"}, Resources: []string{bucket}},
		{Actions: []string{"s3:GetObject", "s3:GetObjectVersion"}, Resources: []string{bucket + "/*"}},
		{Actions: []string{"s3:PutObject"}, Resources: []string{bucket + "/*/verifications/*", bucket + "/*/verified/*"}},
		{Actions: []string{"s3:PutObjectRetention"}, Resources: []string{bucket + "/*/verified/*"}},
	}
}

// Handle runs one action.
func (h *Handler) Handle(ctx context.Context, in Input) (Output, error) {
	switch in.Action {
	case "plan":
		plan, err := h.plan(ctx, in)
		return Output{Plan: plan}, err
	case "batch":
		results, err := h.batch(ctx, in.Items)
		return Output{Results: results}, err
	case "extras":
		if err := h.ours(in.Plan); err != nil {
			return Output{}, err
		}
		found, err := h.extras(ctx, *in.Plan)
		return Output{Found: &found}, err
	case "conclude":
		if err := h.ours(in.Plan); err != nil {
			return Output{}, err
		}
		report, err := h.conclude(ctx, *in.Plan, in.Results)
		return Output{Report: report}, err
	}
	return Output{}, failure.New(failure.InvalidInput, "verify a backup", "action %q is none of plan, batch, extras and conclude", in.Action)
}

// ours refuses a plan that this function did not make.
func (h *Handler) ours(plan *Plan) error {
	switch {
	case plan == nil:
		return failure.New(failure.InvalidInput, "verify a backup", "no plan was given")
	case plan.Bucket != h.bucket:
		return failure.New(failure.InvalidInput, "verify a backup", "the plan is for bucket %s and not for %s", plan.Bucket, h.bucket)
	case !strings.Contains(plan.Work, "/verifications/"), path.Clean(plan.Work)+"/" != plan.Work:
		return failure.New(failure.InvalidInput, "verify a backup", "the plan works in %q, which is no verifications folder", plan.Work)
	}
	return nil
}

// at names an object in messages.
func (h *Handler) at(key string) string { return fmt.Sprintf("s3://%s/%s", h.bucket, key) }
