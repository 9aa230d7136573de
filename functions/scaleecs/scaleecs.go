// Package scaleecs brings the services of one tier in its region to the size that they have when their region is active,
// and back to what they were when a failover ends before its point of no return.
//
// It never scales down but to what the incident remembers, and never counts a task that is wanted as one that runs: what
// capacity allowed is reported.
package scaleecs

import (
	"context"
	_ "embed"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/applicationautoscaling"
	scaletypes "github.com/aws/aws-sdk-go-v2/service/applicationautoscaling/types"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/acso/disaster-recovery/internal/environment"
	"github.com/acso/disaster-recovery/internal/failure"
	"github.com/acso/disaster-recovery/internal/grant"
	"github.com/acso/disaster-recovery/internal/incident"
	"github.com/acso/disaster-recovery/internal/platform"
)

// Event is an example input.
//
//go:embed event.json
var Event []byte

// Errors are the kinds that it fails with.
var Errors = append([]failure.Kind{failure.InvalidInput, failure.Superseded, failure.QuotaReached, failure.Aborted}, incident.Errors...)

// All is every tier, the critical one first.
const All environment.Tier = "all"

// Input names the tier.
type Input struct {
	Action string           `json:"action,omitempty"` // raise (default), lower (back to the sizes of before this failover) or look (what would be raised)
	Tier   environment.Tier `json:"tier,omitempty"`   // raise: critical, standard, non-critical or all
	incident.Claim
}

// Output is how far the tier got.
type Output struct {
	Tier     environment.Tier `json:"tier"`
	Reached  bool             `json:"reached"`  // every service runs as many tasks as it should
	Degraded bool             `json:"degraded"` // not reached, but every service runs at least one task
	Summary  string           `json:"summary"`
	Services []Service        `json:"services"`
}

// Service is one service, in tasks.
type Service struct {
	Name    string `json:"name"`
	Wanted  int32  `json:"wanted"`
	Desired int32  `json:"desired"` // as ECS has it now
	Running int32  `json:"running"`
}

// Handler scales in its region.
type Handler struct {
	p     platform.Platform
	store *incident.Store
	ecs   *ecs.Client
	scale *applicationautoscaling.Client
}

// New makes the handler.
func New(p platform.Platform) *Handler {
	return &Handler{
		p: p, store: incident.NewStore(p),
		ecs: ecs.NewFromConfig(p.AWS), scale: applicationautoscaling.NewFromConfig(p.AWS),
	}
}

// Grants is what it may do to the services of its region.
func Grants(e *environment.Environment, region string) []grant.Grant {
	var services []string
	for _, s := range e.Services {
		services = append(services, fmt.Sprintf("arn:aws:ecs:%s:%s:service/%s/%s", region, e.Account, e.Cluster(region), e.Service(region, s.Name)))
	}
	return append(incident.Grants(e, region),
		grant.Grant{Actions: []string{"ecs:DescribeServices", "ecs:UpdateService"}, Resources: services},
		grant.Grant{Actions: []string{"application-autoscaling:DescribeScalableTargets"}, Resources: []string{"*"}},
		grant.Grant{
			Actions:   []string{"application-autoscaling:RegisterScalableTarget"},
			Resources: []string{fmt.Sprintf("arn:aws:application-autoscaling:%s:%s:scalable-target/*", region, e.Account)},
		},
	)
}

// Handle describes the tier, raises what is too small, and reports. Called again, it finds nothing to raise and reports.
func (h *Handler) Handle(ctx context.Context, in Input) (Output, error) {
	switch in.Action {
	case "lower":
		return h.lower(ctx, in.Claim)
	case "", "raise", "look":
		return h.raiseTier(ctx, in)
	}
	return Output{}, failure.New(failure.InvalidInput, "scale services", "action %q is none of raise, lower, look", in.Action)
}

func (h *Handler) raiseTier(ctx context.Context, in Input) (Output, error) {
	wanted := h.wanted(in.Tier)
	if len(wanted) == 0 {
		switch in.Tier {
		case environment.Critical, environment.Standard, environment.NonCritical:
			return Output{Tier: in.Tier, Reached: true, Summary: string(in.Tier) + ": no services", Services: []Service{}}, nil
		}
		return Output{}, failure.New(failure.InvalidInput, "scale services", "tier %q is none of critical, standard, non-critical, all", in.Tier)
	}
	if err := h.mayRaise(ctx, in); err != nil {
		return Output{}, err
	}
	present, err := h.describe(ctx, wanted)
	if err != nil {
		return Output{}, err
	}
	targets, err := h.targets(ctx, wanted)
	if err != nil {
		return Output{}, err
	}
	out := Output{Tier: in.Tier}
	for _, service := range wanted {
		seen, ok := present[h.name(service)]
		if !ok {
			return out, failure.New(failure.NotFound, "scale service "+h.name(service), "cluster %s has no such service", h.p.Environment.Cluster(h.p.Region())).
				Next("deploy the services of %s", h.p.Region())
		}
		desired := seen.DesiredCount
		if in.Action != "look" {
			if desired, err = h.raise(ctx, in.Claim, service, seen, targets); err != nil {
				return out, err
			}
		}
		out.Services = append(out.Services, Service{Name: service.Name, Wanted: tasks(service), Desired: desired, Running: seen.RunningCount})
	}
	out.judge()
	return out, nil
}

