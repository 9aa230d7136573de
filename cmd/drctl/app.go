// Command drctl is the operator's command line: it rehearses recoveries in the lab, checks what would be deployed, and
// works the procedures that are.
//
// Only failover, start, watch, approve, abort and restore touch an AWS account, and doctor and backups read one; with --lab
// none does. Exit status 0 means
// that the outcome was the expected one and the objectives hold, 1 that they do not, and 2 that the command line or an
// input was wrong, with one line on standard error that says how.
package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"

	"github.com/alecthomas/kong"

	"github.com/acso/disaster-recovery/cmd/drctl/console"
	"github.com/acso/disaster-recovery/lab/drill"
)

// The exit statuses.
const (
	exitGood    = 0
	exitBad     = 1
	exitMistake = 2
)

// app is what commands work with.
type app struct {
	stdin          io.Reader
	stdout, stderr io.Writer
	getenv         func(string) string
	lab            lab

	interactive func() bool   // whether a person can be asked; nil looks at stdin
	answers     *bufio.Reader // of stdin, once something was asked
}

// run is the program: arguments in, exit status out.
func run(args []string, stdout, stderr io.Writer) int {
	a := &app{stdin: os.Stdin, stdout: stdout, stderr: stderr, getenv: os.Getenv, lab: theLab()}
	return a.run(args)
}

func (a *app) run(args []string) int {
	var line commandLine
	ended := false
	parser, err := kong.New(&line,
		kong.Name("drctl"),
		kong.Description("Rehearse disaster recovery on this machine: two AWS regions, the real state machines and the real handlers, on virtual time. And work them where they are deployed: failover, start, watch, approve, abort and restore do so with the credentials that the AWS command line would use; doctor and backups only read. With --lab nothing touches an AWS account."),
		kong.Writers(a.stdout, a.stderr),
		kong.Exit(func(int) { ended = true }),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, WrapUpperBound: console.PipeWidth}),
	)
	if err != nil {
		return a.fail(err)
	}
	command, err := parser.Parse(args)
	if ended { // --help was printed
		return exitGood
	}
	if err != nil {
		if !strings.HasPrefix(err.Error(), "--") { // it does not say yet where to look
			err = fmt.Errorf("%w (drctl --help lists commands and flags)", err)
		}
		return a.fail(mistake{err})
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	command.BindTo(ctx, (*context.Context)(nil))
	return a.fail(command.Run(a))
}

// mistake is an error in the command line or in an input. It may have several lines, one for each thing to mend.
type mistake struct{ error }

func (m mistake) Unwrap() error { return m.error }

// errBad ends a command whose output has said already what is bad.
var errBad = errors.New("the result is bad")

// fail reports the error, if any, and gives the exit status.
func (a *app) fail(err error) int {
	var m mistake
	var input drill.InputError
	switch {
	case err == nil:
		return exitGood
	case errors.Is(err, errBad):
		return exitBad
	case errors.As(err, &m), errors.As(err, &input):
		a.complain(err)
		return exitMistake
	}
	a.complain(err)
	return exitBad
}

func (a *app) complain(err error) {
	for _, line := range strings.Split(strings.TrimSpace(err.Error()), "\n") {
		fmt.Fprintf(a.stderr, "drctl: %s\n", line)
	}
}

// screen is standard output as the console wants it.
func (a *app) screen() console.Screen { return console.Detect(a.stdout, a.getenv) }
