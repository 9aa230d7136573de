// Package prunesnapshots removes the manual DB snapshots of its region whose retention is over, and says when the quota of
// snapshots is too small for the retention.
//
// It changes nothing unless it is told to apply. It refuses to remove what retention keeps, a snapshot without a newer one
// that is available in both regions (it may be the only copy), anything while the other region does not answer, snapshots
// that backups of this environment did not make, and more than 25 at once, so that a wrong figure in the environment file
// can be noticed. It never removes anything to fit a quota.
package prunesnapshots

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	cwtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/aws-sdk-go-v2/service/rds/types"

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

// Errors are the kinds that it fails with.
var Errors = []failure.Kind{failure.InvalidInput, failure.NotFound, failure.Unavailable, failure.Denied, failure.KeyMissing, failure.QuotaReached, failure.Failed}

// most is how many snapshots one run removes. A day brings five at an interval of six hours.
const most = 25

// patience bounds the call to the other region, which may be the one that is down.
const patience = 10 * time.Second

// Input says whether to act. {} is a dry run.
type Input struct {
	Apply bool `json:"apply"` // remove; without it, only say what would be removed
}

// Output is what was done, or would be.
type Output struct {
	Region  string          `json:"region"`
	Applied bool            `json:"applied"` // false for a dry run
	Removed []Snapshot      `json:"removed"` // or would be, in a dry run
	Refused []Snapshot      `json:"refused"` // whose retention is over and that stay all the same
	Kept    int             `json:"kept"`    // by retention
	Quota   retention.Quota `json:"quota"`
	Raise   string          `json:"raise"` // what has to be raised, "" when there is room
}

// Snapshot is one snapshot and why it goes or stays.
type Snapshot struct {
	Name  string `json:"name"`
	Taken string `json:"taken"` // RFC 3339, UTC
	Why   string `json:"why"`
}

// Handler prunes snapshots.
type Handler struct {
	p          platform.Platform
	rds, other *rds.Client
	cloudwatch *cloudwatch.Client
}

// New makes the handler.
func New(p platform.Platform) *Handler {
	return &Handler{p: p, rds: rds.NewFromConfig(p.AWS), other: rds.NewFromConfig(p.In(p.Environment.Pair(p.Region()))), cloudwatch: cloudwatch.NewFromConfig(p.AWS)}
}

// Grants is what it may do: see the snapshots of both regions, and remove those of this environment's databases from its own.
func Grants(e *environment.Environment, region string) []grant.Grant {
	arn := func(region, name string) string {
		return fmt.Sprintf("arn:aws:rds:%s:%s:snapshot:%s", region, e.Account, name)
	}
	ours := []string{arn(region, e.Database.Identifier+"-*")}
	if !strings.HasPrefix(e.Database.Replica, e.Database.Identifier+"-") { // which has snapshots once it was promoted
		ours = append(ours, arn(region, e.Database.Replica+"-*"))
	}
	return []grant.Grant{
		{Actions: []string{"rds:DescribeDBSnapshots"}, Resources: []string{arn(region, "*"), arn(e.Pair(region), "*")}},
		{Actions: []string{"rds:DeleteDBSnapshot"}, Resources: ours},
		{Actions: []string{"rds:DescribeAccountAttributes", "cloudwatch:PutMetricData"}, Resources: []string{"*"}},
	}
}

// Handle looks, decides and acts.
func (h *Handler) Handle(ctx context.Context, in Input) (Output, error) {
	e, region := h.p.Environment, h.p.Region()
	out := Output{Region: region, Applied: in.Apply, Removed: []Snapshot{}, Refused: []Snapshot{}}
	here, used, err := catalog.Snapshots(ctx, h.rds, e, region)
	if err != nil {
		return out, err
	}
	if err := h.quota(ctx, &out, used); err != nil {
		return out, err
	}
	points, err := h.both(ctx, here)
	if err != nil {
		return out, err
	}
	return h.prune(ctx, points, out)
}

