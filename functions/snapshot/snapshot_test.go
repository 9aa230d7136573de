package snapshot_test

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	awsrds "github.com/aws/aws-sdk-go-v2/service/rds"

	"github.com/acso/disaster-recovery/environments"
	"github.com/acso/disaster-recovery/functions/snapshot"
	"github.com/acso/disaster-recovery/internal/catalog"
	"github.com/acso/disaster-recovery/internal/environment"
	"github.com/acso/disaster-recovery/internal/failure"
	"github.com/acso/disaster-recovery/internal/incident"
	"github.com/acso/disaster-recovery/internal/platform"
	"github.com/acso/disaster-recovery/internal/retention"
	"github.com/acso/disaster-recovery/lab/cloud"
	"github.com/acso/disaster-recovery/lab/cloud/dynamodb"
	"github.com/acso/disaster-recovery/lab/cloud/kms"
	"github.com/acso/disaster-recovery/lab/cloud/rds"
	"github.com/acso/disaster-recovery/lab/sim"
)

const east, west = "us-east-1", "us-west-2"

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
	env   *environment.Environment
	sim   *sim.Sim
	cloud *cloud.Cloud
	rds   *rds.Service
	call  func(snapshot.Input) (snapshot.Output, error)
}

// begin makes production's database in the lab; the function has its own grants and nothing else.
func begin(t *testing.T) *world {
	t.Helper()
	e, err := environments.Named("production")
	if err != nil {
		t.Fatal(err)
	}
	s := sim.New(1)
	c := cloud.New(s, e.Account, east, west)
	k := kms.New(c)
	k.Alias(east, "acso-production-database", k.Create(east, ""))
	db := rds.New(c, keys{k}, surroundings{}, surroundings{})
	db.Create(east, rds.Setup{ID: e.Database.Identifier, Key: e.Database.Keys.Primary, Retention: 35, Window: e.Database.BackupWindow})
	tables := dynamodb.New(c)
	for _, region := range []string{east, west} {
		tables.Create(region, e.IncidentTable(), "pk", "")
	}
	w := &world{env: e, sim: s, cloud: c, rds: db}
	handler := snapshot.New(platform.Platform{
		AWS:         c.Config(cloud.Principal{Name: "snapshot", Region: east, Grants: snapshot.Grants(e, east)}),
		Environment: e, Clock: s,
	})
	w.call = func(in snapshot.Input) (out snapshot.Output, err error) {
		done := false
		s.Go(context.Background(), func(ctx context.Context) { out, err = handler.Handle(ctx, in) }, func(bool) { done = true })
		s.Run(s.Now().Add(time.Hour), func() bool { return done })
		return out, err
	}
	return w
}

func input(execution string) snapshot.Input {
	return snapshot.Input{Execution: execution, Started: time.Date(2026, 1, 15, 4, 0, 0, 0, time.UTC)}
}

func TestTakesOneSnapshotHoweverOftenItIsAsked(t *testing.T) {
	w := begin(t)
	first, err := w.call(input("nightly"))
	if err != nil {
		t.Fatal(err)
	}
	if first.Status != snapshot.Creating || !strings.HasPrefix(first.Snapshot, "acso-production-db-20260115-040000-") {
		t.Errorf("got %+v", first)
	}
	again, err := w.call(input("nightly"))
	if err != nil || again.ARN != first.ARN {
		t.Errorf("asked again: %+v, %v", again, err)
	}
	w.sim.Run(w.sim.Now().Add(12*time.Hour), func() bool { return false })
	in := input("nightly")
	in.Action = "status"
	done, err := w.call(in)
	if err != nil || done.Status != snapshot.Available || done.Key == "" || done.SizeGiB != 100 {
		t.Errorf("at the end: %+v, %v", done, err)
	}
	manual := 0
	for _, s := range w.rds.Snapshots(east) {
		if strings.HasPrefix(s.ID, "acso-production-db-") {
			manual++
		}
	}
	if manual != 1 {
		t.Errorf("there are %d snapshots", manual)
	}
}

// TestASnapshotSaysHowLongItIsKept: retention must not have to guess from the time of day.
func TestASnapshotSaysHowLongItIsKept(t *testing.T) {
	for class, want := range map[retention.Class]retention.Class{"": retention.Manual, retention.Automated: retention.Automated} {
		w := begin(t)
		in := input("nightly")
		in.Class = class
		if _, err := w.call(in); err != nil {
			t.Fatal(err)
		}
		client := awsrds.NewFromConfig(w.cloud.Config(cloud.Principal{Name: "test", Region: east, Unlimited: true}))
		points, _, err := catalog.Snapshots(context.Background(), client, w.env, east)
		if err != nil || len(points) != 1 || points[0].Class != want {
			t.Errorf("asked for class %q: %+v, %v", class, points, err)
		}
	}
	w := begin(t)
	in := input("nightly")
	in.Class = retention.Weekly
	before := len(w.rds.Snapshots(east))
	if _, err := w.call(in); !failure.Is(err, failure.InvalidInput) || len(w.rds.Snapshots(east)) > before {
		t.Errorf("a class of other kinds: %v", err)
	}
}

