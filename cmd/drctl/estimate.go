package main

import (
	"context"
	"fmt"
	"os"

	"github.com/acso/disaster-recovery/internal/environment"
	"github.com/acso/disaster-recovery/lab/activity"
	"github.com/acso/disaster-recovery/stacks/cost"
	"github.com/acso/disaster-recovery/stacks/quota"
	"github.com/acso/disaster-recovery/stacks/template"
)

// assembly is what is read of a synthesised deployment.
type assembly struct {
	Environment string `default:"production" placeholder:"NAME|FILE" help:"The environment that was synthesised (default: production)."`
	Assembly    string `default:"cdk.out" placeholder:"DIR" help:"Where go run . -c environment=NAME wrote the templates (default: cdk.out)."`
	Output      string `short:"o" placeholder:"FILE" help:"Write the page there instead of standard output."`
}

func (c *assembly) read() (*environment.Environment, []*template.Template, error) {
	env, err := loadEnvironment(c.Environment)
	if err != nil {
		return nil, nil, mistake{err}
	}
	templates, err := template.Read(c.Assembly)
	if err != nil {
		return nil, nil, mistake{fmt.Errorf("--assembly: %w", err)}
	}
	return env, templates, nil
}

func (c *assembly) write(a *app, page string) error {
	if c.Output == "" {
		_, err := fmt.Fprint(a.stdout, page)
		return err
	}
	if err := os.WriteFile(c.Output, []byte(page), 0o644); err != nil { //nolint:gosec // documentation that everybody may read
		return mistake{fmt.Errorf("--output: %w", err)}
	}
	return nil
}

type quotasCommand struct{ assembly }

// Help is the second paragraph of --help.
func (quotasCommand) Help() string {
	return "A Markdown page: what the templates of an environment need in each region, beside AWS's defaults. docs/quotas.md is the one of production."
}

// Run computes the quotas.
func (c *quotasCommand) Run(a *app) error {
	env, templates, err := c.read()
	if err != nil {
		return err
	}
	page, err := quota.Page(env, templates)
	if err != nil {
		return err
	}
	return c.write(a, page)
}

type costCommand struct{ assembly }

// Help is the second paragraph of --help.
func (costCommand) Help() string {
	return "A Markdown page: what the templates of an environment cost in a month, from a dated price table and stated assumptions. docs/cost.md is the one of production."
}

// Run estimates the cost.
func (c *costCommand) Run(ctx context.Context, a *app) error {
	env, templates, err := c.read()
	if err != nil {
		return err
	}
	transitions, err := activity.Transitions(ctx, env)
	if err != nil {
		return err
	}
	prices, lines, err := cost.Estimate(templates, cost.Activity{Firings: activity.Firings, Transitions: transitions})
	if err != nil {
		return err
	}
	return c.write(a, cost.Page(env.Prefix(), prices, lines))
}
