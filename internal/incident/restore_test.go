package incident_test

import (
	"testing"

	"github.com/acso/disaster-recovery/internal/failure"
	"github.com/acso/disaster-recovery/internal/incident"
)

func (l *lab) restore(t *testing.T, owner string) incident.Incident {
	t.Helper()
	i, err := l.store.BeginRestore(l.ctx, owner, "test", incident.Restore{Region: primary})
	if err != nil {
		t.Fatal(err)
	}
	return i
}

func TestARestoreAndAFailoverTakeTheSameLock(t *testing.T) {
	l := newLab()
	restore := l.restore(t, ada)
	if again := l.restore(t, ada); again.Epoch != restore.Epoch {
		t.Errorf("the owner's second opening gave epoch %d, not %d", again.Epoch, restore.Epoch)
	}
	_, err := l.store.BeginRestore(l.ctx, bob, "test", incident.Restore{Region: primary})
	wantKind(t, err, failure.AlreadyRunning)
	_, err = l.store.Begin(l.ctx, incident.Opening{Owner: bob, Trigger: "alarm", Region: recovery, Mode: incident.Automatic})
	wantKind(t, err, failure.AlreadyRunning)
	if _, err := l.store.Finish(l.ctx, claim(restore), incident.Recovered, "done", 0); err != nil {
		t.Fatal(err)
	}
	l.begin(t, bob) // a restore starts no cool-down
	_, err = l.store.BeginRestore(l.ctx, ada, "test", incident.Restore{Region: primary})
	wantKind(t, err, failure.AlreadyRunning)
}

func TestARestoreWaitsForAFailoverThatPromotedAndDidNotEnd(t *testing.T) {
	l := newLab()
	i := l.begin(t, ada)
	if _, err := l.store.Update(l.ctx, claim(i), func(i *incident.Incident) bool { i.Promotion = incident.PromotionRequested; return true }); err != nil {
		t.Fatal(err)
	}
	if _, err := l.store.Finish(l.ctx, claim(i), incident.FailedDirty, "lost", 0); err != nil {
		t.Fatal(err)
	}
	_, err := l.store.BeginRestore(l.ctx, bob, "test", incident.Restore{Region: primary})
	wantKind(t, err, failure.AlreadyRunning)
}

// TestTheSizesOfServicesSurviveARestoreThatWasAborted: the next restore finds the services stopped, and must not take
// nothing for what there was.
func TestTheSizesOfServicesSurviveARestoreThatWasAborted(t *testing.T) {
	l := newLab()
	i := l.restore(t, ada)
	before := &incident.Workload{Services: []incident.Size{{Service: "supervisor", Desired: 2}}}
	_, err := l.store.Update(l.ctx, claim(i), func(i *incident.Incident) bool {
		i.Restore.Before = before
		i.Changed(l.sim.Now(), "supervisor from 2 tasks to 0", "start it")
		return true
	})
	if err != nil {
		t.Fatal(err)
	}
	if released, _, err := l.store.Release(l.ctx, ada, incident.Aborted, l.sim.Now()); err != nil || !released {
		t.Fatalf("released %v, %v", released, err)
	}
	next := l.restore(t, bob)
	if next.Restore.Before == nil || next.Restore.Before.Services[0].Desired != 2 || len(next.Outstanding()) != 1 {
		t.Errorf("the next restore knows %+v and %v", next.Restore.Before, next.Outstanding())
	}
	if _, err := l.store.Finish(l.ctx, claim(next), incident.FailedClean, "taken back", 0); err != nil {
		t.Fatal(err)
	}
	if last := l.restore(t, ada); last.Restore.Before != nil {
		t.Errorf("after a clean end the next restore inherits %+v", last.Restore.Before)
	}
}
