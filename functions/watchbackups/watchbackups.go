// Package watchbackups looks every 15 minutes at the recovery points that its region holds, and says in metrics how old the
// newest verified one of each kind is, and how many of the scheduled slots of the last month have theirs.
//
// It refuses to take anybody's word: it reads manifests and snapshots, so a job that never ran, or ran and left nothing, is
// seen. What it cannot find out is no data point, which the alarms treat as the worst. It changes no recovery point.
package watchbackups

import (
	"context"
	_ "embed"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/acso/disaster-recovery/internal/catalog"
	"github.com/acso/disaster-recovery/internal/environment"
	"github.com/acso/disaster-recovery/internal/failure"
	"github.com/acso/disaster-recovery/internal/grant"
	"github.com/acso/disaster-recovery/internal/platform"
	"github.com/acso/disaster-recovery/internal/retention"
	"github.com/acso/disaster-recovery/internal/watching"
)

// Event is an example input.
//
//go:embed event.json
var Event []byte

// Errors are the kinds that it fails with. A recovery point that is missing or too old is none: that is what alarms are for.
var Errors = []failure.Kind{failure.InvalidInput, failure.NotFound, failure.Unavailable, failure.Denied, failure.KeyMissing, failure.QuotaReached, failure.Failed}

// patience bounds the call to the other region, which may be the one that is down.
const patience = 5 * time.Second

// Input is empty: EventBridge sends {}.
type Input struct{}

// Output is what was seen.
type Output struct {
	Region  string         `json:"region"`
	Kinds   []Kind         `json:"kinds"`
	Total   *watching.Rate `json:"total"`   // of all slots of the rolling month; null when a kind is unknown
	Unknown string         `json:"unknown"` // why the database is not judged, "" when it is
}

// Kind is what was seen of one kind of recovery points.
type Kind struct {
	Kind         string          `json:"kind"`
	AgeSeconds   *float64        `json:"ageSeconds"`   // of the newest verified point; null when there is none or it is unknown
	LimitSeconds float64         `json:"limitSeconds"` // above which the age raises an alarm; 0 for none
	Newest       string          `json:"newest"`       // identifier of the newest verified point
	Depth        retention.Depth `json:"depth"`        // how deeply that was verified
	Rate         *watching.Rate  `json:"rate"`         // of the slots of the rolling month; null without a schedule or a first backup
}

// Handler keeps what cannot change any more between invocations.
type Handler struct {
	p          platform.Platform
	bucket     catalog.Bucket
	rds, other *rds.Client
	cloudwatch *cloudwatch.Client
	history    history
}

// New makes the handler.
func New(p platform.Platform) *Handler {
	bucket := catalog.Bucket{Client: s3.NewFromConfig(p.AWS), Name: p.Environment.BucketIn(p.Region(), p.Environment.Buckets.Backups)}
	return &Handler{
		p: p, bucket: bucket, history: history{bucket: bucket}, rds: rds.NewFromConfig(p.AWS),
		other: rds.NewFromConfig(p.In(p.Environment.Pair(p.Region()))), cloudwatch: cloudwatch.NewFromConfig(p.AWS),
	}
}

// Grants is what it may do: list the points of its region and the snapshots of both, and write its metrics.
func Grants(e *environment.Environment, region string) []grant.Grant {
	bucket := "arn:aws:s3:::" + e.BucketIn(region, e.Buckets.Backups)
	return []grant.Grant{
		{Actions: []string{"s3:ListBucket"}, Resources: []string{bucket}},
		{Actions: []string{"rds:DescribeDBSnapshots"}, Resources: []string{
			fmt.Sprintf("arn:aws:rds:%s:%s:snapshot:*", region, e.Account), fmt.Sprintf("arn:aws:rds:%s:%s:snapshot:*", e.Pair(region), e.Account),
		}},
		{Actions: []string{"cloudwatch:PutMetricData"}, Resources: []string{"*"}},
	}
}

// Handle looks once.
func (h *Handler) Handle(ctx context.Context, _ Input) (Output, error) {
	now := h.p.Clock.Now().UTC()
	out := Output{Region: h.p.Region()}
	points, err := h.history.points(ctx, now)
	if err != nil {
		return out, err
	}
	snapshots, err := h.snapshots(ctx, &out)
	if err != nil {
		return out, err
	}
	points = append(points, snapshots...)
	h.judge(&out, points, now)
	data := data(out, now)
	if len(data) == 0 {
		return out, nil // no backup was ever taken: nothing is known, and the alarms miss their data
	}
	_, err = h.cloudwatch.PutMetricData(ctx, &cloudwatch.PutMetricDataInput{Namespace: aws.String(watching.Namespace(h.p.Environment)), MetricData: data})
	return out, failure.FromAWS(err, "put the metrics of backups in %s", h.p.Region())
}

// snapshots lists those of both regions. While the other region does not answer, nobody knows which copies there are.
func (h *Handler) snapshots(ctx context.Context, out *Output) ([]catalog.Point, error) {
	e, pair := h.p.Environment, h.p.Environment.Pair(h.p.Region())
	here, _, err := catalog.Snapshots(ctx, h.rds, e, h.p.Region())
	if err != nil {
		return nil, err
	}
	limited, cancel := h.p.Clock.WithTimeout(ctx, patience)
	defer cancel()
	there, _, err := catalog.Snapshots(limited, h.other, e, pair)
	if err != nil {
		out.Unknown = err.Error() // told, and no data point: the alarms on the database do the rest
		return here, nil
	}
	return catalog.Merge(here, there), nil
}

// judge says how old the newest verified point of each kind is, and how many slots were filled.
func (h *Handler) judge(out *Output, points []catalog.Point, now time.Time) {
	e, since := h.p.Environment, h.history.since
	schedules := watching.Expected(e)
	var rates []watching.Rate
	complete := !since.IsZero()
	for _, name := range retention.Kinds {
		k := Kind{Kind: name, LimitSeconds: watching.AgeLimit(e, name).Seconds()}
		known := name != retention.Database || out.Unknown == ""
		if newest, found := watching.NewestVerified(points, name); found && known {
			k.AgeSeconds, k.Newest, k.Depth = aws.Float64(now.Sub(newest.Taken).Seconds()), newest.ID, newest.Depth
		}
		if rate, scheduled := watching.JudgeKind(schedules, name, points, since, now); scheduled && known && !since.IsZero() {
			k.Rate = &rate
			rates = append(rates, rate)
		}
		complete = complete && known
		out.Kinds = append(out.Kinds, k)
	}
	if complete {
		out.Total = new(watching.Total(rates))
	}
}
