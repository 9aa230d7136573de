package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/acso/disaster-recovery/internal/environment"
	"github.com/acso/disaster-recovery/lab/asl"
	"github.com/acso/disaster-recovery/lab/asl/jsonata"
	"github.com/acso/disaster-recovery/lab/cloud/stepfunctions"
	"github.com/acso/disaster-recovery/lab/sim"
	"github.com/acso/disaster-recovery/lab/world"
)

// place is where a machine runs.
type place struct {
	environment *environment.Environment
	region      string
	seed        uint64
}

const (
	// settled is how long the two regions live before the machine starts: heartbeats and health checks have been seen.
	settled = 10 * time.Minute
	// patience is how long a machine may run in the two regions, in virtual time: one that waits for an answer that
	// nobody gives would never end.
	patience = 24 * time.Hour
	// eternity is the patience with a machine that calls nothing, in years: its longest Wait has 99999999 seconds.
	eternity = 100
)

// execute runs a machine until it ends, or for as long as the patience lasts. One that calls nothing needs no world and
// may take years.
func execute(ctx context.Context, m *asl.Machine, p place, input json.RawMessage) (x *asl.Execution, err error) {
	if !bytes.Contains(m.Definition, []byte(`"Resource"`)) {
		clock := sim.New(p.seed)
		if x, err = asl.Start(m, asl.Options{Clock: clock, Region: p.region, Account: p.environment.Account}, input); err != nil {
			return nil, mistake{err}
		}
		clock.Run(sim.Epoch.AddDate(eternity, 0, 0), func() bool { return x.Status() != asl.Running })
		return x, nil
	}
	defer func() {
		// The lab stops loudly at what it does not model. In a definition from outside that is no defect of the lab.
		switch stopped := recover().(type) {
		case nil:
		case string:
			if !strings.HasPrefix(stopped, "lab: ") {
				panic(stopped)
			}
			err = mistake{fmt.Errorf("run %s: %s", m.Name, strings.TrimPrefix(stopped, "lab: "))}
		default:
			panic(stopped)
		}
	}()
	machines, err := world.ParseMachines(p.environment)
	if err != nil {
		return nil, err
	}
	evaluator, err := jsonata.New()
	if err != nil {
		return nil, err
	}
	w := world.New(world.Options{Seed: p.seed, Environment: p.environment, Evaluator: evaluator, Machines: machines})
	if err := w.States.Supports(m); err != nil {
		return nil, mistake{fmt.Errorf("run %s: %w", m.Name, err)}
	}
	w.Sim.Run(w.Sim.Now().Add(settled), nil)
	name := p.environment.MachineName(m.Name)
	w.States.Deploy(p.region, stepfunctions.Machine{Name: name, Definition: m})
	started, err := w.States.Start(p.region, name, "", input)
	if err != nil {
		return nil, mistake{err}
	}
	w.Sim.Run(w.Sim.Now().Add(patience), func() bool { return started.Status() != asl.Running || ctx.Err() != nil })
	return started.Execution, ctx.Err()
}
