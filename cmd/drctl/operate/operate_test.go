package operate

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/acso/disaster-recovery/environments"
	"github.com/acso/disaster-recovery/internal/environment"
	"github.com/acso/disaster-recovery/lab/cloud"
	"github.com/acso/disaster-recovery/lab/world"
)

func production(t *testing.T) *environment.Environment {
	t.Helper()
	e, err := environments.Named("production")
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// inLab works in a lab and fails the test when the work does.
func inLab(t *testing.T, work func(context.Context, *world.World, *Operator) error) {
	t.Helper()
	if err := InLab(context.Background(), production(t), 1, work); err != nil {
		t.Fatal(err)
	}
}

var replace = json.RawMessage(`{"to":"latest","mode":"replace","what":["database"],"reason":"a test"}`)

func TestAnExecutionIsWatchedToItsEndAndItsQuestionAnsweredOnce(t *testing.T) {
	inLab(t, func(ctx context.Context, _ *world.World, o *Operator) error {
		execution, err := o.Start(ctx, "us-east-1", "restore-point-in-time", "by-hand", replace)
		if err != nil {
			return err
		}
		again, err := o.Start(ctx, "us-east-1", "restore-point-in-time", "by-hand", replace)
		if err != nil || again != execution {
			t.Errorf("started again with the same name: %s, %v; want %s", again, err, execution)
		}
		var states []string
		var last time.Time
		ending, err := o.Watch(ctx, execution, func(e Event) {
			if e.At.Before(last) {
				t.Errorf("%s at %s comes after something of %s", e.Text, e.At, last)
			}
			last = e.At
			if e.Kind == "state" {
				states = append(states, e.Text)
			}
			if e.Kind != "wait" {
				return
			}
			var asked []Question
			for len(asked) == 0 {
				if err := o.Clock.Sleep(ctx, time.Second); err != nil {
					t.Error(err)
				}
				if asked, err = o.Questions(ctx, execution); err != nil {
					t.Error(err)
				}
			}
			if err := o.Answer(ctx, asked[0], Answer{Approved: false, By: "kim"}); err != nil {
				t.Error(err)
			}
			if err := o.Answer(ctx, asked[0], Answer{Approved: true, By: "kay"}); err == nil || !strings.Contains(err.Error(), "nobody waits") {
				t.Errorf("the second answer: %v", err)
			}
		})
		if err != nil {
			return err
		}
		if !ending.Succeeded() || !strings.Contains(ending.Output, "refused by kim") {
			t.Errorf("%+v", ending)
		}
		if want := "StoodDown"; states[len(states)-1] != want {
			t.Errorf("states %v end with %s, want %s", states, states[len(states)-1], want)
		}
		found, err := o.Find(ctx, o.Regions(), "restore-point-in-time")
		if err != nil || found != execution {
			t.Errorf("found %s, %v; want %s", found, err, execution)
		}
		return nil
	})
}

func TestALongHistoryIsToldOnceAndInOrder(t *testing.T) {
	inLab(t, func(ctx context.Context, w *world.World, o *Operator) error {
		execution, err := o.Start(ctx, "us-east-1", "backup-database", "", json.RawMessage("{}"))
		if err != nil {
			return err
		}
		if err := o.Clock.Sleep(ctx, time.Hour); err != nil { // everything is there when the watching begins
			return err
		}
		told := 0
		ending, err := o.Watch(ctx, execution, func(e Event) {
			if e.Kind == "state" {
				told++
			}
		})
		if err != nil {
			return err
		}
		entered := 0
		for _, x := range w.States.Executions() {
			if x.ARN != execution {
				continue
			}
			for _, e := range x.History() {
				if strings.HasSuffix(e.Type, "StateEntered") {
					entered++
				}
			}
		}
		if told != entered || entered < 10 || !ending.Succeeded() {
			t.Errorf("%d states were told, %d entered; %s", told, entered, ending.Status)
		}
		return nil
	})
}

func TestWatchingSurvivesCallsThatFailAndGivesUpInTheEnd(t *testing.T) {
	inLab(t, func(ctx context.Context, w *world.World, o *Operator) error {
		execution, err := o.Start(ctx, "us-east-1", "backup-database", "", json.RawMessage("{}"))
		if err != nil {
			return err
		}
		w.Cloud.Inject(cloud.Fault{Operation: "SFN.GetExecutionHistory", First: 1, Count: 20, Effect: cloud.ErrorBefore})
		if ending, err := o.Watch(ctx, execution, func(Event) {}); err != nil || !ending.Succeeded() {
			t.Errorf("%+v, %v", ending, err)
		}
		w.Cloud.Inject(cloud.Fault{Operation: "SFN.DescribeExecution", Effect: cloud.Unreachable})
		if _, err := o.Watch(ctx, execution, func(Event) {}); err == nil || !strings.Contains(err.Error(), "goes on") {
			t.Errorf("an endless failure: %v", err)
		}
		return nil
	})
}

func TestSilenceOfARegionIsSaid(t *testing.T) {
	inLab(t, func(ctx context.Context, w *world.World, o *Operator) error {
		w.Cloud.Kill("us-east-1")
		if open, err := o.Incidents(ctx); err == nil || !strings.Contains(err.Error(), "us-east-1") || len(open) != 0 {
			t.Errorf("%v, %v", open, err)
		}
		if _, err := o.Only(ctx); err == nil || !strings.Contains(err.Error(), "not everybody was heard") {
			t.Errorf("nothing to abort, and one region silent: %v", err)
		}
		if _, err := o.Find(ctx, o.Regions(), "failover"); err == nil || !strings.Contains(err.Error(), "us-east-1") {
			t.Errorf("no execution, and one region silent: %v", err)
		}
		if _, err := o.Start(ctx, "us-east-1", "failover", "", json.RawMessage("{}")); err == nil {
			t.Error("a dead region started an execution")
		}
		return nil
	})
}

func TestWhatDoesNotExistIsRefused(t *testing.T) {
	inLab(t, func(ctx context.Context, _ *world.World, o *Operator) error {
		if _, err := o.Find(ctx, o.Regions(), "failover"); err == nil || !strings.Contains(err.Error(), "never ran") {
			t.Errorf("%v", err)
		}
		if _, err := o.Only(ctx); err == nil || !strings.Contains(err.Error(), "no incident is open") {
			t.Errorf("%v", err)
		}
		gone := o.Environment.MachineARN("us-east-1", "failover") + ":x"
		if _, err := o.Watch(ctx, strings.Replace(gone, "stateMachine", "execution", 1), func(Event) {}); err == nil {
			t.Error("an execution that does not exist was watched")
		}
		var out struct{}
		if err := o.Invoke(ctx, "us-west-2", "incident", map[string]string{"action": "dance"}, &out); err == nil || !strings.Contains(err.Error(), "InvalidInput") {
			t.Errorf("%v", err)
		}
		return nil
	})
}