func (h *Handler) mayRaise(ctx context.Context, in Input) error {
	if in.Action == "look" {
		return nil
	}
	i, err := h.store.Guard(ctx, in.Claim)
	if err != nil {
		return err
	}
	return i.Halted()
}

func (out *Output) judge() {
	out.Reached, out.Degraded = true, true
	out.Summary = string(out.Tier) + ":"
	for _, s := range out.Services {
		out.Reached = out.Reached && s.Running >= s.Wanted
		out.Degraded = out.Degraded && s.Running > 0
		out.Summary += fmt.Sprintf(" %s %d of %d,", s.Name, s.Running, s.Wanted)
	}
	out.Summary = out.Summary[:len(out.Summary)-1] + " tasks"
	out.Degraded = out.Degraded && !out.Reached
}

func (h *Handler) wanted(tier environment.Tier) []environment.Service {
	if tier == All {
		return slices.Concat(h.wanted(environment.Critical), h.wanted(environment.Standard), h.wanted(environment.NonCritical))
	}
	var services []environment.Service
	for _, s := range h.p.Environment.Services {
		if s.Tier == tier {
			services = append(services, s)
		}
	}
	return services
}

func (h *Handler) name(s environment.Service) string {
	return h.p.Environment.Service(h.p.Region(), s.Name)
}

// tasks is how many the service has in an active region, as ECS counts them.
func tasks(s environment.Service) int32 {
	return int32(s.Desired) // #nosec G115 -- the environment's loader keeps it far below
}

func (h *Handler) resource(s environment.Service) string {
	return "service/" + h.p.Environment.Cluster(h.p.Region()) + "/" + h.name(s)
}

// servicesPerCall is the most that DescribeServices takes.
// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DescribeServices.html
const servicesPerCall = 10

func (h *Handler) describe(ctx context.Context, services []environment.Service) (map[string]types.Service, error) {
	cluster := h.p.Environment.Cluster(h.p.Region())
	found := map[string]types.Service{}
	for from := 0; from < len(services); from += servicesPerCall {
		var names []string
		for _, s := range services[from:min(from+servicesPerCall, len(services))] {
			names = append(names, h.name(s))
		}
		out, err := h.ecs.DescribeServices(ctx, &ecs.DescribeServicesInput{Cluster: aws.String(cluster), Services: names})
		if err != nil {
			return nil, failure.FromAWS(err, "describe the services of cluster %s", cluster)
		}
		for _, s := range out.Services {
			found[aws.ToString(s.ServiceName)] = s
		}
	}
	return found, nil
}

func (h *Handler) targets(ctx context.Context, services []environment.Service) (map[string]scaletypes.ScalableTarget, error) {
	var resources []string
	for _, s := range services {
		resources = append(resources, h.resource(s))
	}
	out, err := h.scale.DescribeScalableTargets(ctx, &applicationautoscaling.DescribeScalableTargetsInput{
		ServiceNamespace: scaletypes.ServiceNamespaceEcs, ResourceIds: resources,
		ScalableDimension: scaletypes.ScalableDimensionECSServiceDesiredCount,
	})
	if err != nil {
		return nil, failure.FromAWS(err, "describe the scaling of cluster %s", h.p.Environment.Cluster(h.p.Region()))
	}
	found := map[string]scaletypes.ScalableTarget{}
	for _, target := range out.ScalableTargets {
		found[aws.ToString(target.ResourceId)] = target
	}
	return found, nil
}

// raise raises the scaling first and the service after it, since scaling would take the tasks away again. It gives the
// desired count as it is then.
func (h *Handler) raise(ctx context.Context, claim incident.Claim, s environment.Service, seen types.Service, targets map[string]scaletypes.ScalableTarget) (int32, error) {
	want := tasks(s)
	target, scaled := targets[h.resource(s)]
	low, high := aws.ToInt32(target.MinCapacity), aws.ToInt32(target.MaxCapacity)
	narrow := scaled && low < want
	if !narrow && seen.DesiredCount >= want {
		return seen.DesiredCount, nil
	}
	if err := h.record(ctx, claim, s, seen.DesiredCount, low, high, scaled); err != nil {
		return 0, err
	}
	if narrow {
		_, err := h.scale.RegisterScalableTarget(ctx, &applicationautoscaling.RegisterScalableTargetInput{
			ServiceNamespace: scaletypes.ServiceNamespaceEcs, ResourceId: aws.String(h.resource(s)),
			ScalableDimension: scaletypes.ScalableDimensionECSServiceDesiredCount,
			MinCapacity:       aws.Int32(want), MaxCapacity: aws.Int32(max(high, 2*want)), // as deployed: a fence had set it to 0
		})
		if err != nil {
			return 0, failure.FromAWS(err, "raise the scaling of %s to at least %d", h.name(s), want)
		}
	}
	if seen.DesiredCount >= want {
		return seen.DesiredCount, nil
	}
	_, err := h.ecs.UpdateService(ctx, &ecs.UpdateServiceInput{
		Cluster: aws.String(h.p.Environment.Cluster(h.p.Region())), Service: aws.String(h.name(s)), DesiredCount: aws.Int32(want),
	})
	return want, failure.FromAWS(err, "raise service %s to %d tasks", h.name(s), want)
}
