package restoreservices

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/applicationautoscaling"
	scaletypes "github.com/aws/aws-sdk-go-v2/service/applicationautoscaling/types"
	"github.com/aws/aws-sdk-go-v2/service/ecs"

	"github.com/acso/disaster-recovery/internal/environment"
	"github.com/acso/disaster-recovery/internal/failure"
	"github.com/acso/disaster-recovery/internal/incident"
)

// seen is a service as it is now.
type seen struct {
	size             incident.Size
	running, pending int32
}

// servicesPerCall is the most that DescribeServices takes.
// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DescribeServices.html
const servicesPerCall = 10

// look describes services and their scaling, in the order of the environment.
func (h *Handler) look(ctx context.Context, services []environment.Service) ([]seen, error) {
	ctx, cancel := h.p.Clock.WithTimeout(ctx, patience)
	defer cancel()
	cluster := h.p.Environment.Cluster(h.p.Region())
	var names, resources []string
	for _, s := range services {
		name := h.p.Environment.Service(h.p.Region(), s.Name)
		names, resources = append(names, name), append(resources, h.resource(name))
	}
	found := map[string]seen{}
	for from := 0; from < len(names); from += servicesPerCall {
		out, err := h.ecs.DescribeServices(ctx, &ecs.DescribeServicesInput{Cluster: aws.String(cluster), Services: names[from:min(from+servicesPerCall, len(names))]})
		if err != nil {
			return nil, failure.FromAWS(err, "describe the services of cluster %s", cluster)
		}
		for _, s := range out.Services {
			name := aws.ToString(s.ServiceName)
			found[name] = seen{size: incident.Size{Service: name, Desired: s.DesiredCount}, running: s.RunningCount, pending: s.PendingCount}
		}
	}
	targets, err := h.scale.DescribeScalableTargets(ctx, &applicationautoscaling.DescribeScalableTargetsInput{
		ServiceNamespace: scaletypes.ServiceNamespaceEcs, ResourceIds: resources,
		ScalableDimension: scaletypes.ScalableDimensionECSServiceDesiredCount,
	})
	if err != nil {
		return nil, failure.FromAWS(err, "describe the scaling of cluster %s", cluster)
	}
	bounds := map[string]scaletypes.ScalableTarget{}
	for _, target := range targets.ScalableTargets {
		bounds[aws.ToString(target.ResourceId)] = target
	}
	var list []seen
	for n, name := range names {
		s, ok := found[name]
		if !ok {
			return nil, failure.New(failure.NotFound, "describe service "+name, "cluster %s has no such service", cluster).Next("deploy the services of %s", h.p.Region())
		}
		if target, scaled := bounds[resources[n]]; scaled {
			s.size.Scaled, s.size.Min, s.size.Max = true, aws.ToInt32(target.MinCapacity), aws.ToInt32(target.MaxCapacity)
		}
		list = append(list, s)
	}
	return list, nil
}

func (h *Handler) tier(tier environment.Tier) []environment.Service {
	var services []environment.Service
	for _, s := range h.p.Environment.Services {
		if tier == "" || s.Tier == tier {
			services = append(services, s)
		}
	}
	return services
}

func sizeOf(before *incident.Workload, service string) (incident.Size, bool) {
	for _, size := range before.Services {
		if size.Service == service {
			return size, true
		}
	}
	return incident.Size{}, false
}

func (h *Handler) resource(service string) string {
	return "service/" + h.p.Environment.Cluster(h.p.Region()) + "/" + service
}

func (h *Handler) setScaling(ctx context.Context, service string, low, high int32) error {
	_, err := h.scale.RegisterScalableTarget(ctx, &applicationautoscaling.RegisterScalableTargetInput{
		ServiceNamespace: scaletypes.ServiceNamespaceEcs, ResourceId: aws.String(h.resource(service)),
		ScalableDimension: scaletypes.ScalableDimensionECSServiceDesiredCount,
		MinCapacity:       aws.Int32(low), MaxCapacity: aws.Int32(high),
	})
	return failure.FromAWS(err, "set the scaling of %s to %d-%d", service, low, high)
}

func (h *Handler) setDesired(ctx context.Context, service string, count int32) error {
	_, err := h.ecs.UpdateService(ctx, &ecs.UpdateServiceInput{
		Cluster: aws.String(h.p.Environment.Cluster(h.p.Region())), Service: aws.String(service), DesiredCount: aws.Int32(count),
	})
	return failure.FromAWS(err, "set service %s to %d tasks", service, count)
}
