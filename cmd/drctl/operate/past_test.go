package operate

import (
	"context"
	"encoding/json"
	"testing"

	"github.com/acso/disaster-recovery/internal/restore"
	"github.com/acso/disaster-recovery/lab/world"
)

// TestAPlanKnowsWhatPastRestoresTook: from no execution nothing is known, from one what it took, and from one that failed nothing.
func TestAPlanKnowsWhatPastRestoresTook(t *testing.T) {
	inLab(t, func(ctx context.Context, _ *world.World, o *Operator) error {
		const region, machine = "us-east-1", "restore-point-in-time"
		if took, ok := o.Took(ctx, region, machine, "StopServices", "RestoreParts"); ok {
			t.Errorf("before any restore: %+v", took)
		}
		execution, err := o.Start(ctx, region, machine, "", json.RawMessage(`{"to":"latest","mode":"replace","what":["configuration"],"reason":"a test"}`))
		if err != nil {
			return err
		}
		ending, err := o.Watch(ctx, execution, func(e Event) {
			for e.Kind == "wait" {
				asked, err := o.Questions(ctx, execution)
				if err != nil {
					t.Error(err)
					return
				}
				if len(asked) > 0 {
					if err := o.Answer(ctx, asked[0], Answer{Approved: true, By: "kim"}); err != nil {
						t.Error(err)
					}
					return
				}
				if err := o.Clock.Sleep(ctx, interval); err != nil {
					t.Error(err)
					return
				}
			}
		})
		if err != nil || !ending.Succeeded() {
			t.Errorf("%+v, %v", ending, err)
		}
		o.remember = nil // another command
		plan := restore.Plan{Mode: restore.Replace, Configuration: &restore.Point{}}
		for _, step := range restore.Steps(plan, 0) {
			took, ok := o.Took(ctx, region, machine, step.Begins, step.Ends)
			if !ok || took.Executions != 1 || took.Low != took.High || took.Low > 600 || took.Source() != "measured: 1 past execution" {
				t.Errorf("%s took %+v, %v", step.Name, took, ok)
			}
		}
		if took, ok := o.Took(ctx, region, machine, "KeepOld", "PutInPlace"); ok {
			t.Errorf("what was not done took %+v", took)
		}
		return nil
	})
}
