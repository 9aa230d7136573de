package main

import (
	"context"
	"fmt"
	"runtime"
	"time"

	"github.com/acso/disaster-recovery/cmd/drctl/console"
	"github.com/acso/disaster-recovery/lab/drill"
)

type campaignCommand struct {
	Seeds       int      `default:"50" placeholder:"N" help:"How many runs, each with a seed of its own; the scenarios take turns (default: 50)."`
	First       seed     `default:"1" placeholder:"N" help:"The first seed (default: 1)."`
	FaultFree   bool     `help:"Run the scenarios as they are, without random faults."`
	Environment string   `default:"production" placeholder:"NAME|FILE" help:"The environment to build, by its name in environments/ or as a file (default: production)."`
	Scenario    []string `sep:"none" placeholder:"NAME" help:"Only this scenario, may be repeated; without it all take part."`
	JSON        bool     `name:"json" help:"Print the result as one JSON object, and nothing else."`
}

// Help is the second paragraph of --help.
func (campaignCommand) Help() string {
	return "Prints how the runs ended, the worst recovery time, and for every broken invariant the command that repeats its run. Exit status 1 when an invariant was broken."
}

// Run runs a campaign.
func (c *campaignCommand) Run(ctx context.Context, a *app) error {
	if c.Seeds < 1 {
		return mistake{fmt.Errorf("--seeds: %d runs nothing; give 1 or more", c.Seeds)}
	}
	for _, name := range c.Scenario {
		if _, err := a.lab.find(name); err != nil {
			return mistake{fmt.Errorf("--scenario: %w", err)}
		}
	}
	env, err := loadEnvironment(c.Environment)
	if err != nil {
		return mistake{err}
	}
	progress := console.Progress(a.stderr, a.getenv)
	result, err := a.lab.campaign(ctx, drill.CampaignOptions{
		Environment: env, Seeds: c.Seeds, First: uint64(c.First), Scenarios: c.Scenario, FaultFree: c.FaultFree,
		Workers: runtime.NumCPU(), Clock: time.Now, Progress: progress.Step,
	})
	progress.Clear()
	if err != nil {
		return err
	}
	if c.JSON {
		err = writeJSON(a.stdout, result)
	} else {
		err = a.screen().Campaign(result)
	}
	if err == nil && !result.Ok() {
		err = errBad
	}
	return err
}
