package backup_test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go/middleware"

	"github.com/acso/disaster-recovery/internal/backup"
	"github.com/acso/disaster-recovery/internal/manifest"
	"github.com/acso/disaster-recovery/lab/cloud"
	"github.com/acso/disaster-recovery/lab/cloud/s3"
)

const prefix = "2026/01/15/application-data/"

// damaged is a point with one object of each kind of damage, and what has to be found at each depth.
func damaged(t *testing.T, w world) (backup.Point, map[backup.Depth]map[string]backup.Verdict) {
	t.Helper()
	tree := fstest.MapFS{}
	for n := range 12 {
		tree[fmt.Sprintf("file %02d", n)] = file(strings.Repeat("x", n+1), noon.Add(-time.Hour))
	}
	tree["large"] = file(strings.Repeat("0123456789abcdef", 11<<20/16), noon.Add(-time.Hour))
	p := w.run(t, backup.Directory(tree), backup.Options{Now: noon, PartSize: 5 << 20})
	w.store.Corrupt(bucket, prefix+"file 03")
	w.store.Truncate(bucket, prefix+"file 05", 2)
	w.store.Remove(bucket, prefix+"file 07")
	w.store.Corrupt(bucket, prefix+"large")
	w.store.Put(bucket, prefix+"nobody listed me", []byte("extra"))
	attributes := map[string]backup.Verdict{prefix + "file 05": backup.Mismatch, prefix + "file 07": backup.Missing}
	content := maps.Clone(attributes)
	content[prefix+"file 03"], content[prefix+"large"] = backup.Mismatch, backup.Mismatch
	return p, map[backup.Depth]map[string]backup.Verdict{backup.Attributes: attributes, backup.Content: content}
}

func verdicts(findings []backup.Finding) map[string]backup.Verdict {
	out := map[string]backup.Verdict{}
	for _, f := range findings {
		out[f.Key] = f.Verdict
	}
	return out
}

func TestEveryDamageIsNamed(t *testing.T) {
	w := newWorld()
	p, depths := damaged(t, w)
	for depth, want := range depths {
		r, err := backup.Verify(ctx, w.backups(), p.Manifest, backup.CheckOptions{Depth: depth})
		if err != nil {
			t.Fatal(err)
		}
		want[prefix+"nobody listed me"] = backup.Extra
		if got := verdicts(r.Findings); !maps.Equal(got, want) {
			t.Errorf("%s found %v, want %v", depth, r.Findings, want)
		}
		if r.Tally.Objects != 13 || r.Tally.Pass != 13-len(want)+1 || r.Good() {
			t.Errorf("%s: %+v", depth, r.Tally)
		}
	}
}