// both adds what the other region has. Without its answer nobody knows which copies there are, and nothing goes.
func (h *Handler) both(ctx context.Context, here []catalog.Point) ([]catalog.Point, error) {
	pair := h.p.Environment.Pair(h.p.Region())
	ctx, cancel := h.p.Clock.WithTimeout(ctx, patience)
	defer cancel()
	there, _, err := catalog.Snapshots(ctx, h.other, h.p.Environment, pair)
	if err != nil {
		return nil, failure.New(failure.KindOf(err), "prune the snapshots in "+h.p.Region(), "%w", err).
			Next("wait until %s answers: until then nobody knows which copies there are, and nothing is removed", pair)
	}
	return catalog.Merge(here, there), nil
}

// quota reports how many snapshots the retention comes to hold and how many there may be.
func (h *Handler) quota(ctx context.Context, out *Output, used int) error {
	out.Quota = retention.Quota{Region: out.Region, Needed: retention.Snapshots(h.p.Environment), Used: used}
	account, err := h.rds.DescribeAccountAttributes(ctx, &rds.DescribeAccountAttributesInput{})
	if err != nil {
		return failure.FromAWS(err, "read the quota of snapshots in %s", out.Region)
	}
	for _, q := range account.AccountQuotas {
		if aws.ToString(q.AccountQuotaName) == "ManualSnapshots" {
			out.Quota.Limit = int(aws.ToInt64(q.Max))
		}
	}
	out.Raise = out.Quota.Raise()
	_, err = h.cloudwatch.PutMetricData(ctx, &cloudwatch.PutMetricDataInput{Namespace: aws.String(watching.Namespace(h.p.Environment)), MetricData: []cwtypes.MetricDatum{{
		MetricName: aws.String(watching.SnapshotsMissing), Value: aws.Float64(float64(out.Quota.Missing())),
		Timestamp: aws.Time(h.p.Clock.Now()), Unit: cwtypes.StandardUnitCount,
	}}})
	return failure.FromAWS(err, "put the metric of the snapshot quota in %s", out.Region)
}

// prune goes through the snapshots from the oldest on.
func (h *Handler) prune(ctx context.Context, points []catalog.Point, out Output) (Output, error) {
	known := make(map[string]catalog.Point, len(points))
	bare := make([]retention.Point, len(points))
	var safe time.Time // of the newest point that is in both regions
	for i, p := range points {
		known[p.ID], bare[i] = p, p.Point
		if len(p.Regions) > 1 {
			safe = p.Taken
		}
	}
	for _, d := range retention.Solve(retention.From(h.p.Environment), bare, h.p.Clock.Now()) {
		p := known[d.ID]
		s := Snapshot{Name: p.Name, Taken: d.Taken.Format(time.RFC3339)}
		switch {
		case p.Name == "": // in the other region only
		case d.Keep:
			out.Kept++
		case !available(p, out.Region):
			out.refuse(s, "it is not available")
		case !d.Taken.Before(safe):
			out.refuse(s, "it may be the only copy: no newer snapshot is available in both regions")
		case len(out.Removed) == most:
			out.refuse(s, fmt.Sprintf("%d are enough for one run", most))
		default:
			s.Why = fmt.Sprintf("%s until %s", d.Why, d.Until.Format(time.RFC3339))
			if err := h.remove(ctx, s, &out); err != nil {
				return out, err
			}
		}
	}
	return out, nil
}

func (out *Output) refuse(s Snapshot, why string) {
	s.Why = why
	out.Refused = append(out.Refused, s)
}

func available(p catalog.Point, region string) bool {
	return len(p.Regions) > 0 && p.Regions[0] == region
}

func (h *Handler) remove(ctx context.Context, s Snapshot, out *Output) error {
	if !out.Applied {
		out.Removed = append(out.Removed, s)
		return nil
	}
	_, err := h.rds.DeleteDBSnapshot(ctx, &rds.DeleteDBSnapshotInput{DBSnapshotIdentifier: aws.String(s.Name)})
	var gone *types.DBSnapshotNotFoundFault
	var busy *types.InvalidDBSnapshotStateFault
	switch {
	case errors.As(err, &busy):
		out.refuse(s, busy.ErrorMessage())
		return nil
	case err != nil && !errors.As(err, &gone): // gone: our own call whose answer was lost, or somebody was quicker
		return failure.FromAWS(err, "remove snapshot %s in %s, kept %s", s.Name, out.Region, s.Why)
	}
	out.Removed = append(out.Removed, s)
	return nil
}
