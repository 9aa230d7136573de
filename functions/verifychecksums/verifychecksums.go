// Package verifychecksums proves that a recovery point still holds what its manifest says, byte by byte, and that the
// chain of manifests up to it is whole.
//
// It refuses to call anything verified that it did not read: an object that cannot be read, an item whose function failed
// and one that ran out of time are unknown, and unknown fails the verification as a mismatch does. It repairs nothing and
// deletes nothing; it writes only below the verifications and the day's verified folders.
//
// Function planverification lays the work out. Here, item reads one batch of objects or some manifests of the chain, extras
// compares the list with what is stored, and conclude puts the answers together and raises Failed unless every object
// passed and no point of the chain was removed or altered.
package verifychecksums

import (
	"bytes"
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"io"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/acso/disaster-recovery/internal/backup"
	"github.com/acso/disaster-recovery/internal/environment"
	"github.com/acso/disaster-recovery/internal/failure"
	"github.com/acso/disaster-recovery/internal/grant"
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

// Input says what to do. Each action reads its own fields.
type Input struct {
	Action  string             `json:"action"`  // item, extras or conclude
	Item    *verification.Item `json:"item"`    // item: a line of the work list
	Attempt int                `json:"attempt"` // item: how often it was tried before
	Plan    *verification.Plan `json:"plan"`    // extras, conclude: what planverification answered
	Results string             `json:"results"` // conclude: key of the manifest.json that the map's ResultWriter wrote; "" without items
}

// Output has the field of the action that ran.
type Output struct {
	Answer *verification.Answer `json:"answer,omitempty"` // item
	Done   *bool                `json:"done,omitempty"`   // extras: false when it has to be called again
	Report *Report              `json:"report,omitempty"` // conclude
}

// Handler verifies recovery points.
type Handler struct {
	p     platform.Platform
	store backup.Store
}

// New makes the handler.
func New(p platform.Platform) *Handler {
	bucket := p.Environment.BucketIn(p.Region(), p.Environment.Buckets.Backups)
	return &Handler{p: p, store: backup.Store{Client: backup.Client(p.AWS, max(p.Parallel, 1)), Bucket: bucket}}
}

// Grants is what it may do: read the region's backups, and write below their verifications and verified folders.
func Grants(e *environment.Environment, region string) []grant.Grant {
	bucket := "arn:aws:s3:::" + e.BucketIn(region, e.Buckets.Backups)
	return []grant.Grant{
		// Without ListBucket, S3 answers a missing object with AccessDenied, and missing could not be told from denied:
		// https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
		{Actions: []string{"s3:ListBucket"}, Resources: []string{bucket}},
		{Actions: []string{"s3:GetObject", "s3:GetObjectVersion"}, Resources: []string{bucket + "/*"}},
		{Actions: []string{"s3:PutObject"}, Resources: []string{bucket + "/" + retention.Verifications + "*", bucket + "/*/verified/*"}},
		{Actions: []string{"s3:PutObjectRetention"}, Resources: []string{bucket + "/*/verified/*"}},
	}
}

// Handle runs one action.
func (h *Handler) Handle(ctx context.Context, in Input) (Output, error) {
	switch in.Action {
	case "item":
		answer, err := h.item(ctx, in.Item, in.Attempt)
		return Output{Answer: answer}, err
	case "extras":
		if err := h.ours(in.Plan); err != nil {
			return Output{}, err
		}
		done, err := h.extras(ctx, *in.Plan)
		return Output{Done: &done}, err
	case "conclude":
		if err := h.ours(in.Plan); err != nil {
			return Output{}, err
		}
		report, err := h.conclude(ctx, *in.Plan, in.Results)
		return Output{Report: report}, err
	}
	return Output{}, failure.New(failure.InvalidInput, "verify a backup", "action %q is none of item, extras and conclude", in.Action)
}

// ours refuses a plan that was not made for this bucket.
func (h *Handler) ours(plan *verification.Plan) error {
	switch {
	case plan == nil:
		return failure.New(failure.InvalidInput, "verify a backup", "no plan was given")
	case plan.Bucket != h.store.Bucket:
		return failure.New(failure.InvalidInput, "verify a backup", "the plan is for bucket %s and not for %s", plan.Bucket, h.store.Bucket)
	}
	return verification.Ours(plan.Work)
}

// at names an object in messages.
func (h *Handler) at(key string) string { return fmt.Sprintf("s3://%s/%s", h.store.Bucket, key) }

func (h *Handler) decode(ctx context.Context, key string, into any) error {
	text, err := h.get(ctx, key)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(text, into); err != nil {
		return failure.New(failure.Failed, "read "+h.at(key), "%w", err)
	}
	return nil
}

func (h *Handler) get(ctx context.Context, key string) ([]byte, error) {
	out, err := h.store.Client.GetObject(ctx, &s3.GetObjectInput{Bucket: aws.String(h.store.Bucket), Key: aws.String(key)})
	if err != nil {
		return nil, failure.FromAWS(err, "read %s", h.at(key))
	}
	defer func() { _ = out.Body.Close() }() // read only
	text, err := io.ReadAll(out.Body)
	return text, failure.FromAWS(err, "read %s", h.at(key))
}

func (h *Handler) write(ctx context.Context, key string, value any, change ...func(*s3.PutObjectInput)) error {
	text, err := json.Marshal(value)
	if err != nil {
		return err
	}
	in := &s3.PutObjectInput{
		Bucket: aws.String(h.store.Bucket), Key: aws.String(key), Body: bytes.NewReader(text),
		ContentType: aws.String("application/json"), ChecksumAlgorithm: types.ChecksumAlgorithmSha256,
	}
	for _, f := range change {
		f(in)
	}
	_, err = h.store.Client.PutObject(ctx, in)
	return failure.FromAWS(err, "write %s", h.at(key))
}
