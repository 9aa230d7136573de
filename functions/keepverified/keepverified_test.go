package keepverified_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"testing"
	"testing/fstest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/acso/disaster-recovery/environments"
	"github.com/acso/disaster-recovery/functions/keepverified"
	"github.com/acso/disaster-recovery/internal/backup"
	"github.com/acso/disaster-recovery/internal/catalog"
	"github.com/acso/disaster-recovery/internal/environment"
	"github.com/acso/disaster-recovery/internal/grant"
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

// bucket is a backup bucket under its lifecycle rules, over months.
type bucket struct {
	*testing.T
	e      *environment.Environment
	sim    *sim.Sim
	cloud  *cloud.Cloud
	store  *s3.Service
	name   string
	files  fstest.MapFS
	keeper *keepverified.Handler
}

func begin(t *testing.T) *bucket {
	e, err := environments.Named("production")
	if err != nil {
		t.Fatal(err)
	}
	clock := sim.New(1)
	c := cloud.New(clock, e.Account, east, "us-west-2")
	b := &bucket{T: t, e: e, sim: clock, cloud: c, store: s3.New(c, kms.New(c)), name: e.Buckets.Backups, files: fstest.MapFS{}}
	tables := dynamodb.New(c) // the role of the region is looked at before anything is written
	for _, region := range c.Regions() {
		tables.Create(region, e.IncidentTable(), "pk", "")
	}
	rules := []s3.Expiry{{Markers: true}}
	for _, r := range retention.Lifecycle(retention.From(e)) {
		rules = append(rules, s3.Expiry{Tag: retention.TagKey, Value: string(r.Class), Days: r.Days, Noncurrent: r.Noncurrent})
	}
	b.store.Create(s3.Bucket{Name: b.name, Region: east, Lock: true, Lifecycle: rules})
	b.keeper = keepverified.New(b.platform("keepverified", keepverified.Grants(e, east)))
	for n := range 5 {
		b.files[fmt.Sprintf("%d", n)] = &fstest.MapFile{Data: []byte("x"), ModTime: clock.Now().Add(-time.Hour)}
	}
	return b
}

func (b *bucket) platform(name string, grants []grant.Grant) platform.Platform {
	return platform.Platform{AWS: b.cloud.Config(cloud.Principal{Name: name, Region: east, Grants: grants}), Environment: b.e, Clock: b.sim}
}

// back takes a point, after one file has changed.
func (b *bucket) back() recoverypoint.Point {
	b.Helper()
	b.files["changing"] = &fstest.MapFile{Data: []byte(b.sim.Now().String()), ModTime: b.sim.Now()}
	grants := recoverypoint.Grants(b.e, east, retention.ApplicationData)
	p, err := recoverypoint.Take(ctx, b.platform("backup", grants), retention.ApplicationData, backup.Directory(b.files), recoverypoint.Options{})
	if err != nil {
		b.Fatal(err)
	}
	return p
}

func (b *bucket) verify(p recoverypoint.Point) {
	b.sim.Run(b.sim.Now().Add(time.Minute), nil)
	b.store.Put(b.name, catalog.ProofKey(p.Manifest, retention.Content, true), []byte("{}"))
}

// pass lets days go by, with the function at its times.
func (b *bucket) pass(days int) {
	b.Helper()
	for range 4 * days {
		b.sim.Run(b.sim.Now().Add(6*time.Hour), nil)
		if _, err := b.keeper.Handle(ctx, keepverified.Input{}); err != nil {
			b.Fatal(err)
		}
	}
}

// restores tells whether a point is listed, and each of its objects is what it was.
func (b *bucket) restores(p recoverypoint.Point) error {
	client := awss3.NewFromConfig(b.cloud.Config(cloud.Principal{Name: "restore", Region: east, Unlimited: true}))
	if _, err := client.HeadObject(ctx, &awss3.HeadObjectInput{Bucket: aws.String(b.name), Key: aws.String(p.Manifest)}); err != nil {
		return err
	}
	reader, err := backup.Store{Client: client, Bucket: b.name}.Manifest(ctx, p.Manifest, "")
	for err == nil {
		o, nextErr := reader.Next()
		if errors.Is(nextErr, io.EOF) {
			return nil
		}
		if err = nextErr; err == nil {
			_, err = client.HeadObject(ctx, &awss3.HeadObjectInput{Bucket: aws.String(b.name), Key: aws.String(o.Key), VersionId: aws.String(o.VersionID)})
		}
	}
	return err
}

// TestTheLastVerifiedPointNeverExpires lives through four months: backups are verified, then they are not any more, then
// they stop, and begin again.
func TestTheLastVerifiedPointNeverExpires(t *testing.T) {
	b := begin(t)
	var points []recoverypoint.Point
	for day := range 6 {
		points = append(points, b.back())
		b.sim.Run(b.sim.Now().Add(time.Hour), nil)
		points = append(points, b.back()) // it refers to what the first of the day has stored
		if day == 2 {
			b.verify(points[len(points)-1])
		}
		b.pass(1)
	}
	verified, newest := points[5], points[11]
	b.pass(70)
	for n, p := range points {
		err := b.restores(p)
		daily := p.Class == string(retention.Daily)
		switch {
		case (p.Manifest == verified.Manifest || p.Manifest == newest.Manifest) && err != nil:
			t.Errorf("the point of %s (number %d) is all that there is, and does not restore: %v", p.Taken, n, err)
		case p.Manifest != verified.Manifest && p.Manifest != newest.Manifest && daily && err == nil:
			t.Errorf("the point of %s (number %d) is there long after its time", p.Taken, n)
		}
	}
	fresh := b.back()
	b.verify(fresh)
	b.pass(45) // the locks that were prolonged run out, and the class applies again
	for _, p := range []recoverypoint.Point{verified, newest} {
		if b.restores(p) == nil {
			t.Errorf("the point of %s is there long after a newer one was verified", p.Taken)
		}
	}
	if err := b.restores(fresh); err != nil {
		t.Error(err)
	}
	out, err := b.keeper.Handle(ctx, keepverified.Input{})
	if err != nil || !out.Done || slices.ContainsFunc(out.Kept, func(e keepverified.Entry) bool { return e.Manifest != fresh.Manifest }) {
		t.Errorf("%+v, %v", out, err)
	}
}

// TestWithoutTheFunctionTheLastVerifiedPointWouldGo holds the test above to what it is about.
func TestWithoutTheFunctionTheLastVerifiedPointWouldGo(t *testing.T) {
	b := begin(t)
	b.back() // of the month: kept for years
	b.sim.Run(b.sim.Now().Add(24*time.Hour), nil)
	p := b.back()
	b.verify(p)
	b.sim.Run(b.sim.Now().Add(70*24*time.Hour), nil)
	if b.restores(p) == nil {
		t.Error("lifecycle leaves it without help")
	}
}

// TestAFailureIsTakenUpAgain: S3 refuses in the midst of the work, and the next run finishes it.
func TestAFailureIsTakenUpAgain(t *testing.T) {
	b := begin(t)
	b.back()
	b.sim.Run(b.sim.Now().Add(24*time.Hour), nil)
	p := b.back()
	b.verify(p)
	b.sim.Run(b.sim.Now().Add(23*24*time.Hour), nil)
	heal := b.cloud.Inject(cloud.Fault{Operation: "S3.PutObjectRetention", First: 3, Effect: cloud.ErrorBefore})
	if _, err := b.keeper.Handle(ctx, keepverified.Input{}); err == nil {
		t.Fatal("it says that all is well")
	}
	heal()
	b.pass(50)
	if err := b.restores(p); err != nil {
		t.Error(err)
	}
}
