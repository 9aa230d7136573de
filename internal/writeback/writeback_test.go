package writeback_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go/middleware"

	"github.com/acso/disaster-recovery/internal/backup"
	"github.com/acso/disaster-recovery/internal/bootstrap"
	"github.com/acso/disaster-recovery/internal/failure"
	"github.com/acso/disaster-recovery/internal/manifest"
	"github.com/acso/disaster-recovery/internal/platform"
	"github.com/acso/disaster-recovery/internal/writeback"
	"github.com/acso/disaster-recovery/lab/cloud"
	"github.com/acso/disaster-recovery/lab/cloud/kms"
	"github.com/acso/disaster-recovery/lab/cloud/s3"
	"github.com/acso/disaster-recovery/lab/files"
	"github.com/acso/disaster-recovery/lab/sim"
)

var ctx = context.Background()

type place struct {
	*testing.T
	s3     *s3.Service
	client *awss3.Client
	store  backup.Store
	sim    *sim.Sim
	tree   *files.Tree
}

func begin(t *testing.T) *place {
	clock := sim.New(1)
	c := cloud.New(clock, "111122223333", "us-east-1")
	service := s3.New(c, kms.New(c))
	service.Create(s3.Bucket{Name: "backups", Region: "us-east-1", Versioned: true})
	service.Create(s3.Bucket{Name: "data", Region: "us-east-1", Versioned: true})
	client := awss3.NewFromConfig(oneByOne(c.Config(cloud.Principal{Name: "test", Region: "us-east-1", Unlimited: true})))
	p := &place{T: t, s3: service, client: client, store: backup.Store{Client: client, Bucket: "backups"}, sim: clock, tree: files.New(clock)}
	p.tree.Fill(12, clock.Now().Add(-time.Hour))
	p.tree.Put("big", strings.Repeat("0123456789abcdef", 9<<16)) // two pieces
	return p
}

// oneByOne has calls wait for one another, since the lab has one thread and what is tested has many, as in production. Bodies
// that come back lie in memory, so whoever reads one is outside of the lab.
func oneByOne(config aws.Config) aws.Config {
	lab := new(sync.Mutex)
	config.APIOptions = append(config.APIOptions, func(stack *middleware.Stack) error {
		return stack.Initialize.Add(middleware.InitializeMiddlewareFunc("OneByOne",
			func(ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler) (middleware.InitializeOutput, middleware.Metadata, error) {
				lab.Lock()
				defer lab.Unlock()
				return next.HandleInitialize(ctx, in)
			}), middleware.Before)
	})
	return config
}

func (p *place) later(d time.Duration) { p.sim.Run(p.sim.Now().Add(d), nil) }

func (p *place) backUp(source backup.Source) string {
	p.Helper()
	p.later(time.Minute)
	point, err := backup.Run(ctx, source, backup.Target{Client: p.client, Bucket: "backups", Environment: "test", Kind: manifest.ApplicationData}, backup.Options{Now: p.sim.Now()})
	if err != nil {
		p.Fatal(err)
	}
	return point.Manifest
}

func (p *place) write(key string, to writeback.Destination, o writeback.Options) writeback.Progress {
	p.Helper()
	done, err := writeback.Run(ctx, p.store, key, to, o, writeback.Progress{})
	if err != nil {
		p.Fatal(err)
	}
	if done.Phase != writeback.Done {
		p.Fatalf("it ended in %+v", done)
	}
	return done
}

