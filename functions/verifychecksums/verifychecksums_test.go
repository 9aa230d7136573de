package verifychecksums_test

import (
	"bytes"
	"context"
	"crypto/md5"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/acso/disaster-recovery/environments"
	"github.com/acso/disaster-recovery/functions/planverification"
	"github.com/acso/disaster-recovery/functions/verifychecksums"
	"github.com/acso/disaster-recovery/internal/backup"
	"github.com/acso/disaster-recovery/internal/environment"
	"github.com/acso/disaster-recovery/internal/manifest"
	"github.com/acso/disaster-recovery/internal/platform"
	"github.com/acso/disaster-recovery/lab/asl"
	"github.com/acso/disaster-recovery/lab/asl/jsonata"
	"github.com/acso/disaster-recovery/lab/cloud"
	"github.com/acso/disaster-recovery/lab/cloud/lambda"
	"github.com/acso/disaster-recovery/lab/cloud/stepfunctions"
	"github.com/acso/disaster-recovery/lab/sim"
	"github.com/acso/disaster-recovery/statemachines"
)

const east = "us-east-1"

// world is a bucket with one recovery point, the function with its own grants, and the machine.
type world struct {
	t      *testing.T
	e      *environment.Environment
	sim    *sim.Sim
	cloud  *cloud.Cloud
	store  *store
	states *stepfunctions.Service
	prefix string
	key    string   // of the manifest
	told   []string // messages to the team
}

// begin uses the store of this test, which can be spoilt in every way.
func begin(t *testing.T, objects int) *world {
	return beginOn(t, func(w *world, c *cloud.Cloud, bucket string) {
		w.store.serve(c, bucket)
		w.fill(objects, func(key string, body []byte) string {
			w.store.objects[key] = body
			return "v1"
		})
	})
}

