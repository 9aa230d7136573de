package incident_test

import (
	"context"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/acso/disaster-recovery/internal/environment"
	"github.com/acso/disaster-recovery/internal/failure"
	"github.com/acso/disaster-recovery/internal/incident"
	"github.com/acso/disaster-recovery/internal/platform"
	"github.com/acso/disaster-recovery/lab/cloud"
	"github.com/acso/disaster-recovery/lab/cloud/dynamodb"
	"github.com/acso/disaster-recovery/lab/sim"
)

const (
	primary, recovery = "us-east-1", "us-west-2"
	ada, bob          = "arn:execution:ada", "arn:execution:bob"
)

type clock struct{ *sim.Sim }

type lab struct {
	cloud *cloud.Cloud
	sim   *sim.Sim
	store *incident.Store
	ctx   context.Context
}

func newLab() *lab {
	e := &environment.Environment{Name: "test", Application: "acso", Account: "111122223333", Regions: environment.Regions{Primary: primary, Recovery: recovery}}
	s := sim.New(1)
	c := cloud.New(s, e.Account, primary, recovery)
	dynamodb.New(c).Create(recovery, e.IncidentTable(), "pk", "")
	p := platform.Platform{
		AWS:         c.Config(cloud.Principal{Name: "test", Region: recovery, Grants: incident.Grants(e, recovery)}),
		Environment: e, Clock: clock{s},
	}
	return &lab{cloud: c, sim: s, store: incident.NewStore(p), ctx: context.Background()}
}

func (l *lab) begin(t *testing.T, owner string) incident.Incident {
	t.Helper()
	i, err := l.store.Begin(l.ctx, incident.Opening{Owner: owner, Trigger: "test", Region: recovery, Mode: incident.Automatic})
	if err != nil {
		t.Fatal(err)
	}
	return i
}

func claim(i incident.Incident) incident.Claim { return incident.Claim{Epoch: i.Epoch, Owner: i.Owner} }

func wantKind(t *testing.T, err error, kind failure.Kind) {
	t.Helper()
	if !failure.Is(err, kind) {
		t.Fatalf("got %v, want %s", err, kind)
	}
}

func TestOneOwnerAtATime(t *testing.T) {
	l := newLab()
	first := l.begin(t, ada)
	if again := l.begin(t, ada); again.Epoch != first.Epoch {
		t.Errorf("the owner's second opening gave epoch %d, not %d", again.Epoch, first.Epoch)
	}
	_, err := l.store.Begin(l.ctx, incident.Opening{Owner: bob, Trigger: "test", Region: recovery, Mode: incident.Automatic})
	wantKind(t, err, failure.AlreadyRunning)
	_, err = l.store.Guard(l.ctx, incident.Claim{Epoch: first.Epoch, Owner: bob})
	wantKind(t, err, failure.Superseded)
	if _, err := l.store.Finish(l.ctx, claim(first), incident.StoodDown, "false alarm", 0); err != nil {
		t.Fatal(err)
	}
	_, err = l.store.Guard(l.ctx, claim(first))
	wantKind(t, err, failure.Superseded)
	if second := l.begin(t, bob); second.Epoch != first.Epoch+1 {
		t.Errorf("the next incident has epoch %d after %d", second.Epoch, first.Epoch)
	}
	if past, err := l.store.Past(l.ctx, first.Epoch); err != nil || past.Outcome != incident.StoodDown {
		t.Errorf("the archive has %+v, %v", past, err)
	}
}

func TestALostAnswerIsNoSecondOwner(t *testing.T) {
	l := newLab()
	l.cloud.Inject(cloud.Fault{Operation: "DynamoDB.PutItem", First: 1, Count: 1, Effect: cloud.LostResponse})
	if i := l.begin(t, ada); i.Owner != ada || i.Epoch != 1 {
		t.Errorf("opened %+v", i)
	}
	_, err := l.store.Begin(l.ctx, incident.Opening{Owner: bob, Trigger: "test", Region: recovery, Mode: incident.Automatic})
	wantKind(t, err, failure.AlreadyRunning)
}

func TestCoolDown(t *testing.T) {
	l := newLab()
	i := l.begin(t, ada)
	if _, err := l.store.Finish(l.ctx, claim(i), incident.Recovered, "", time.Hour); err != nil {
		t.Fatal(err)
	}
	_, err := l.store.Begin(l.ctx, incident.Opening{Owner: bob, Trigger: "test", Region: recovery, Mode: incident.Automatic})
	wantKind(t, err, failure.CoolingDown)
	l.sim.Run(l.sim.Now().Add(time.Hour), nil)
	l.begin(t, bob)
}

