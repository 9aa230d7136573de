package checkreplication_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/acso/disaster-recovery/environments"
	"github.com/acso/disaster-recovery/functions/checkreplication"
	"github.com/acso/disaster-recovery/internal/failure"
	"github.com/acso/disaster-recovery/lab/cloud"
	"github.com/acso/disaster-recovery/lab/cloud/lambda"
	"github.com/acso/disaster-recovery/lab/world"
)

// begin is production in the lab, without what schedules and machines would do by themselves.
func begin(t *testing.T) *world.World {
	t.Helper()
	e, err := environments.Named("production")
	if err != nil {
		t.Fatal(err)
	}
	w := world.New(world.Options{Seed: 1, Environment: e})
	w.Traffic.Stop()
	w.Sim.Run(w.Sim.Now().Add(10*time.Minute), nil)
	return w
}

// call invokes the function in the primary region, as a machine does, with its own grants.
func call(t *testing.T, w *world.World, input string) (out checkreplication.Output, kind string) {
	t.Helper()
	done := false
	e := w.Env
	w.Lambda.Invoke(w.Lambda.ARN(e.Regions.Primary, e.FunctionName("checkreplication")), json.RawMessage(input), func(answer json.RawMessage, err *lambda.Error) {
		if done = true; err != nil {
			kind = err.Type
		} else if err := json.Unmarshal(answer, &out); err != nil {
			t.Fatal(err)
		}
	})
	w.Sim.Run(w.Sim.Now().Add(20*time.Minute), func() bool { return done })
	return out, kind
}

func TestWhatTheOtherRegionCouldRestoreIsMeasured(t *testing.T) {
	w := begin(t)
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
		w := begin(t)
		c.spoil(w)
		w.Sim.Run(w.Sim.Now().Add(time.Hour), nil)
		if out, kind := call(t, w, "{}"); kind != string(c.want) {
			t.Errorf("%s: %+v, %q, want %s", name, out, kind, c.want)
		}
	}
}