func beginOn(t *testing.T, storage func(w *world, c *cloud.Cloud, bucket string)) *world {
	t.Helper()
	e, err := environments.Named("production")
	if err != nil {
		t.Fatal(err)
	}
	s := sim.New(1)
	w := &world{t: t, e: e, sim: s, cloud: cloud.New(s, e.Account, east, "us-west-2")}
	w.store = &store{objects: map[string][]byte{}, gone: map[string]bool{}, broken: map[string]bool{}}
	storage(w, w.cloud, e.Buckets.Backups)

	functions := lambda.New(w.cloud)
	functions.Deploy(east, lambda.Function{Name: "verifychecksums", Timeout: 15 * time.Minute, New: func() platform.Handler {
		h := verifychecksums.New(platform.Platform{
			AWS:         w.cloud.Config(cloud.Principal{Name: "verifychecksums", Region: east, Grants: verifychecksums.Grants(e, east)}),
			Environment: e, Clock: s,
		})
		return platform.Entry(h.Handle)
	}})
	functions.Deploy(east, lambda.Function{Name: "planverification", Timeout: 15 * time.Minute, New: func() platform.Handler {
		h := planverification.New(platform.Platform{
			AWS:         w.cloud.Config(cloud.Principal{Name: "planverification", Region: east, Grants: planverification.Grants(e, east)}),
			Environment: e, Clock: s,
		})
		return platform.Entry(h.Handle)
	}})
	functions.Deploy(east, lambda.Function{Name: "notify", Timeout: time.Minute, New: func() platform.Handler {
		return func(_ context.Context, payload json.RawMessage) (json.RawMessage, error) {
			w.told = append(w.told, string(payload))
			return json.RawMessage(`{}`), nil
		}
	}})
	evaluator, err := jsonata.New()
	if err != nil {
		t.Fatal(err)
	}
	w.states = stepfunctions.New(w.cloud, functions, evaluator)
	m, _ := statemachines.Named("verify-backup")
	text, err := m.Substitute(map[string]string{"planverification": "planverification", "verifychecksums": "verifychecksums", "notify": "notify", statemachines.BackupMetrics: "ACSO/Backup"})
	if err != nil {
		t.Fatal(err)
	}
	definition, err := asl.Parse("verify-backup", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	w.states.Deploy(east, stepfunctions.Machine{Name: "verify-backup", Definition: definition})
	return w
}

func (w *world) object(n int) string { return fmt.Sprintf("%sfile %03d é", w.prefix, n) }

// fill writes the objects of yesterday's backup and its manifest; put gives the version of what it stores.
func (w *world) fill(objects int, put func(key string, body []byte) string) {
	taken := w.sim.Now().AddDate(0, 0, -1)
	w.prefix, w.key = taken.Format("2006/01/02")+"/application-data/", manifest.Key(taken)
	var out bytes.Buffer
	list, err := manifest.NewWriter(&out, manifest.Header{Environment: "production", Kind: "application-data", Prefix: w.prefix, Taken: taken})
	if err != nil {
		w.t.Fatal(err)
	}
	for n := range objects {
		body := bytes.Repeat([]byte{byte(n), 'x'}, 100*(n%7))
		sum, old := sha256.Sum256(body), md5.Sum(body)
		if err := list.Add(manifest.Object{
			Key: w.object(n), VersionID: put(w.object(n), body), Size: int64(len(body)), SHA256: hex.EncodeToString(sum[:]), MD5: hex.EncodeToString(old[:]), Modified: taken,
		}); err != nil {
			w.t.Fatal(err)
		}
	}
	if _, err := list.Seal(); err != nil {
		w.t.Fatal(err)
	}
	put(w.key, out.Bytes())
}

func (w *world) verify(input string) *stepfunctions.Execution {
	w.t.Helper()
	x, err := w.states.Start(east, "verify-backup", "monthly", json.RawMessage(input))
	if err != nil {
		w.t.Fatal(err)
	}
	w.sim.Run(w.sim.Now().Add(24*time.Hour), func() bool { return x.Status() != asl.Running })
	return x
}

// report is the stored evidence.
func (w *world) report() (r verifychecksums.Report) {
	w.t.Helper()
	for key, body := range w.store.objects {
		if strings.HasPrefix(key, "verifications/") && strings.HasSuffix(key, "/monthly/report.json") {
			if err := json.Unmarshal(body, &r); err != nil {
				w.t.Fatal(err)
			}
			return r
		}
	}
	w.t.Fatal("no report was stored")
	return r
}

func TestAWholeRecoveryPointPasses(t *testing.T) {
	w := begin(t, 120)
	x := w.verify(`{}`)
	if x.Status() != asl.Succeeded || !strings.Contains(string(x.Output()), `"objects":120`) {
		t.Fatalf("it ended %s with %s: %s: %s", x.Status(), x.Output(), x.Error(), x.Cause())
	}
	if r := w.report(); r.Counts[backup.Pass] != 120 || len(r.Findings) != 0 {
		t.Errorf("the report says %+v", r)
	}
	if !slices.Equal(w.store.metrics, []float64{0}) || len(w.told) != 0 {
		t.Errorf("metrics %v, told %v", w.store.metrics, w.told)
	}
}

func TestEveryDamageIsNamed(t *testing.T) {
	w := begin(t, 60)
	corrupted, truncated, longer := w.store.objects[w.object(3)], w.store.objects[w.object(4)], w.store.objects[w.object(12)]
	corrupted[5] ^= 1
	w.store.objects[w.object(4)] = truncated[:len(truncated)-1]
	w.store.objects[w.object(12)] = append(longer, 'x')
	delete(w.store.objects, w.object(10))
	w.store.gone[w.object(11)] = true
	w.store.broken[w.object(55)] = true
	w.store.objects[w.prefix+"nobody listed me"] = []byte("extra")

	x := w.verify(`{}`)
	if x.Status() != asl.Failed || x.Error() != "FailedClean" {
		t.Fatalf("it ended %s: %s", x.Status(), x.Error())
	}
	want := map[string]backup.Verdict{
		w.object(3): backup.Mismatch, w.object(4): backup.Mismatch, w.object(12): backup.Mismatch,
		w.object(10): backup.Missing, w.object(11): backup.Missing, w.object(55): backup.Unknown,
		w.prefix + "nobody listed me": backup.Extra,
	}
	found := w.report().Findings
	if len(found) != len(want) {
		t.Errorf("found %+v", found)
	}
	for _, f := range found {
		if want[f.Key] != f.Verdict {
			t.Errorf("%s is %s (%s), want %s", f.Key, f.Verdict, f.Detail, want[f.Key])
		}
	}
	for key, verdict := range want {
		if !strings.Contains(x.Cause(), string(verdict)+": "+key+": ") {
			t.Errorf("the cause does not name %s as %s: %s", key, verdict, x.Cause())
		}
	}
	if !slices.Equal(w.store.metrics, []float64{1}) || len(w.told) != 1 {
		t.Errorf("metrics %v, told %v", w.store.metrics, w.told)
	}
}

func TestWhatNoBatchReadIsUnknown(t *testing.T) {
	w := begin(t, 60)
	// Every read of an object by its version fails for as long as the machine tries.
	w.cloud.Inject(cloud.Fault{Operation: "S3.GetObject", Effect: cloud.ErrorBefore, First: 10, Count: 100000})
	if x := w.verify(`{}`); x.Status() == asl.Succeeded {
		t.Errorf("objects that nobody read were verified")
	}
}

func TestAnAlteredManifestIsFoundFirst(t *testing.T) {
	w := begin(t, 3)
	w.store.objects[w.key] = bytes.Replace(w.store.objects[w.key], []byte(`"size":200`), []byte(`"size":201`), 1)
	x := w.verify(`{}`)
	if x.Status() != asl.Failed || !strings.Contains(x.Cause(), "it was altered") {
		t.Errorf("it ended %s: %s", x.Status(), x.Cause())
	}
}

func TestADayWithoutABackupIsAFailure(t *testing.T) {
	w := begin(t, 3)
	if x := w.verify(`{"date":"2020-02-29"}`); x.Status() != asl.Failed || !strings.Contains(x.Cause(), "no recovery point") {
		t.Errorf("it ended %s: %s", x.Status(), x.Cause())
	}
	w = begin(t, 3)
	if x := w.verify(`{"date":"yesterday"}`); x.Status() != asl.Failed || !strings.Contains(x.Cause(), "is not like 2026-01-15") {
		t.Errorf("it ended %s: %s", x.Status(), x.Cause())
	}
}

func TestAnEmptyRecoveryPointHasNoExtras(t *testing.T) {
	w := begin(t, 0)
	if x := w.verify(`{}`); x.Status() != asl.Succeeded {
		t.Errorf("it ended %s: %s", x.Status(), x.Cause())
	}
	w = begin(t, 0)
	w.store.objects[w.prefix+"extra"] = nil
	if x := w.verify(`{}`); x.Status() != asl.Failed || !strings.Contains(x.Cause(), "extra: ") {
		t.Errorf("it ended %s: %s", x.Status(), x.Cause())
	}
}

func TestALargeObjectTakesConstantMemory(t *testing.T) {
	w := begin(t, 1)
	body := bytes.Repeat([]byte("0123456789abcdef"), 1<<19) // 8 MiB
	w.store.objects[w.object(0)] = body
	if x := w.verify(`{}`); x.Status() != asl.Failed {
		t.Errorf("8 MiB instead of nothing passed")
	}
	if w.store.most > 512<<10 {
		t.Errorf("it asked for %d bytes at once", w.store.most)
	}
}

func TestTheEventDecodes(t *testing.T) {
	var in verifychecksums.Input
	if err := platform.Decode(json.RawMessage(verifychecksums.Event), &in); err != nil || in.Action != "item" || in.Item.Batch == nil {
		t.Errorf("event.json: %+v, %v", in, err)
	}
}
