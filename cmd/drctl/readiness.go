package main

import (
	"context"
	"fmt"
	"os"
	"strings"

	"github.com/acso/disaster-recovery/cmd/drctl/operate"
	readinessfn "github.com/acso/disaster-recovery/functions/readiness"
	"github.com/acso/disaster-recovery/internal/environment"
	"github.com/acso/disaster-recovery/internal/readiness"
	"github.com/acso/disaster-recovery/lab/report"
	"github.com/acso/disaster-recovery/lab/world"
)

type readinessCommand struct {
	Environment string `default:"production" placeholder:"NAME|FILE" help:"The environment, by its name in environments/ or as a file (default: production)."`
	To          string `placeholder:"REGION" help:"The region that would be activated (default: the one that stands by now)."`
	Lab         bool   `help:"Ask the lab instead of AWS: two healthy regions with backups, as after some days of operation."`
	Seed        seed   `default:"1" placeholder:"N" help:"With --lab: where random durations come from (default: 1)."`
	JSON        bool   `name:"json" help:"Print the report as one JSON object, and nothing else."`
	Report      string `placeholder:"FILE" help:"Write the report as an HTML page as well, which loads nothing."`
}

// Help is the second paragraph of --help.
func (readinessCommand) Help() string {
	return "The deployed function judges the region that it runs in: replica, files, backups, keys, configuration, images, services, capacity, DNS, switch, schedules and machines. It changes nothing. Without --lab it is invoked with the credentials that the AWS command line would use. Exit status: 0 when every check passes, 1 when one fails or is unknown, 2 when the command line is wrong. docs/runbooks/readiness.md says of each check why it matters and what to do."
}

// Run asks, and shows the answer.
func (c *readinessCommand) Run(ctx context.Context, a *app) error {
	env, err := loadEnvironment(c.Environment)
	if err != nil {
		return mistake{err}
	}
	to, err := region(env, "--to", c.To, "")
	if err != nil {
		return mistake{err}
	}
	found, err := c.ask(ctx, a, env, to)
	if err != nil {
		return err
	}
	if c.Report != "" {
		if err := writePage(c.Report, found); err != nil {
			return mistake{fmt.Errorf("--report: %w", err)}
		}
	}
	if c.JSON {
		err = writeJSON(a.stdout, found)
	} else {
		err = a.screen().Readiness(found)
	}
	if err == nil && found.Verdict != readiness.Pass {
		return errBad
	}
	return err
}

func (c *readinessCommand) ask(ctx context.Context, a *app, env *environment.Environment, to string) (found readiness.Report, err error) {
	work := func(ctx context.Context, o *operate.Operator) error {
		if to == "" {
			to = env.Regions.Recovery // also when nobody says who is active: the region that answers says what it is
			if role, err := o.Active(ctx); err == nil {
				to = env.Pair(role.ActiveRegion)
			}
		}
		return o.Invoke(ctx, to, "readiness", readinessfn.Input{To: to}, &found)
	}
	if c.Lab {
		err = operate.InLab(ctx, env, uint64(c.Seed), func(ctx context.Context, _ *world.World, o *operate.Operator) error { return work(ctx, o) })
	} else {
		err = a.lab.operateOnAWS(ctx, env, work)
	}
	return found, err
}

func writePage(path string, found readiness.Report) error {
	var text strings.Builder
	if err := report.Readiness(&text, found); err != nil {
		return err
	}
	return os.WriteFile(path, []byte(text.String()), 0o600)
}
