package main

import (
	"context"
	"fmt"

	"github.com/acso/disaster-recovery/cmd/drctl/operate"
)

type acknowledgeCommand struct {
	Region string `placeholder:"NAME" help:"Where the incident is open (default: wherever it is)."`
	operating
}

// Help is the second paragraph of --help.
func (acknowledgeCommand) Help() string {
	return "You tell people from here on: the automatic messages end, the recovery goes on. docs/runbooks/communication.md says who is due when. Exit status: 0 when it is recorded, 1 when no incident is open, 2 when the command line is wrong."
}

// Run takes over.
func (c *acknowledgeCommand) Run(ctx context.Context, a *app) error {
	return c.on(ctx, a, func(ctx context.Context, o *operate.Operator) error {
		where := c.Region
		if where == "" {
			i, err := o.Only(ctx)
			if err != nil {
				return err
			}
			where = i.Region
		}
		where, err := region(o.Environment, "--region", where, "")
		if err != nil {
			return mistake{err}
		}
		var out struct{ Text string }
		if err := o.Invoke(ctx, where, "incident", map[string]string{"action": "acknowledge", "by": c.By}, &out); err != nil {
			return err
		}
		_, err = fmt.Fprintln(a.stdout, out.Text)
		return err
	})
}
