package main

import (
	"context"
	"fmt"
	"runtime"

	"github.com/acso/disaster-recovery/cmd/drctl/console"
	"github.com/acso/disaster-recovery/lab/drill"
)

type drillsCommand struct {
	Scenario    []string `arg:"" optional:"" help:"Only these scenarios; without any, all."`
	Seeds       int      `default:"1" placeholder:"N" help:"How many runs of each, each with a seed of its own (default: 1)."`
	First       seed     `default:"1" placeholder:"N" help:"The first seed (default: 1)."`
	Environment string   `default:"production" placeholder:"NAME|FILE" help:"The environment to build, by its name in environments/ or as a file (default: production)."`
	JSON        bool     `name:"json" help:"Print the result as one JSON object, and nothing else."`
}

// Help is the second paragraph of --help.
func (drillsCommand) Help() string {
	return "A line for each scenario: how many runs ended as they should, the recovery time (of clients, or of a restore from its approval on) and how many times its critical path that was, each as median and worst. Exit status 1 when a run ended otherwise than expected, missed an objective or broke an invariant."
}

// Run runs the drills.
func (c *drillsCommand) Run(ctx context.Context, a *app) error {
	if c.Seeds < 1 {
		return mistake{fmt.Errorf("--seeds: %d runs nothing; give 1 or more", c.Seeds)}
	}
	for _, name := range c.Scenario {
		if _, err := a.lab.find(name); err != nil {
			return mistake{err}
		}
	}
	env, err := loadEnvironment(c.Environment)
	if err != nil {
		return mistake{err}
	}
	progress := console.Progress(a.stderr, a.getenv)
	result, err := a.lab.series(ctx, drill.SeriesOptions{
		Environment: env, Scenarios: c.Scenario, Seeds: c.Seeds, First: uint64(c.First), Workers: runtime.NumCPU(), Progress: progress.Step,
	})
	progress.Clear()
	if err != nil {
		return err
	}
	if c.JSON {
		err = writeJSON(a.stdout, result)
	} else {
		err = a.screen().Series(result)
	}
	if err == nil && !result.Ok() {
		err = errBad
	}
	return err
}
