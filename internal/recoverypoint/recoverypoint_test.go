package recoverypoint_test

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/acso/disaster-recovery/environments"
	"github.com/acso/disaster-recovery/internal/backup"
	"github.com/acso/disaster-recovery/internal/failure"
	"github.com/acso/disaster-recovery/internal/manifest"
	"github.com/acso/disaster-recovery/internal/platform"
	"github.com/acso/disaster-recovery/internal/recoverypoint"
	"github.com/acso/disaster-recovery/internal/retention"
	"github.com/acso/disaster-recovery/lab/cloud"
	"github.com/acso/disaster-recovery/lab/cloud/dynamodb"
	"github.com/acso/disaster-recovery/lab/cloud/kms"
	"github.com/acso/disaster-recovery/lab/cloud/s3"
	"github.com/acso/disaster-recovery/lab/sim"
)

const east = "us-east-1"

var ctx = context.Background()

type place struct {
	sim   *sim.Sim
	store *s3.Service
	name  string // of the bucket
	p     platform.Platform
}

// begin makes a bucket and a function that may take points of a kind and nothing else.
func begin(t *testing.T, kind string) *place {
	t.Helper()
	e, err := environments.Named("production")
	if err != nil {
		t.Fatal(err)
	}
	clock := sim.New(1)
	c := cloud.New(clock, e.Account, east, "us-west-2")
	w := &place{sim: clock, store: s3.New(c, kms.New(c)), name: e.Buckets.Backups}
	tables := dynamodb.New(c) // the role of the region is looked at before anything is written
	for _, region := range c.Regions() {
		tables.Create(region, e.IncidentTable(), "pk", "")
	}
	w.store.Create(s3.Bucket{Name: w.name, Region: east, Lock: true})
	w.p = platform.Platform{AWS: c.Config(cloud.Principal{Name: "backup", Region: east, Grants: recoverypoint.Grants(e, east, kind)}), Environment: e, Clock: clock}
	return w
}

func (w *place) pass(d time.Duration) { w.sim.Run(w.sim.Now().Add(d), nil) }

