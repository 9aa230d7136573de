package main

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"

	"github.com/acso/disaster-recovery/cmd/drctl/console"
	"github.com/acso/disaster-recovery/internal/environment"
	"github.com/acso/disaster-recovery/internal/retention"
	"github.com/acso/disaster-recovery/lab/asl/jsonata"
	"github.com/acso/disaster-recovery/lab/cloud"
	"github.com/acso/disaster-recovery/lab/world"
)

type backupsCommand struct {
	Kind        string `placeholder:"KIND" help:"Only one kind: application-data, configuration, infrastructure, database or logs."`
	Date        string `placeholder:"DATE" help:"The points of one day (UTC), as 2026-01-15; without it those of today and yesterday, and the newest verified one of each kind."`
	Environment string `default:"production" placeholder:"NAME|FILE" help:"Whose recovery points, by its name in environments/ or as a file (default: production)."`
	Region      string `placeholder:"REGION" help:"The region whose bucket and snapshots are listed (default: the environment's primary)."`
	Lab         bool   `help:"List those of the lab after some virtual days of scheduled backups; no AWS account is needed."`
	Days        int    `default:"2" placeholder:"N" help:"How many virtual days the lab lives before (default: 2)."`
	JSON        bool   `name:"json" help:"Print the list as JSON."`
}

// Help is the second paragraph of --help.
func (backupsCommand) Help() string {
	return "Without --lab it reads an AWS account, by the credentials that the AWS command line would use, and changes nothing. Exit status: 0 when every kind that has a schedule has a verified recovery point within its age limit, 1 when not, 2 when the command line is wrong."
}

// Run lists the recovery points that exist.
func (c *backupsCommand) Run(ctx context.Context, a *app) error {
	env, err := loadEnvironment(c.Environment)
	if err != nil {
		return mistake{err}
	}
	day, err := c.check(env)
	if err != nil {
		return mistake{err}
	}
	source, now, err := c.open(ctx, env)
	if err != nil {
		return err
	}
	list, err := gather(ctx, source, env, now, day)
	if err != nil {
		return err
	}
	list = only(list, c.Kind)
	if c.JSON {
		if list.Unasked != "" { // the list is a list of points, and its reader has to know what it lacks
			_, _ = fmt.Fprintln(a.stderr, "unknown:", list.Unasked)
		}
		err = writeJSON(a.stdout, list.Points)
	} else {
		err = a.screen().Backups(list)
	}
	if err == nil && list.TooOld() {
		return errBad
	}
	return err
}

// check looks at the command line. The day is zero when none was asked for.
func (c *backupsCommand) check(env *environment.Environment) (day time.Time, err error) {
	if c.Region == "" {
		c.Region = env.Regions.Primary
	}
	switch {
	case c.Kind != "" && !slices.Contains(retention.Kinds, c.Kind):
		return day, fmt.Errorf("--kind: %q is none of %v", c.Kind, retention.Kinds)
	case c.Region != env.Regions.Primary && c.Region != env.Regions.Recovery:
		return day, fmt.Errorf("--region: %s is neither %s nor %s", c.Region, env.Regions.Primary, env.Regions.Recovery)
	case c.Days < 1 || c.Days > 31:
		return day, fmt.Errorf("--days: %d is not a number of days from 1 to 31", c.Days)
	case c.Date == "":
		return day, nil
	}
	if day, err = time.Parse(time.DateOnly, c.Date); err != nil {
		return day, fmt.Errorf("--date: %q is not like 2026-01-15", c.Date)
	}
	return day, nil
}

// open finds the account: AWS's, or the lab's after so many days.
func (c *backupsCommand) open(ctx context.Context, env *environment.Environment) (account, time.Time, error) {
	if !c.Lab {
		found, err := config.LoadDefaultConfig(ctx, config.WithRegion(c.Region))
		if err != nil {
			return account{}, time.Time{}, fmt.Errorf("read the AWS configuration: %w; try --lab, or aws sts get-caller-identity", err)
		}
		return account{found, c.Region}, realNow(), nil
	}
	machines, err := world.ParseMachines(env)
	if err != nil {
		return account{}, time.Time{}, err
	}
	evaluator, err := jsonata.New()
	if err != nil {
		return account{}, time.Time{}, err
	}
	w := world.New(world.Options{Seed: 1, Environment: env, Evaluator: evaluator, Machines: machines, Scheduled: true})
	w.Traffic.Stop()
	end := w.Sim.Now().AddDate(0, 0, c.Days)
	for w.Sim.Now().Before(end) && ctx.Err() == nil {
		w.Sim.Run(w.Sim.Now().Add(time.Hour), nil)
	}
	reader := w.Cloud.Config(cloud.Principal{Name: "reader", Region: cloud.Clients, Unlimited: true})
	reader.Region = c.Region
	return account{reader, c.Region}, w.Sim.Now(), ctx.Err()
}

// account is where recovery points are read.
type account struct {
	config aws.Config
	region string
}

func (a account) in(region string) aws.Config {
	other := a.config.Copy()
	other.Region = region
	return other
}

// realNow is the only time that the command takes from this machine: it is about an account of today.
func realNow() time.Time { return time.Now().UTC() }

// only leaves one kind, or all for "".
func only(b console.Backups, kind string) console.Backups {
	if kind != "" {
		b.Points = slices.DeleteFunc(b.Points, func(p console.Backup) bool { return p.Kind != kind })
		b.Ages = slices.DeleteFunc(b.Ages, func(a console.Age) bool { return a.Kind != kind })
	}
	return b
}
