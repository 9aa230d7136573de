package world_test

import (
	"testing"
	"time"

	"github.com/acso/disaster-recovery/environments"
	"github.com/acso/disaster-recovery/lab/asl/jsonata"
	"github.com/acso/disaster-recovery/lab/cloud"
	"github.com/acso/disaster-recovery/lab/cloud/stepfunctions"
	"github.com/acso/disaster-recovery/lab/world"
)

// TestTheCheckersStartTheFailoverToo: the primary's services stop answering while the region lives, and the probe's own
// alarm never sees it, since the recovery region's metrics are refused.
func TestTheCheckersStartTheFailoverToo(t *testing.T) {
	e, err := environments.Named("production")
	if err != nil {
		t.Fatal(err)
	}
	evaluator, err := jsonata.New()
	if err != nil {
		t.Fatal(err)
	}
	machines, err := world.ParseMachines(e)
	if err != nil {
		t.Fatal(err)
	}
	started := func(checkers, broken bool) (failovers int) {
		w := world.New(world.Options{Seed: 1, Environment: e, Evaluator: evaluator, Machines: machines, Checkers: checkers})
		w.Sim.Run(w.Sim.Now().Add(10*time.Minute), nil)
		w.States.OnEnd(func(x *stepfunctions.Execution) {
			if x.Region == e.Regions.Recovery && x.Machine == e.MachineName("failover") {
				failovers++
			}
		})
		if broken {
			w.Cloud.Inject(cloud.Fault{Operation: "CloudWatch.PutMetricData", Region: e.Regions.Recovery, Effect: cloud.Unreachable})
			for _, s := range e.Services {
				w.ECS.Scale(e.Regions.Primary, e.Service(e.Regions.Primary, s.Name), 0)
			}
		}
		w.Sim.Run(w.Sim.Now().Add(90*time.Minute), func() bool { return failovers > 0 })
		w.Traffic.Stop()
		return failovers
	}
	if started(true, true) == 0 {
		t.Error("Route 53's alarm was not forwarded, or started nothing")
	}
	if started(false, true) != 0 {
		t.Error("something else started the failover: the test shows nothing")
	}
	if started(true, false) != 0 {
		t.Error("a healthy primary is failed over from")
	}
}
