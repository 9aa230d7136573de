package fencing

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"

	"github.com/acso/disaster-recovery/internal/failure"
	"github.com/acso/disaster-recovery/internal/incident"
)

// Release takes the fence back, as long as nothing was promoted: the old primary is then the only database that may
// serve. After that point it changes nothing and reports the fence as it is.
func (f *Fencer) Release(ctx context.Context, ledger Ledger) (Report, error) {
	i, err := ledger(unchanged)
	if err != nil {
		return Report{}, err
	}
	if i.Promotion != incident.NotPromoted || i.Fence.State == incident.FenceNone {
		return Report{State: i.Fence.State, Evidence: i.Fence.Evidence}, nil
	}
	r := &round{}
	var undone []string
	if i.Fence.Before != nil {
		undone, err = f.restore(ctx, r, i.Fence.Before)
	}
	i, recorded := ledger(func(i *incident.Incident) bool {
		for _, what := range undone {
			i.Undone(what)
		}
		if err == nil {
			i.Undone(rebootChange(f.old)) // it is over: nothing of it is left
			before := i.Fence.Before
			i.Fence, i.Drain = incident.Fence{State: incident.FenceNone, Region: f.old}, nil
			if before != nil && (len(undone) > 0) {
				i.Fence.GivenBack = before
				i.Changed(f.p.Clock.Now(), unprovenChange(f.old), f.lookByHand())
			}
		}
		return true
	})
	return Report{State: i.Fence.State, Answered: r.answered, Evidence: i.Fence.Evidence}, recorded
}

// restore puts the old primary back to what it was: the way to the database first, the services after it. It gives the
// changes that are taken back, and the first error.
func (f *Fencer) restore(ctx context.Context, r *round, before *incident.Workload) (undone []string, first error) {
	keep := func(what string, err error) {
		if err == nil {
			undone = append(undone, what)
		} else if first == nil {
			first = err
		}
	}
	var s survey
	if err := f.lookAtACL(ctx, r, &s); err != nil {
		first = err
	} else {
		what, _ := f.aclChange(s.acl)
		keep(what, f.allow(ctx, r, &s))
	}
	for _, size := range before.Services {
		what, _ := f.serviceChange(size)
		err := f.call(ctx, r, func(ctx context.Context) error {
			if !size.Scaled {
				return nil
			}
			return f.setScaling(ctx, size.Service, size.Min, size.Max)
		})
		if err == nil {
			err = f.call(ctx, r, func(ctx context.Context) error { return f.setDesired(ctx, size.Service, size.Desired) })
		}
		keep(what, err)
	}
	return undone, first
}

func (f *Fencer) allow(ctx context.Context, r *round, s *survey) error {
	for _, direction := range []struct{ egress, denied bool }{{true, s.egress}, {false, s.ingress}} {
		if !direction.denied {
			continue
		}
		err := f.call(ctx, r, func(ctx context.Context) error {
			_, err := f.ec2.DeleteNetworkAclEntry(ctx, &ec2.DeleteNetworkAclEntryInput{
				NetworkAclId: aws.String(s.acl), RuleNumber: aws.Int32(ruleNumber), Egress: aws.Bool(direction.egress),
			})
			if failure.Code(err) == "InvalidNetworkAclEntry.NotFound" {
				return nil // deleted by an attempt whose answer was lost
			}
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}
