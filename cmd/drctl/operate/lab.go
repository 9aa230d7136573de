package operate

import (
	"context"
	"encoding/json"
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

// InLab lets an operator work in a lab of its own: two healthy regions with backups, as after some days of operation.
func InLab(ctx context.Context, e *environment.Environment, seed uint64, work func(context.Context, *world.World, *Operator) error) error {
	return inWorld(ctx, e, seed, func(*world.World) error { return nil }, work)
}

// InLostLab is the same after somebody deleted the workload of both regions: nothing is left but the backups.
func InLostLab(ctx context.Context, e *environment.Environment, seed uint64, work func(context.Context, *world.World, *Operator) error) error {
	return inWorld(ctx, e, seed, lose, work)
}

// allBackedUp is how long it takes until everything is backed up in both regions.
const allBackedUp = 45 * time.Minute

func lose(w *world.World) error {
	if _, err := w.States.Start(w.Env.Regions.Primary, w.Env.MachineName("backup-daily"), "", json.RawMessage("{}")); err != nil {
		return err
	}
	w.Sim.Run(w.Sim.Now().Add(allBackedUp), nil)
	w.LoseSystem()
	w.Sim.Run(w.Sim.Now().Add(world.Noticed), nil)
	return nil
}

func inWorld(ctx context.Context, e *environment.Environment, seed uint64, before func(*world.World) error, work func(context.Context, *world.World, *Operator) error) error {
	machines, err := world.ParseMachines(e)
	if err != nil {
		return err
	}
	evaluator, err := jsonata.New()
	if err != nil {
		return err
	}
	w := world.New(world.Options{Seed: seed, Environment: e, Evaluator: evaluator, Machines: machines, Scheduled: true})
	defer w.Traffic.Stop()
	w.Mature()
	if err := backUp(w); err != nil {
		return err
	}
	w.Sim.Run(w.Sim.Now().Add(settled), nil)
	if err := before(w); err != nil {
		return err
	}
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

// backUp takes a recovery point of what can be restored from one, and verifies it.
func backUp(w *world.World) error {
	for _, step := range [][2]string{
		{"backup-data", "{}"}, {"backup-configuration", "{}"},
		{"verify-backup", `{"kind":"application-data"}`}, {"verify-backup", `{"kind":"configuration"}`},
	} {
		if _, err := w.States.Start(w.Env.Regions.Primary, w.Env.MachineName(step[0]), "", json.RawMessage(step[1])); err != nil {
			return err
		}
		w.Sim.Run(w.Sim.Now().Add(time.Minute), nil)
	}
	return nil
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