func batches(t *testing.T, store backup.Store, key string, depth backup.Depth, limits backup.Limits) (out []backup.Batch, plan backup.Plan) {
	t.Helper()
	plan, err := backup.PlanBatches(ctx, store, key, depth, limits, func(b backup.Batch) error {
		out = append(out, b)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out, plan
}

func TestBatchesFindWhatTheWholeFinds(t *testing.T) {
	for _, limits := range []backup.Limits{{}, {Objects: 1}, {Objects: 5}, {Bytes: 6 << 20}, {Bytes: 10}} {
		w := newWorld()
		p, depths := damaged(t, w)
		for depth, want := range depths {
			all, plan := batches(t, w.backups(), p.Manifest, depth, limits)
			var tally backup.Tally
			found := map[string]backup.Verdict{}
			for _, b := range all {
				one, findings, err := backup.CheckBatch(ctx, w.backups(), b, backup.CheckOptions{Depth: depth})
				if err != nil {
					t.Fatal(err)
				}
				tally.Add(one)
				maps.Copy(found, verdicts(findings))
			}
			if !maps.Equal(found, want) || tally.Objects != plan.Objects || tally.Bytes != plan.Bytes || len(all) != plan.Batches || tally.Good() {
				t.Errorf("%+v at %s: found %v in %d batches, tally %+v, plan %+v", limits, depth, found, len(all), tally, plan)
			}
		}
	}
}

func TestABatchOfAnAlteredManifestIsRefused(t *testing.T) {
	w := newWorld()
	w.target.Unversioned = true // without versions only the digest tells
	w.store.Create(s3.Bucket{Name: "plain", Region: region})
	w.target.Bucket = "plain"
	store := backup.Store{Client: w.target.Client, Bucket: "plain"}
	p := w.run(t, backup.Directory(fstest.MapFS{"a": file("1", noon), "b": file("2", noon)}), backup.Options{Now: noon})
	all, _ := batches(t, store, p.Manifest, backup.Content, backup.Limits{})
	w.store.Corrupt("plain", p.Manifest)
	if _, _, err := backup.CheckBatch(ctx, store, all[0], backup.CheckOptions{Depth: backup.Content}); err == nil {
		t.Error("it was checked against an altered manifest")
	}
	if _, err := backup.PlanBatches(ctx, store, p.Manifest, backup.Content, backup.Limits{}, func(backup.Batch) error { return nil }); err == nil {
		t.Error("it was planned from an altered manifest")
	}
}

func TestWhatCannotBeReadIsUnknown(t *testing.T) {
	w := newWorld()
	p := w.run(t, backup.Directory(fstest.MapFS{"a": file("1", noon), "b": file("2", noon)}), backup.Options{Now: noon})
	all, _ := batches(t, w.backups(), p.Manifest, backup.Content, backup.Limits{})
	b := all[0]
	heal := w.Inject(cloud.Fault{Operation: "S3.GetObject", Effect: cloud.ErrorBefore, First: 2, Count: 100_000}) // the manifest can be read
	tally, _, err := backup.CheckBatch(ctx, w.backups(), b, backup.CheckOptions{Depth: backup.Content})
	heal()
	if err != nil || tally.Unknown != 2 || tally.Good() {
		t.Errorf("%+v, %v", tally, err)
	}
	tally, _, err = backup.CheckBatch(ctx, w.backups(), b, backup.CheckOptions{Depth: backup.Content, Late: func() bool { return true }})
	if err != nil || tally.Unknown != 2 {
		t.Errorf("out of time: %+v, %v", tally, err)
	}
}

func TestARemovedOrReplacedPointIsFound(t *testing.T) {
	w := newWorld()
	tree := fstest.MapFS{"a": file("1", noon.Add(-time.Hour))}
	var points []backup.Point
	for n := range 4 {
		points = append(points, w.run(t, backup.Directory(tree), backup.Options{Now: noon.Add(time.Duration(n) * 10 * time.Hour)}))
	}
	chain := func(o backup.ChainOptions) map[string]backup.Verdict {
		o.From, o.To = noon, noon.AddDate(0, 0, 2)
		links, err := backup.Chain(ctx, w.backups(), "application-data", o)
		if err != nil {
			t.Fatal(err)
		}
		out := map[string]backup.Verdict{}
		for _, l := range links {
			if l.Verdict != backup.Pass {
				out[l.Key] = l.Verdict
			}
		}
		return out
	}
	if got := chain(backup.ChainOptions{Newest: points[3].Digest}); len(got) != 0 {
		t.Errorf("a whole chain: %v", got)
	}
	w.store.Remove(bucket, points[1].Manifest)
	if got := chain(backup.ChainOptions{}); !maps.Equal(got, map[string]backup.Verdict{points[1].Manifest: backup.Missing}) {
		t.Errorf("one removed: %v", got)
	}
	if got := chain(backup.ChainOptions{Kept: func(_ string, at time.Time) bool { return !at.Equal(points[1].Taken) }}); len(got) != 0 {
		t.Errorf("one that retention let go: %v", got)
	}
	w.store.Put(bucket, points[2].Manifest, forged(t, points[2]))
	if got := chain(backup.ChainOptions{}); got[points[2].Manifest] != backup.Mismatch {
		t.Errorf("one replaced by a whole manifest: %v", got)
	}
	w.store.Remove(bucket, points[3].Manifest)
	if got := chain(backup.ChainOptions{Newest: points[3].Digest}); got[""] != backup.Missing {
		t.Errorf("the newest removed: %v", got)
	}
}

// TestAPointThatComesAfterATakeoverIsBesideTheChain: a point of the region that died arrives when the one that took over has
// points of its own. Both are whole, and it is said of the late one that nothing follows it.
func TestAPointThatComesAfterATakeoverIsBesideTheChain(t *testing.T) {
	w := newWorld()
	tree := fstest.MapFS{"a": file("1", noon.Add(-time.Hour))}
	first := w.run(t, backup.Directory(tree), backup.Options{Now: noon})
	late := w.run(t, backup.Directory(tree), backup.Options{Now: noon.Add(15 * time.Minute)})
	var text []byte
	for _, o := range w.store.Objects(bucket) {
		if o.Key == late.Manifest {
			text = o.Body
		}
	}
	w.store.Remove(bucket, late.Manifest)
	own := w.run(t, backup.Directory(tree), backup.Options{Now: noon.Add(30 * time.Minute), Full: true})
	next := w.run(t, backup.Directory(tree), backup.Options{Now: noon.Add(45 * time.Minute)})
	w.store.Put(bucket, late.Manifest, text)
	links, err := backup.Chain(ctx, w.backups(), "application-data", backup.ChainOptions{From: noon, To: noon.Add(time.Hour), Newest: next.Digest})
	if err != nil || len(links) != 4 || own.Previous != first.Digest {
		t.Fatalf("%+v, %v", links, err)
	}
	for _, l := range links {
		if l.Verdict != backup.Pass || (l.Detail != "") != (l.Key == late.Manifest) {
			t.Errorf("%s: %s, %q", l.Key, l.Verdict, l.Detail)
		}
	}
}

// forged is a manifest that is whole in itself and not the one that was made.
func forged(t *testing.T, p backup.Point) []byte {
	t.Helper()
	var out strings.Builder
	w, err := manifest.NewWriter(&out, manifest.Header{Environment: "test", Kind: p.Kind, Prefix: "2026/01/16/application-data/", Taken: p.Taken})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Seal(); err != nil {
		t.Fatal(err)
	}
	return []byte(out.String())
}

// The lab is for one caller at a time; a lock around each of its answers lets many wait side by side.
func sideBySide(w world) world {
	config := w.Config(cloud.Principal{Name: "test", Region: region, Unlimited: true})
	var lab sync.Mutex
	config.APIOptions = append(slices.Clone(config.APIOptions), func(stack *middleware.Stack) error {
		return stack.Deserialize.Add(middleware.DeserializeMiddlewareFunc("OneAtATime", func(ctx context.Context, in middleware.DeserializeInput, next middleware.DeserializeHandler) (middleware.DeserializeOutput, middleware.Metadata, error) {
			lab.Lock()
			defer lab.Unlock()
			return next.HandleDeserialize(ctx, in)
		}), middleware.Before)
	})
	w.target.Client = sdk.NewFromConfig(config)
	return w
}

func TestManyAtOnceMakeTheSamePoint(t *testing.T) {
	tree := fstest.MapFS{"large": file(strings.Repeat("0123456789abcdef", 13<<20/16), noon.Add(-time.Hour))}
	for n := range 300 {
		tree[fmt.Sprintf("%03d/file", n)] = file(strings.Repeat("y", n), noon.Add(-time.Hour))
	}
	var digests []string
	for _, width := range []int{1, 8} {
		w := sideBySide(newWorld())
		p := w.run(t, backup.Directory(tree), backup.Options{Now: noon, Concurrency: width, PartSize: 5 << 20, Memory: 11 << 20})
		equal(t, "side by side", w.restore(t, p), contents(tree))
		r, err := backup.Verify(ctx, w.backups(), p.Manifest, backup.CheckOptions{Depth: backup.Content, Concurrency: width})
		if err != nil || !r.Good() {
			t.Errorf("width %d: %+v, %v", width, r, err)
		}
		delete(tree, "299/file")
		tree["000/file"] = file("new", noon)
		p = w.run(t, backup.Directory(tree), backup.Options{Now: noon.Add(time.Minute), Concurrency: width})
		equal(t, "the next", w.restore(t, p), contents(tree))
		digests = append(digests, fmt.Sprint(p.Objects, p.Bytes, p.Sent, p.Deleted))
		tree["299/file"], tree["000/file"] = file(strings.Repeat("y", 299), noon.Add(-time.Hour)), file("", noon.Add(-time.Hour))
	}
	if digests[0] != digests[1] {
		t.Errorf("one at a time: %s, eight: %s", digests[0], digests[1])
	}
}

func TestAFailureEndsManyAtOnce(t *testing.T) {
	tree := fstest.MapFS{"large": file(strings.Repeat("0123456789abcdef", 13<<20/16), noon.Add(-time.Hour))}
	for n := range 100 {
		tree[fmt.Sprintf("%03d", n)] = file("x", noon.Add(-time.Hour))
	}
	for _, operation := range []string{"S3.PutObject", "S3.UploadPart"} {
		w := sideBySide(newWorld())
		heal := w.Inject(cloud.Fault{Operation: operation, Effect: cloud.ErrorBefore, First: 3, Count: 1000})
		p, err := backup.Run(ctx, backup.Directory(tree), w.target, backup.Options{Now: noon, Concurrency: 8, PartSize: 5 << 20, Memory: 11 << 20})
		heal()
		if err == nil || p.Manifest != "" {
			t.Errorf("%s: %+v, %v", operation, p, err)
		}
	}
}

func TestASweepThatIsInterruptedFindsTheSame(t *testing.T) {
	w := newWorld()
	tree := fstest.MapFS{}
	for n := range 2500 {
		tree[fmt.Sprintf("%04d", n)] = file("x", noon.Add(-time.Hour))
	}
	w.run(t, backup.Directory(tree), backup.Options{Now: noon})
	delete(tree, "0007")
	delete(tree, "2007")
	tree["0001 is new"] = file("y", noon)
	w.run(t, backup.Directory(tree), backup.Options{Now: noon.Add(time.Minute)})
	delete(tree, "0001 is new")
	p := w.run(t, backup.Directory(tree), backup.Options{Now: noon.Add(2 * time.Minute)})
	w.store.Put(bucket, prefix+"0500 extra", []byte("extra"))
	w.store.Put(bucket, prefix+"zz extra", []byte("extra"))
	w.store.Remove(bucket, prefix+"1200")
	w.store.Remove(bucket, prefix+"2499")
	want := map[string]backup.Verdict{prefix + "0500 extra": backup.Extra, prefix + "zz extra": backup.Extra, prefix + "1200": backup.Missing, prefix + "2499": backup.Missing}
	for name, late := range map[string]func() bool{"at once": nil, "at every page": func() bool { return true }} {
		var sweep backup.Sweep
		rounds := 0
		for !sweep.Done() {
			if rounds++; rounds > 10 {
				t.Fatalf("%s: it does not come forward: %+v", name, sweep)
			}
			var err error
			if sweep, err = backup.Extras(ctx, w.backups(), p.Manifest, p.Version, sweep, late); err != nil {
				t.Fatal(err)
			}
		}
		if got := verdicts(sweep.Findings()); !maps.Equal(got, want) || late == nil && rounds != 1 || late != nil && rounds < 3 {
			t.Errorf("%s, in %d rounds: %v", name, rounds, sweep.Findings())
		}
	}
}
