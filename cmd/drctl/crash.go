package main

import (
	"context"
	"fmt"

	"github.com/acso/disaster-recovery/cmd/drctl/console"
	"github.com/acso/disaster-recovery/lab/drill"
)

type crashCommand struct {
	Scenario string `arg:"" optional:"" default:"region-outage" help:"The scenario whose execution is killed (default: region-outage)."`
	Seeds    int    `default:"1" placeholder:"N" help:"How many seeds to run (default: 1)."`
	Sample   int    `default:"1" placeholder:"N" help:"Try only every N-th place (default: 1, every place)."`
	Abort    bool   `help:"Kill nothing: have a person abort the execution behind every state in turn."`

	sweep `embed:""`
}

// Help is the second paragraph of --help.
func (crashCommand) Help() string {
	return "The execution is killed between every two states, and before and after the effect of every call that changes something, each in a world of its own. It is redriven, and the world it leaves is judged. With --abort it is aborted instead, behind every state: before the point of no return everything has to be given back, after it the abort has to be refused. Exit status 1 when an invariant was broken, or an execution did not resume."
}

// Run runs the crash test.
func (c *crashCommand) Run(ctx context.Context, a *app) error {
	env, err := c.begin(a, c.Seeds, c.Scenario)
	if err != nil {
		return err
	}
	switch {
	case c.Sample < 1:
		return mistake{fmt.Errorf("--sample: every %d-th place is none; give 1 or more", c.Sample)}
	case c.Abort && c.Seeds > 1:
		return mistake{fmt.Errorf("--abort: it takes one seed; choose it with --first")}
	}
	options := func(workers int, progress func(done, total int)) drill.CrashOptions {
		return drill.CrashOptions{
			Environment: env, Scenario: c.Scenario, Seeds: c.Seeds, First: uint64(c.First), Workers: workers, Sample: c.Sample, Progress: progress,
		}
	}
	if c.Abort {
		return swept(a, &c.sweep, func(workers int, progress func(done, total int)) (*drill.AbortResult, error) {
			return a.lab.aborts(ctx, options(workers, progress))
		}, console.Screen.Aborts)
	}
	return swept(a, &c.sweep, func(workers int, progress func(done, total int)) (*drill.CrashResult, error) {
		return a.lab.crash(ctx, options(workers, progress))
	}, console.Screen.Crash)
}
