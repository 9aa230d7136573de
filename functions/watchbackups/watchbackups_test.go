package watchbackups_test

import (
	"bytes"
	"context"
	"strings"
	"testing"
	"time"

	"github.com/acso/disaster-recovery/environments"
	"github.com/acso/disaster-recovery/functions/watchbackups"
	"github.com/acso/disaster-recovery/internal/catalog"
	"github.com/acso/disaster-recovery/internal/environment"
	"github.com/acso/disaster-recovery/internal/failure"
	"github.com/acso/disaster-recovery/internal/manifest"
	"github.com/acso/disaster-recovery/internal/platform"
	"github.com/acso/disaster-recovery/internal/retention"
	"github.com/acso/disaster-recovery/internal/watching"
	"github.com/acso/disaster-recovery/lab/cloud"
	"github.com/acso/disaster-recovery/lab/cloud/cloudwatch"
	"github.com/acso/disaster-recovery/lab/cloud/kms"
	"github.com/acso/disaster-recovery/lab/cloud/rds"
	"github.com/acso/disaster-recovery/lab/cloud/s3"
	"github.com/acso/disaster-recovery/lab/cloud/sns"
	"github.com/acso/disaster-recovery/lab/sim"
)

const east, west = "us-east-1", "us-west-2"

type keys struct{ *kms.Service }

func (k keys) Resolve(region, id string) (string, error) { return k.ARN(region, id) }

type surroundings struct{}

func (surroundings) Open(string, string) bool                                { return true }
func (surroundings) BeforeChange(func())                                     {}
func (surroundings) Publish(string, string, string, string, string, float64) {}

type world struct {
	*testing.T
	env     *environment.Environment
	sim     *sim.Sim
	cloud   *cloud.Cloud
	s3      *s3.Service
	metrics *cloudwatch.Service
	call    func() (watchbackups.Output, error)
}

func begin(t *testing.T) *world {
	t.Helper()
	e, err := environments.Named("production")
	if err != nil {
		t.Fatal(err)
	}
	clock := sim.New(1)
	c := cloud.New(clock, e.Account, east, west)
	k := kms.New(c)
	w := &world{T: t, env: e, sim: clock, cloud: c, s3: s3.New(c, k), metrics: cloudwatch.New(c, sns.New(c))}
	rds.New(c, keys{k}, surroundings{}, surroundings{})
	for _, region := range []string{east, west} {
		w.s3.Create(s3.Bucket{Name: e.BucketIn(region, e.Buckets.Backups), Region: region, Lock: true})
	}
	handler := watchbackups.New(platform.Platform{
		AWS:         c.Config(cloud.Principal{Name: "watchbackups", Region: east, Grants: watchbackups.Grants(e, east)}),
		Environment: e, Clock: clock,
	})
	w.call = func() (out watchbackups.Output, err error) {
		done := false
		clock.Go(context.Background(), func(ctx context.Context) { out, err = handler.Handle(ctx, watchbackups.Input{}) }, func(bool) { done = true })
		clock.Run(clock.Now().Add(time.Hour), func() bool { return done })
		return out, err
	}
	return w
}

// take lays down a point that is verified.
func (w *world) take(kind string) {
	now := w.sim.Now()
	var text bytes.Buffer
	m, err := manifest.NewWriter(&text, manifest.Header{Environment: "production", Kind: kind, Prefix: manifest.Day(now) + kind + "/", Taken: now})
	if err != nil {
		w.Fatal(err)
	}
	if _, err := m.Seal(); err != nil {
		w.Fatal(err)
	}
	bucket, key := w.env.BucketIn(east, w.env.Buckets.Backups), manifest.KeyOf(kind, now)
	w.s3.Put(bucket, key, text.Bytes())
	w.s3.Put(bucket, catalog.ProofKey(key, retention.Attributes, true), nil)
}

func (w *world) pass(d time.Duration) { w.sim.Run(w.sim.Now().Add(d), nil) }

// look calls the handler and gives what it says of application data.
func (w *world) look() (watchbackups.Output, watchbackups.Kind) {
	w.Helper()
	out, err := w.call()
	if err != nil {
		w.Fatal(err)
	}
	for _, k := range out.Kinds {
		if k.Kind == retention.ApplicationData {
			return out, k
		}
	}
	w.Fatalf("application data are missing: %+v", out)
	return out, watchbackups.Kind{}
}

