package readiness_test

import (
	"encoding/json"
	"testing"
	"time"

	judged "github.com/acso/disaster-recovery/internal/readiness"
	"github.com/acso/disaster-recovery/lab/asl"
	"github.com/acso/disaster-recovery/lab/cloud/stepfunctions"
	"github.com/acso/disaster-recovery/lab/world"
)

// failBack loses the primary region, moves, gets it back and returns there; people say yes.
func (s *site) failBack() {
	s.Helper()
	s.OnQuestion(func(x *stepfunctions.Execution) {
		s.Sim.After(time.Minute, func() { s.Reply(x, world.Answer{Approved: true}) })
	})
	s.Cloud.Kill(s.primary)
	s.pass(90 * time.Minute)
	s.Cloud.Revive(s.primary)
	s.pass(30 * time.Minute)
	x, err := s.States.Start(s.primary, s.Env.MachineName("failback"), "", json.RawMessage(`{"reason":"a test"}`))
	if err != nil {
		s.Fatal(err)
	}
	s.Sim.Run(s.Sim.Now().Add(24*time.Hour), func() bool { return x.Status() != asl.Running })
	if x.Status() != asl.Succeeded {
		s.Fatalf("the failback ended %s: %s", x.Status(), x.Cause())
	}
}

// TestAfterAFailbackTheStandbyIsReady: as before the outage, by itself.
func TestAfterAFailbackTheStandbyIsReady(t *testing.T) {
	b := newBench(t)
	for seed := range uint64(2) {
		s := b.world(t, seed)
		s.pass(lived)
		s.failBack()
		s.pass(65 * time.Minute)
		if report := s.judge(); report.Verdict != judged.Pass {
			t.Errorf("seed %d: %s\n%s", seed, report.Verdict, findings(report))
		}
		s.Traffic.Stop()
	}
}
