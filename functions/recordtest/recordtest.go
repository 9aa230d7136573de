// Package recordtest writes down how a restore test ended: a report and metrics, and on each recovery point that was restored
// and found good the proof of it, which is what the catalogue of points calls restored.
//
// It is the one step of a test that writes beside production's data, and writes nothing but its verdict. It records no
// success of a test that left something, that missed a kind, or in which any part failed.
package recordtest

import (
	"bytes"
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	cwtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/aws-sdk-go-v2/service/rds"
	rdstypes "github.com/aws/aws-sdk-go-v2/service/rds/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/acso/disaster-recovery/internal/catalog"
	"github.com/acso/disaster-recovery/internal/environment"
	"github.com/acso/disaster-recovery/internal/failure"
	"github.com/acso/disaster-recovery/internal/grant"
	"github.com/acso/disaster-recovery/internal/manifest"
	"github.com/acso/disaster-recovery/internal/platform"
	"github.com/acso/disaster-recovery/internal/restoretest"
	"github.com/acso/disaster-recovery/internal/retention"
	"github.com/acso/disaster-recovery/internal/watching"
)

// Event is an example input.
//
//go:embed event.json
var Event []byte

// Errors are the kinds that it fails with.
var Errors = []failure.Kind{failure.InvalidInput, failure.NotFound, failure.Unavailable, failure.Denied, failure.Failed, failure.Internal}

// The metrics, in the namespace of backups.
const (
	Status   = "RestoreTestStatus"   // 0: every kind was restored, found good and cleared away; 1: not so
	Duration = "RestoreTestDuration" // seconds from the start until everything was restored and checked
)

// Part is one thing that was restored.
type Part struct {
	Part     string  `json:"part"`
	Snapshot string  `json:"snapshot,omitempty"` // that it was restored from
	Manifest string  `json:"manifest,omitempty"` // key, likewise
	Pass     bool    `json:"pass"`
	Seconds  float64 `json:"seconds"` // from the beginning of its restore to the end of its checks
	Detail   string  `json:"detail"`
}

// Input is how the test went.
type Input struct {
	Execution string    `json:"execution"` // ARN
	Started   time.Time `json:"started"`
	Seconds   float64   `json:"seconds"` // from the start until everything was restored and checked
	Parts     []Part    `json:"parts"`
	Missing   []string  `json:"missing"`         // kinds without a verified point
	Error     string    `json:"error,omitempty"` // why it broke off, "" when it did not
	Cleared   bool      `json:"cleared"`         // nothing is left, by proof
	Left      []string  `json:"left"`
}

// Output is the verdict and where it lies.
type Output struct {
	Pass   bool   `json:"pass"`
	Report string `json:"report"` // key in the backup bucket
}

// Handler records in its region.
type Handler struct {
	p       platform.Platform
	s3      *s3.Client
	rds     *rds.Client
	metrics *cloudwatch.Client
}

// New makes the handler.
func New(p platform.Platform) *Handler {
	return &Handler{p: p, s3: s3.NewFromConfig(p.AWS), rds: rds.NewFromConfig(p.AWS), metrics: cloudwatch.NewFromConfig(p.AWS)}
}

// Grants is what it may do: write reports, proofs and metrics, and tag snapshots.
func Grants(e *environment.Environment, region string) []grant.Grant {
	bucket := "arn:aws:s3:::" + e.BucketIn(region, e.Buckets.Backups)
	return []grant.Grant{
		{Actions: []string{"s3:PutObject"}, Resources: []string{bucket + "/*/restore-tests/*", bucket + "/*/verified/*"}},
		{Actions: []string{"rds:AddTagsToResource"}, Resources: restoretest.Snapshots(e, region)},
		{Actions: []string{"cloudwatch:PutMetricData"}, Resources: []string{"*"}},
	}
}

