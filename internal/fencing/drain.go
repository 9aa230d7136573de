package fencing

import (
	"context"
	"errors"

	"github.com/acso/disaster-recovery/internal/environment"
	"github.com/acso/disaster-recovery/internal/incident"
)

// errNotLooked keeps a drain from taking the network ACL for closed or open: it has to stay open for the replica.
var errNotLooked = errors.New("not looked at: the replica still reads through it")

// tiers is the order in which the services stop: what clients need goes last.
var tiers = []environment.Tier{environment.NonCritical, environment.Standard, environment.Critical}

// Drain takes the writers from the old primary and leaves its database open, so that the replica gets the rest: one round,
// in which the services of a tier stop when those of the tiers before run no task any more. It is repeated until Done.
func (f *Fencer) Drain(ctx context.Context, ledger Ledger) (Report, error) {
	i, err := ledger(unchanged)
	if err != nil {
		return Report{}, err
	}
	if err := i.Halted(); err != nil {
		return Report{}, err
	}
	r := &round{}
	s := survey{aclErr: errNotLooked}
	s.servicesErr = f.lookAtServices(ctx, r, &s)
	if s.servicesErr == nil {
		if i, err = ledger(func(i *incident.Incident) bool { f.begin(i, &s); return true }); err != nil {
			return Report{}, err
		}
		f.stopTiers(ctx, r, &s)
		s.servicesErr = f.lookAtServices(ctx, r, &s)
	}
	done := s.servicesErr == nil && s.stopped()
	i, err = ledger(func(i *incident.Incident) bool {
		if done && i.Drain != nil && i.Drain.StoppedAt.IsZero() {
			i.Drain.StoppedAt = f.p.Clock.Now()
			return true
		}
		return false
	})
	return Report{State: i.Fence.State, Answered: r.answered, Done: done, Evidence: []incident.Check{f.servicesCheck(&s)}}, err
}

func (f *Fencer) begin(i *incident.Incident, s *survey) {
	f.intend(i, s)
	if i.Drain == nil {
		i.Drain = &incident.Drain{BeganAt: f.p.Clock.Now()}
	}
}

// stopTiers stops one tier after the other.
func (f *Fencer) stopTiers(ctx context.Context, r *round, s *survey) {
	e := f.p.Environment
	for _, tier := range tiers {
		var running int32
		for _, service := range e.Services {
			if service.Tier != tier {
				continue
			}
			name := e.Service(f.old, service.Name)
			running += s.runs[name]
			for _, size := range s.sizes {
				if size.Service == name {
					f.stop(ctx, r, size)
				}
			}
		}
		if running > 0 {
			return
		}
	}
}
