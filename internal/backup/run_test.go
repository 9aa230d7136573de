package backup_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"maps"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/acso/disaster-recovery/internal/backup"
	"github.com/acso/disaster-recovery/internal/failure"
	"github.com/acso/disaster-recovery/internal/manifest"
	"github.com/acso/disaster-recovery/lab/cloud"
	"github.com/acso/disaster-recovery/lab/cloud/s3"
)

func file(text string, at time.Time) *fstest.MapFile {
	return &fstest.MapFile{Data: []byte(text), ModTime: at, Mode: 0o640}
}

func (w world) run(t *testing.T, source backup.Source, options backup.Options) backup.Point {
	t.Helper()
	p, err := backup.Run(ctx, source, w.target, options)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func (w world) backups() backup.Store {
	return backup.Store{Client: w.target.Client, Bucket: bucket}
}

// A file may be written again within the tick in which the last run read it: same size, same time, other bytes.
func TestAChangeWithinOneTickIsNotMissed(t *testing.T) {
	w := newWorld()
	tree := fstest.MapFS{"a": file("old", noon)}
	w.run(t, backup.Directory(tree), backup.Options{Now: noon})
	tree["a"] = file("new", noon)
	p := w.run(t, backup.Directory(tree), backup.Options{Now: noon.Add(15 * time.Minute)})
	equal(t, "after the tick", w.restore(t, p), contents(tree))
	// Once a run began later than the tick, the time can be relied on and nothing is read.
	shut := shutSource{backup.Directory(tree)}
	if p = w.run(t, shut, backup.Options{Now: noon.Add(30 * time.Minute)}); p.Sent != 0 {
		t.Errorf("sent again: %+v", p)
	}
}

// shutSource cannot be read.
type shutSource struct{ backup.Source }

func (s shutSource) Open(context.Context, string) (io.ReadCloser, error) {
	return nil, errors.New("input/output error")
}

func TestWithChecksumsSizeAndTimeAreNotTrusted(t *testing.T) {
	w := newWorld()
	tree := fstest.MapFS{"a": file("old", noon.Add(-time.Hour)), "b": file("same", noon.Add(-time.Hour))}
	w.run(t, backup.Directory(tree), backup.Options{Now: noon})
	tree["a"] = file("new", noon.Add(-time.Hour))
	p := w.run(t, backup.Directory(tree), backup.Options{Now: noon.Add(time.Minute), Checksum: true})
	if p.Sent != 1 {
		t.Errorf("sent %d, and one file differs", p.Sent)
	}
	equal(t, "by content", w.restore(t, p), contents(tree))
}

// busy is a source whose file is written while it is read, for some readings.
type busy struct {
	fstest.MapFS
	times int
}

func (b *busy) Open(name string) (fs.File, error) {
	f, err := b.MapFS.Open(name)
	if err != nil || name == "." || b.times == 0 {
		return f, err
	}
	b.times--
	return &written{File: f, b: b, name: name}, nil
}

type written struct {
	fs.File
	b    *busy
	name string
}

func (f *written) Stat() (fs.FileInfo, error) { return fs.Stat(f.b.MapFS, f.name) }

func (f *written) Close() error { return f.File.Close() }

func (f *written) Read(p []byte) (int, error) {
	n, err := f.File.Read(p)
	if errors.Is(err, io.EOF) {
		old := f.b.MapFS[f.name]
		f.b.MapFS[f.name] = file(string(old.Data)+"+", old.ModTime.Add(time.Second))
	}
	return n, err
}

func TestAFileThatChangesWhileItIsReadIsReadAgainOrSaidToHaveChanged(t *testing.T) {
	w := newWorld()
	tree := &busy{fstest.MapFS{"log": file("x", noon.Add(-time.Hour))}, 2}
	p := w.run(t, backup.Directory(tree), backup.Options{Now: noon})
	if len(p.Changed) != 0 || w.restore(t, p)["log"].text != "x++" {
		t.Errorf("two changes: %+v, %+v", p, w.restore(t, p))
	}
	tree.times = 1000
	p = w.run(t, backup.Directory(tree), backup.Options{Now: noon.Add(time.Hour), Full: true})
	if len(p.Changed) != 1 || p.Changed[0] != "log" {
		t.Errorf("it never rested: %+v", p)
	}
	r, err := backup.Verify(ctx, w.backups(), p.Manifest, backup.CheckOptions{Depth: backup.Content})
	if err != nil || len(r.Changed) != 1 {
		t.Errorf("its verification: %+v, %v", r, err)
	}
	tree.times = 0
	if p = w.run(t, backup.Directory(tree), backup.Options{Now: noon.Add(2 * time.Hour)}); p.Sent != 1 || len(p.Changed) != 0 {
		t.Errorf("at rest: %+v", p)
	}
}

func TestWhatCannotBeAKeyIsRefusedByNameBeforeAnythingIsSent(t *testing.T) {
	longest := strings.Repeat("x/", 497) + "xy" // 996 bytes, and 28 for 2026/01/15/application-data/
	for name, path := range map[string]string{"not UTF-8": "a\xff", "too long": longest + "z", "the list of checksums": backup.List, "dots": "a/../b"} {
		w := newWorld()
		source := listed{{Path: "A"}, {Path: path}}
		_, err := backup.Run(ctx, source, w.target, backup.Options{Now: noon})
		if !failure.Is(err, failure.InvalidInput) || len(w.store.Objects(bucket)) != 0 {
			t.Errorf("%s: %v, stored %d", name, err, len(w.store.Objects(bucket)))
		}
	}
	w := newWorld()
	if p := w.run(t, listed{{Path: longest, Mode: 0o600}}, backup.Options{Now: noon}); p.Objects != 1 {
		t.Errorf("the longest key: %+v", p)
	}
}

// listed is a source of empty files.
type listed []backup.File

func (l listed) List(_ context.Context, use func(backup.File) error) error {
	for _, f := range l {
		if err := use(f); err != nil {
			return err
		}
	}
	return nil
}

func (l listed) Open(context.Context, string) (io.ReadCloser, error) {
	return io.NopCloser(bytes.NewReader(nil)), nil
}

func TestAFileThatCannotBeReadMakesThePointIncomplete(t *testing.T) {
	w := newWorld()
	tree := fstest.MapFS{"a": file("1", noon)}
	p, err := backup.Run(ctx, shutSource{backup.Directory(tree)}, w.target, backup.Options{Now: noon})
	var incomplete *backup.IncompleteError
	if !errors.As(err, &incomplete) || len(p.Unread) != 1 || p.Manifest == "" {
		t.Fatalf("%+v, %v", p, err)
	}
	if r, err := backup.Verify(ctx, w.backups(), p.Manifest, backup.CheckOptions{Depth: backup.Content}); err != nil || r.Good() {
		t.Errorf("an incomplete point is good: %+v, %v", r, err)
	}
}

func TestAPointIsNotBuiltOnAnAlteredOne(t *testing.T) {
	w := newWorld()
	tree := fstest.MapFS{"a": file("1", noon.Add(-time.Hour)), "b": file("2", noon.Add(-time.Hour))}
	first := w.run(t, backup.Directory(tree), backup.Options{Now: noon})
	w.store.Corrupt(bucket, first.Manifest)
	p := w.run(t, backup.Directory(tree), backup.Options{Now: noon.Add(time.Minute)})
	if p.Distrust == "" || !p.Full || p.Sent != 2 {
		t.Errorf("%+v", p)
	}
	links, err := backup.Chain(ctx, w.backups(), "application-data", backup.ChainOptions{From: noon, To: noon.Add(time.Hour)})
	if err != nil || len(links) != 2 || links[0].Verdict != backup.Mismatch || links[1].Verdict != backup.Pass {
		t.Errorf("%+v, %v", links, err)
	}
}

func TestTwoRunsOfOneSecondMakeOnePoint(t *testing.T) {
	w := newWorld()
	tree := fstest.MapFS{"a": file("1", noon.Add(-time.Hour))}
	first := w.run(t, backup.Directory(tree), backup.Options{Now: noon})
	tree["a"] = file("22", noon)
	for _, at := range []time.Time{noon, noon.Add(-time.Second)} {
		if _, err := backup.Run(ctx, backup.Directory(tree), w.target, backup.Options{Now: at}); !failure.Is(err, failure.Failed) {
			t.Errorf("a second run at %s: %v", at, err)
		}
	}
	if got := w.restore(t, first)["a"].text; got != "1" {
		t.Errorf("the point now has %q", got)
	}
	// A run that finds another point when it comes to its manifest gives way.
	late := &interrupting{Source: backup.Directory(tree), then: func() { w.run(t, backup.Directory(tree), backup.Options{Now: noon.Add(time.Minute)}) }}
	if _, err := backup.Run(ctx, late, w.target, backup.Options{Now: noon.Add(2 * time.Minute)}); !failure.Is(err, failure.Failed) {
		t.Errorf("a run in which another one came: %v", err)
	}
}

// interrupting does something in the middle of a run.
type interrupting struct {
	backup.Source
	then func()
}

func (i *interrupting) Open(ctx context.Context, path string) (io.ReadCloser, error) {
	if then := i.then; then != nil {
		i.then = nil
		then()
	}
	return i.Source.Open(ctx, path)
}

func TestABucketWithoutVersionsIsRefused(t *testing.T) {
	w := newWorld()
	w.store.Create(s3.Bucket{Name: "plain", Region: region})
	w.target.Bucket = "plain"
	if _, err := backup.Run(ctx, backup.Directory(fstest.MapFS{"a": file("1", noon)}), w.target, backup.Options{Now: noon}); !failure.Is(err, failure.Unsafe) {
		t.Errorf("%v", err)
	}
}

func TestTheListsAreAsTheOwnersScriptsReadThem(t *testing.T) {
	w := newWorld()
	w.run(t, backup.Directory(fstest.MapFS{"a \"b\"": file("1", noon), "c\nd": file("2", noon)}), backup.Options{Now: noon})
	stored := map[string]string{}
	for _, o := range w.store.Objects(bucket) {
		stored[o.Key] = string(o.Body)
	}
	if got, want := stored["2026/01/15/checksums.json"], "{\n\"application-data/a \\\"b\\\"\": \"c4ca4238a0b923820dcc509a6f75849b\",\n\"application-data/c\\nd\": \"c81e728d9d4c2f636f067f89cc14862c\"\n}\n"; got != want {
		t.Errorf("checksums.json is\n%s, want\n%s", got, want)
	}
	if got, want := stored["2026/01/15/application-data/checksum.md5"], "c4ca4238a0b923820dcc509a6f75849b  a \"b\"\n\\c81e728d9d4c2f636f067f89cc14862c  c\\nd\n"; got != want {
		t.Errorf("checksum.md5 is\n%s, want\n%s", got, want)
	}
}

// A run dies after each of its calls in turn, and loses the answer of each in turn. It has a large file, so that parts
// are among the calls.
func TestARunMayDieInAnyCall(t *testing.T) {
	large := strings.Repeat("0123456789abcdef", 5<<20/16) + "+"
	for _, effect := range []cloud.Effect{cloud.KillAfter, cloud.LostResponse} {
		for call := 1; ; call++ {
			w := newWorld()
			tree := fstest.MapFS{"a": file("1", noon.Add(-time.Hour)), "large": file(large, noon.Add(-time.Hour))}
			options := backup.Options{Now: noon, PartSize: 5 << 20, Memory: 5 << 20}
			first := w.run(t, backup.Directory(tree), options)
			want := contents(tree)
			tree["a"], tree["large"] = file("22", noon), file(large+"!", noon)
			calls := w.Calls()
			heal := w.Inject(cloud.Fault{Operation: "S3.*", Effect: effect, First: call, Count: 1})
			options.Now = noon.Add(time.Minute)
			var err error
			died := dies(func() { _, err = backup.Run(ctx, backup.Directory(tree), w.target, options) })
			heal()
			used := w.Calls() - calls
			if !died && err != nil {
				t.Errorf("%s in call %d: %v", effect, call, err)
			}
			equal(t, string(effect), w.restore(t, first), want)
			options.Now = noon.Add(2 * time.Minute)
			equal(t, string(effect), w.restore(t, w.run(t, backup.Directory(tree), options)), contents(tree))
			if used < call {
				break
			}
		}
	}
}

func TestFoldersAreKeptWithTheirModes(t *testing.T) {
	w := newWorld()
	tree := fstest.MapFS{
		"a/x": file("x", noon.Add(-time.Hour)), "empty": {Mode: fs.ModeDir | 0o750, ModTime: noon}, "a-b/empty too": {Mode: fs.ModeDir | 0o700, ModTime: noon},
		"a": {Mode: fs.ModeDir | 0o500, ModTime: noon},
	}
	p := w.run(t, backup.Directory(tree), backup.Options{Now: noon})
	for _, now := range []time.Time{noon, noon.Add(time.Minute)} { // incremental ones say it too
		if now != noon {
			p = w.run(t, backup.Directory(tree), backup.Options{Now: now})
		}
		r, err := w.backups().Manifest(ctx, p.Manifest, p.Version)
		if err != nil {
			t.Fatal(err)
		}
		got := map[string]string{}
		r.OnFolder = func(f manifest.Directory) { got[strings.TrimPrefix(f.Key, r.Header.Prefix)] = f.Mode }
		for err == nil {
			_, err = r.Next()
		}
		want := map[string]string{"a/": "0500", "a-b/": "0555", "a-b/empty too/": "0700", "empty/": "0750"}
		if !errors.Is(err, io.EOF) || !maps.Equal(got, want) || p.Objects != 1 || r.Seal.Folders != len(want) {
			t.Errorf("%v, %v, want %v; %+v", got, err, want, p)
		}
	}
	if r, err := backup.Verify(ctx, w.backups(), p.Manifest, backup.CheckOptions{Depth: backup.Content}); err != nil || !r.Good() {
		t.Errorf("%+v, %v", r, err)
	}
}
