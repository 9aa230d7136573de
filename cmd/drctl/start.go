package main

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/acso/disaster-recovery/cmd/drctl/operate"
)

type startCommand struct {
	Machine string `arg:"" help:"The procedure: failover, backup-daily and so on; drctl start --help lists none, a wrong name does."`
	Input   string `placeholder:"FILE" help:"The input, a JSON file; - reads standard input, without it the input is {}. statemachines/inputs has an example of each."`
	starting
}

// starting says where and how an execution is started.
type starting struct {
	Region string `placeholder:"NAME" help:"Where it runs: the region to be activated, or whose workload is restored (default: the environment's recovery region for failover, its primary region for everything else)."`
	Name   string `placeholder:"NAME" help:"What the execution is called: started again with the same name and input while it runs, it is the same one."`
	Leave  bool   `help:"Start it and do not wait for its end. Not with --lab, which ends with the command."`
	JSON   bool   `name:"json" help:"Print how it ended as one JSON object, and nothing else."`
	here
}

// Help is the second paragraph of --help.
func (startCommand) Help() string {
	return "On AWS it goes on when this command is interrupted; drctl watch takes it up again. Exit status: 0 when it succeeded, 1 when not, 2 when the command line or the input is wrong."
}

// Run starts a machine and watches it.
func (c *startCommand) Run(ctx context.Context, a *app) error {
	input, err := readInput(c.Input, a.stdin)
	if err != nil {
		return mistake{err}
	}
	return c.start(ctx, a, c.Machine, input)
}

// start starts a machine, and watches it.
func (c *starting) start(ctx context.Context, a *app, machine string, input json.RawMessage) error {
	if err := machineNamed(machine); err != nil {
		return mistake{err}
	}
	if c.Leave && c.Lab {
		return mistake{fmt.Errorf("--leave: the lab ends with the command; leave it out, or leave out --lab")}
	}
	return c.on(ctx, a, func(ctx context.Context, o *operate.Operator) error {
		otherwise := o.Environment.Regions.Primary
		if machine == "failover" {
			otherwise = o.Environment.Regions.Recovery
		}
		where, err := region(o.Environment, "--region", c.Region, otherwise)
		if err != nil {
			return mistake{err}
		}
		execution, err := o.Start(ctx, where, machine, c.Name, input)
		if err != nil {
			return err
		}
		if c.Leave {
			_, err := fmt.Fprintf(a.stdout, "%s\nIt runs; drctl watch %s shows it.\n", execution, execution)
			return err
		}
		w := watcher{app: a, operator: o, by: c.By, answer: c.Answer, abortAt: c.Abort, json: c.JSON}
		return w.endless(ctx, execution)
	})
}