func (w *world) alarms() {
	for _, a := range watching.Alarms(w.env, east) {
		w.metrics.Create(east, cloudwatch.Definition(a))
	}
}

func (w *world) raised(name string) bool {
	state, _, _ := w.metrics.State(east, name)
	return state == cloudwatch.Alarm
}

func TestNothingEverTakenIsUnknown(t *testing.T) {
	w := begin(t)
	w.alarms()
	out, data := w.look()
	if out.Total != nil || data.Rate != nil || data.AgeSeconds != nil {
		t.Errorf("without any backup it says %+v, %+v", out, data)
	}
	w.pass(3 * time.Hour)
	if !w.raised(watching.AgeAlarm(w.env, retention.ApplicationData)) || !w.raised("ACSO-BackupFailure") {
		t.Error("nobody is told that there is no backup")
	}
}

func TestSlotsAreCountedAndNotAttempts(t *testing.T) {
	w := begin(t)
	w.alarms()
	missed := map[int]bool{7: true, 8: true, 20: true}
	var last watchbackups.Kind
	for n := range 40 { // ten hours
		if !missed[n] {
			w.take(retention.ApplicationData)
		}
		w.pass(time.Minute)
		_, last = w.look()
		w.pass(sim.Epoch.Add(time.Duration(n+1) * 15 * time.Minute).Sub(w.sim.Now()))
		if n == 12 && !w.raised("ACSO-BackupFailure") {
			t.Error("two slots were missed before noon and no alarm says so")
		}
	}
	// Of the 40 slots the last one was not judged yet, and the one before neither: 38.
	if last.Rate.Expected != 38 || last.Rate.Succeeded != 35 || len(last.Rate.Missed) != 3 || !last.Rate.Missed[2].Equal(sim.Epoch.Add(5*time.Hour)) {
		t.Errorf("counted %+v", last.Rate)
	}
	if w.raised(watching.AgeAlarm(w.env, retention.ApplicationData)) {
		t.Error("the age alarm is raised with a point that is 15 minutes old")
	}
	w.pass(24 * time.Hour)
	if _, data := w.look(); data.Rate.Expected <= 38 || data.Rate.Succeeded != 37 || *data.AgeSeconds < 86400 || !w.raised(watching.AgeAlarm(w.env, retention.ApplicationData)) {
		t.Errorf("after a day without a backup: %+v", data)
	}
}

func TestAFailedVerificationIsNoSuccessAndNoRecoveryPoint(t *testing.T) {
	w := begin(t)
	w.take(retention.ApplicationData)
	w.pass(15 * time.Minute)
	w.take(retention.ApplicationData)
	bad := manifest.Key(w.sim.Now())
	w.pass(time.Minute)
	w.s3.Put(w.env.Buckets.Backups, catalog.ProofKey(bad, retention.Content, false), nil)
	w.pass(time.Hour)
	if _, data := w.look(); data.Rate.Succeeded != 1 || data.Newest != manifest.Key(sim.Epoch) {
		t.Errorf("got %+v with rate %+v", data, data.Rate)
	}
}

func TestADeadRegionMakesTheDatabaseUnknownAndNothingElse(t *testing.T) {
	w := begin(t)
	w.take(retention.ApplicationData)
	w.pass(48 * time.Hour)
	w.cloud.Kill(west)
	out, data := w.look()
	if out.Unknown == "" || out.Total != nil || data.Rate == nil {
		t.Errorf("got %+v", out)
	}
	for _, k := range out.Kinds {
		if k.Kind == retention.Database && (k.Rate != nil || k.AgeSeconds != nil) {
			t.Errorf("the database is judged: %+v", k)
		}
	}
	w.cloud.Revive(west)
	if out, _ := w.look(); out.Unknown != "" || out.Total == nil || out.Total.Expected == 0 {
		t.Errorf("after the region came back: %+v", out)
	}
}

func TestWhatCannotBeListedIsAnError(t *testing.T) {
	w := begin(t)
	w.take(retention.ApplicationData)
	w.cloud.Inject(cloud.Fault{Operation: "S3.ListObjectsV2", Effect: cloud.ErrorBefore})
	if _, err := w.call(); !failure.Is(err, failure.Unavailable) || !strings.Contains(err.Error(), w.env.Buckets.Backups) {
		t.Errorf("got %v", err)
	}
}
