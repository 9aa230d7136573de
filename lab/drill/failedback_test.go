package drill

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/acso/disaster-recovery/environments"
	"github.com/acso/disaster-recovery/internal/environment"
	labroute53 "github.com/acso/disaster-recovery/lab/cloud/route53"
)

const loop = "failback-after-outage"

// TestSabotageOfFailbacksIsSeen takes steps out of the failback, one by one.
func TestSabotageOfFailbacksIsSeen(t *testing.T) {
	long(t)
	for _, c := range []struct {
		name      string
		edits     []edit
		invariant string
	}{
		{"leaves the other file system alone", []edit{{`"Condition": "{% $lagOther.done %}",
          "Next": "ReverseFilesAgain"`, `"Condition": "{% 1 = 2 %}", "Next": "ReverseFilesAgain"}, {"Condition": "{% $lagOther.done %}", "Next": "SizeOther"`}}, "the file system follows again"},
		{"leaves the other region without services", []edit{{`"Condition": "{% $reversedAgain.done %}",
          "Next": "SizeOther"`, `"Condition": "{% 1 = 2 %}", "Next": "SizeOther"}, {"Condition": "{% $reversedAgain.done %}", "Next": "CloseFailback"`}}, "the services are as they were"},
		{"leaves the automated backups with the old database", []edit{{`"Condition": "{% $sized.done %}",
          "Next": "ReplicateBackups"`, `"Condition": "{% 1 = 2 %}", "Next": "ReplicateBackups"}, {"Condition": "{% $sized.done %}", "Next": "CloseFailback"`}}, "the other region has backups of the restored database"},
		{"builds no replica of the standby", []edit{{`"Condition": "{% $keepingOther.done %}",
          "Next": "OpenOther"`, `"Condition": "{% 1 = 2 %}", "Next": "OpenOther"}, {"Condition": "{% $keepingOther.done %}", "Next": "ReverseFilesAgain"`}}, "the replica follows the restored database"},
	} {
		t.Run(c.name, func(t *testing.T) { mustFail(t, sabotaged(t, loop, c.edits), c.invariant) })
	}
}

// TestMeddlingWithTheLoopIsSeen sends clients back by hand, while the failback builds: what every failover is held to is seen
// to be held in the way out and back, too.
func TestMeddlingWithTheLoopIsSeen(t *testing.T) {
	long(t)
	t.Parallel()
	scenario, e, bench := loopIn(t)
	scenario.prepare = func(r *run) {
		r.outage()
		r.failBackAt(afterReturn)
		r.when("BuildReplica", func() {
			r.world.DNS.Add(labroute53.Setup{
				Name: e.Domain.Name, Type: "CNAME", Value: e.RegionalName(e.Regions.Primary), TTL: e.Domain.TTL.Std(), Set: e.Regions.Recovery, Failover: "SECONDARY",
			})
		})
	}
	r, err := Run(context.Background(), scenario, Options{Seed: 1, Environment: e, Bench: bench})
	if err != nil {
		t.Fatal(err)
	}
	mustFail(t, r, "traffic only to a validated region")
}

// TestAFailbackSurvivesKills kills the execution between states all along its way, and redrives it.
func TestAFailbackSurvivesKills(t *testing.T) {
	long(t)
	t.Parallel()
	scenario, e, bench := loopIn(t)
	for _, n := range []int{2, 60, 150, 230, 330, 440, 452, 460, 520, 640, 750} {
		kill := &Kill{Transition: n}
		r, err := Run(context.Background(), scenario, Options{Seed: 1, Environment: e, Bench: bench, Kill: kill, MustKill: true})
		if err != nil {
			t.Fatal(err)
		}
		if !r.Ok() {
			t.Errorf("killed at %s: %s, %+v", kill, r.Outcome, broken(r))
		}
	}
}

// TestTheFullLoopWithRandomFaults is a sample of the campaign.
func TestTheFullLoopWithRandomFaults(t *testing.T) {
	long(t)
	scenario, e, bench := loopIn(t)
	for seed := uint64(500); seed < 504; seed++ {
		r, err := Run(context.Background(), scenario, Options{Seed: seed, Environment: e, Bench: bench, Random: true})
		if err != nil {
			t.Fatal(err)
		}
		if found := broken(r); len(found) > 0 {
			t.Errorf("%+v", found)
		}
	}
}

// TestATableThatCannotBeComparedIsNotCompared: the old database has no table of that name, so the list is not complete, and
// nobody says to go on without it.
func TestATableThatCannotBeComparedIsNotCompared(t *testing.T) {
	scenario, e, bench := loopIn(t)
	changed := *e
	changed.Database.Tables = append(slices.Clone(e.Database.Tables), environment.Table{Name: "orders", Key: "id", KeyType: "uuid", Changed: "changed_at"})
	scenario.prepare = func(r *run) {
		r.outage()
		r.failBackAt(afterReturn)
	}
	r, err := Run(context.Background(), scenario, Options{Seed: 1, Environment: &changed, Bench: bench})
	if err != nil {
		t.Fatal(err)
	}
	if r.Outcome != FailedDirty || !strings.Contains(r.Next, "AskWithoutList") {
		t.Errorf("ended %s: %s", r.Outcome, r.Next)
	}
}

func loopIn(t *testing.T) (Scenario, *environment.Environment, *Bench) {
	t.Helper()
	e, err := environments.Named("production")
	if err != nil {
		t.Fatal(err)
	}
	scenario, err := Find(loop)
	if err != nil {
		t.Fatal(err)
	}
	bench, err := NewBench()
	if err != nil {
		t.Fatal(err)
	}
	return scenario, e, bench
}
