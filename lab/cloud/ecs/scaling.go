package ecs

import (
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	aas "github.com/aws/aws-sdk-go-v2/service/applicationautoscaling"
	"github.com/aws/aws-sdk-go-v2/service/applicationautoscaling/types"

	"github.com/acso/disaster-recovery/internal/grant"
	"github.com/acso/disaster-recovery/lab/cloud"
)

type target struct {
	resource  string
	low, high int32
	created   time.Time
}

func resourceID(cluster, service string) string { return "service/" + cluster + "/" + service }

// Bounds are the minimum and maximum of a service's scalable target; ok is false when it has none.
func (s *Service) Bounds(region, service string) (low, high int, ok bool) {
	r := s.regions[region]
	if t := r.target(resourceID(r.cluster, service)); t != nil {
		return int(t.low), int(t.high), true
	}
	return 0, 0, false
}

// Bound sets them, behind the back of everybody.
func (s *Service) Bound(region, service string, low, high int) {
	r := s.regions[region]
	if t := r.target(resourceID(r.cluster, service)); t != nil {
		t.low, t.high = int32(low), int32(high) // #nosec G115 -- numbers of tasks
	}
}

// Actions: docs.aws.amazon.com/service-authorization/latest/reference/list_applicationautoscaling.html; a scalable target's
// ARN has an id that nobody knows beforehand, so the lab checks a fixed one.
func (s *Service) registerScaling() {
	cloud.Register(s.cloud, "Application Auto Scaling.RegisterScalableTarget", cloud.Spec[aas.RegisterScalableTargetInput]{
		Mutating: true,
		Actions: func(call *cloud.Call, _ *aas.RegisterScalableTargetInput) []grant.Action {
			return []grant.Action{{Name: "application-autoscaling:RegisterScalableTarget", Resource: s.cloud.ARN("application-autoscaling", call.Region, "scalable-target/lab")}}
		},
	}, s.registerTarget)
	cloud.Register(s.cloud, "Application Auto Scaling.DescribeScalableTargets", cloud.Spec[aas.DescribeScalableTargetsInput]{
		Actions: func(*cloud.Call, *aas.DescribeScalableTargetsInput) []grant.Action {
			return []grant.Action{{Name: "application-autoscaling:DescribeScalableTargets", Resource: "*"}}
		},
	}, s.describeTargets)
}

func (r *region) target(resource string) *target {
	for _, t := range r.targets {
		if t.resource == resource {
			return t
		}
	}
	return nil
}

// registerTarget changes the bounds, and with them the desired count: "it changes the resource's current capacity to a
// value that is inside of this range":
// docs.aws.amazon.com/autoscaling/application/APIReference/API_RegisterScalableTarget.html.
func (s *Service) registerTarget(call *cloud.Call, in *aas.RegisterScalableTargetInput) (*aas.RegisterScalableTargetOutput, error) {
	r, resource := s.regions[call.Region], aws.ToString(in.ResourceId)
	if in.ServiceNamespace != types.ServiceNamespaceEcs || in.ScalableDimension != types.ScalableDimensionECSServiceDesiredCount {
		return nil, refused("the lab scales only ecs:service:DesiredCount")
	}
	w := s.Workload(call.Region, short(resource))
	if w == nil || resource != resourceID(r.cluster, w.Name) {
		return nil, refused("ECS service doesn't exist: " + resource)
	}
	t := r.target(resource)
	low, high := in.MinCapacity, in.MaxCapacity
	if t == nil && (low == nil || high == nil) {
		return nil, refused("Both MinCapacity and MaxCapacity must be specified when registering a new scalable target")
	}
	if t == nil {
		t = &target{resource: resource, created: s.sim.Now()}
	}
	next := *t
	if low != nil {
		next.low = *low
	}
	if high != nil {
		next.high = *high
	}
	if next.low < 0 || next.low > next.high {
		return nil, refused("Minimum capacity cannot be negative or greater than maximum capacity")
	}
	if r.target(resource) == nil {
		r.targets = append(r.targets, t)
	}
	*t = next
	s.later(r.name, s.draw("scale", s.Durations.Scale), func() {
		bounded := min(max(w.desired, int(t.low)), int(t.high))
		if bounded != w.desired {
			w.desired = bounded
			s.reconcile(w, s.Durations.Start)
		}
	})
	return &aas.RegisterScalableTargetOutput{ScalableTargetARN: aws.String(s.cloud.ARN("application-autoscaling", r.name, "scalable-target/lab"))}, nil
}

func refused(message string) error {
	return &types.ValidationException{Message: aws.String(message)}
}

func (s *Service) describeTargets(call *cloud.Call, in *aas.DescribeScalableTargetsInput) (*aas.DescribeScalableTargetsOutput, error) {
	out := &aas.DescribeScalableTargetsOutput{}
	if in.ServiceNamespace != types.ServiceNamespaceEcs {
		return out, nil
	}
	for _, t := range s.regions[call.Region].targets {
		if len(in.ResourceIds) > 0 && !slices.Contains(in.ResourceIds, t.resource) {
			continue
		}
		out.ScalableTargets = append(out.ScalableTargets, types.ScalableTarget{
			ResourceId: aws.String(t.resource), ServiceNamespace: types.ServiceNamespaceEcs, ScalableDimension: types.ScalableDimensionECSServiceDesiredCount,
			MinCapacity: aws.Int32(t.low), MaxCapacity: aws.Int32(t.high), CreationTime: aws.Time(t.created), RoleARN: aws.String("arn:aws:iam::" + s.cloud.Account + ":role/aws-service-role/ecs.application-autoscaling.amazonaws.com/AWSServiceRoleForApplicationAutoScaling_ECSService"),
		})
	}
	return out, nil
}
