package backupdata_test

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/acso/disaster-recovery/functions/backupdata"
	"github.com/acso/disaster-recovery/internal/failure"
	"github.com/acso/disaster-recovery/internal/manifest"
	"github.com/acso/disaster-recovery/lab/cloud"
	"github.com/acso/disaster-recovery/lab/world"
	"github.com/acso/disaster-recovery/lab/world/worldtest"
)

// call invokes the function as a machine does.
func call(t *testing.T, w *world.World, input string) (backupdata.Output, string) {
	t.Helper()
	return worldtest.Call[backupdata.Output](t, w, "backupdata", input)
}

// listed are the paths of a point with their links, as its manifest in the bucket says.
func listed(t *testing.T, w *world.World, key string) map[string]manifest.Object {
	t.Helper()
	for _, o := range w.S3.Objects(w.Env.Buckets.Backups) {
		if o.Key != key {
			continue
		}
		reader, err := manifest.NewReader(bytes.NewReader(o.Body))
		if err != nil {
			t.Fatal(err)
		}
		out := map[string]manifest.Object{}
		for {
			object, err := reader.Next()
			if errors.Is(err, io.EOF) {
				return out
			}
			if err != nil {
				t.Fatal(err)
			}
			out[strings.TrimPrefix(object.Key, reader.Header.Prefix)] = object
		}
	}
	t.Fatalf("there is no %s", key)
	return nil
}

func TestTheFirstPointIsFullAndTheNextSendsWhatChanged(t *testing.T) {
	w := worldtest.Begin(t)
	out, kind := call(t, w, "{}")
	if kind != "" || !out.Done || out.Point == nil || !out.Point.Full || out.Point.Sent != out.Point.Objects {
		t.Fatalf("%+v, %s", out, kind)
	}
	files := listed(t, w, out.Point.Manifest)
	if files["reports/latest"].Link != "März 2026" || len(files) != out.Point.Objects {
		t.Errorf("%d files, the link is %+v", len(files), files["reports/latest"])
	}
	w.Files.Put("cases/new", "new")
	w.Sim.Run(w.Sim.Now().Add(time.Minute), nil)
	next, kind := call(t, w, `{}`)
	if kind != "" || next.Point.Sent != 1 || next.Point.Full || next.Point.Objects != out.Point.Objects+1 {
		t.Errorf("%+v, %s", next.Point, kind)
	}
}

func TestAMountThatIsGoneIsNotAnEmptyTree(t *testing.T) {
	w := worldtest.Begin(t)
	if _, kind := call(t, w, "{}"); kind != "" {
		t.Fatal(kind)
	}
	w.Files.Unmount()
	w.Sim.Run(w.Sim.Now().Add(time.Minute), nil)
	if out, kind := call(t, w, "{}"); kind == "" {
		t.Errorf("%+v", out)
	}
	if _, kind := call(t, w, `{"from":"tape"}`); kind != string(failure.InvalidInput) {
		t.Error(kind)
	}
}

// TestOutOfTimeItSaysSoAndTheNextCallGoesOn: with calls of 10 s, the files take longer than one invocation works.
func TestOutOfTimeItSaysSoAndTheNextCallGoesOn(t *testing.T) {
	w := worldtest.Begin(t)
	for n := range 100 {
		w.Files.Put("many/"+strings.Repeat("x", n+1), "text")
	}
	heal := w.Cloud.Inject(cloud.Fault{Operation: "S3.PutObject", Effect: cloud.Slow})
	first, kind := call(t, w, "{}")
	if kind != "" || first.Done || first.Point != nil || first.Stored < 30 {
		t.Fatalf("%+v, %s", first, kind)
	}
	heal()
	calls := 0
	w.Cloud.Observe(func(c cloud.Record) {
		if c.Operation == "S3.PutObject" {
			calls++
		}
	})
	second, kind := call(t, w, "{}")
	if kind != "" || !second.Done || second.Point.Sent != second.Point.Objects || second.Point.Objects < 100 {
		t.Fatalf("%+v, %s", second, kind)
	}
	if most := second.Point.Objects - first.Stored + 3; calls > most {
		t.Errorf("it stored %d objects anew, and %d were left with a manifest and two lists", calls, most)
	}
}
