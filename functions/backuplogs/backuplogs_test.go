package backuplogs_test

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/acso/disaster-recovery/functions/backuplogs"
	"github.com/acso/disaster-recovery/internal/failure"
	"github.com/acso/disaster-recovery/lab/world"
	"github.com/acso/disaster-recovery/lab/world/worldtest"
)

// call invokes the function as a machine does.
func call(t *testing.T, w *world.World, input string) (backuplogs.Output, string) {
	t.Helper()
	return worldtest.Call[backuplogs.Output](t, w, "backuplogs", input)
}

// exported goes through all exports of a run as the machine does, and gives the last answer.
func exported(t *testing.T, w *world.World, started time.Time) backuplogs.Output {
	t.Helper()
	out, kind := call(t, w, fmt.Sprintf(`{"started":%q}`, started.Format(time.RFC3339)))
	for n := 0; kind == "" && out.Status != backuplogs.Exported; n++ {
		if n > 200 {
			t.Fatalf("it does not come to an end: %+v", out)
		}
		w.Sim.Run(w.Sim.Now().Add(30*time.Second), nil)
		span, err := json.Marshal(out.Range)
		if err != nil {
			t.Fatal(err)
		}
		out, kind = call(t, w, fmt.Sprintf(`{"started":%q,"range":%s}`, started.Format(time.RFC3339), span))
	}
	if kind != "" {
		t.Fatal(kind)
	}
	return out
}

func stored(t *testing.T, w *world.World, span *backuplogs.Range) backuplogs.Output {
	t.Helper()
	text, err := json.Marshal(span)
	if err != nil {
		t.Fatal(err)
	}
	out, kind := call(t, w, fmt.Sprintf(`{"action":"store","range":%s}`, text))
	if kind != "" {
		t.Fatal(kind)
	}
	return out
}

func TestADayIsExportedThatEndedTwelveHoursAgoOneGroupAfterTheOther(t *testing.T) {
	w := worldtest.Begin(t)
	started := w.Sim.Now()
	out := exported(t, w, started)
	if got := started.Sub(out.Range.To); got < 12*time.Hour || got > 12*time.Hour+time.Minute || out.Range.To.Sub(out.Range.From) != 24*time.Hour {
		t.Errorf("%s to %s was exported at %s", out.Range.From, out.Range.To, started)
	}
	if out.Done != len(w.Env.LogGroups(w.Env.Regions.Primary)) || out.Done != out.Total {
		t.Errorf("%d of %d groups", out.Done, out.Total)
	}
	if tasks := w.Logs.Tasks(); len(tasks) != out.Total {
		t.Errorf("%d tasks for %d groups", len(tasks), out.Total)
	}
	if point := stored(t, w, out.Range).Point; point == nil || point.Objects < out.Total {
		t.Errorf("%+v", point)
	}
}

func TestTheNextRunBeginsWhereTheLastOneEnded(t *testing.T) {
	w := worldtest.Begin(t)
	first := exported(t, w, w.Sim.Now())
	stored(t, w, first.Range)
	w.Sim.Run(w.Sim.Now().Add(3*time.Hour), nil)
	second := exported(t, w, w.Sim.Now())
	if !second.Range.From.Equal(first.Range.To) || !second.Range.To.After(second.Range.From) {
		t.Errorf("%+v follows %+v", second.Range, first.Range)
	}
}

func TestARunningExportOfSomebodyElseIsWaitedFor(t *testing.T) {
	w := worldtest.Begin(t)
	w.Logs.Occupy(w.Env.Regions.Primary, time.Hour)
	out, kind := call(t, w, fmt.Sprintf(`{"started":%q}`, w.Sim.Now().Format(time.RFC3339)))
	if kind != "" || out.Status != backuplogs.Waiting {
		t.Errorf("%+v, %s", out, kind)
	}
}

func TestAnExportThatFailsTooOftenIsAFailure(t *testing.T) {
	w := worldtest.Begin(t)
	w.Logs.FailTasks(w.Env.Regions.Primary, 100)
	started := w.Sim.Now().Format(time.RFC3339)
	out, kind := call(t, w, fmt.Sprintf(`{"started":%q}`, started))
	for range 20 {
		if kind != "" {
			break
		}
		w.Sim.Run(w.Sim.Now().Add(10*time.Minute), nil)
		span, err := json.Marshal(out.Range)
		if err != nil {
			t.Fatal(err)
		}
		out, kind = call(t, w, fmt.Sprintf(`{"started":%q,"range":%s}`, started, span))
	}
	if kind != string(failure.Failed) {
		t.Errorf("%+v, %q", out, kind)
	}
}

func TestWithoutATimeNothingIsExported(t *testing.T) {
	w := worldtest.Begin(t)
	for _, input := range []string{`{}`, `{"action":"store"}`, `{"action":"x"}`, `{"range":{"from":"2026-01-02T00:00:00Z","to":"2026-01-01T00:00:00Z"}}`} {
		if _, kind := call(t, w, input); kind != string(failure.InvalidInput) {
			t.Errorf("%s: %q", input, kind)
		}
	}
	if len(w.Logs.Tasks()) != 0 {
		t.Error("something was exported")
	}
}
