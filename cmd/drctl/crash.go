package main

import (
	"context"
	"fmt"
	"runtime"

	"github.com/acso/disaster-recovery/cmd/drctl/console"
	"github.com/acso/disaster-recovery/lab/drill"
)

type crashCommand struct {
	Scenario    string `arg:"" optional:"" default:"region-outage" help:"The scenario whose execution is killed (default: region-outage)."`
	Seeds       int    `default:"1" placeholder:"N" help:"How many seeds to run (default: 1)."`
	First       seed   `default:"1" placeholder:"N" help:"The first seed (default: 1)."`
	Sample      int    `default:"1" placeholder:"N" help:"Try only every N-th place (default: 1, every place)."`
	Abort       bool   `help:"Kill nothing: have a person abort the execution behind every state in turn."`
	Environment string `default:"production" placeholder:"NAME|FILE" help:"The environment to build, by its name in environments/ or as a file (default: production)."`
	JSON        bool   `name:"json" help:"Print the result as one JSON object, and nothing else."`
}

// Help is the second paragraph of --help.
func (crashCommand) Help() string {
	return "The execution is killed between every two states, and before and after the effect of every call that changes something, each in a world of its own. It is redriven, and the world it leaves is judged. With --abort it is aborted instead, behind every state: before the point of no return everything has to be given back, after it the abort has to be refused. Exit status 1 when an invariant was broken, or an execution did not resume."
}

// Run runs the crash test.
func (c *crashCommand) Run(ctx context.Context, a *app) error {
	if c.Seeds < 1 {
		return mistake{fmt.Errorf("--seeds: %d runs nothing; give 1 or more", c.Seeds)}
	}
	if _, err := a.lab.find(c.Scenario); err != nil {
		return mistake{err}
	}
	env, err := loadEnvironment(c.Environment)
	if err != nil {
		return mistake{err}
	}
	if c.Sample < 1 {
		return mistake{fmt.Errorf("--sample: every %d-th place is none; give 1 or more", c.Sample)}
	}
	progress := console.Progress(a.stderr, a.getenv)
	options := drill.CrashOptions{
		Environment: env, Scenario: c.Scenario, Seeds: c.Seeds, First: uint64(c.First), Workers: runtime.NumCPU(), Sample: c.Sample, Progress: progress.Step,
	}
	if c.Abort {
		return c.aborts(ctx, a, options, progress)
	}
	result, err := a.lab.crash(ctx, options)
	progress.Clear()
	if err != nil {
		return err
	}
	if c.JSON {
		err = writeJSON(a.stdout, result)
	} else {
		err = a.screen().Crash(result)
	}
	if err == nil && !result.Ok() {
		err = errBad
	}
	return err
}

// aborts runs the sweep of aborts.
func (c *crashCommand) aborts(ctx context.Context, a *app, options drill.CrashOptions, progress *console.Meter) error {
	if c.Seeds > 1 {
		return mistake{fmt.Errorf("--abort: it takes one seed; choose it with --first")}
	}
	result, err := a.lab.aborts(ctx, options)
	progress.Clear()
	if err != nil {
		return err
	}
	if c.JSON {
		err = writeJSON(a.stdout, result)
	} else {
		err = a.screen().Aborts(result)
	}
	if err == nil && !result.Ok() {
		err = errBad
	}
	return err
}