// Handle writes everything; written again it says the same.
func (h *Handler) Handle(ctx context.Context, in Input) (Output, error) {
	e, region := h.p.Environment, h.p.Region()
	if err := restoretest.Check(e, region, in.Execution); err != nil {
		return Output{}, err
	}
	if in.Started.IsZero() {
		return Output{}, failure.New(failure.InvalidInput, "record a restore test", "started is required")
	}
	out := Output{Pass: in.Error == "" && in.Cleared && len(in.Left) == 0 && len(in.Missing) == 0 && len(in.Parts) > 0}
	for _, p := range in.Parts {
		out.Pass = out.Pass && p.Pass
		if !p.Pass {
			continue
		}
		if err := h.prove(ctx, in, p); err != nil {
			return out, err
		}
	}
	out.Report = manifest.Day(in.Started) + "restore-tests/" + restoretest.Name(e, in.Execution) + ".json"
	if err := h.write(ctx, out.Report, struct {
		Input
		Environment string `json:"environment"`
		Region      string `json:"region"`
		Pass        bool   `json:"pass"`
	}{in, e.Name, region, out.Pass}); err != nil {
		return out, err
	}
	return out, h.measure(ctx, in, out.Pass)
}

// prove leaves the proof on the point that was restored.
func (h *Handler) prove(ctx context.Context, in Input, p Part) error {
	e := h.p.Environment
	if p.Snapshot != "" {
		_, err := h.rds.AddTagsToResource(ctx, &rds.AddTagsToResourceInput{
			ResourceName: aws.String(fmt.Sprintf("arn:aws:rds:%s:%s:snapshot:%s", h.p.Region(), e.Account, p.Snapshot)),
			Tags:         []rdstypes.Tag{{Key: aws.String(catalog.RestoredTag), Value: aws.String(in.Started.UTC().Format(time.RFC3339))}},
		})
		return failure.FromAWS(err, "note on snapshot %s that it was restored", p.Snapshot)
	}
	if p.Manifest == "" {
		return nil
	}
	return h.write(ctx, catalog.ProofKey(p.Manifest, retention.Restored, true), map[string]any{
		"manifest": p.Manifest, "depth": retention.Restored, "pass": true, "execution": in.Execution, "detail": p.Detail,
	})
}

func (h *Handler) write(ctx context.Context, key string, document any) error {
	text, err := json.MarshalIndent(document, "", "  ")
	if err != nil {
		return fmt.Errorf("write %s: %w", key, err)
	}
	bucket := h.p.Environment.BucketIn(h.p.Region(), h.p.Environment.Buckets.Backups)
	_, err = h.s3.PutObject(ctx, &s3.PutObjectInput{
		Bucket: aws.String(bucket), Key: aws.String(key), Body: bytes.NewReader(append(text, '\n')),
		ContentType: aws.String("application/json"), ChecksumAlgorithm: types.ChecksumAlgorithmSha256,
	})
	return failure.FromAWS(err, "write s3://%s/%s", bucket, key)
}

// measure publishes the verdict and the achieved restore times, in all and of each part.
func (h *Handler) measure(ctx context.Context, in Input, pass bool) error {
	status := 1.0
	if pass {
		status = 0
	}
	data := []cwtypes.MetricDatum{{MetricName: aws.String(Status), Value: aws.Float64(status), Unit: cwtypes.StandardUnitNone}}
	if pass {
		data = append(data, cwtypes.MetricDatum{MetricName: aws.String(Duration), Value: aws.Float64(in.Seconds), Unit: cwtypes.StandardUnitSeconds})
	}
	for _, p := range in.Parts {
		if p.Pass {
			data = append(data, cwtypes.MetricDatum{
				MetricName: aws.String(Duration), Value: aws.Float64(p.Seconds), Unit: cwtypes.StandardUnitSeconds,
				Dimensions: []cwtypes.Dimension{{Name: aws.String("Kind"), Value: aws.String(p.Part)}},
			})
		}
	}
	_, err := h.metrics.PutMetricData(ctx, &cloudwatch.PutMetricDataInput{Namespace: aws.String(watching.Namespace(h.p.Environment)), MetricData: data})
	return failure.FromAWS(err, "put the metrics of a restore test")
}