func TestTheActiveRegionHasNothingToFailOverTo(t *testing.T) {
	l := newLab()
	if err := l.store.SetRole(l.ctx, incident.Role{ActiveRegion: recovery, Switch: 1, Epoch: 1}); err != nil {
		t.Fatal(err)
	}
	_, err := l.store.Begin(l.ctx, incident.Opening{Owner: ada, Trigger: "test", Region: recovery, Mode: incident.Automatic})
	wantKind(t, err, failure.AlreadyRunning)
	wantKind(t, l.store.SetRole(l.ctx, incident.Role{ActiveRegion: primary, Epoch: 0}), failure.Superseded)
}

func TestReleaseAndRedrive(t *testing.T) {
	l := newLab()
	i := l.begin(t, ada)
	if released, _, err := l.store.Release(l.ctx, bob, incident.Aborted, l.sim.Now()); err != nil || released {
		t.Fatalf("somebody else's end released the lock: %t, %v", released, err)
	}
	stopped := l.sim.Now()
	for n, want := range []bool{true, false} {
		if released, _, err := l.store.Release(l.ctx, ada, incident.Aborted, stopped); err != nil || released != want {
			t.Fatalf("release %d: %t, %v", n, released, err)
		}
	}
	l.sim.Run(l.sim.Now().Add(time.Minute), nil)
	if reopened, err := l.store.Guard(l.ctx, claim(i)); err != nil || reopened.State != incident.Open {
		t.Fatalf("the redriven execution has %+v, %v", reopened, err)
	}
	if released, _, err := l.store.Release(l.ctx, ada, incident.Aborted, stopped); err != nil || released {
		t.Fatalf("a late event about the end before the redrive released the lock: %t, %v", released, err)
	}
	if released, _, err := l.store.Release(l.ctx, ada, incident.TimedOut, l.sim.Now()); err != nil || !released {
		t.Fatalf("the second end did not release the lock: %t, %v", released, err)
	}
	l.begin(t, bob)
	_, err := l.store.Guard(l.ctx, claim(i))
	wantKind(t, err, failure.Superseded)
}

func TestAnUnfinishedPromotionIsCarriedOver(t *testing.T) {
	l := newLab()
	i := l.begin(t, ada)
	if _, err := l.store.Update(l.ctx, claim(i), func(i *incident.Incident) bool {
		i.Promotion, i.Fence.State = incident.PromotionRequested, incident.FenceOwed
		i.Changed(l.sim.Now(), "promotion requested", "")
		return true
	}); err != nil {
		t.Fatal(err)
	}
	if _, err := l.store.Finish(l.ctx, claim(i), incident.FailedDirty, "", 0); err != nil {
		t.Fatal(err)
	}
	next := l.begin(t, bob)
	if next.Promotion != incident.PromotionRequested || next.Fence.State != incident.FenceOwed || len(next.Outstanding()) != 1 {
		t.Errorf("the next incident forgot: %+v", next)
	}
}

// TestAFailoverThatMovedTheRoleAndDiedIsFinishedByTheNextOne: the region is the active one already, by an incident that never
// ended, and whoever starts again goes on with it; when it has ended, there is nothing to do.
func TestAFailoverThatMovedTheRoleAndDiedIsFinishedByTheNextOne(t *testing.T) {
	l := newLab()
	first := l.begin(t, ada)
	if _, err := l.store.Update(l.ctx, claim(first), func(i *incident.Incident) bool { i.Promotion = incident.PromotionDone; return true }); err != nil {
		t.Fatal(err)
	}
	if err := l.store.SetRole(l.ctx, incident.Role{ActiveRegion: recovery, Switch: 1, Epoch: first.Epoch}); err != nil {
		t.Fatal(err)
	}
	if _, _, err := l.store.Release(l.ctx, ada, incident.Aborted, l.sim.Now()); err != nil {
		t.Fatal(err)
	}
	next := l.begin(t, bob) // as an alarm or an operator with {} does, in what would be the cool-down
	if next.Promotion != incident.PromotionDone || next.Epoch <= first.Epoch {
		t.Errorf("it was not carried on: %+v", next)
	}
	if err := l.store.SetRole(l.ctx, incident.Role{ActiveRegion: recovery, Switch: 1, Epoch: next.Epoch}); err != nil {
		t.Fatal(err)
	}
	if _, err := l.store.Finish(l.ctx, claim(next), incident.Recovered, "done", 0); err != nil {
		t.Fatal(err)
	}
	_, err := l.store.Begin(l.ctx, incident.Opening{Owner: ada, Trigger: "test", Region: recovery, Mode: incident.Manual})
	wantKind(t, err, failure.AlreadyRunning)
}

