package fencing

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/applicationautoscaling"
	scaletypes "github.com/aws/aws-sdk-go-v2/service/applicationautoscaling/types"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/ecs"

	"github.com/acso/disaster-recovery/internal/failure"
	"github.com/acso/disaster-recovery/internal/incident"
)

// Close looks at the old primary, closes what is open and tries to prove it, once. It is repeated until State is proven
// or the caller has no more time; repeating it is always safe.
func (f *Fencer) Close(ctx context.Context, ledger Ledger) (Report, error) {
	i, err := ledger(unchanged)
	if err != nil {
		return Report{}, err
	}
	if i.Fence.State == incident.FenceProven {
		return Report{State: incident.FenceProven, Evidence: i.Fence.Evidence}, nil
	}
	if err := i.Halted(); err != nil {
		return Report{}, err
	}
	r := &round{}
	s := f.look(ctx, r)
	if r.answered {
		f.holdConnection(ctx, &s, &i)
		if i, err = ledger(func(i *incident.Incident) bool { f.intend(i, &s); return true }); err != nil {
			return Report{}, err
		}
		if f.shut(ctx, r, &s, &i) {
			s.servicesErr = f.lookAtServices(ctx, r, &s)
			s.aclErr = f.lookAtACL(ctx, r, &s)
		}
	}
	proof := f.prove(ctx, r, &s, &i)
	i, err = ledger(func(i *incident.Incident) bool { proof.record(i, f.old, f.p.Clock.Now()); return true })
	return Report{State: i.Fence.State, Answered: r.answered, Evidence: i.Fence.Evidence}, err
}

// intend writes down what closing is about to change, before it is changed: a run that dies in between leaves a record
// that says too much, never too little.
func (f *Fencer) intend(i *incident.Incident, s *survey) {
	i.Fence.State, i.Fence.Region = incident.FenceOwed, f.old
	if i.Fence.Before == nil {
		i.Fence.Before = &incident.Workload{}
	}
	if i.Fence.GivenBack != nil { // what it was given back for is over
		i.Fence.GivenBack = nil
		i.Undone(unprovenChange(f.old))
	}
	if s.aclErr == nil && !s.aclClosed() {
		// Connections were possible until now, so what was proven of an earlier closing is proven no more.
		i.Fence.PooledAt, i.Fence.RebootedAt = zero, zero
		what, undo := f.aclChange(s.acl)
		i.Changed(f.p.Clock.Now(), what, undo)
	}
	if s.servicesErr == nil && len(i.Fence.Before.Services) == 0 && !s.stopped() {
		i.Fence.Before.Services = s.sizes
		for _, size := range s.sizes {
			what, undo := f.serviceChange(size)
			i.Changed(f.p.Clock.Now(), what, undo)
		}
	}
}

func (f *Fencer) aclChange(acl string) (what, undo string) {
	return fmt.Sprintf("%s: network ACL %s denies all traffic of the database subnets (rule %d, both directions)", f.old, f.p.Environment.DatabaseACL(f.old), ruleNumber),
		fmt.Sprintf("aws ec2 delete-network-acl-entry --region %s --network-acl-id %s --rule-number %d --ingress, then the same with --egress", f.old, acl, ruleNumber)
}

func (f *Fencer) serviceChange(size incident.Size) (what, undo string) {
	cluster := f.p.Environment.Cluster(f.old)
	what = fmt.Sprintf("%s: service %s from %d tasks to 0", f.old, size.Service, size.Desired)
	undo = fmt.Sprintf("aws ecs update-service --region %s --cluster %s --service %s --desired-count %d", f.old, cluster, size.Service, size.Desired)
	if size.Scaled {
		what += fmt.Sprintf(", scaling from %d-%d to 0-0", size.Min, size.Max)
		undo = fmt.Sprintf("aws application-autoscaling register-scalable-target --region %s --service-namespace ecs --scalable-dimension ecs:service:DesiredCount --resource-id %s --min-capacity %d --max-capacity %d, then %s",
			f.old, f.resource(size.Service), size.Min, size.Max, undo)
	}
	return what, undo
}

// shut closes what is open and reports whether it tried to close anything. Errors are not returned: what they left open
// shows in the next look.
func (f *Fencer) shut(ctx context.Context, r *round, s *survey, i *incident.Incident) bool {
	tried := false
	if s.servicesErr == nil && len(i.Fence.Before.Services) > 0 {
		for _, size := range s.sizes {
			tried = f.stop(ctx, r, size) || tried
		}
	}
	if s.aclErr == nil {
		for _, direction := range []struct{ egress, denied bool }{{false, s.ingress}, {true, s.egress}} {
			if !direction.denied {
				tried = true
				_ = f.call(ctx, r, func(ctx context.Context) error { return f.deny(ctx, s.acl, direction.egress) })
			}
		}
	}
	return tried
}

// stop takes a service to no task and reports whether there was anything to take.
func (f *Fencer) stop(ctx context.Context, r *round, size incident.Size) bool {
	tried := false
	if size.Scaled && (size.Min != 0 || size.Max != 0) {
		tried = true // before the service: the scaling would bring the tasks back
		_ = f.call(ctx, r, func(ctx context.Context) error { return f.setScaling(ctx, size.Service, 0, 0) })
	}
	if size.Desired != 0 {
		tried = true
		_ = f.call(ctx, r, func(ctx context.Context) error { return f.setDesired(ctx, size.Service, 0) })
	}
	return tried
}

func (f *Fencer) setScaling(ctx context.Context, service string, low, high int32) error {
	_, err := f.scale.RegisterScalableTarget(ctx, &applicationautoscaling.RegisterScalableTargetInput{
		ServiceNamespace: scaletypes.ServiceNamespaceEcs, ResourceId: aws.String(f.resource(service)),
		ScalableDimension: scaletypes.ScalableDimensionECSServiceDesiredCount,
		MinCapacity:       aws.Int32(low), MaxCapacity: aws.Int32(high),
	})
	return err
}

func (f *Fencer) setDesired(ctx context.Context, service string, count int32) error {
	_, err := f.ecs.UpdateService(ctx, &ecs.UpdateServiceInput{
		Cluster: aws.String(f.p.Environment.Cluster(f.old)), Service: aws.String(service), DesiredCount: aws.Int32(count),
	})
	return err
}

// deny puts the fence's rule into the ACL, or puts it right when the number is taken by something else.
func (f *Fencer) deny(ctx context.Context, acl string, egress bool) error {
	_, err := f.ec2.CreateNetworkAclEntry(ctx, &ec2.CreateNetworkAclEntryInput{
		NetworkAclId: aws.String(acl), RuleNumber: aws.Int32(ruleNumber), Egress: aws.Bool(egress),
		RuleAction: ec2types.RuleActionDeny, Protocol: aws.String(anyTraffic), CidrBlock: aws.String(anywhere),
	})
	if failure.Code(err) != "NetworkAclEntryAlreadyExists" {
		return err
	}
	_, err = f.ec2.ReplaceNetworkAclEntry(ctx, &ec2.ReplaceNetworkAclEntryInput{
		NetworkAclId: aws.String(acl), RuleNumber: aws.Int32(ruleNumber), Egress: aws.Bool(egress),
		RuleAction: ec2types.RuleActionDeny, Protocol: aws.String(anyTraffic), CidrBlock: aws.String(anywhere),
	})
	return err
}
