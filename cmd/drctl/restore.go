package main

import (
	"context"
	"fmt"
	"time"

	"github.com/acso/disaster-recovery/cmd/drctl/operate"
	"github.com/acso/disaster-recovery/functions/planrestore"
	"github.com/acso/disaster-recovery/internal/environment"
	"github.com/acso/disaster-recovery/internal/rebuild"
	"github.com/acso/disaster-recovery/internal/restore"
	"github.com/acso/disaster-recovery/lab/sim"
	"github.com/acso/disaster-recovery/lab/world"
)

type restoreCommand struct {
	Plan    restorePlanCommand  `cmd:"" help:"Say what a restore to a moment would do, at what loss, and how long it would take."`
	Start   restoreStartCommand `cmd:"" help:"Restore to a moment, or rebuild the whole system, and watch it to its end."`
	Watch   restoreWatchCommand `cmd:"" help:"Watch the restore that runs on AWS."`
	Approve approveCommand      `cmd:"" help:"Answer what the restore asks."`
	Abort   abortCommand        `cmd:"" help:"Ask the restore to give back what it changed, and to end."`
}

type restorePlanCommand struct {
	At          string   `required:"" placeholder:"TIME" help:"The moment: RFC 3339 with a zone, or latest; with --system also a date, which means its last moment in UTC."`
	System      bool     `help:"Everything is gone: plan to rebuild the whole system (restore-full-system). With --lab the lab's workload is deleted first."`
	What        []string `sep:"," placeholder:"PART" help:"Some of database, data, configuration; all of them without it."`
	Beside      bool     `help:"Restore beside the live database instead of in its place."`
	Environment string   `default:"production" placeholder:"NAME|FILE" help:"The environment, by its name in environments/ or as a file (default: production)."`
	Region      string   `placeholder:"NAME" help:"The active region, or with --system the one that is to serve (default: the environment's primary region)."`
	Lab         bool     `help:"Ask the lab instead of AWS: its two regions begin on 2026-03-03 at 09:00 UTC and have lived for an hour; with --system until somebody noticed the loss."`
	JSON        bool     `name:"json" help:"Print the plan as one JSON object, and nothing else."`
}

// Help is the second paragraph of --help.
func (restorePlanCommand) Help() string {
	return "Nothing is changed. The plan is made by the function that a restore itself asks first; without --lab the one that is deployed is invoked, with the credentials that the AWS command line would use. How long a step takes is what it took in the last restores that succeeded there, else the range that the lab draws from: the plan says which. Exit status 1 when it refuses the moment; it names the nearest that can be restored."
}

// Run makes and prints the plan.
func (c *restorePlanCommand) Run(ctx context.Context, a *app) error {
	env, err := loadEnvironment(c.Environment)
	if err != nil {
		return mistake{err}
	}
	if c.Region, err = region(env, "--region", c.Region, env.Regions.Primary); err != nil {
		return mistake{err}
	}
	if c.System {
		return c.system(ctx, a, env)
	}
	ask := planrestore.Input{To: c.At, Mode: restore.Replace, Execution: "drctl-restore-plan"}
	if c.Beside {
		ask.Mode = restore.Beside
	}
	for _, part := range c.What {
		ask.What = append(ask.What, restore.Part(part))
	}
	var plan restore.Plan
	err = c.ask(ctx, a, env, func(ctx context.Context, o *operate.Operator) error {
		ask.Started = o.Clock.Now()
		if err := o.Invoke(ctx, c.Region, "planrestore", ask, &plan); err != nil {
			return err
		}
		for n := range plan.Steps {
			s := &plan.Steps[n]
			c.asBefore(ctx, o, "restore-point-in-time", s.Begins, s.Ends, &s.LowSeconds, &s.HighSeconds, &s.Source)
		}
		return nil
	})
	if err != nil {
		return err
	}
	if c.JSON {
		return writeJSON(a.stdout, plan)
	}
	return a.screen().Plan(plan)
}

// asBefore puts what a step took in past executions in the place of the ranges of the documentation, where there were any.
func (c *restorePlanCommand) asBefore(ctx context.Context, o *operate.Operator, machine, begins, ends string, low, high *int, source *string) {
	if took, ok := o.Took(ctx, c.Region, machine, begins, ends); ok {
		*low, *high, *source = took.Low, took.High, took.Source()
	}
}

// system plans to rebuild everything.
func (c *restorePlanCommand) system(ctx context.Context, a *app, env *environment.Environment) error {
	if c.Beside || len(c.What) > 0 {
		return mistake{fmt.Errorf("--system: the whole system is restored to a date and nothing else; leave out --beside and --what")}
	}
	var plan rebuild.Plan
	err := c.ask(ctx, a, env, func(ctx context.Context, o *operate.Operator) error {
		if err := o.Invoke(ctx, c.Region, "plansystem", ofSystem(c.At), &plan); err != nil {
			return err
		}
		for n := range plan.Steps {
			s := &plan.Steps[n]
			c.asBefore(ctx, o, "restore-full-system", s.Begins, s.Ends, &s.LowSeconds, &s.HighSeconds, &s.Source)
		}
		return nil
	})
	if err != nil {
		return err
	}
	if c.JSON {
		return writeJSON(a.stdout, plan)
	}
	return a.screen().SystemPlan(plan)
}

// ask lets an operator ask, in the lab or on AWS.
func (c *restorePlanCommand) ask(ctx context.Context, a *app, env *environment.Environment, work func(context.Context, *operate.Operator) error) error {
	switch {
	case c.Lab && c.System:
		return operate.InLostLab(ctx, env, 1, func(ctx context.Context, _ *world.World, o *operate.Operator) error { return work(ctx, o) })
	case c.Lab:
		return operate.InLab(ctx, env, 1, func(ctx context.Context, _ *world.World, o *operate.Operator) error {
			if err := o.Clock.Sleep(ctx, sim.Epoch.Add(lived).Sub(o.Clock.Now())); err != nil {
				return err
			}
			return work(ctx, o)
		})
	}
	return a.lab.operateOnAWS(ctx, env, work)
}

// lived is how long the lab's regions live before a plan is made in them.
const lived = time.Hour