// shape is everything that a tree holds, its own of restores included.
func shape(t *testing.T, tree fs.ReadLinkFS) string {
	t.Helper()
	var text strings.Builder
	err := fs.WalkDir(tree, ".", func(name string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		info, err := e.Info()
		if err != nil {
			return err
		}
		var body []byte
		if info.Mode().Type() == fs.ModeSymlink {
			target, err := tree.ReadLink(name)
			body = []byte(target)
			if err != nil {
				return err
			}
		} else if body, err = fs.ReadFile(tree, name); err != nil {
			return err
		}
		if len(body) > 1000 {
			sum := sha256.Sum256(body)
			body = sum[:]
		}
		mode := info.Mode()
		if mode.Type() == fs.ModeSymlink {
			mode = fs.ModeSymlink
		}
		fmt.Fprintf(&text, "%q %s %x\n", name, mode, body)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return text.String()
}

// damage is what happens to files that are to be restored.
func damage(tree *files.Tree) {
	for _, name := range tree.Names() {
		switch {
		case strings.HasPrefix(name, "cases/01"):
			tree.Drop(name)
		case strings.HasPrefix(name, "cases/02"):
			tree.Put(name, "encrypted")
		}
	}
	tree.Drop("big")
	tree.Put("big/is now/a folder", "x")
	tree.Drop("reports/latest")
	tree.Put("reports/latest", "a file")
	tree.Put("READ ME.txt", "pay")
	tree.Put(".acso-restored/older/x", "stays")
}

func TestATreeBecomesThePoint(t *testing.T) {
	p := begin(t)
	want := shape(t, p.tree)
	key := p.backUp(backup.Directory(p.tree))
	damage(p.tree)
	done := p.write(key, writeback.Tree(p.tree, ""), writeback.Options{Overwrite: true})
	if got := strings.ReplaceAll(shape(t, p.tree), fmt.Sprintf("%q -rw-r----- %x\n", ".acso-restored/older/x", "stays"), ""); got != want {
		t.Errorf("the tree is\n%.2000s\nand was\n%.2000s", got, want)
	}
	if done.Same == 0 || done.Written == 0 || done.Removed == 0 || done.Same+done.Written != done.Objects {
		t.Errorf("it says %+v", done)
	}
	again := p.write(key, writeback.Tree(p.tree, ""), writeback.Options{})
	if again.Written != 0 || again.Removed != 0 {
		t.Errorf("the second run changed something: %+v", again)
	}
}

func TestAFolderBesideTouchesNothing(t *testing.T) {
	p := begin(t)
	key := p.backUp(backup.Directory(p.tree))
	damage(p.tree)
	before := shape(t, p.tree)
	p.write(key, writeback.Tree(p.tree, writeback.Beside+"/now"), writeback.Options{Overwrite: true})
	after := ""
	for line := range strings.Lines(shape(t, p.tree)) {
		if !strings.HasPrefix(line, `"`+writeback.Beside+"/now/") {
			after += line
		}
	}
	if after != before {
		t.Errorf("what was there is\n%.2000s\nand was\n%.2000s", after, before)
	}
	if text, ok := p.tree.Text(writeback.Beside + "/now/empty"); !ok || text != "" {
		t.Errorf("the empty file is %q, %v", text, ok)
	}
}

func TestNothingIsLostWithoutASafetyPoint(t *testing.T) {
	for _, spoil := range []func(*files.Tree){
		func(f *files.Tree) { f.Put("new", "x") },
		func(f *files.Tree) { f.Put("empty", "x") },
	} {
		p := begin(t)
		key := p.backUp(backup.Directory(p.tree))
		spoil(p.tree)
		before := shape(t, p.tree)
		_, err := writeback.Run(ctx, p.store, key, writeback.Tree(p.tree, ""), writeback.Options{}, writeback.Progress{})
		if !failure.Is(err, failure.Unsafe) || shape(t, p.tree) != before {
			t.Errorf("it ended with %v", err)
		}
	}
}

func TestAnAlteredManifestTouchesNothing(t *testing.T) {
	p := begin(t)
	key := p.backUp(backup.Directory(p.tree))
	versions := p.s3.Versions("backups", key)
	text := bytes.Replace(versions[0].Body, []byte(`"size":0`), []byte(`"size":1`), 1)
	p.s3.Put("backups", key, text)
	damage(p.tree)
	before := shape(t, p.tree)
	_, err := writeback.Run(ctx, p.store, key, writeback.Tree(p.tree, ""), writeback.Options{Overwrite: true}, writeback.Progress{})
	if !failure.Is(err, failure.Failed) || shape(t, p.tree) != before {
		t.Errorf("it ended with %v", err)
	}
}

// TestADamagedObjectNeverTakesItsName: other bytes than the point says end the run, and the file keeps what it had.
func TestADamagedObjectNeverTakesItsName(t *testing.T) {
	p := begin(t)
	key := p.backUp(backup.Directory(p.tree))
	var victim string
	for _, o := range p.s3.Objects("backups") {
		if strings.HasSuffix(o.Key, "case-0002.json") {
			victim = o.Key
		}
	}
	p.s3.Corrupt("backups", victim)
	p.tree.Put("cases/02/case-0002.json", "mine")
	_, err := writeback.Run(ctx, p.store, key, writeback.Tree(p.tree, ""), writeback.Options{Overwrite: true}, writeback.Progress{})
	if !failure.Is(err, failure.Failed) || !strings.Contains(err.Error(), path.Base(victim)) {
		t.Errorf("it ended with %v", err)
	}
	if text, _ := p.tree.Text("cases/02/case-0002.json"); text != "mine" {
		t.Errorf("the file is %q", text)
	}
	if strings.Contains(shape(t, p.tree), ".acso-partial-") {
		t.Error("a part of a file is left")
	}
}

// TestARunGoesOnWhereItStopped: however little each run does, together they do all of it, once.
func TestARunGoesOnWhereItStopped(t *testing.T) {
	p := begin(t)
	want := shape(t, p.tree)
	key := p.backUp(backup.Directory(p.tree))
	for _, name := range p.tree.Names() {
		p.tree.Drop(name)
	}
	var progress writeback.Progress
	runs := 0
	for ; progress.Phase != writeback.Done && runs < 100; runs++ {
		var err error
		progress, err = writeback.Run(ctx, p.store, key, writeback.Tree(p.tree, ""), writeback.Options{Enough: func() bool { return true }}, progress)
		if err != nil {
			t.Fatal(err)
		}
	}
	if shape(t, p.tree) != want || progress.Written != progress.Objects || runs != progress.Objects {
		t.Errorf("after %d runs: %+v", runs, progress)
	}
}

// TestOtherBytesOfTheSameSizeAndTimeDoNotHide: a file that takes the place of one of the same size and time gets another
// time, since the next incremental backup would take it for unchanged.
func TestOtherBytesOfTheSameSizeAndTimeDoNotHide(t *testing.T) {
	p := begin(t)
	at := p.sim.Now().Add(-2 * time.Hour)
	p.tree.Put("ledger", "true")
	if err := p.tree.Chtimes("ledger", at); err != nil {
		t.Fatal(err)
	}
	first := p.backUp(backup.Directory(p.tree))
	p.tree.Put("ledger", "fake")
	if err := p.tree.Chtimes("ledger", at); err != nil {
		t.Fatal(err)
	}
	p.later(time.Minute)
	second, err := backup.Run(ctx, backup.Directory(p.tree), backup.Target{Client: p.client, Bucket: "backups", Environment: "test", Kind: manifest.ApplicationData}, backup.Options{Now: p.sim.Now(), Checksum: true})
	if err != nil || second.Sent != 1 {
		t.Fatalf("%+v, %v", second, err)
	}
	p.write(first, writeback.Tree(p.tree, ""), writeback.Options{Overwrite: true})
	third := p.backUp(backup.Directory(p.tree))
	p.write(third, writeback.Tree(p.tree, writeback.Beside+"/third"), writeback.Options{Overwrite: true})
	if text, _ := p.tree.Text(writeback.Beside + "/third/ledger"); text != "true" {
		t.Errorf("the backup after the restore holds %q", text)
	}
}

func TestABucketBecomesThePoint(t *testing.T) {
	for _, width := range []int{1, 4} {
		p := begin(t)
		for n := range 20 {
			p.s3.Put("data", fmt.Sprintf("evidence/%d", n), fmt.Appendf(nil, "report %d", n))
		}
		p.s3.Put("data", "large", bytes.Repeat([]byte("x"), 9<<20))
		key := p.backUp(backup.Prefix(p.client, "data", ""))
		want := map[string]string{}
		for _, o := range p.s3.Objects("data") {
			want[o.Key] = string(o.Body)
		}
		p.s3.Put("data", "evidence/3", []byte("encrypted"))
		p.s3.Put("data", "large", []byte("encrypted"))
		p.s3.Put("data", "note", []byte("pay"))
		p.s3.Remove("data", "evidence/4")
		done := p.write(key, writeback.Bucket(p.client, "data", ""), writeback.Options{Overwrite: true, Width: width})
		if done.Written != 3 || done.Removed != 1 {
			t.Errorf("it says %+v", done)
		}
		got := p.s3.Objects("data")
		for _, o := range got {
			if want[o.Key] != string(o.Body) {
				t.Errorf("%s is %.20q", o.Key, o.Body)
			}
		}
		if len(got) != len(want) {
			t.Errorf("%d objects and not %d", len(got), len(want))
		}
	}
}

// onDisk is a real folder as functions see it.
func onDisk(root *os.Root) platform.Folder { return bootstrap.Folder(root) }

// TestARealFileSystemBecomesThePoint: with more at once, modes, folders in the way, and a link that leads out.
func TestARealFileSystemBecomesThePoint(t *testing.T) {
	p := begin(t)
	want := shape(t, p.tree)
	key := p.backUp(backup.Directory(p.tree))
	folder := t.TempDir()
	outside := path.Join(t.TempDir(), "outside")
	if err := os.WriteFile(outside, []byte("untouched"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, err := range []error{
		os.MkdirAll(folder+"/empty/empty", 0o755), os.Symlink(path.Dir(outside), folder+"/cases"), os.WriteFile(folder+"/reports", nil, 0o600),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	root, err := os.OpenRoot(folder)
	if err != nil {
		t.Fatal(err)
	}
	tree := onDisk(root)
	p.write(key, writeback.Tree(tree, ""), writeback.Options{Overwrite: true, Width: 8})
	if got := shape(t, tree); got != want {
		t.Errorf("the folder is\n%.2000s\nand was\n%.2000s", got, want)
	}
	if text, err := os.ReadFile(outside); err != nil || string(text) != "untouched" {
		t.Errorf("outside is %q, %v", text, err)
	}
	if _, err := os.Lstat(path.Join(path.Dir(outside), "01")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("something was written outside: %v", err)
	}
}
