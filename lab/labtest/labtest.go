// Package labtest is what tests begin a world with.
package labtest

import (
	"testing"

	"github.com/acso/disaster-recovery/environments"
	"github.com/acso/disaster-recovery/lab/asl/jsonata"
	"github.com/acso/disaster-recovery/lab/world"
)

// Production is a world of the production environment with its state machines, of seed 1.
func Production(t testing.TB) world.Options {
	t.Helper()
	e, err := environments.Named("production")
	if err != nil {
		t.Fatal(err)
	}
	machines, err := world.ParseMachines(e)
	if err != nil {
		t.Fatal(err)
	}
	evaluator, err := jsonata.New()
	if err != nil {
		t.Fatal(err)
	}
	return world.Options{Seed: 1, Environment: e, Evaluator: evaluator, Machines: machines}
}
