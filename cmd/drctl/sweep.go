package main

import (
	"fmt"
	"runtime"

	"github.com/acso/disaster-recovery/cmd/drctl/console"
	"github.com/acso/disaster-recovery/internal/environment"
)

// sweep is what all commands take that run many worlds and say how they ended.
type sweep struct {
	First       seed   `default:"1" placeholder:"N" help:"The first seed (default: 1)."`
	Environment string `default:"production" placeholder:"NAME|FILE" help:"The environment to build, by its name in environments/ or as a file (default: production)."`
	JSON        bool   `name:"json" help:"Print the result as one JSON object, and nothing else."`
}

// begin refuses what cannot be run, before anything runs, and reads the environment.
func (s *sweep) begin(a *app, seeds int, scenarios ...string) (*environment.Environment, error) {
	if seeds < 1 {
		return nil, mistake{fmt.Errorf("--seeds: %d runs nothing; give 1 or more", seeds)}
	}
	for _, name := range scenarios {
		if _, err := a.lab.find(name); err != nil {
			return nil, mistake{err}
		}
	}
	env, err := loadEnvironment(s.Environment)
	if err != nil {
		return nil, mistake{err}
	}
	return env, nil
}

// summary is what a sweep found.
type summary interface {
	// Ok tells whether everything was as it should.
	Ok() bool
}

// swept runs the worlds, on all processors and with a meter on standard error, and shows what they came to.
func swept[R summary](a *app, s *sweep, run func(workers int, progress func(done, total int)) (R, error), show func(console.Screen, R) error) error {
	progress := console.Progress(a.stderr, a.getenv)
	result, err := run(runtime.NumCPU(), progress.Step)
	progress.Clear()
	switch {
	case err != nil:
		return err
	case s.JSON:
		err = writeJSON(a.stdout, result)
	default:
		err = show(a.screen(), result)
	}
	if err == nil && !result.Ok() {
		err = errBad
	}
	return err
}
