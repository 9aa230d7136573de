package backup_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/acso/disaster-recovery/internal/backup"
	"github.com/acso/disaster-recovery/lab/cloud"
)

// after is late from the n-th question on.
func after(n int) func() bool {
	return func() bool { n--; return n < 0 }
}

// inPieces runs until the point is whole, with time for so many calls that store something in each run, and counts the runs.
func inPieces(t *testing.T, w world, tree fstest.MapFS, o backup.Options, calls int, between func(run int)) (p backup.Point, runs int) {
	t.Helper()
	made := 0
	w.Observe(func(c cloud.Record) {
		if c.Operation == "S3.PutObject" || c.Operation == "S3.UploadPart" {
			made++
		}
	})
	for {
		if runs++; runs > 200 {
			t.Fatal("it does not come forward")
		}
		made = 0
		o.Late, o.Clock = func() bool { return made >= calls }, func() time.Time { return o.Now.Add(time.Duration(runs) * time.Minute) }
		p, err := backup.Run(ctx, backup.Directory(tree), w.target, o)
		var unfinished *backup.UnfinishedError
		if errors.As(err, &unfinished) {
			o.Resume = unfinished.Note
			between(runs)
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		return p, runs
	}
}

func TestAPointInPiecesIsThePoint(t *testing.T) {
	tree := fstest.MapFS{"large": file(strings.Repeat("0123456789abcdef", 23<<20/16), noon.Add(-time.Hour)), "zz": file("last", noon.Add(-time.Hour))}
	for n := range 20 {
		tree[fmt.Sprintf("%02d/file", n)] = file(strings.Repeat("x", n), noon.Add(-time.Hour))
	}
	for _, memory := range []int64{40 << 20, 5 << 20} { // with 5 MiB, parts of 6 MiB are sent while they are read
		w := newWorld()
		sent := map[string]int{}
		w.Observe(func(c cloud.Record) {
			if c.Effect {
				sent[c.Operation]++
			}
		})
		options := backup.Options{Now: noon, PartSize: 6 << 20, Memory: memory}
		p, runs := inPieces(t, w, tree, options, 2, func(int) {})
		if runs < 10 {
			t.Errorf("it took %d runs, which is not what this test is about", runs)
		}
		if p.Objects != len(tree) || p.Sent != len(tree) || !p.Full || !p.Taken.Equal(noon) {
			t.Errorf("%+v", p)
		}
		if sent["S3.UploadPart"] != 4 || sent["S3.CreateMultipartUpload"] != 1 {
			t.Errorf("the large file went in %d parts of %d uploads, and it has 4 of 1", sent["S3.UploadPart"], sent["S3.CreateMultipartUpload"])
		}
		// 21 small files, the manifest, two lists of checksums, and two objects a note.
		if want := 21 + 3 + 2*(runs-1); sent["S3.PutObject"] != want {
			t.Errorf("%d objects were put in %d runs, want %d: nothing twice", sent["S3.PutObject"], runs, want)
		}
		equal(t, "in pieces", w.restore(t, p), contents(tree))
		if r, err := backup.Verify(ctx, w.backups(), p.Manifest, backup.CheckOptions{Depth: backup.Content}); err != nil || !r.Good() {
			t.Errorf("%+v, %v", r, err)
		}
	}
}

func TestWhatChangesBetweenThePiecesIsReadAgain(t *testing.T) {
	w := newWorld()
	tree := fstest.MapFS{"gone": file("x", noon.Add(-time.Hour)), "large": file(strings.Repeat("0123456789abcdef", 17<<20/16), noon.Add(-time.Hour))}
	for n := range 20 {
		tree[fmt.Sprintf("%02d/file", n)] = file("x", noon.Add(-time.Hour))
	}
	first := w.run(t, backup.Directory(tree), backup.Options{Now: noon.Add(-time.Minute)})
	for n := range 20 {
		tree[fmt.Sprintf("%02d/file", n)] = file("changed", noon.Add(-time.Second*30))
	}
	tree["large"] = file(strings.Repeat("fedcba9876543210", 17<<20/16), noon.Add(-time.Second*30))
	uploads, grown := 0, false
	w.Observe(func(c cloud.Record) {
		if c.Operation == "S3.CreateMultipartUpload" {
			uploads++
		}
	})
	p, runs := inPieces(t, w, tree, backup.Options{Now: noon, PartSize: 6 << 20}, 3, func(run int) {
		switch {
		case run == 1:
			delete(tree, "gone")
			delete(tree, "00/file")
			tree["01/file"] = file("changed again", noon.Add(time.Minute))
			tree["new"] = file("new", noon.Add(time.Minute))
		case uploads == 1 && !grown: // the large one is half-way
			grown = true
			tree["large"] = file(strings.Repeat("fedcba9876543210", 18<<20/16), noon.Add(2*time.Minute))
		}
	})
	if uploads != 2 {
		t.Errorf("the large file was begun %d times, and it changed once while it was half-way", uploads)
	}
	if runs < 6 || p.Full || p.Previous != first.Digest || p.Deleted != 2 {
		t.Errorf("in %d runs: %+v", runs, p)
	}
	equal(t, "changed between", w.restore(t, p), contents(tree))
}

func TestANoteThatWasAlteredIsNotGoneOnWith(t *testing.T) {
	w := newWorld()
	tree := fstest.MapFS{}
	for n := range 20 {
		tree[fmt.Sprintf("%02d", n)] = file("x", noon.Add(-time.Hour))
	}
	_, err := backup.Run(ctx, backup.Directory(tree), w.target, backup.Options{Now: noon, Late: after(30), Clock: func() time.Time { return noon }})
	var unfinished *backup.UnfinishedError
	if !errors.As(err, &unfinished) || unfinished.Stored != 10 || unfinished.Note != backup.NoteKey("application-data", noon) {
		t.Fatal(err)
	}
	w.store.Corrupt(bucket, unfinished.Note)
	if p, err := backup.Run(ctx, backup.Directory(tree), w.target, backup.Options{Now: noon, Resume: unfinished.Note}); err == nil {
		t.Errorf("%+v was built on it", p)
	}
	// Without it, the next run begins anew.
	p := w.run(t, backup.Directory(tree), backup.Options{Now: noon.Add(time.Minute)})
	equal(t, "anew", w.restore(t, p), contents(tree))
}

func TestAPartThatIsSentWhileItIsReadIsTriedAgain(t *testing.T) {
	w := newWorld()
	tree := fstest.MapFS{"large": file(strings.Repeat("0123456789abcdef", 17<<20/16), noon.Add(-time.Hour))}
	heal := w.Inject(cloud.Fault{Operation: "S3.UploadPart", First: 2, Count: 1, Effect: cloud.ErrorBefore})
	defer heal()
	p := w.run(t, backup.Directory(tree), backup.Options{Now: noon, PartSize: 6 << 20, Memory: 5 << 20})
	equal(t, "tried again", w.restore(t, p), contents(tree))
}

func TestPartsFitObjectsOfAnySize(t *testing.T) {
	const most = 5 << 40 // https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html
	for _, size := range []int64{1, 5 << 20, 400 << 30, 1 << 40, most} {
		part := backup.PartSizeOf(size, 5<<20)
		if parts := (size-1)/part + 1; parts > 10_000 || part > 5<<30 || part < 5<<20 || part%(1<<20) != 0 {
			t.Errorf("%d bytes go in %d parts of %d", size, parts, part)
		}
	}
}
