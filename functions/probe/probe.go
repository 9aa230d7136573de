// Package probe watches the other region once a minute from outside of it: it is the trigger that does not die with the
// primary, the keeper of the failover switch, and the watcher that completes an owed fence.
//
// It refuses to guess: what it cannot tell is no data point, so that missing data neither starts a failover nor moves
// traffic. It starts nothing itself; the alarm on its metric does.
package probe

import (
	"context"
	_ "embed"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"github.com/acso/disaster-recovery/internal/database"
	"github.com/acso/disaster-recovery/internal/environment"
	"github.com/acso/disaster-recovery/internal/failure"
	"github.com/acso/disaster-recovery/internal/fencing"
	"github.com/acso/disaster-recovery/internal/grant"
	"github.com/acso/disaster-recovery/internal/health"
	"github.com/acso/disaster-recovery/internal/incident"
	"github.com/acso/disaster-recovery/internal/platform"
	"github.com/acso/disaster-recovery/internal/switching"
)

// Event is an example input.
//
//go:embed event.json
var Event []byte

// Errors are the kinds that it fails with. That the primary cannot be reached is never one.
var Errors = append([]failure.Kind{failure.InvalidInput, failure.Superseded}, incident.Errors...)

// tries is how often the endpoint is asked before it counts as down: one lost packet is no outage.
const tries = 2

// Input is empty: EventBridge sends {}.
type Input struct{}

// Output is what was seen and done.
type Output struct {
	Watched string          `json:"watched"` // region; "" when this region is the active one
	Verdict health.Verdict  `json:"verdict"` // serving, down or unknown; unknown when nothing was watched
	Detail  string          `json:"detail"`
	Switch  *int            `json:"switch"` // what was asserted; null in the region that does not hold the switch
	Fence   *fencing.Report `json:"fence"`  // null when none is owed
}

// Handler keeps the fence's connection between invocations.
type Handler struct {
	p          platform.Platform
	store      *incident.Store
	cloudwatch *cloudwatch.Client
	fencer     *fencing.Fencer
	database   *database.Database
}

// New makes the handler.
func New(p platform.Platform) *Handler {
	return &Handler{p: p, store: incident.NewStore(p), cloudwatch: cloudwatch.NewFromConfig(p.AWS), fencer: fencing.New(p), database: database.In(p, p.Region())}
}

// Grants is what it may do: write its metrics, remember what it saw, and complete a fence in the other region.
func Grants(e *environment.Environment, region string) []grant.Grant {
	grants := append(fencing.Grants(e, region), incident.PairGrants(e, region)...)
	return append(append(grants, switching.Grants()...), grant.Grant{
		Actions: []string{"rds:DescribeDBInstances"}, Resources: []string{database.ARN(e, region)},
	})
}

// Handle watches once.
func (h *Handler) Handle(ctx context.Context, _ Input) (Output, error) {
	role, err := h.store.Role(ctx)
	if err != nil {
		return Output{}, err // without the role, nothing is asserted: the switch stays as it is
	}
	out := Output{Verdict: health.Unknown, Detail: h.p.Region() + " is the active region and does not watch itself"}
	var data []types.MetricDatum
	if h.p.Region() == h.p.Environment.Regions.Recovery {
		out.Switch = &role.Switch
		data = append(data, switching.Datum(h.p.Environment, switching.Switch, float64(role.Switch), h.p.Clock.Now()))
	}
	if role.ActiveRegion != h.p.Region() {
		answer := h.look(ctx, role.ActiveRegion)
		out.Watched, out.Verdict, out.Detail = role.ActiveRegion, answer.Verdict, answer.Detail
		// The time after the answer: until then the region may have served.
		if _, err := h.store.Observe(ctx, role.ActiveRegion, serving(answer.Verdict), h.p.Clock.Now()); err != nil {
			return out, err
		}
		if datum, known := h.datum(answer.Verdict); known {
			data = append(data, datum)
		}
	}
	if len(data) > 0 {
		_, err := h.cloudwatch.PutMetricData(ctx, &cloudwatch.PutMetricDataInput{Namespace: aws.String(switching.Namespace), MetricData: data})
		if err != nil {
			return out, failure.FromAWS(err, "put the metrics of the probe in %s", h.p.Region())
		}
	}
	if role.ActiveRegion == h.p.Region() && role.Epoch > 0 {
		// Best effort, every minute: a region that was dead when it happened learns of it when it is back.
		if err := h.store.TellRole(ctx, role); err != nil {
			out.Detail += "; the other region could not be told: " + err.Error()
		}
	}
	out.Fence, err = h.watchFence(ctx, role)
	return out, err
}

func (h *Handler) look(ctx context.Context, region string) health.Answer {
	e := h.p.Environment
	name := e.RegionalName(region)
	var answer health.Answer
	for range tries {
		answer = health.Ask(ctx, h.p, name, name, e.Domain.HealthPath, e.Monitoring.ProbeTimeout.Std())
		if answer.Verdict != health.Down {
			break
		}
	}
	return answer
}

func (h *Handler) datum(verdict health.Verdict) (types.MetricDatum, bool) {
	if verdict == health.Unknown {
		return types.MetricDatum{}, false
	}
	value := 0.0
	if verdict == health.Down {
		value = 1
	}
	return switching.Datum(h.p.Environment, switching.PrimaryUnhealthy, value, h.p.Clock.Now()), true
}

func serving(verdict health.Verdict) *bool {
	switch verdict {
	case health.Serving:
		return aws.Bool(true)
	case health.Down:
		return aws.Bool(false)
	}
	return nil
}

// watchFence completes the fence that a failover left owed. Before the promotion it is the machine's business: the
// watcher never closes a primary that nothing replaces, whatever the record says was about to happen; nor one that became
// active again since.
func (h *Handler) watchFence(ctx context.Context, role incident.Role) (*fencing.Report, error) {
	i, err := h.store.Present(ctx)
	if err != nil || i.Promotion == incident.NotPromoted || i.Fence.State == incident.FenceProven || role.Epoch > i.Epoch {
		return nil, err
	}
	if i.Promotion == incident.PromotionRequested {
		instance, err := h.database.Describe(ctx)
		if err != nil || aws.ToString(instance.ReadReplicaSourceDBInstanceIdentifier) != "" {
			return nil, err // the run may have died between writing the request down and making it
		}
	}
	report, err := h.fencer.Close(ctx, h.fencer.Watching(ctx, i.Epoch))
	return &report, err
}
