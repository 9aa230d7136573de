package main

import (
	"context"
	"fmt"

	"github.com/acso/disaster-recovery/cmd/drctl/operate"
)

type abortCommand struct {
	Reason string `required:"" placeholder:"TEXT" help:"Why: it is kept in the incident."`
	Yes    bool   `short:"y" help:"Do not ask again."`
	operating
}

// Help is the second paragraph of --help.
func (abortCommand) Help() string {
	return "Before the point of no return the procedure gives back what it changed, proves it, and ends; drctl watch shows that. After it, the request is refused with the reason. Exit status: 0 when the request was taken, 1 when it was refused or no incident is open, 2 when the command line is wrong."
}

// Run asks the open incident to be given up.
func (c *abortCommand) Run(ctx context.Context, a *app) error {
	return c.on(ctx, a, func(ctx context.Context, o *operate.Operator) error {
		i, err := o.Only(ctx)
		if err != nil {
			return err
		}
		if _, err := fmt.Fprintf(a.stdout, "Incident %d of %s, open since %s, stage %q\n", i.Epoch, i.Owner, i.OpenedAt.UTC().Format("2006-01-02 15:04:05 UTC"), i.Stage); err != nil {
			return err
		}
		if err := a.sure(c.Yes, "abort"); err != nil {
			return err
		}
		if err := o.Abort(ctx, i, c.By, c.Reason); err != nil {
			return err
		}
		_, err = fmt.Fprintf(a.stdout, "The request is recorded. drctl watch %s shows how what was changed is given back.\n", i.Owner)
		return err
	})
}
