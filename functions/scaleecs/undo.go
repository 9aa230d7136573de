package scaleecs

import (
	"context"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/applicationautoscaling"
	scaletypes "github.com/aws/aws-sdk-go-v2/service/applicationautoscaling/types"
	"github.com/aws/aws-sdk-go-v2/service/ecs"

	"github.com/acso/disaster-recovery/internal/environment"
	"github.com/acso/disaster-recovery/internal/failure"
	"github.com/acso/disaster-recovery/internal/incident"
)

// record writes down what is about to be raised, and how it is taken back.
func (h *Handler) record(ctx context.Context, claim incident.Claim, s environment.Service, desired, low, high int32, scaled bool) error {
	region, cluster := h.p.Region(), h.p.Environment.Cluster(h.p.Region())
	undo := fmt.Sprintf("aws ecs update-service --region %s --cluster %s --service %s --desired-count %d", region, cluster, h.name(s), desired)
	if scaled {
		undo = fmt.Sprintf("aws application-autoscaling register-scalable-target --region %s --service-namespace ecs --scalable-dimension ecs:service:DesiredCount --resource-id %s --min-capacity %d --max-capacity %d, then %s",
			region, h.resource(s), low, high, undo)
	}
	_, err := h.store.Update(ctx, claim, func(i *incident.Incident) bool {
		changes := len(i.Changes)
		i.Changed(h.p.Clock.Now(), h.raised(s), undo)
		remembered := remember(i, incident.Size{Service: h.name(s), Desired: desired, Scaled: scaled, Min: low, Max: high})
		return len(i.Changes) != changes || remembered
	})
	return err
}

func (h *Handler) raised(s environment.Service) string {
	return fmt.Sprintf("%s: service %s raised to %d tasks", h.p.Region(), h.name(s), s.Desired)
}

// remember keeps the first size of a service: a repeated step would remember what it raised itself.
func remember(i *incident.Incident, size incident.Size) bool {
	if i.Standby == nil {
		i.Standby = &incident.Workload{}
	}
	if slices.ContainsFunc(i.Standby.Services, func(s incident.Size) bool { return s.Service == size.Service }) {
		return false
	}
	i.Standby.Services = append(i.Standby.Services, size)
	return true
}

// lower takes back what was raised, as long as nothing was promoted. After that the region needs what it has.
func (h *Handler) lower(ctx context.Context, claim incident.Claim) (Output, error) {
	i, err := h.store.Guard(ctx, claim)
	if err != nil {
		return Output{}, err
	}
	out := Output{Reached: true, Summary: "no service was raised", Services: []Service{}}
	if i.Promotion != incident.NotPromoted || i.Standby == nil {
		return out, nil
	}
	before := i.Standby.Services
	for _, size := range before {
		if err := h.resize(ctx, size); err != nil {
			return out, err
		}
		out.Services = append(out.Services, Service{Name: size.Service, Wanted: size.Desired, Desired: size.Desired})
	}
	_, err = h.store.Update(ctx, claim, func(i *incident.Incident) bool {
		for _, s := range h.p.Environment.Services {
			i.Undone(h.raised(s))
		}
		i.Standby = nil
		return true
	})
	out.Summary = fmt.Sprintf("%d services have the size of before", len(before))
	return out, err
}

func (h *Handler) resize(ctx context.Context, size incident.Size) error {
	cluster := h.p.Environment.Cluster(h.p.Region())
	if size.Scaled {
		_, err := h.scale.RegisterScalableTarget(ctx, &applicationautoscaling.RegisterScalableTargetInput{
			ServiceNamespace: scaletypes.ServiceNamespaceEcs, ResourceId: aws.String("service/" + cluster + "/" + size.Service),
			ScalableDimension: scaletypes.ScalableDimensionECSServiceDesiredCount,
			MinCapacity:       aws.Int32(size.Min), MaxCapacity: aws.Int32(size.Max),
		})
		if err != nil {
			return failure.FromAWS(err, "set the scaling of %s back to %d-%d", size.Service, size.Min, size.Max)
		}
	}
	_, err := h.ecs.UpdateService(ctx, &ecs.UpdateServiceInput{
		Cluster: aws.String(cluster), Service: aws.String(size.Service), DesiredCount: aws.Int32(size.Desired),
	})
	return failure.FromAWS(err, "set service %s back to %d tasks", size.Service, size.Desired)
}
