// Package flipdns sends clients to its region: by the failover switch, a metric that a Route 53 health check follows and
// that works while Route 53's control plane is down, or, as a fallback and for planned moves, by editing the records.
//
// It refuses to move clients while the fence of the old primary is owed and the old primary serves. It claims a move only
// when the authoritative servers answer so.
package flipdns

import (
	"context"
	_ "embed"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/aws-sdk-go-v2/service/route53"

	"github.com/acso/disaster-recovery/internal/environment"
	"github.com/acso/disaster-recovery/internal/failure"
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

// Errors are the kinds that it fails with.
var Errors = append([]failure.Kind{failure.InvalidInput, failure.Superseded, failure.Unsafe, failure.QuotaReached}, incident.Errors...)

const (
	// glance bounds the look at the old primary just before the flip: a region that is dead costs this much once.
	glance = 2 * time.Second
	// ask bounds the question to the authoritative servers.
	ask = 5 * time.Second
)

// Input says where to and how.
type Input struct {
	Target string `json:"target"`         // recovery or primary, as the environment file calls the regions; it must be where this runs
	Mode   string `json:"mode,omitempty"` // switch (default), records, or look, which changes nothing
	incident.Claim
}

// Output is what the authoritative servers answer.
type Output struct {
	Moved  bool   `json:"moved"`
	Answer string `json:"answer"` // where the public name points; "" when nobody answered
	Detail string `json:"detail"`
}

// Handler flips to its region.
type Handler struct {
	p       platform.Platform
	store   *incident.Store
	metrics *cloudwatch.Client // in the region that holds the switch
	route53 *route53.Client
}

// New makes the handler.
func New(p platform.Platform) *Handler {
	return &Handler{
		p: p, store: incident.NewStore(p), route53: route53.NewFromConfig(p.AWS),
		metrics: cloudwatch.NewFromConfig(p.In(p.Environment.Regions.Recovery)),
	}
}

// Grants is what it may do.
func Grants(e *environment.Environment, region string) []grant.Grant {
	grants := append(incident.Grants(e, region), incident.PairGrants(e, region)...)
	return append(append(grants, switching.Grants()...), grant.Grant{
		Actions:   []string{"route53:ListResourceRecordSets", "route53:ChangeResourceRecordSets"},
		Resources: []string{"arn:aws:route53:::hostedzone/" + e.Domain.HostedZone},
	})
}

// Handle flips, or goes on flipping, and says what the authoritative servers answer. It is repeated until they answer so.
func (h *Handler) Handle(ctx context.Context, in Input) (Output, error) {
	if in.Mode == "look" {
		return h.look(ctx), nil
	}
	value, err := h.value(in.Target)
	if err != nil {
		return Output{}, err
	}
	i, err := h.store.Guard(ctx, in.Claim)
	if err != nil {
		return Output{}, err
	}
	role, err := h.store.Role(ctx)
	if err != nil {
		return Output{}, err
	}
	if role.ActiveRegion != h.p.Region() || role.Epoch < i.Epoch {
		if err := h.decide(ctx, in.Claim, i, value); err != nil {
			return Output{}, err
		}
	}
	switch in.Mode {
	case "", "switch":
		if err := h.tell(ctx, i, value); err != nil {
			return Output{}, err
		}
		_, err := h.metrics.PutMetricData(ctx, &cloudwatch.PutMetricDataInput{
			Namespace:  aws.String(switching.Namespace),
			MetricData: []types.MetricDatum{switching.Datum(h.p.Environment, switching.Switch, float64(value), h.p.Clock.Now())},
		})
		if err != nil {
			return Output{}, failure.FromAWS(err, "set the failover switch to %d", value)
		}
	case "records":
		if err := h.editRecords(ctx, in.Claim); err != nil {
			return Output{}, err
		}
	default:
		return Output{}, failure.New(failure.InvalidInput, "flip "+h.p.Environment.Domain.Name, "mode %q is none of switch, records, look", in.Mode)
	}
	return h.look(ctx), nil
}

// value is what the switch has to say for clients to come to this region.
func (h *Handler) value(target string) (int, error) {
	regions := h.p.Environment.Regions
	named, value := regions.Recovery, 1
	switch target {
	case "recovery":
	case "primary":
		named, value = regions.Primary, 0
	default:
		return 0, failure.New(failure.InvalidInput, "flip "+h.p.Environment.Domain.Name, "target %q is neither recovery nor primary", target)
	}
	if named != h.p.Region() {
		return 0, failure.New(failure.InvalidInput, "flip "+h.p.Environment.Domain.Name, "target %s is %s, but this runs in %s: start it in the region that is to be activated", target, named, h.p.Region())
	}
	return value, nil
}

// decide makes sure that the old primary does not serve, and writes the decision down before it takes effect: from then
// on the probe asserts the switch too, so a run that dies here leaves clients moving to a region that was validated.
func (h *Handler) decide(ctx context.Context, claim incident.Claim, i incident.Incident, value int) error {
	e := h.p.Environment
	op := "flip " + e.Domain.Name + " to " + h.p.Region()
	if i.Promotion != incident.PromotionDone {
		return failure.New(failure.Unsafe, op, "the database of %s was not seen to take a write", h.p.Region())
	}
	old := e.Pair(h.p.Region())
	if i.Fence.State != incident.FenceProven {
		name := e.RegionalName(old)
		if answer := health.Ask(ctx, h.p, name, name, e.Domain.HealthPath, glance); answer.Verdict == health.Serving {
			return failure.New(failure.Unsafe, op, "%s serves, and its fence is owed", old).Next("complete the fence of %s first", old)
		}
	}
	if _, err := h.store.Update(ctx, claim, func(i *incident.Incident) bool {
		i.Changed(h.p.Clock.Now(), fmt.Sprintf("%s: clients are sent here, the failover switch is %d", h.p.Region(), value), "")
		return true
	}); err != nil {
		return err
	}
	return h.store.SetRole(ctx, incident.Role{ActiveRegion: h.p.Region(), Switch: value, Epoch: i.Epoch})
}

// tell has the other region note which one is active. The recovery region holds the switch, and its probe asserts what it
// knows every minute: on the way back to the primary it has to know before the switch is set, or it would set it again.
// On the way there it is courtesy, and only shown to a region that was well a moment ago.
func (h *Handler) tell(ctx context.Context, i incident.Incident, value int) error {
	role := incident.Role{ActiveRegion: h.p.Region(), Switch: value, Epoch: i.Epoch}
	if h.p.Region() == h.p.Environment.Regions.Primary {
		return h.store.TellRole(ctx, role)
	}
	if i.Mode == incident.Planned {
		_ = h.store.TellRole(ctx, role) // the probe tells it again, every minute
	}
	return nil
}

func (h *Handler) look(ctx context.Context) Output {
	e := h.p.Environment
	ctx, cancel := h.p.Clock.WithTimeout(ctx, ask)
	defer cancel()
	answer, err := h.p.DNS.CNAME(ctx, e.Domain.Name)
	if err != nil {
		return Output{Detail: "the authoritative servers were not understood: " + err.Error()}
	}
	return Output{
		Moved: answer == e.RegionalName(h.p.Region()), Answer: answer,
		Detail: "the authoritative servers answer " + answer,
	}
}
