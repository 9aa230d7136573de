package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/acso/disaster-recovery/cmd/drctl/operate"
)

type abortCommand struct {
	What   string `arg:"" optional:"" name:"machine|execution" help:"What is to end: the ARN of an execution, or a machine (default: the procedure of the open incident)."`
	Reason string `required:"" placeholder:"TEXT" help:"Why: it is kept in the incident, or with the execution."`
	Yes    bool   `short:"y" help:"Do not ask again."`
	operating
}

// Help is the second paragraph of --help.
func (abortCommand) Help() string {
	return "Before the point of no return the procedure gives back what it changed, proves it, and ends; drctl watch shows that. After it, the request is refused with the reason. A procedure that holds no incident, such as test-restore, is stopped: what a test made is destroyed five minutes later by clear-test-restore. Exit status: 0 when the request was taken, 1 when it was refused or nothing runs, 2 when the command line is wrong."
}

// Run asks the open incident to be given up, or stops what holds none.
func (c *abortCommand) Run(ctx context.Context, a *app) error {
	return c.on(ctx, a, func(ctx context.Context, o *operate.Operator) error {
		if c.What == "" {
			i, err := o.Only(ctx)
			if err != nil {
				return err
			}
			return c.giveUp(ctx, a, o, i)
		}
		if !strings.HasPrefix(c.What, "arn:") {
			if err := machineNamed(c.What); err != nil {
				return mistake{err}
			}
		}
		execution, err := o.Find(ctx, o.Regions(), c.What)
		if err != nil {
			return err
		}
		i, err := o.Owned(ctx, execution)
		switch {
		case err != nil:
			return err
		case i != nil:
			return c.giveUp(ctx, a, o, *i)
		}
		return c.stop(ctx, a, o, execution)
	})
}

func (c *abortCommand) giveUp(ctx context.Context, a *app, o *operate.Operator, i operate.Open) error {
	if _, err := fmt.Fprintf(a.stdout, "Incident %d of %s, open since %s, stage %q\n", i.Epoch, i.Owner, i.OpenedAt.UTC().Format("2006-01-02 15:04:05 UTC"), i.Stage); err != nil {
		return err
	}
	if err := a.sure(c.Yes, "abort"); err != nil {
		return err
	}
	if err := o.Abort(ctx, i, c.By, c.Reason); err != nil {
		return err
	}
	_, err := fmt.Fprintf(a.stdout, "The request is recorded. drctl watch %s shows how what was changed is given back.\n", i.Owner)
	return err
}

func (c *abortCommand) stop(ctx context.Context, a *app, o *operate.Operator, execution string) error {
	if _, err := fmt.Fprintf(a.stdout, "%s holds no incident: it is stopped where it is\n", execution); err != nil {
		return err
	}
	if err := a.sure(c.Yes, "abort"); err != nil {
		return err
	}
	if err := o.Stop(ctx, execution, c.By, c.Reason); err != nil {
		return err
	}
	after := "drctl watch " + execution + " shows where it ended."
	if o.MachineOf(execution) == "test-restore" {
		after = "What it made is destroyed in five minutes: drctl watch clear-test-restore shows that, and its proof."
	}
	_, err := fmt.Fprintf(a.stdout, "It is stopped. %s\n", after)
	return err
}
