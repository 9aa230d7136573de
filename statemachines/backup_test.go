package statemachines_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/acso/disaster-recovery/internal/environment"
	"github.com/acso/disaster-recovery/lab/asl"
	"github.com/acso/disaster-recovery/lab/cloud"
	"github.com/acso/disaster-recovery/lab/cloud/kms"
	"github.com/acso/disaster-recovery/lab/cloud/stepfunctions"
	"github.com/acso/disaster-recovery/lab/labtest"
	"github.com/acso/disaster-recovery/lab/world"
	"github.com/acso/disaster-recovery/statemachines"
)

// pair is production in the lab.
func pair(t *testing.T) (*world.World, *environment.Environment) {
	t.Helper()
	o := labtest.Production(t)
	return world.New(o), o.Environment
}

// run starts a machine with {} in the primary region and waits for its end.
func run(t *testing.T, w *world.World, e *environment.Environment, machine string) *stepfunctions.Execution {
	t.Helper()
	x, err := w.States.Start(e.Regions.Primary, e.MachineName(machine), "nightly", json.RawMessage(`{}`))
	if err != nil {
		t.Fatal(err)
	}
	w.Sim.Run(w.Sim.Now().Add(24*time.Hour), func() bool { return x.Status() != asl.Running })
	return x
}

func TestABackupOfTheDatabaseIsACopyUnderTheOtherRegionsKey(t *testing.T) {
	w, e := pair(t)
	x := run(t, w, e, "backup-database")
	if x.Status() != asl.Succeeded {
		t.Fatalf("it ended %s: %s: %s", x.Status(), x.Error(), x.Cause())
	}
	var out struct {
		Outcome string
		Copy    struct{ Snapshot, Region, Key string }
		Seconds int
	}
	if err := json.Unmarshal(x.Output(), &out); err != nil || out.Outcome != "succeeded" || out.Seconds <= 0 {
		t.Fatalf("output %s: %v", x.Output(), err)
	}
	copied := w.RDS.Snapshot(e.Regions.Recovery, out.Copy.Snapshot)
	if copied == nil || copied.Status != "available" || !strings.Contains(out.Copy.Key, e.Regions.Recovery) {
		t.Errorf("the copy is %+v, reported as %+v", copied, out.Copy)
	}
}

func TestABackupWithoutAKeyOrAQuotaFailsAndSaysWhatToDo(t *testing.T) {
	for name, c := range map[string]struct {
		alter func(*world.World, *environment.Environment)
		end   string
		says  string
	}{
		"key disabled in the recovery region": {func(w *world.World, e *environment.Environment) {
			w.KMS.SetState(e.Regions.Recovery, e.Database.Keys.Recovery, kms.Disabled)
		}, "FailedDirty", "KeyMissing"},
		"quota reached": {func(w *world.World, e *environment.Environment) {
			w.RDS.SetSnapshotQuota(e.Regions.Primary, 0)
		}, "FailedClean", "raised"},
		"recovery region dead": {func(w *world.World, e *environment.Environment) {
			w.Cloud.Kill(e.Regions.Recovery)
		}, "FailedDirty", "Unavailable"},
		"copy denied half-way": {func(w *world.World, e *environment.Environment) {
			w.Cloud.Inject(cloud.Fault{Operation: "RDS.CopyDBSnapshot", Effect: cloud.ErrorBefore, First: 1})
		}, "FailedDirty", "copy snapshot"},
	} {
		w, e := pair(t)
		c.alter(w, e)
		x := run(t, w, e, "backup-database")
		if x.Status() != asl.Failed || x.Error() != c.end || !strings.Contains(x.Cause(), c.says) {
			t.Errorf("%s: it ended %s: %s: %s", name, x.Status(), x.Error(), x.Cause())
		}
		told := false
		for _, m := range w.SNS.Messages(e.Regions.Primary, e.Contacts.OnCall.Topic) {
			told = told || strings.Contains(m.Subject, "Database backup failed")
		}
		if !told {
			t.Errorf("%s: nobody was told", name)
		}
	}
}

// TestTheBackupMachinesKeepTheRules: every state says why it is there, every task is bounded, tried again and caught, every
// choice has somewhere to go, and nothing ends without one of the names that people know.
func TestTheBackupMachinesKeepTheRules(t *testing.T) {
	type state struct {
		Type, Comment, Default, Error string
		TimeoutSeconds                int
		Retry, Catch                  []json.RawMessage
		ItemProcessor                 struct{ States map[string]json.RawMessage }
	}
	for _, name := range []string{"backup-database", "verify-backup"} {
		m, ok := statemachines.Named(name)
		if !ok {
			t.Fatalf("there is no %s", name)
		}
		var definition struct{ States map[string]json.RawMessage }
		if err := json.Unmarshal([]byte(m.Definition), &definition); err != nil {
			t.Fatal(err)
		}
		var check func(states map[string]json.RawMessage, inner bool)
		check = func(states map[string]json.RawMessage, inner bool) {
			for id, raw := range states {
				var s state
				if err := json.Unmarshal(raw, &s); err != nil {
					t.Fatal(err)
				}
				if s.Comment == "" {
					t.Errorf("%s: %s has no comment", name, id)
				}
				if s.Type == "Task" && (s.TimeoutSeconds == 0 || len(s.Retry) == 0 || len(s.Catch) == 0) {
					t.Errorf("%s: %s is not bounded, tried again and caught", name, id)
				}
				if s.Type == "Task" && !strings.Contains(string(s.Retry[0]), "States.ALL") {
					// docs.aws.amazon.com/step-functions/latest/dg/sfn-best-practices.html: Lambda fails by itself now and then.
					for _, transient := range []string{"Unavailable", "Lambda.ServiceException", "Lambda.AWSLambdaException", "Lambda.SdkClientException", "Lambda.TooManyRequestsException", "Runtime.ExitError"} {
						if !strings.Contains(string(s.Retry[0]), `"`+transient+`"`) {
							t.Errorf("%s: %s gives up at the first %s", name, id, transient)
						}
					}
				}
				if s.Type == "Choice" && s.Default == "" {
					t.Errorf("%s: %s has no default", name, id)
				}
				if s.Type == "Fail" && !inner && s.Error != "FailedClean" && s.Error != "FailedDirty" {
					t.Errorf("%s: %s fails as %q", name, id, s.Error)
				}
				check(s.ItemProcessor.States, true)
			}
		}
		check(definition.States, false)
	}
}
