package main

import (
	"context"
	"fmt"
	"time"

	"github.com/acso/disaster-recovery/cmd/drctl/console"
	"github.com/acso/disaster-recovery/lab/drill"
)

type campaignCommand struct {
	Seeds     int      `default:"50" placeholder:"N" help:"How many runs, each with a seed of its own; the scenarios take turns (default: 50)."`
	FaultFree bool     `help:"Run the scenarios as they are, without random faults."`
	Scenario  []string `sep:"none" placeholder:"NAME" help:"Only this scenario, may be repeated; without it all take part."`

	sweep `embed:""`
}

// Help is the second paragraph of --help.
func (campaignCommand) Help() string {
	return "Prints how the runs ended, the worst recovery time, and for every broken invariant the command that repeats its run. Exit status 1 when an invariant was broken."
}

// Run runs a campaign.
func (c *campaignCommand) Run(ctx context.Context, a *app) error {
	for _, name := range c.Scenario {
		if _, err := a.lab.find(name); err != nil {
			return mistake{fmt.Errorf("--scenario: %w", err)}
		}
	}
	env, err := c.begin(a, c.Seeds)
	if err != nil {
		return err
	}
	return swept(a, &c.sweep, func(workers int, progress func(done, total int)) (*drill.CampaignResult, error) {
		return a.lab.campaign(ctx, drill.CampaignOptions{
			Environment: env, Seeds: c.Seeds, First: uint64(c.First), Scenarios: c.Scenario, FaultFree: c.FaultFree,
			Workers: workers, Clock: time.Now, Progress: progress,
		})
	}, console.Screen.Campaign)
}
