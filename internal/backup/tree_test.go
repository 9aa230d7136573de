package backup_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/s3"
	"pgregory.net/rapid"

	"github.com/acso/disaster-recovery/internal/backup"
	"github.com/acso/disaster-recovery/lab/cloud"
)

// kept is one file as a restore brings it back.
type kept struct {
	text     string
	mode     fs.FileMode
	link     string
	modified time.Time
}

// restore reads a point by its manifest.
func (w world) restore(t tester, p backup.Point) map[string]kept {
	t.Helper()
	store := backup.Store{Client: w.target.Client, Bucket: bucket}
	r, err := store.Manifest(ctx, p.Manifest, p.Version)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]kept{}
	for {
		o, err := r.Next()
		if errors.Is(err, io.EOF) {
			return out
		}
		if err != nil {
			t.Fatal(err)
		}
		got, err := w.target.Client.GetObject(ctx, &sdk.GetObjectInput{Bucket: aws.String(bucket), Key: &o.Key, VersionId: &o.VersionID})
		if err != nil {
			t.Fatalf("restore %s: %v", o.Key, err)
		}
		text, err := io.ReadAll(got.Body)
		if err != nil {
			t.Fatal(err)
		}
		k := kept{text: string(text), link: o.Link, modified: o.Modified}
		if _, err := fmt.Sscanf(o.Mode, "%o", &k.mode); err != nil && o.Link == "" {
			t.Fatalf("%s has mode %q", o.Key, o.Mode)
		}
		if k.link != "" {
			k.text = ""
		}
		out[strings.TrimPrefix(o.Key, r.Header.Prefix)] = k
	}
}

type tester interface {
	Helper()
	Fatal(...any)
	Fatalf(string, ...any)
}

// what is in a tree.
func contents(tree fstest.MapFS) map[string]kept {
	out := map[string]kept{}
	for name, f := range tree {
		k := kept{text: string(f.Data), mode: f.Mode.Perm(), modified: f.ModTime}
		if f.Mode.Type() == fs.ModeSymlink {
			k = kept{link: string(f.Data), modified: f.ModTime}
		}
		out[name] = k
	}
	return out
}

func equal(t tester, what string, got, want map[string]kept) {
	t.Helper()
	for _, name := range slices.Sorted(maps.Keys(want)) {
		g, ok := got[name]
		if w := want[name]; !ok || g.text != w.text || g.mode != w.mode || g.link != w.link || !g.modified.Equal(w.modified) {
			t.Fatalf("%s: %q is %+v, want %+v", what, name, g, w)
		}
	}
	if len(got) != len(want) {
		t.Fatalf("%s: %d files, want %d", what, len(got), len(want))
	}
}

var names = rapid.Custom(func(t *rapid.T) string {
	part := rapid.OneOf(
		rapid.SampledFrom([]string{"a", "a b", "a-b", "a.b", "ü", "日本", "%41", "+", "a\nb", "\\", "&<>\"'", strings.Repeat("x", 200), "..a", "~"}),
		rapid.StringMatching(`[a-c ./-]{1,3}`).Filter(func(s string) bool { return fs.ValidPath(s) }),
	)
	return strings.Join(rapid.SliceOfN(part, 1, 3).Draw(t, "parts"), "/")
}).Filter(func(s string) bool { return fs.ValidPath(s) && s != backup.List })

// change alters a tree: files come, go, change with or without their size, become links or executable.
//
// It happens after the run at now and before the one at next: within the tick of either it may bear the same time.
func change(t *rapid.T, tree fstest.MapFS, now, next time.Time) {
	for range rapid.IntRange(0, 6).Draw(t, "changes") {
		name := names.Draw(t, "name")
		if len(tree) > 0 && rapid.Bool().Draw(t, "existing") {
			name = rapid.SampledFrom(slices.Sorted(maps.Keys(tree))).Draw(t, "which")
		}
		if rapid.IntRange(0, 3).Draw(t, "delete") == 0 {
			delete(tree, name)
			continue
		}
		if clash(tree, name) {
			continue
		}
		f := &fstest.MapFile{
			Data: []byte(rapid.SampledFrom([]string{"", "x", "y", "z", "xx", "日"}).Draw(t, "text")), Mode: rapid.SampledFrom([]fs.FileMode{0o644, 0o600, 0o755, 0o400}).Draw(t, "mode"),
			ModTime: rapid.SampledFrom([]time.Time{now, now.Add(time.Second), next}).Draw(t, "modified"),
		}
		if rapid.IntRange(0, 5).Draw(t, "link") == 0 {
			f.Mode, f.Data = fs.ModeSymlink|0o777, []byte("../"+name)
		}
		tree[name] = f
	}
}

// clash: a name cannot be a file and a folder.
func clash(tree fstest.MapFS, name string) bool {
	for other := range tree {
		if strings.HasPrefix(other, name+"/") || strings.HasPrefix(name, other+"/") {
			return true
		}
	}
	return false
}