func (w *place) take(t *testing.T, kind string, source backup.Source) recoverypoint.Point {
	t.Helper()
	p, err := recoverypoint.Take(ctx, w.p, kind, source, recoverypoint.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func texts(at time.Time, names ...string) recoverypoint.Texts {
	var out recoverypoint.Texts
	for _, name := range names {
		out = append(out, recoverypoint.Text{Path: name, Text: []byte("of " + name), Modified: at})
	}
	return out
}

// TestEveryObjectCarriesItsClassAndALockThatLastsAsLong: what the solver promises has to be written with each object.
func TestEveryObjectCarriesItsClassAndALockThatLastsAsLong(t *testing.T) {
	w := begin(t, retention.ApplicationData)
	rules := retention.From(w.p.Environment)
	classes := []string{}
	for range 3 {
		p := w.take(t, retention.ApplicationData, texts(w.sim.Now(), "a", "b"))
		classes = append(classes, p.Class)
		until := rules.Until(retention.Class(p.Class), w.sim.Now())
		if p.KeptUntil != until.Format(time.RFC3339) {
			t.Errorf("kept until %s, want %s", p.KeptUntil, until)
		}
		for _, o := range w.store.Objects(w.name) {
			if o.At.Equal(w.sim.Now()) && (o.Tags[retention.TagKey] != p.Class || !o.LockedUntil.Equal(until)) {
				t.Errorf("%s has the tags %v and a lock until %s", o.Key, o.Tags, o.LockedUntil)
			}
		}
		w.pass(24 * time.Hour)
	}
	if want := []string{string(retention.Monthly), string(retention.Daily), string(retention.Daily)}; !slices.Equal(classes, want) {
		t.Errorf("the classes are %v, want %v", classes, want)
	}
}

func TestAPointThatIsNotLaterThanTheLastIsWorthAnotherTry(t *testing.T) {
	w := begin(t, retention.Configuration)
	w.take(t, retention.Configuration, texts(w.sim.Now(), "a"))
	if p, err := recoverypoint.Take(ctx, w.p, retention.Configuration, texts(w.sim.Now(), "a"), recoverypoint.Options{}); !failure.Is(err, failure.Unavailable) {
		t.Errorf("two in one second: %+v, %v", p, err)
	}
	w.pass(2 * time.Second)
	w.take(t, retention.Configuration, texts(w.sim.Now(), "a"))
}

func TestOneKindMayNotWriteAnothersPoints(t *testing.T) {
	w := begin(t, retention.Logs)
	if p, err := recoverypoint.Take(ctx, w.p, retention.Configuration, texts(w.sim.Now(), "a"), recoverypoint.Options{}); !failure.Is(err, failure.Denied) {
		t.Errorf("%+v, %v", p, err)
	}
}

func TestAFileThatCannotBeReadFailsTheRunAndThePointStands(t *testing.T) {
	w := begin(t, retention.ApplicationData)
	tree := shut{fstest.MapFS{"a": {Data: []byte("x")}, "shut": {Data: []byte("y")}}}
	if _, err := recoverypoint.Take(ctx, w.p, retention.ApplicationData, backup.Directory(tree), recoverypoint.Options{}); !failure.Is(err, failure.Failed) || !strings.Contains(err.Error(), "shut") {
		t.Errorf("%v", err)
	}
	found := false
	for _, o := range w.store.Objects(w.name) {
		_, _, ok := manifest.ParseKey(o.Key)
		found = found || ok
	}
	if !found {
		t.Error("what could be read is in no point")
	}
}

type shut struct{ fstest.MapFS }

func (s shut) Open(name string) (fs.File, error) {
	if name == "shut" {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrPermission}
	}
	return s.MapFS.Open(name)
}

// TestAnUnfinishedPointIsGoneOnWithUnlessANewerOneSupersedesIt: the note is found by whoever comes next.
func TestAnUnfinishedPointIsGoneOnWithUnlessANewerOneSupersedesIt(t *testing.T) {
	source := func(at time.Time) backup.Source { return texts(at.Add(-time.Hour), "a", "b", "c", "d") }
	for _, supersede := range []bool{false, true} {
		w := begin(t, retention.ApplicationData)
		began := w.sim.Now()
		asked := 0
		_, err := recoverypoint.Take(ctx, w.p, retention.ApplicationData, source(began), recoverypoint.Options{Late: func() bool { asked++; return asked > 6 }})
		var unfinished *backup.UnfinishedError
		if !errors.As(err, &unfinished) || unfinished.Stored != 2 {
			t.Fatalf("%v", err)
		}
		w.pass(26 * time.Hour) // past midnight, in another folder
		want := began
		if supersede {
			w.take(t, retention.ApplicationData, source(began)) // by one that knows of no notes
			w.pass(time.Minute)
			want = w.sim.Now()
		}
		p, err := recoverypoint.Take(ctx, w.p, retention.ApplicationData, source(began), recoverypoint.Options{Late: func() bool { return false }})
		if err != nil || p.Taken != want.Format(time.RFC3339) || p.Objects != 4 {
			t.Errorf("superseded %t: %+v, %v, want it taken at %s", supersede, p, err, want)
		}
	}
}

func TestNewestReadsTheLastPointThatThereIs(t *testing.T) {
	w := begin(t, retention.ApplicationData)
	if _, _, ok, err := recoverypoint.Newest(ctx, w.p, retention.ApplicationData, "a"); ok || err != nil {
		t.Errorf("of nothing: %t, %v", ok, err)
	}
	w.take(t, retention.ApplicationData, texts(w.sim.Now(), "b"))
	w.pass(72 * time.Hour)
	if _, _, ok, err := recoverypoint.Newest(ctx, w.p, retention.ApplicationData, "a"); ok || err != nil {
		t.Errorf("a point without the file: %t, %v", ok, err)
	}
}

func TestFoldersAreOneSourceInTheOrderOfTheirPaths(t *testing.T) {
	at := sim.Epoch
	f := recoverypoint.Folders{{Name: "b", Source: texts(at, "z", "a")}, {Name: "a-b", Source: texts(at, "x")}, {Name: "a", Source: texts(at, "y")}}
	var paths []string
	if err := f.List(ctx, func(file backup.File) error { paths = append(paths, file.Path); return nil }); err != nil {
		t.Fatal(err)
	}
	if want := []string{"a-b/x", "a/y", "b/a", "b/z"}; !slices.Equal(paths, want) {
		t.Errorf("%v, want %v", paths, want)
	}
	for path, there := range map[string]bool{"b/z": true, "b/none": false, "c/z": false} {
		body, err := f.Open(ctx, path)
		if there != (err == nil) || !there && !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s: %v", path, err)
		}
		if err == nil {
			if text, err := io.ReadAll(body); err != nil || string(text) != "of z" {
				t.Errorf("%s is %q, %v", path, text, err)
			}
		}
	}
}