func TestReadinessIsWrittenIntoNobodyElsesIncident(t *testing.T) {
	l := newLab()
	first := l.begin(t, ada)
	found := incident.Readiness{Verdict: "pass"}
	if err := l.store.NoteReadiness(l.ctx, incident.Claim{Epoch: first.Epoch, Owner: bob}, found); err != nil {
		t.Fatal(err)
	}
	if i, _ := l.store.Present(l.ctx); i.Readiness != nil {
		t.Error("another owner's readiness was noted")
	}
	if _, _, err := l.store.Release(l.ctx, ada, incident.Aborted, l.sim.Now()); err != nil {
		t.Fatal(err)
	}
	if err := l.store.NoteReadiness(l.ctx, claim(first), found); err != nil {
		t.Fatal(err)
	}
	if i, _ := l.store.Present(l.ctx); i.State != incident.Closed || i.Readiness != nil {
		t.Errorf("a late answer took the lock back: %+v", i)
	}
}

func TestObservationsOnlyMoveForward(t *testing.T) {
	l := newLab()
	yes, no := true, false
	at := func(s int) time.Time { return sim.Epoch.Add(time.Duration(s) * time.Second) }
	for _, step := range []struct {
		serving               *bool
		at                    time.Time
		lastServing, firstBad time.Time
	}{
		{&yes, at(10), at(10), time.Time{}},
		{&no, at(20), at(10), at(20)},
		{nil, at(30), at(10), at(20)},
		{&yes, at(15), at(10), at(20)}, // late
		{&no, at(40), at(10), at(20)},
		{&yes, at(50), at(50), time.Time{}},
	} {
		o, err := l.store.Observe(l.ctx, primary, step.serving, step.at)
		if err != nil || !o.LastServing.Equal(step.lastServing) || !o.FirstDown.Equal(step.firstBad) {
			t.Errorf("after %s: %+v, %v", step.at.Format(time.TimeOnly), o, err)
		}
	}
	if o, err := l.store.Observe(l.ctx, recovery, &no, at(60)); err != nil || !o.LastServing.IsZero() {
		t.Errorf("the other region inherited %+v, %v", o, err)
	}
}

// TestTheLockHolds lets two executions do what they like, with answers lost and calls refused on the way: at no time do
// both pass the guard, and epochs never go back.
func TestTheLockHolds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := newLab()
		claims := map[string]incident.Claim{}
		var newest int64
		for range rapid.IntRange(1, 25).Draw(t, "steps") {
			effect := rapid.SampledFrom([]cloud.Effect{"", cloud.LostResponse, cloud.ErrorBefore}).Draw(t, "effect")
			remove := func() {}
			if effect != "" {
				remove = l.cloud.Inject(cloud.Fault{Operation: "DynamoDB.PutItem", First: 1, Count: rapid.IntRange(1, 4).Draw(t, "count"), Effect: effect})
			}
			owner := rapid.SampledFrom([]string{ada, bob}).Draw(t, "owner")
			switch rapid.SampledFrom([]string{"begin", "guard", "finish", "release", "wait"}).Draw(t, "step") {
			case "begin":
				if i, err := l.store.Begin(l.ctx, incident.Opening{Owner: owner, Trigger: "test", Region: recovery, Mode: incident.Automatic}); err == nil {
					if i.Epoch < newest {
						t.Fatalf("epoch %d after %d", i.Epoch, newest)
					}
					newest, claims[owner] = i.Epoch, claim(i)
				}
			case "guard":
				_, _ = l.store.Guard(l.ctx, claims[owner]) // judged below
			case "finish":
				_, _ = l.store.Finish(l.ctx, claims[owner], incident.StoodDown, "", 0) // judged below
			case "release":
				_, _, _ = l.store.Release(l.ctx, owner, incident.Aborted, l.sim.Now()) // judged below
			case "wait":
				l.sim.Run(l.sim.Now().Add(time.Minute), nil)
			}
			remove()
			present, err := l.store.Present(l.ctx)
			if err != nil {
				t.Fatal(err)
			}
			if present.Epoch < newest {
				t.Fatalf("the table went back to epoch %d from %d", present.Epoch, newest)
			}
			for owner, c := range claims {
				_, err := l.store.Guard(l.ctx, c)
				mine := present.Epoch == c.Epoch && present.Owner == owner && (present.State == incident.Open || present.Released)
				if (err == nil) != mine {
					t.Fatalf("%s passes: %v, and the incident is %+v", owner, err, present)
				}
			}
		}
	})
}
