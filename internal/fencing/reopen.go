package fencing

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/applicationautoscaling"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/rds"

	"github.com/acso/disaster-recovery/internal/database"
	"github.com/acso/disaster-recovery/internal/failure"
	"github.com/acso/disaster-recovery/internal/incident"
	"github.com/acso/disaster-recovery/internal/platform"
)

// In makes a fencer of a region of the pair: to open it again as the standby, whatever closed it.
func In(p platform.Platform, region string) *Fencer {
	at := p.In(region)
	return &Fencer{
		p: p, old: region, store: incident.NewStore(p), ecs: ecs.NewFromConfig(at), scale: applicationautoscaling.NewFromConfig(at),
		ec2: ec2.NewFromConfig(at), rds: rds.NewFromConfig(at), writer: database.In(p, region),
	}
}

// OpenNetwork takes the fence's rules out of the network ACL around the database. It is for a region in which no database
// carries the name any more that services connect to, or only a replica: the caller has made sure of that.
func (f *Fencer) OpenNetwork(ctx context.Context) (acl string, err error) {
	r := &round{}
	var s survey
	if err := f.lookAtACL(ctx, r, &s); err != nil {
		return "", failure.FromAWS(err, "look at the network ACL around the database of %s", f.old)
	}
	if err := f.allow(ctx, r, &s); err != nil {
		return s.acl, failure.FromAWS(err, "open the database subnets of %s", f.old)
	}
	return s.acl, nil
}

// Resize brings the services of the region to sizes, where they differ, and tells how many did. It does not wait for tasks.
func (f *Fencer) Resize(ctx context.Context, sizes []incident.Size) (differed int, err error) {
	r := &round{}
	var s survey
	if err := f.lookAtServices(ctx, r, &s); err != nil {
		return 0, failure.FromAWS(err, "look at the services of %s", f.old)
	}
	for _, now := range s.sizes {
		for _, want := range sizes {
			if want.Service != now.Service || now.Desired == want.Desired && (!now.Scaled || now.Min == want.Min && now.Max == want.Max) {
				continue
			}
			differed++
			if now.Scaled { // before the service: the scaling would undo it
				if err := f.call(ctx, r, func(ctx context.Context) error { return f.setScaling(ctx, want.Service, want.Min, want.Max) }); err != nil {
					return differed, failure.FromAWS(err, "scale %s in %s to %d-%d", want.Service, f.old, want.Min, want.Max)
				}
			}
			if err := f.call(ctx, r, func(ctx context.Context) error { return f.setDesired(ctx, want.Service, want.Desired) }); err != nil {
				return differed, failure.FromAWS(err, "set %s in %s to %d tasks", want.Service, f.old, want.Desired)
			}
		}
	}
	return differed, nil
}
