package main

import (
	"context"
	"fmt"

	"github.com/acso/disaster-recovery/cmd/drctl/doctor"
)

type doctorCommand struct {
	Environment string `default:"production" placeholder:"NAME|FILE" help:"The environment that is to be deployed (default: production)."`
	Lab         bool   `help:"Examine the lab's account instead of the one that the AWS credentials lead to."`
	JSON        bool   `name:"json" help:"Print the checks as JSON."`
	Assembly    string `default:"cdk.out" placeholder:"DIR" help:"Where go run . -c environment=NAME wrote the templates, in which the needed quotas are counted (default: cdk.out)."`
}

// Help is the second paragraph of --help.
func (doctorCommand) Help() string {
	return "Tools of this machine, credentials, bootstrap, service quotas and bucket replication of both regions, and whether an incident or an owed fence forbids deploying. It only reads. Without --lab it is the one command that asks AWS. Exit status: 0 when every check passed, 1 when one failed or is unknown."
}

// Run examines.
func (c *doctorCommand) Run(ctx context.Context, a *app) error {
	env, err := loadEnvironment(c.Environment)
	if err != nil {
		return mistake{err}
	}
	d := doctor.New(env)
	d.Assembly = c.Assembly
	var checks []doctor.Check
	if c.Lab {
		w, err := doctor.Laboratory(env)
		if err != nil {
			return err
		}
		checks = d.ExamineLab(ctx, w)
	} else {
		checks = d.Examine(ctx)
	}
	if err := c.print(a, checks); err != nil {
		return err
	}
	if !doctor.Ready(checks) {
		return errBad
	}
	return nil
}

func (c *doctorCommand) print(a *app, checks []doctor.Check) error {
	if c.JSON {
		return writeJSON(a.stdout, checks)
	}
	for _, check := range checks {
		if _, err := fmt.Fprintf(a.stdout, "%-7s  %s: %s\n", check.Result, check.Name, check.Detail); err != nil {
			return err
		}
		if check.Todo != "" {
			if _, err := fmt.Fprintf(a.stdout, "         to do: %s\n", check.Todo); err != nil {
				return err
			}
		}
	}
	return nil
}
