package copytodr_test

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/acso/disaster-recovery/environments"
	"github.com/acso/disaster-recovery/functions/copytodr"
	"github.com/acso/disaster-recovery/internal/environment"
	"github.com/acso/disaster-recovery/internal/failure"
	"github.com/acso/disaster-recovery/internal/grant"
	"github.com/acso/disaster-recovery/internal/platform"
	"github.com/acso/disaster-recovery/lab/cloud"
	"github.com/acso/disaster-recovery/lab/cloud/kms"
	"github.com/acso/disaster-recovery/lab/cloud/rds"
	"github.com/acso/disaster-recovery/lab/sim"
)

const (
	east, west = "us-east-1", "us-west-2"
	name       = "acso-production-db-20260115-040000-0b5a1c2d"
)

type keys struct{ *kms.Service }

func (k keys) Resolve(region, id string) (string, error) {
	if err := k.Usable(region, id); err != nil {
		return "", err
	}
	return k.ARN(region, id)
}

type surroundings struct{}

func (surroundings) Open(string, string) bool                                { return true }
func (surroundings) BeforeChange(func())                                     {}
func (surroundings) Publish(string, string, string, string, string, float64) {}

type world struct {
	sim   *sim.Sim
	cloud *cloud.Cloud
	kms   *kms.Service
	key   string // ARN of the key in the recovery region
	rds   *rds.Service
	call  func(copytodr.Input) (copytodr.Output, error)
}

// begin makes production's database with one snapshot; the function has its own grants and nothing else.
func begin(t *testing.T) *world {
	t.Helper()
	e, err := environments.Named("production")
	if err != nil {
		t.Fatal(err)
	}
	s := sim.New(1)
	c := cloud.New(s, e.Account, east, west)
	w := &world{sim: s, cloud: c, kms: kms.New(c)}
	w.kms.Alias(east, "acso-production-database", w.kms.Create(east, ""))
	w.key = w.kms.Create(west, "")
	w.kms.Alias(west, "acso-production-database", w.key)
	w.rds = rds.New(c, keys{w.kms}, surroundings{}, surroundings{})
	w.rds.Create(east, rds.Setup{ID: e.Database.Identifier, Key: e.Database.Keys.Primary, Retention: 35, Window: e.Database.BackupWindow})
	w.rds.FillSnapshots(east, e.Database.Identifier, 1)
	w.rds.Snapshots(east)[len(w.rds.Snapshots(east))-1].ID = name
	w.as(e, copytodr.Grants(e, east))
	return w
}

func (w *world) as(e *environment.Environment, grants []grant.Grant) {
	handler := copytodr.New(platform.Platform{
		AWS: w.cloud.Config(cloud.Principal{Name: "copytodr", Region: east, Grants: grants}), Environment: e, Clock: w.sim,
	})
	w.call = func(in copytodr.Input) (out copytodr.Output, err error) {
		done := false
		w.sim.Go(context.Background(), func(ctx context.Context) { out, err = handler.Handle(ctx, in) }, func(bool) { done = true })
		w.sim.Run(w.sim.Now().Add(time.Hour), func() bool { return done })
		return out, err
	}
}

func input() copytodr.Input {
	return copytodr.Input{Execution: "nightly", Source: "arn:aws:rds:us-east-1:111122223333:snapshot:" + name}
}

func TestCopiesOnceUnderTheOtherRegionsKey(t *testing.T) {
	w := begin(t)
	first, err := w.call(input())
	if err != nil {
		t.Fatal(err)
	}
	if first.Status != copytodr.Copying || first.Snapshot != name+"-dr" || first.Region != west || first.Key != w.key {
		t.Errorf("got %+v", first)
	}
	if _, err := w.call(input()); err != nil {
		t.Errorf("asked again: %v", err)
	}
	w.sim.Run(w.sim.Now().Add(24*time.Hour), func() bool { return false })
	in := input()
	in.Action = "status"
	done, err := w.call(in)
	if err != nil || done.Status != copytodr.Available || done.SizeGiB != 100 || done.Seconds == 0 {
		t.Errorf("at the end: %+v, %v", done, err)
	}
	if copies := w.rds.Snapshots(west); len(copies) != 1 {
		t.Errorf("there are %d copies", len(copies))
	}
}

