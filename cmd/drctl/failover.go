package main

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/acso/disaster-recovery/cmd/drctl/operate"
	"github.com/acso/disaster-recovery/internal/readiness"
)

type failoverCommand struct {
	Mode   string `enum:"manual,planned,automatic,dry-run" default:"manual" placeholder:"MODE" help:"manual: leave the active region, which is down; planned: move while both are healthy, without loss; automatic: as an alarm does, it looks itself and asks in doubt; dry-run: every check and decision, and no change (default: manual)."`
	To     string `placeholder:"REGION" help:"The region to activate (default: the one that is not active)."`
	Reason string `placeholder:"TEXT" help:"Why: it begins the record of the incident."`
	Fenced bool   `name:"fenced-by-hand" help:"With --mode manual: vouch that you made sure yourself that the old primary takes no writes."`
	Yes    bool   `short:"y" help:"Answer yes to every line of the checklist that is unknown, and start."`
	Force  bool   `help:"Start although a line of the checklist failed. The procedure makes its own safety checks all the same."`
	Name   string `placeholder:"NAME" help:"What the execution is called: started again with the same name and input while it runs, it is the same one."`
	JSON   bool   `name:"json" help:"Print how it ended as one JSON object, and nothing else."`
	here
}

// Help is the second paragraph of --help.
func (failoverCommand) Help() string {
	return "It shows the pre-failover checklist of the procedures with pass, fail or unknown for each line, asks for what is unknown, starts the failover in the region that is to be activated, and watches it. When it asks a person, it asks you (drctl approve answers from elsewhere); interrupted with Ctrl-C, it asks whether to abort (drctl abort does so from elsewhere). Exit status: 0 when it succeeded, 1 when not or when it was not started, 2 when the command line is wrong."
}

// Run goes through the checklist, starts and watches.
func (c *failoverCommand) Run(ctx context.Context, a *app) error {
	if c.Fenced && c.Mode != "manual" {
		return mistake{fmt.Errorf("--fenced-by-hand: it goes with --mode manual")}
	}
	return c.on(ctx, a, func(ctx context.Context, o *operate.Operator) error {
		to, err := c.target(ctx, o)
		if err != nil {
			return err
		}
		if c.Mode != "dry-run" {
			if err := c.check(ctx, a, o, to); err != nil {
				return err
			}
		}
		fields := map[string]any{"mode": c.Mode, "to": to, "reason": c.Reason, "by": c.By}
		if c.Fenced {
			fields["fencedByHand"] = true
		}
		input, err := json.Marshal(fields)
		if err != nil {
			return err
		}
		execution, err := o.Start(ctx, to, "failover", c.Name, input)
		if err != nil {
			return err
		}
		w := watcher{app: a, operator: o, by: c.By, answer: c.Answer, abortAt: c.Abort, json: c.JSON}
		return w.endless(ctx, execution)
	})
}

func (c *failoverCommand) target(ctx context.Context, o *operate.Operator) (string, error) {
	if c.To != "" {
		to, err := region(o.Environment, "--to", c.To, "")
		if err != nil {
			return "", mistake{err}
		}
		return to, nil
	}
	role, err := o.Active(ctx)
	if err != nil {
		return "", fmt.Errorf("find out which region is active: %w (next: name the other one with --to)", err)
	}
	return o.Environment.Pair(role.ActiveRegion), nil
}

// check shows the checklist. A line that failed stops here unless it is forced, one that is unknown unless a person says yes.
func (c *failoverCommand) check(ctx context.Context, a *app, o *operate.Operator, to string) error {
	lines := o.Checklist(ctx, to, c.Mode == "planned", c.Reason)
	if !c.JSON {
		title := fmt.Sprintf("Before a %s failover of %s to %s", c.Mode, o.Environment.Prefix(), to)
		if err := a.screen().Checklist(title, lines); err != nil {
			return err
		}
	}
	var failed []string
	for _, line := range lines {
		if line.Verdict == readiness.Fail {
			failed = append(failed, line.Name)
		}
	}
	if len(failed) > 0 && !c.Force {
		return fmt.Errorf("nothing was started: failed: %s (next: mend it, or --force)", strings.Join(failed, ", "))
	}
	for _, line := range lines {
		if err := c.settle(a, line); err != nil {
			return err
		}
	}
	return a.sure(c.Yes, "failover")
}

func (c *failoverCommand) settle(a *app, line operate.Line) error {
	if line.Verdict != readiness.Unknown || c.Yes {
		return nil
	}
	if !a.asks() {
		return mistake{fmt.Errorf("%s is unknown and nobody is at the terminal to be asked; say --yes if you know it", line.Name)}
	}
	said, err := a.ask("%s Type yes to go on:", line.Ask)
	if err == nil && said != "yes" {
		return fmt.Errorf("nothing was started: %s is unknown", line.Name)
	}
	return err
}
