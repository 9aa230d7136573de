package inspect_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/acso/disaster-recovery/functions/inspect"
	"github.com/acso/disaster-recovery/internal/inspection"
	"github.com/acso/disaster-recovery/internal/judging"
	"github.com/acso/disaster-recovery/lab/cloud"
	"github.com/acso/disaster-recovery/lab/cloud/lambda"
	"github.com/acso/disaster-recovery/lab/labtest"
	"github.com/acso/disaster-recovery/lab/world"
)

// standby is a healthy world, 25 minutes old, whose recovery region is inspected.
func standby(t *testing.T) *world.World {
	t.Helper()
	o := labtest.Production(t)
	o.Seed, o.Scheduled, o.Active = 11, true, o.Environment.Regions.Primary
	w := world.New(o)
	w.Mature()
	w.Sim.Run(w.Sim.Now().Add(25*time.Minute), nil)
	t.Cleanup(w.Traffic.Stop)
	return w
}

func ask(t *testing.T, w *world.World) (found inspect.Output) {
	t.Helper()
	done := false
	w.Lambda.Invoke(w.Lambda.ARN(w.Env.Regions.Recovery, w.Env.FunctionName("inspect")), json.RawMessage(`{}`), func(answer json.RawMessage, failed *lambda.Error) {
		done = true
		if failed != nil {
			t.Fatal(failed)
		}
		if err := json.Unmarshal(answer, &found); err != nil {
			t.Fatal(err)
		}
	})
	w.Sim.Run(w.Sim.Now().Add(time.Minute), func() bool { return done })
	return found
}

// TestEachCheckIsAFindingOrNotJudged, and a healthy region passes them all, without a word to the other region and without
// a change.
func TestEachCheckIsAFindingOrNotJudged(t *testing.T) {
	w := standby(t)
	w.Cloud.Observe(func(r cloud.Record) {
		if r.Caller == "inspect" && (r.Mutating || r.To != w.Env.Regions.Recovery) {
			t.Errorf("it called %s in %s", r.Operation, r.To)
		}
	})
	found := ask(t, w)
	for _, name := range inspection.Names() {
		if f := found.Findings[name]; f.Verdict != judging.Pass || f.Evidence == "" {
			t.Errorf("%s is %s: %s", name, f.Verdict, f.Evidence)
		}
	}
	if len(found.Findings) != len(inspection.Names()) || len(found.NotJudged) > 0 || found.DatabaseLossSeconds == nil || found.FilesLossSeconds == nil || len(found.Facts) == 0 {
		t.Errorf("%+v", found)
	}
}

// TestWhatHangsOnAFindingIsNotJudged: without the replica nothing is said of it, and no loss is bounded.
func TestWhatHangsOnAFindingIsNotJudged(t *testing.T) {
	w := standby(t)
	w.Cloud.Inject(cloud.Fault{Region: w.Env.Regions.Recovery, Operation: "RDS.DescribeDBInstances", Effect: cloud.ErrorBefore})
	found := ask(t, w)
	if f := found.Findings["replica-exists"]; f.Verdict != judging.Unknown {
		t.Errorf("replica-exists is %s: %s", f.Verdict, f.Evidence)
	}
	for _, name := range inspection.Names() {
		_, looked := found.Findings[name]
		hangs := strings.HasPrefix(name, "replica-") && name != "replica-exists"
		if skipped := slices.Contains(found.NotJudged, name); looked == skipped || skipped != hangs {
			t.Errorf("%s: looked at %t, not judged %t", name, looked, skipped)
		}
	}
	if found.DatabaseLossSeconds != nil {
		t.Errorf("a loss of %v s is told of a replica that nobody saw", *found.DatabaseLossSeconds)
	}
}
