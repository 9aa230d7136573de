package operate

import (
	"context"
	"errors"
	"time"

	"github.com/acso/disaster-recovery/internal/environment"
	"github.com/acso/disaster-recovery/lab/asl/jsonata"
	"github.com/acso/disaster-recovery/lab/cloud"
	"github.com/acso/disaster-recovery/lab/sim"
	"github.com/acso/disaster-recovery/lab/world"
)

// Caller is the name under which the lab records an operator's calls.
const Caller = "operator"

const (
	// settled is how long the two regions live before the operator comes: heartbeats and health checks have been seen.
	settled = 10 * time.Minute
	// longest is how long an operator works in the lab, in virtual time.
	longest = 48 * time.Hour
)

// InLab lets an operator work in a lab of its own, whose regions have lived for a while.
func InLab(ctx context.Context, e *environment.Environment, seed uint64, work func(context.Context, *world.World, *Operator) error) error {
	return lab(ctx, world.Options{Seed: seed, Environment: e}, settled, func(*world.World) {}, work)
}

// InMatureLab is a lab whose backups run by their schedules and have for long: everything that readiness looks at is there.
func InMatureLab(ctx context.Context, e *environment.Environment, seed uint64, lived time.Duration, work func(context.Context, *Operator) error) error {
	return lab(ctx, world.Options{Seed: seed, Environment: e, Scheduled: true}, lived, (*world.World).Mature, func(ctx context.Context, _ *world.World, o *Operator) error {
		return work(ctx, o)
	})
}

func lab(ctx context.Context, options world.Options, lived time.Duration, lay func(*world.World), work func(context.Context, *world.World, *Operator) error) error {
	e := options.Environment
	machines, err := world.ParseMachines(e)
	if err != nil {
		return err
	}
	evaluator, err := jsonata.New()
	if err != nil {
		return err
	}
	options.Evaluator, options.Machines = evaluator, machines
	w := world.New(options)
	defer w.Traffic.Stop()
	lay(w)
	w.Sim.Run(w.Sim.Now().Add(lived), nil)
	o := &Operator{
		Environment: e, Clock: virtual{w.Sim},
		AWS: w.Cloud.Config(cloud.Principal{Name: Caller, Region: cloud.Clients, Unlimited: true}),
	}
	err = errors.New("the lab's operator was still at work after 48 hours of virtual time: the machine waits for something that does not come")
	ended := false
	w.Sim.Go(ctx, func(ctx context.Context) { err = work(ctx, w, o) }, func(bool) { ended = true })
	w.Sim.Run(w.Sim.Now().Add(longest), func() bool { return ended || ctx.Err() != nil })
	return err
}

// virtual is the lab's clock.
type virtual struct{ *sim.Sim }

func (v virtual) WithTimeout(ctx context.Context, limit time.Duration) (context.Context, context.CancelFunc) {
	return v.Sim.WithTimeout(ctx, limit)
}

func (virtual) Sleep(ctx context.Context, d time.Duration) error {
	sim.Sleep(ctx, d)
	return context.Cause(ctx)
}