func TestWithoutAUsableKeyNothingIsCopied(t *testing.T) {
	for name, state := range map[string]kms.State{"disabled": kms.Disabled, "being deleted": kms.PendingDeletion} {
		w := begin(t)
		w.kms.SetState(west, w.key, state)
		_, err := w.call(input())
		if !failure.Is(err, failure.KeyMissing) || !strings.Contains(err.Error(), "nothing was copied") {
			t.Errorf("key %s: %v", name, err)
		}
		if copies := w.rds.Snapshots(west); len(copies) != 0 {
			t.Errorf("key %s: %d copies", name, len(copies))
		}
	}
	w := begin(t)
	e, err := environments.Named("production")
	if err != nil {
		t.Fatal(err)
	}
	e.Database.Keys.Recovery = "alias/forgotten"
	w.as(e, copytodr.Grants(e, east))
	if _, err := w.call(input()); !failure.Is(err, failure.KeyMissing) {
		t.Errorf("no key: %v", err)
	}
}

func TestALostAnswerIsNoSecondCopy(t *testing.T) {
	w := begin(t)
	w.cloud.Inject(cloud.Fault{Operation: "RDS.CopyDBSnapshot", Effect: cloud.LostResponse, First: 1, Count: 1})
	if out, err := w.call(input()); err != nil || out.Status != copytodr.Copying {
		t.Errorf("got %+v, %v", out, err)
	}
}

func TestADeadDestinationCostsSeconds(t *testing.T) {
	w := begin(t)
	w.cloud.Kill(west)
	began := w.sim.Now()
	_, err := w.call(input())
	if !failure.Is(err, failure.Unavailable) {
		t.Errorf("got %v", err)
	}
	if took := w.sim.Now().Sub(began); took > 15*time.Second {
		t.Errorf("it took %s to say so", took)
	}
}

func TestAFullQuotaAndAFailedCopyAreRaised(t *testing.T) {
	w := begin(t)
	w.rds.SetSnapshotQuota(west, 0)
	if _, err := w.call(input()); !failure.Is(err, failure.QuotaReached) || !strings.Contains(err.Error(), west) {
		t.Errorf("quota: %v", err)
	}
	w = begin(t)
	out, err := w.call(input())
	if err != nil {
		t.Fatal(err)
	}
	w.rds.Snapshot(west, out.Snapshot).Status = "failed"
	if _, err := w.call(input()); !failure.Is(err, failure.Failed) {
		t.Errorf("failed copy: %v", err)
	}
	other := input()
	other.Execution = "by hand"
	if _, err := w.call(other); !failure.Is(err, failure.Unsafe) {
		t.Errorf("another execution's copy: %v", err)
	}
	gone := begin(t)
	in := input()
	in.Action = "status"
	if _, err := gone.call(in); !failure.Is(err, failure.NotFound) {
		t.Errorf("vanished copy: %v", err)
	}
}

func TestTheInputIsChecked(t *testing.T) {
	w := begin(t)
	for _, in := range []copytodr.Input{
		{}, {Execution: "x"}, {Execution: "x", Source: name},
		{Execution: "x", Source: "arn:aws:rds:us-west-2:111122223333:snapshot:" + name},
		{Execution: "x", Source: input().Source, Action: "delete"},
	} {
		if _, err := w.call(in); !failure.Is(err, failure.InvalidInput) {
			t.Errorf("%+v: %v", in, err)
		}
	}
	var event copytodr.Input
	if err := platform.Decode(json.RawMessage(copytodr.Event), &event); err != nil || event.Source == "" {
		t.Errorf("event.json: %+v, %v", event, err)
	}
}
