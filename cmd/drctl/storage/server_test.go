package storage

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/acso/disaster-recovery/internal/backup"
)

// A server that somebody else wrote has to agree with the lab about checksums, versions, parts and conditions. drctl
// bench backup leaves it in the cache; without it this is skipped, since building it takes minutes.
func TestARealServerTakesAndProvesPoints(t *testing.T) {
	cache, err := Cache()
	if err != nil {
		t.Skip(err)
	}
	program := filepath.Join(cache, "versitygw")
	if found, err := exec.LookPath("versitygw"); err == nil {
		program = found
	} else if _, err := os.Stat(program); err != nil {
		t.Skip("versitygw is neither in PATH nor in " + cache)
	}
	ctx, folder := context.Background(), t.TempDir()
	versions, tree := filepath.Join(folder, "versions"), filepath.Join(folder, "tree")
	if err := os.Mkdir(versions, 0o750); err != nil {
		t.Fatal(err)
	}
	s, err := startServer(ctx, program, folder, "--versioning-dir", versions)
	if err != nil {
		t.Skip(err) // its storage needs extended attributes, which not every file system has
	}
	defer s.stop()
	if err := s.bucket(ctx, "points"); err != nil {
		t.Skip(err)
	}
	if _, err := s.client.PutBucketVersioning(ctx, &s3.PutBucketVersioningInput{Bucket: aws.String("points"), VersioningConfiguration: &types.VersioningConfiguration{Status: types.BucketVersioningStatusEnabled}}); err != nil {
		t.Fatal(err)
	}
	if err := plant(tree, 1, 150, 1000); err != nil {
		t.Fatal(err)
	}
	if err := file(filepath.Join(tree, "large ü+%&"), 2, 12<<20, old); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("large ü+%&", filepath.Join(tree, "link")); err != nil {
		t.Fatal(err)
	}
	target := backup.Target{Client: s.client, Bucket: "points", Environment: "test", Kind: "application-data"}
	store := backup.Store{Client: s.client, Bucket: "points"}
	var points []backup.Point
	for n := range 3 {
		if err := alter(tree, 1, 150, n, 1000); err != nil {
			t.Fatal(err)
		}
		p, err := backup.Run(ctx, backup.Directory(os.DirFS(tree)), target, backup.Options{Now: old.Add(90*24*time.Hour + time.Duration(n)*time.Minute), Concurrency: 8, PartSize: 5 << 20})
		if err != nil {
			t.Fatal(err)
		}
		points = append(points, p)
	}
	if points[2].Sent != 2 || points[2].Objects != 152 {
		t.Errorf("the last sent %d of %d", points[2].Sent, points[2].Objects)
	}
	for _, p := range points {
		for _, depth := range []backup.Depth{backup.Attributes, backup.Content} {
			if r, err := backup.Verify(ctx, store, p.Manifest, backup.CheckOptions{Depth: depth, Concurrency: 8}); err != nil || !r.Good() {
				t.Errorf("%s of %s: %+v, %v", depth, p.Manifest, r, err)
			}
		}
	}
	if _, err := backup.Run(ctx, backup.Directory(os.DirFS(tree)), target, backup.Options{Now: points[2].Taken}); err == nil {
		t.Error("two points of one second")
	}
	links, err := backup.Chain(ctx, store, "application-data", backup.ChainOptions{From: points[0].Taken, To: points[2].Taken, Newest: points[2].Digest})
	for _, l := range links {
		if l.Verdict != backup.Pass {
			t.Errorf("the chain: %+v", l)
		}
	}
	if err != nil || len(links) != 3 {
		t.Errorf("the chain: %d links, %v", len(links), err)
	}
}

func TestRatiosAreOfTheSameRound(t *testing.T) {
	engine := Row{Step: "s", Tool: EngineTool, Seconds: []float64{1, 10, 3}}
	peer := Row{Step: "s", Tool: "peer", Seconds: []float64{2, 40, 3}, Target: 0.6}
	if got := peer.Ratio(engine); got != 0.5 {
		t.Errorf("ratio %v, want the median of 0.5, 0.25 and 1", got)
	}
	if r := (Result{Rows: []Row{engine, peer}}); !r.Ok() {
		t.Error("0.5 misses 0.6")
	}
	peer.Target = 0.4
	if r := (Result{Rows: []Row{engine, peer}}); r.Ok() {
		t.Error("0.5 meets 0.4")
	}
	var out bytes.Buffer
	Result{Rows: []Row{engine, peer, {Step: "s", Tool: "nobody", Absent: "not here"}}}.Print(&out)
	for _, want := range []string{"| s | peer | 3.000 | 0.00 | 0.0 | 0.500 | 0.40 | over |", "| s | nobody | absent |"} {
		if !bytes.Contains(out.Bytes(), []byte(want)) {
			t.Errorf("no %q in\n%s", want, out.String())
		}
	}
}

func TestATreeIsTheSameForTheSameSeed(t *testing.T) {
	read := func(folder string) (out string) {
		for n := range 3 {
			text, err := os.ReadFile(leaf(folder, n))
			if err != nil {
				t.Fatal(err)
			}
			out += fmt.Sprintf("%x", text)
		}
		return out
	}
	a, b := t.TempDir(), t.TempDir()
	for _, folder := range []string{a, b} {
		if err := plant(folder, 7, 3, 100); err != nil {
			t.Fatal(err)
		}
	}
	before := read(a)
	if before != read(b) {
		t.Error("one seed, two trees")
	}
	if err := alter(a, 7, 3, 0, 100); err != nil {
		t.Fatal(err)
	}
	if read(a) == before {
		t.Error("nothing was altered")
	}
}
