package lambda_test

import (
	"context"
	"encoding/json"
	"testing"
	"time"

	"github.com/acso/disaster-recovery/internal/failure"
	"github.com/acso/disaster-recovery/internal/platform"
	"github.com/acso/disaster-recovery/lab/cloud"
	"github.com/acso/disaster-recovery/lab/cloud/lambda"
	"github.com/acso/disaster-recovery/lab/sim"
)

const region = "us-west-2"

type world struct {
	*cloud.Cloud
	service *lambda.Service
	made    int // execution environments
}

// deploy makes a world with one function, whose handlers count how often each was called.
func deploy(body func(ctx context.Context, calls int) (json.RawMessage, error)) *world {
	w := &world{Cloud: cloud.New(sim.New(1), "111122223333", region)}
	w.service = lambda.New(w.Cloud)
	w.service.Deploy(region, lambda.Function{Name: "worker", Timeout: time.Minute, New: func() platform.Handler {
		w.made++
		calls := 0
		return func(ctx context.Context, _ json.RawMessage) (json.RawMessage, error) {
			calls++
			return body(ctx, calls)
		}
	}})
	return w
}

type answer struct {
	output string
	err    *lambda.Error
	at     time.Duration
}

func (w *world) invoke() *answer {
	var a *answer
	began := w.Sim.Now()
	w.service.Invoke(w.service.ARN(region, "worker"), nil, func(out json.RawMessage, err *lambda.Error) {
		a = &answer{string(out), err, w.Sim.Now().Sub(began)}
	})
	w.Sim.Run(began.Add(time.Hour), func() bool { return a != nil })
	return a
}

func TestAnExecutionEnvironmentIsKept(t *testing.T) {
	w := deploy(func(_ context.Context, calls int) (json.RawMessage, error) { return json.Marshal(calls) })
	cold, warm := w.invoke(), w.invoke()
	if cold.output != "1" || warm.output != "2" || w.made != 1 {
		t.Errorf("answers %s and %s from %d environments, want 1 and 2 from one", cold.output, warm.output, w.made)
	}
	if cold.at <= warm.at {
		t.Errorf("the cold start took %v, the warm one %v", cold.at, warm.at)
	}
}

func TestConcurrentInvocationsHaveTheirOwnEnvironments(t *testing.T) {
	w := deploy(func(ctx context.Context, calls int) (json.RawMessage, error) {
		sim.Sleep(ctx, time.Second)
		return json.Marshal(calls)
	})
	for range 2 {
		w.service.Invoke(w.service.ARN(region, "worker"), nil, func(out json.RawMessage, _ *lambda.Error) {
			if string(out) != "1" {
				t.Errorf("answer %s of an environment that two share", out)
			}
		})
	}
	w.Sim.Run(w.Sim.Now().Add(time.Minute), nil)
	if w.made != 2 {
		t.Errorf("%d environments, want 2", w.made)
	}
}

func TestFailuresHaveTheNamesThatLambdaGivesThem(t *testing.T) {
	for name, c := range map[string]struct {
		body func(context.Context, int) (json.RawMessage, error)
		want string
		at   time.Duration // at least
	}{
		"a kind of ours": {func(context.Context, int) (json.RawMessage, error) {
			return platform.Entry(func(context.Context, struct{}) (int, error) {
				return 0, failure.New(failure.KeyMissing, "copy", "no key")
			})(context.Background(), nil)
		}, "KeyMissing", 0},
		"too slow": {func(ctx context.Context, _ int) (json.RawMessage, error) {
			sim.Sleep(ctx, time.Hour)
			return nil, nil
		}, "Sandbox.Timedout", time.Minute},
		"dies": {func(ctx context.Context, _ int) (json.RawMessage, error) {
			sim.Die(ctx)
			return nil, nil
		}, "Runtime.ExitError", 0},
	} {
		t.Run(name, func(t *testing.T) {
			a := deploy(c.body).invoke()
			if a == nil || a.err == nil || a.err.Type != c.want || a.at < c.at {
				t.Errorf("answer %+v, want the error %s", a, c.want)
			}
		})
	}
}

func TestAMissingFunctionIsSaid(t *testing.T) {
	w := deploy(nil)
	var got *lambda.Error
	w.service.Invoke(w.service.ARN(region, "nobody"), nil, func(_ json.RawMessage, err *lambda.Error) { got = err })
	w.Sim.Run(w.Sim.Now().Add(time.Minute), nil)
	if got == nil || got.Type != "Lambda.ResourceNotFoundException" {
		t.Errorf("got %v", got)
	}
}

func TestAnInvocationDiesWithItsRegionAndIsHeardOfWhenItReturns(t *testing.T) {
	w := deploy(func(ctx context.Context, _ int) (json.RawMessage, error) {
		sim.Sleep(ctx, 10*time.Second)
		return json.RawMessage(`"done"`), nil
	})
	w.Sim.After(5*time.Second, func() { w.Kill(region) })
	w.Sim.After(20*time.Minute, func() { w.Revive(region) })
	if a := w.invoke(); a == nil || a.at < 20*time.Minute {
		t.Errorf("answer %+v came before the region was back", a)
	}
}
