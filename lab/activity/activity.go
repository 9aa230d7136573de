// Package activity measures how busy a deployment is in normal operation: how often schedules fire, and how many states
// the machines enter. Estimates of cost are made from it.
//
// It measures in the lab and knows no prices.
package activity

import (
	"context"
	"fmt"
	"time"

	"github.com/acso/disaster-recovery/internal/environment"
	"github.com/acso/disaster-recovery/lab/cloud/scheduler/expression"
	"github.com/acso/disaster-recovery/lab/drill"
	"github.com/acso/disaster-recovery/lab/sim"
)

// Firings is how often a schedule expression fires in so many hours, counted by the lab's scheduler over a year.
func Firings(text string, hours float64) (float64, error) {
	e, err := expression.Parse(text, "UTC")
	if err != nil {
		return 0, err
	}
	const year = 365 * 24 * time.Hour
	if rate := e.Rate(); rate > 0 {
		return hours / rate.Hours(), nil
	}
	n := 0.0
	for at, ok := e.Next(sim.Epoch); ok && at.Before(sim.Epoch.Add(year)); at, ok = e.Next(at) {
		n++
	}
	return n * hours / year.Hours(), nil
}

// Transitions is how many states an execution of each machine enters when it does what it should, by the machine's
// deployed name: the most that a scenario of the lab needed that ends as hoped.
func Transitions(ctx context.Context, e *environment.Environment) (map[string]float64, error) {
	bench, err := drill.NewBench()
	if err != nil {
		return nil, err
	}
	most := map[string]float64{}
	for _, scenario := range drill.Scenarios() {
		if scenario.Expected != drill.Recovered {
			continue
		}
		result, err := drill.Run(ctx, scenario, drill.Options{Seed: 1, Environment: e, Bench: bench})
		if err != nil {
			return nil, fmt.Errorf("measure the transitions of %s: %w", scenario.Machine(), err)
		}
		for _, x := range result.Executions {
			name := e.MachineName(x.StateMachine)
			most[name] = max(most[name], float64(len(x.States)))
		}
	}
	return most, nil
}