// dies runs f, which an injected fault may kill.
func dies(f func()) (dead bool) {
	defer func() {
		if r := recover(); r != nil {
			dead = true
		}
	}()
	f()
	return false
}

var effects = []cloud.Effect{cloud.KillBefore, cloud.KillAfter, cloud.LostResponse, cloud.ErrorBefore, cloud.Throttled}

// Any tree, any changes, faults and deaths at any call: each point that was made restores the tree as it was then, now
// and after everything that came later, and a run that died left none.
func TestEveryPointRestoresItsTree(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := newWorld()
		tree, now := fstest.MapFS{}, noon.Add(-time.Duration(rapid.IntRange(0, 13).Draw(t, "start"))*time.Hour)
		type made struct {
			point backup.Point
			want  map[string]kept
		}
		var points []made
		for n := range rapid.IntRange(1, 5).Draw(t, "runs") {
			next := now.Add(time.Duration(rapid.SampledFrom([]int{1, 900, 40000}).Draw(t, "later")) * time.Second)
			change(t, tree, now, next)
			now = next
			options := backup.Options{Now: now, Full: rapid.IntRange(0, 4).Draw(t, "full") == 0, Checksum: rapid.Bool().Draw(t, "checksum")}
			heal := func() {}
			if rapid.Bool().Draw(t, "fault") {
				heal = w.Inject(cloud.Fault{Operation: "S3.*", Effect: rapid.SampledFrom(effects).Draw(t, "effect"), First: rapid.IntRange(1, 12).Draw(t, "call"), Count: 1})
			}
			var p backup.Point
			var err error
			died := dies(func() { p, err = backup.Run(ctx, backup.Directory(tree), w.target, options) })
			heal()
			if died || err != nil {
				if err != nil {
					t.Logf("run %d: %v", n, err)
				}
				for _, o := range w.store.Objects(bucket) {
					if strings.Contains(o.Key, "/manifests/") && strings.HasSuffix(o.Key, now.Format("150405")+".json") && !died {
						t.Fatalf("run %d failed and left %s", n, o.Key)
					}
				}
				continue
			}
			points = append(points, made{p, contents(tree)})
		}
		for _, m := range points {
			equal(t, m.point.Manifest, w.restore(t, m.point), m.want)
			for _, depth := range []backup.Depth{backup.Attributes, backup.Content} {
				report, err := backup.Verify(ctx, backup.Store{Client: w.target.Client, Bucket: bucket}, m.point.Manifest, backup.CheckOptions{Depth: depth})
				if err != nil || report.Tally.Pass != len(m.want) || report.Tally.Mismatch+report.Tally.Missing+report.Tally.Unknown > 0 {
					t.Fatalf("%s at depth %s: %+v, %v", m.point.Manifest, depth, report, err)
				}
			}
		}
		links, err := backup.Chain(ctx, backup.Store{Client: w.target.Client, Bucket: bucket}, "application-data", backup.ChainOptions{From: noon.AddDate(0, 0, -1), To: now})
		if err != nil {
			t.Fatal(err)
		}
		for _, l := range links {
			if l.Verdict != backup.Pass {
				t.Fatalf("the chain: %+v", l)
			}
		}
	})
}

func TestLargeFilesGoInPartsAndAreReadOnce(t *testing.T) {
	for _, width := range []int{1} {
		w := newWorld()
		text := bytes.Repeat([]byte("0123456789abcdef"), 11<<20/16+1) // a little over 11 MiB
		tree := fstest.MapFS{"large": {Data: text, ModTime: noon.Add(-time.Hour), Mode: 0o600}}
		p, err := backup.Run(ctx, backup.Directory(tree), w.target, backup.Options{Now: noon, Concurrency: width, PartSize: 5 << 20, Memory: 10 << 20})
		if err != nil {
			t.Fatal(err)
		}
		equal(t, "large", w.restore(t, p), contents(tree))
		store := backup.Store{Client: w.target.Client, Bucket: bucket}
		for _, depth := range []backup.Depth{backup.Attributes, backup.Content} {
			if r, err := backup.Verify(ctx, store, p.Manifest, backup.CheckOptions{Depth: depth}); err != nil || !r.Good() {
				t.Errorf("%s: %+v, %v", depth, r, err)
			}
		}
		plan, err := backup.PlanBatches(ctx, store, p.Manifest, backup.Content, backup.Limits{Bytes: 6 << 20}, func(backup.Batch) error { return nil })
		if err != nil || plan.Batches != 3 {
			t.Fatalf("%+v, %v", plan, err)
		}
		w.store.Corrupt(bucket, "2026/01/15/application-data/large")
		if r, err := backup.Verify(ctx, store, p.Manifest, backup.CheckOptions{Depth: backup.Content}); err != nil || r.Tally.Mismatch != 1 || r.Good() {
			t.Errorf("a flipped bit: %+v, %v", r, err)
		}
	}
}
