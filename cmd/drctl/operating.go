package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/mattn/go-isatty"

	"github.com/acso/disaster-recovery/cmd/drctl/operate"
	"github.com/acso/disaster-recovery/internal/environment"
	"github.com/acso/disaster-recovery/lab/world"
	"github.com/acso/disaster-recovery/statemachines"
)

// operating says on what an operator works, and who it is.
type operating struct {
	Environment string `default:"production" placeholder:"NAME|FILE" help:"The environment, by its name in environments/ or as a file (default: production)."`
	By          string `placeholder:"NAME" help:"Who you are: it is recorded with what you decide (default: the user of this machine)."`
}

// on lets an operator work on AWS, with the credentials that the AWS command line would use.
func (c *operating) on(ctx context.Context, a *app, work func(context.Context, *operate.Operator) error) error {
	env, err := loadEnvironment(c.Environment)
	if err != nil {
		return mistake{err}
	}
	c.sign(a)
	return a.lab.operateOnAWS(ctx, env, work)
}

func (c *operating) sign(a *app) {
	if c.By == "" {
		c.By = a.getenv("USER")
	}
	if c.By == "" {
		c.By = "somebody who gave no name"
	}
}

func operateOnAWS(ctx context.Context, env *environment.Environment, work func(context.Context, *operate.Operator) error) error {
	found, err := config.LoadDefaultConfig(ctx, config.WithRegion(env.Regions.Recovery))
	if err != nil {
		return fmt.Errorf("read the AWS configuration: %w (next: log in, or give --lab where there is one)", err)
	}
	return work(ctx, &operate.Operator{Environment: env, AWS: found, Clock: operate.Wall{}})
}

// here is where something is started: on AWS, or in the lab.
type here struct {
	operating
	Lab    bool   `help:"Do it in a lab of its own instead of on AWS: two healthy regions, on virtual time."`
	Seed   seed   `default:"1" placeholder:"N" help:"With --lab: where random durations come from (default: 1)."`
	Answer string `enum:",yes,no" default:"" placeholder:"yes|no" help:"With --lab: what a person answers when the machine asks."`
	Abort  string `name:"abort-at" placeholder:"STATE" help:"With --lab: have a person abort it when it enters this state."`

	lost bool // with --lab: the workload of both regions is gone
}

func (c *here) on(ctx context.Context, a *app, work func(context.Context, *operate.Operator) error) error {
	if !c.Lab {
		if c.Answer != "" {
			return mistake{fmt.Errorf("--answer: a person decides on AWS, when the question is known; it goes with --lab only")}
		}
		if c.Abort != "" {
			return mistake{fmt.Errorf("--abort-at: a person decides on AWS, with Ctrl-C or drctl abort; it goes with --lab only")}
		}
		return c.operating.on(ctx, a, work)
	}
	env, err := loadEnvironment(c.Environment)
	if err != nil {
		return mistake{err}
	}
	c.sign(a)
	lab := operate.InLab
	if c.lost {
		lab = operate.InLostLab
	}
	return lab(ctx, env, uint64(c.Seed), func(ctx context.Context, _ *world.World, o *operate.Operator) error { return work(ctx, o) })
}

// region checks a region of the command line, which the flag named; "" is the default.
func region(env *environment.Environment, flag, asked, otherwise string) (string, error) {
	switch asked {
	case "":
		return otherwise, nil
	case env.Regions.Primary, env.Regions.Recovery:
		return asked, nil
	}
	return "", fmt.Errorf("%s: %s has no %q: choose %s or %s", flag, env.Name, asked, env.Regions.Primary, env.Regions.Recovery)
}

// machineNamed refuses a machine that this project does not have.
func machineNamed(name string) error {
	if _, ok := statemachines.Named(name); ok {
		return nil
	}
	var names []string
	for _, m := range statemachines.All() {
		names = append(names, m.Name)
	}
	return fmt.Errorf("there is no machine %q: choose one of %s", name, strings.Join(names, ", "))
}

// asks tells whether somebody sits at the terminal who can be asked.
func (a *app) asks() bool {
	if a.interactive != nil {
		return a.interactive()
	}
	f, ok := a.stdin.(*os.File)
	return ok && isatty.IsTerminal(f.Fd())
}

// ask asks a question and gives the first word of the answer, in lower case; "" at the end of the input.
func (a *app) ask(format string, args ...any) (string, error) {
	if _, err := fmt.Fprintf(a.stdout, format+" ", args...); err != nil {
		return "", err
	}
	if a.answers == nil {
		a.answers = bufio.NewReader(a.stdin)
	}
	line, err := a.answers.ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return "", err
	}
	words := strings.Fields(strings.ToLower(line))
	if len(words) == 0 {
		return "", nil
	}
	return words[0], nil
}
