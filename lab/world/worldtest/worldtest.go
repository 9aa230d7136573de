// Package worldtest is what tests of a single function need: production in the lab, and a way to invoke the function there
// as a machine does, with its own grants and nothing else.
//
// Only tests import it.
package worldtest

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/acso/disaster-recovery/environments"
	"github.com/acso/disaster-recovery/lab/cloud/lambda"
	"github.com/acso/disaster-recovery/lab/world"
)

const (
	// settled is how long the world lives before a test begins.
	settled = 10 * time.Minute
	// patience is longer than Lambda lets a function run.
	patience = 20 * time.Minute
)

// Begin is production in the lab, without what schedules and machines would do by themselves.
func Begin(t *testing.T) *world.World {
	t.Helper()
	e, err := environments.Named("production")
	if err != nil {
		t.Fatal(err)
	}
	w := world.New(world.Options{Seed: 1, Environment: e})
	w.Traffic.Stop()
	w.Sim.Run(w.Sim.Now().Add(settled), nil)
	return w
}

// Call invokes a function in the primary region. It gives the answer, or the kind of the failure; a function that does not
// answer in time fails the test.
func Call[Out any](t *testing.T, w *world.World, function, input string) (out Out, kind string) {
	t.Helper()
	done := false
	arn := w.Lambda.ARN(w.Env.Regions.Primary, w.Env.FunctionName(function))
	w.Lambda.Invoke(arn, json.RawMessage(input), func(answer json.RawMessage, err *lambda.Error) {
		if done = true; err != nil {
			kind = err.Type
		} else if err := json.Unmarshal(answer, &out); err != nil {
			t.Errorf("the answer of %s: %v", function, err)
		}
	})
	if !w.Sim.Run(w.Sim.Now().Add(patience), func() bool { return done }) {
		t.Fatalf("%s did not answer within %s", function, patience)
	}
	return out, kind
}
