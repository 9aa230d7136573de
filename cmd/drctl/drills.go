package main

import (
	"context"

	"github.com/acso/disaster-recovery/cmd/drctl/console"
	"github.com/acso/disaster-recovery/lab/drill"
)

type drillsCommand struct {
	Scenario []string `arg:"" optional:"" help:"Only these scenarios; without any, all."`
	Seeds    int      `default:"1" placeholder:"N" help:"How many runs of each, each with a seed of its own (default: 1)."`

	sweep `embed:""`
}

// Help is the second paragraph of --help.
func (drillsCommand) Help() string {
	return "A line for each scenario: how many runs ended as they should, the recovery time (of clients, or of a restore from its approval on) and how many times its critical path that was, each as median and worst. Exit status 1 when a run ended otherwise than expected, missed an objective or broke an invariant."
}

// Run runs the drills.
func (c *drillsCommand) Run(ctx context.Context, a *app) error {
	env, err := c.begin(a, c.Seeds, c.Scenario...)
	if err != nil {
		return err
	}
	return swept(a, &c.sweep, func(workers int, progress func(done, total int)) (*drill.SeriesResult, error) {
		return a.lab.series(ctx, drill.SeriesOptions{
			Environment: env, Scenarios: c.Scenario, Seeds: c.Seeds, First: uint64(c.First), Workers: workers, Progress: progress,
		})
	}, console.Screen.Series)
}