// TestARegionThatStandsByTakesNoSnapshot, also when it was dead during the failover and only the other region knows of it.
func TestARegionThatStandsByTakesNoSnapshot(t *testing.T) {
	w := begin(t)
	there := platform.Platform{AWS: w.cloud.Config(cloud.Principal{Name: "test", Region: west, Unlimited: true}), Environment: w.env, Clock: w.sim}
	if err := incident.NewStore(there).SetRole(context.Background(), incident.Role{ActiveRegion: west, Switch: 1, Epoch: 1}); err != nil {
		t.Fatal(err)
	}
	before := len(w.rds.Snapshots(east)) // RDS's own
	if _, err := w.call(input("nightly")); !failure.Is(err, failure.StandingBy) || len(w.rds.Snapshots(east)) > before {
		t.Errorf("got %v and %d snapshots", err, len(w.rds.Snapshots(east)))
	}
	w.cloud.Kill(west) // what it decided cannot be asked any more, and what is known here stands
	if _, err := w.call(input("nightly")); err != nil {
		t.Errorf("without the other region: %v", err)
	}
}

func TestALostAnswerIsNoSecondSnapshot(t *testing.T) {
	w := begin(t)
	w.cloud.Inject(cloud.Fault{Operation: "RDS.CreateDBSnapshot", Effect: cloud.LostResponse, First: 1, Count: 1})
	out, err := w.call(input("nightly"))
	if err != nil || out.Status != snapshot.Creating {
		t.Errorf("got %+v, %v", out, err)
	}
}

func TestAFullQuotaIsSaidAndNothingRemoved(t *testing.T) {
	w := begin(t)
	w.rds.FillSnapshots(east, "acso-production-db", 100)
	before := len(w.rds.Snapshots(east))
	_, err := w.call(input("nightly"))
	if !failure.Is(err, failure.QuotaReached) || !strings.Contains(err.Error(), "raised") {
		t.Errorf("got %v", err)
	}
	if after := len(w.rds.Snapshots(east)); after != before {
		t.Errorf("there were %d snapshots and are %d", before, after)
	}
}

func TestABusyDatabaseIsWaitedFor(t *testing.T) {
	w := begin(t)
	w.rds.Instance(east, "acso-production-db").Status = "modifying"
	out, err := w.call(input("nightly"))
	if err != nil || out.Status != snapshot.Waiting || !strings.Contains(out.Detail, "modifying") {
		t.Errorf("got %+v, %v", out, err)
	}
}

func TestAnotherExecutionsSnapshotIsNotOurs(t *testing.T) {
	w := begin(t)
	out, err := w.call(input("nightly"))
	if err != nil {
		t.Fatal(err)
	}
	other, err := w.call(input("by hand"))
	if err != nil || other.Snapshot == out.Snapshot {
		t.Errorf("two executions share %s: %v", out.Snapshot, err)
	}
}

func TestASnapshotThatFailedOrVanishedIsRaised(t *testing.T) {
	w := begin(t)
	in := input("nightly")
	in.Action = "status"
	if _, err := w.call(in); !failure.Is(err, failure.NotFound) {
		t.Errorf("vanished: %v", err)
	}
	out, err := w.call(input("nightly"))
	if err != nil {
		t.Fatal(err)
	}
	w.rds.Snapshot(east, out.Snapshot).Status = "failed"
	if _, err := w.call(in); !failure.Is(err, failure.Failed) {
		t.Errorf("failed: %v", err)
	}
}

func TestTheInputIsChecked(t *testing.T) {
	w := begin(t)
	for _, in := range []snapshot.Input{{}, {Execution: "x"}, {Execution: "x", Started: time.Unix(1, 0), Action: "delete"}} {
		if _, err := w.call(in); !failure.Is(err, failure.InvalidInput) {
			t.Errorf("%+v: %v", in, err)
		}
	}
	var event snapshot.Input
	if err := platform.Decode(json.RawMessage(snapshot.Event), &event); err != nil || event.Execution == "" {
		t.Errorf("event.json: %+v, %v", event, err)
	}
}
