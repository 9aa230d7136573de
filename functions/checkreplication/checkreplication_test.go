package checkreplication_test

import (
	"testing"
	"time"

	"github.com/acso/disaster-recovery/functions/checkreplication"
	"github.com/acso/disaster-recovery/internal/failure"
	"github.com/acso/disaster-recovery/lab/cloud"
	"github.com/acso/disaster-recovery/lab/world"
	"github.com/acso/disaster-recovery/lab/world/worldtest"
)

// call invokes the function as a machine does.
func call(t *testing.T, w *world.World, input string) (checkreplication.Output, string) {
	t.Helper()
	return worldtest.Call[checkreplication.Output](t, w, "checkreplication", input)
}

func TestWhatTheOtherRegionCouldRestoreIsMeasured(t *testing.T) {
	w := worldtest.Begin(t)
	out, kind := call(t, w, "{}")
	if kind != "" || out.Region != w.Env.Regions.Recovery || out.LagSeconds <= 0 || out.LagSeconds > 900 || int(out.Days) < int(w.Env.Database.BackupRetention.Days()) {
		t.Errorf("%+v, %s", out, kind)
	}
}

// TestNothingIsNoGoodNews: no entry, an old one, one that is kept too short a time and no answer are failures, each by its
// own name.
func TestNothingIsNoGoodNews(t *testing.T) {
	for name, c := range map[string]struct {
		spoil func(*world.World)
		want  failure.Kind
	}{
		"stopped": {func(w *world.World) {
			w.RDS.StopBackups(w.Env.Regions.Recovery, w.Env.DatabaseIn(w.Env.Regions.Primary))
		}, failure.NotFound},
		"late": {func(w *world.World) {
			w.RDS.DelayBackups(w.Env.Regions.Recovery, w.Env.DatabaseIn(w.Env.Regions.Primary), time.Hour)
		}, failure.Failed},
		"short": {func(w *world.World) {
			e := w.Env
			w.RDS.StopBackups(e.Regions.Recovery, e.DatabaseIn(e.Regions.Primary))
			w.RDS.ReplicateBackups(e.Regions.Primary, e.DatabaseIn(e.Regions.Primary), e.Regions.Recovery, e.DatabaseKey(e.Regions.Recovery), 1)
		}, failure.Failed},
		"no answer": {func(w *world.World) {
			w.Cloud.Inject(cloud.Fault{Region: w.Env.Regions.Recovery, Operation: "RDS.*", Effect: cloud.Unreachable})
		}, failure.Unavailable},
	} {
		w := worldtest.Begin(t)
		c.spoil(w)
		w.Sim.Run(w.Sim.Now().Add(time.Hour), nil)
		if out, kind := call(t, w, "{}"); kind != string(c.want) {
			t.Errorf("%s: %+v, %q, want %s", name, out, kind, c.want)
		}
	}
}
