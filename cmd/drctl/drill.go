package main

import (
	"context"
	"fmt"

	"github.com/acso/disaster-recovery/lab/cloud"
	"github.com/acso/disaster-recovery/lab/drill"
	"github.com/acso/disaster-recovery/lab/report"
)

type drillCommand struct {
	Scenario    string  `arg:"" optional:"" default:"region-outage" help:"What happens to the regions; drctl scenarios lists the choices (default: region-outage)."`
	Seed        seed    `default:"1" placeholder:"N" help:"Where the run's random durations come from; the same seed gives the same run to the byte (default: 1)."`
	Environment string  `default:"production" placeholder:"NAME|FILE" help:"The environment to build, by its name in environments/ or as a file (default: production)."`
	Fault       []fault `sep:"none" placeholder:"FAULT" help:"Break calls too, may be repeated: OPERATION[@REGION][#FIRST[+COUNT]]:EFFECT, for example RDS.PromoteReadReplica@us-west-2#1+1:lost-response."`
	Kill        kill    `placeholder:"PLACE" help:"Kill the execution there and redrive it, as a crash test prints it: transition:12 or call:3:kill-after."`
	Abort       int     `placeholder:"N" help:"Have a person abort the execution when it has left so many states, as drctl crash --abort prints it."`
	Random      bool    `help:"Let the random faults of the seed loose too, as a campaign does: broken calls, kills, skewed clocks, repeated and late alarms, a primary that returns."`
	JSON        bool    `name:"json" help:"Print the result as one JSON object, and nothing else."`
	Report      string  `placeholder:"DIR" help:"Write the result as an HTML page into this folder too."`
	Verbose     bool    `short:"v" help:"Show decisions, single API calls and the warm-up of the world in the timeline too."`
}

// Help is the second paragraph of --help.
func (drillCommand) Help() string {
	return "Exit status: 0 when the outcome is the expected one and the objectives hold, 1 when not, 2 when the command line or an input is wrong."
}

// Run runs one drill.
func (c *drillCommand) Run(ctx context.Context, a *app) error {
	scenario, err := a.lab.find(c.Scenario)
	if err != nil {
		return mistake{err}
	}
	env, err := loadEnvironment(c.Environment)
	if err != nil {
		return mistake{err}
	}
	options := drill.Options{Seed: uint64(c.Seed), Environment: env, Kill: c.Kill.place, MustKill: true, Abort: c.Abort, Random: c.Random, Faults: make([]cloud.Fault, 0, len(c.Fault))}
	for _, f := range c.Fault {
		options.Faults = append(options.Faults, f.Fault)
	}
	if c.Report != "" {
		if err := report.Folder(c.Report); err != nil { // now, and not after everything ran
			return mistake{fmt.Errorf("--report: %w; choose a folder that can be written to", err)}
		}
	}
	var result *drill.Result
	if c.JSON {
		result, err = a.lab.run(ctx, scenario, options)
		if err == nil {
			err = writeJSON(a.stdout, result)
		}
	} else {
		result, err = c.show(ctx, a, scenario, options)
	}
	if err != nil {
		return err
	}
	if err := c.writeReport(a, result); err != nil {
		return err
	}
	if !result.Ok() {
		return errBad
	}
	return nil
}

// show runs the drill before the operator's eyes.
func (c *drillCommand) show(ctx context.Context, a *app, scenario drill.Scenario, options drill.Options) (*drill.Result, error) {
	screen := a.screen()
	title := fmt.Sprintf("Drill %s, environment %s, seed %d", scenario.Name, options.Environment.Name, options.Seed)
	if err := screen.Heading(title, scenario.Sentence); err != nil {
		return nil, err
	}
	timeline := screen.Timeline(scenario.Machine(), options.Environment.Objectives.RecoveryTime.Critical.Std().Seconds(), c.Verbose)
	options.Live = timeline.Event
	result, err := a.lab.run(ctx, scenario, options)
	if err != nil {
		return nil, err
	}
	if err := timeline.Close(); err != nil {
		return nil, err
	}
	return result, screen.Verdict(result)
}

func (c *drillCommand) writeReport(a *app, result *drill.Result) error {
	if c.Report == "" {
		return nil
	}
	path, err := report.File(c.Report, result)
	if err != nil {
		return mistake{fmt.Errorf("--report: %w; choose a folder that can be written to", err)}
	}
	if !c.JSON {
		fmt.Fprintf(a.stdout, "\nReport\n  %s\n", path)
	}
	return nil
}
