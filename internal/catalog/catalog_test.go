package catalog_test

import (
	"bytes"
	"context"
	"slices"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsrds "github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/aws-sdk-go-v2/service/rds/types"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/acso/disaster-recovery/environments"
	"github.com/acso/disaster-recovery/internal/catalog"
	"github.com/acso/disaster-recovery/internal/environment"
	"github.com/acso/disaster-recovery/internal/grant"
	"github.com/acso/disaster-recovery/internal/manifest"
	"github.com/acso/disaster-recovery/internal/retention"
	"github.com/acso/disaster-recovery/lab/cloud"
	"github.com/acso/disaster-recovery/lab/cloud/kms"
	"github.com/acso/disaster-recovery/lab/cloud/s3"
	"github.com/acso/disaster-recovery/lab/sim"
)

const east = "us-east-1"

var ctx = context.Background()

func production(t *testing.T) *environment.Environment {
	t.Helper()
	e, err := environments.Named("production")
	if err != nil {
		t.Fatal(err)
	}
	return e
}

type place struct {
	*testing.T
	sim    *sim.Sim
	cloud  *cloud.Cloud
	s3     *s3.Service
	client *awss3.Client
	bucket catalog.Bucket
}

func begin(t *testing.T) *place {
	clock := sim.New(1)
	c := cloud.New(clock, "111122223333", east)
	service := s3.New(c, kms.New(c))
	service.Create(s3.Bucket{Name: "backups", Region: east, Lock: true})
	config := c.Config(cloud.Principal{Name: "test", Region: east, Unlimited: true})
	client := awss3.NewFromConfig(config)
	return &place{T: t, sim: clock, cloud: c, s3: service, client: client, bucket: catalog.Bucket{Client: client, Name: "backups"}}
}

// point lays down a manifest of so many empty objects.
func (p *place) point(kind string, taken time.Time, objects int) string {
	p.Helper()
	var text bytes.Buffer
	prefix := manifest.Day(taken) + kind + "/"
	w, err := manifest.NewWriter(&text, manifest.Header{Environment: "test", Kind: kind, Prefix: prefix, Taken: taken})
	if err != nil {
		p.Fatal(err)
	}
	for n := range objects {
		o := manifest.Object{Key: prefix + string(rune('a'+n)), Size: 10, SHA256: digest(64), MD5: digest(32), Modified: taken}
		if err := w.Add(o); err != nil {
			p.Fatal(err)
		}
	}
	if _, err := w.Seal(); err != nil {
		p.Fatal(err)
	}
	key := manifest.KeyOf(kind, taken)
	p.s3.Put("backups", key, text.Bytes())
	return key
}

func digest(digits int) string { return string(bytes.Repeat([]byte("a"), digits)) }

func (p *place) prove(key string, depth retention.Depth, passed bool) {
	p.sim.Run(p.sim.Now().Add(time.Minute), nil)
	p.s3.Put("backups", catalog.ProofKey(key, depth, passed), []byte("{}"))
}

func (p *place) day() []catalog.Point {
	p.Helper()
	points, err := p.bucket.Day(ctx, p.sim.Now())
	if err != nil {
		p.Fatal(err)
	}
	return points
}

func TestOnlyAManifestIsAPoint(t *testing.T) {
	p := begin(t)
	now := p.sim.Now()
	for _, key := range []string{manifest.Folder(now) + "notes.txt", manifest.Day(now) + "application-data/x", manifest.Day(now) + "verified/x.content.pass.json"} {
		p.s3.Put("backups", key, []byte("x"))
	}
	if points := p.day(); len(points) != 0 {
		t.Fatalf("found %+v", points)
	}
	p.point(retention.ApplicationData, now, 3)
	p.point(retention.Configuration, now, 1)
	points := p.day()
	if len(points) != 2 || points[0].Kind != retention.Configuration || points[1].Kind != retention.ApplicationData || !points[1].Taken.Equal(now) {
		t.Fatalf("found %+v", points)
	}
	if err := p.bucket.Describe(ctx, &points[1]); err != nil || points[1].Objects != 3 || points[1].Bytes != 30 {
		t.Errorf("described as %+v, %v", points[1], err)
	}
	first, err := p.bucket.First(ctx)
	if err != nil || !first.Equal(now.Truncate(24*time.Hour)) {
		t.Errorf("backups begin on %s, %v", first, err)
	}
}

func TestAManifestWithoutItsSealIsRefused(t *testing.T) {
	p := begin(t)
	key := p.point(retention.ApplicationData, p.sim.Now(), 3)
	p.s3.Put("backups", key, []byte(`{"format":1}`+"\n"))
	points := p.day()
	if err := p.bucket.Describe(ctx, &points[0]); err == nil {
		t.Error("it was described")
	}
}

func TestAHoldAndALockAreSeen(t *testing.T) {
	p := begin(t)
	key := p.point(retention.ApplicationData, p.sim.Now(), 1)
	until := p.sim.Now().Add(48 * time.Hour)
	_, err := p.client.PutObjectLegalHold(ctx, &awss3.PutObjectLegalHoldInput{Bucket: aws.String("backups"), Key: aws.String(key), LegalHold: &s3types.ObjectLockLegalHold{Status: s3types.ObjectLockLegalHoldStatusOn}})
	if err != nil {
		t.Fatal(err)
	}
	_, err = p.client.PutObjectRetention(ctx, &awss3.PutObjectRetentionInput{Bucket: aws.String("backups"), Key: aws.String(key), Retention: &s3types.ObjectLockRetention{Mode: s3types.ObjectLockRetentionModeGovernance, RetainUntilDate: aws.Time(until)}})
	if err != nil {
		t.Fatal(err)
	}
	points := p.day()
	if err := p.bucket.Describe(ctx, &points[0]); err != nil || !points[0].Hold || !points[0].LockedUntil.Equal(until) {
		t.Errorf("got %+v, %v", points[0], err)
	}
}

func TestTheNewestVerdictCounts(t *testing.T) {
	p := begin(t)
	key := p.point(retention.Logs, p.sim.Now(), 1)
	want := func(depth retention.Depth, failed bool) {
		t.Helper()
		got := p.day()[0]
		if got.Depth != depth || got.Verified.IsZero() != (depth == "") || got.Failed.IsZero() == failed {
			t.Errorf("verified %s at depth %q, failed %s; want depth %q", got.Verified, got.Depth, got.Failed, depth)
		}
	}
	want("", false)
	p.prove(key, retention.Content, true)
	want(retention.Content, false)
	p.prove(key, retention.Attributes, true) // later and shallower: the bytes were read all the same
	want(retention.Content, false)
	p.prove(key, retention.Attributes, false)
	want("", true)
	p.prove(key, retention.Content, true)
	want(retention.Content, false)
}

func TestSnapshotsOfTwoRegions(t *testing.T) {
	e := production(t)
	taken := func(name string) types.DBSnapshot {
		return types.DBSnapshot{DBSnapshotIdentifier: aws.String(name), Status: aws.String("available"), AllocatedStorage: aws.Int32(100), SnapshotCreateTime: aws.Time(sim.Epoch)}
	}
	c := cloud.New(sim.New(1), e.Account, east)
	list := []types.DBSnapshot{
		taken("acso-production-db-20260115-040000-01234567"), taken("acso-production-db-20260115-100000-01234567-dr"),
		taken("acso-production-db-before-the-upgrade"), taken("somebody-elses"),
	}
	list[0].TagList = []types.Tag{{Key: aws.String(catalog.HoldTag), Value: aws.String("on")}, {Key: aws.String(retention.TagKey), Value: aws.String("manual")}}
	cloud.Register(c, "RDS.DescribeDBSnapshots", cloud.Spec[awsrds.DescribeDBSnapshotsInput]{
		Actions: func(*cloud.Call, *awsrds.DescribeDBSnapshotsInput) []grant.Action { return nil },
	}, func(_ *cloud.Call, in *awsrds.DescribeDBSnapshotsInput) (*awsrds.DescribeDBSnapshotsOutput, error) {
		if in.Marker == nil { // two pages
			return &awsrds.DescribeDBSnapshotsOutput{DBSnapshots: list[:1], Marker: aws.String("more")}, nil
		}
		return &awsrds.DescribeDBSnapshotsOutput{DBSnapshots: list[1:]}, nil
	})
	client := awsrds.NewFromConfig(c.Config(cloud.Principal{Name: "test", Region: east, Unlimited: true}))
	here, used, err := catalog.Snapshots(ctx, client, e, east)
	if err != nil || used != 4 || len(here) != 2 {
		t.Fatalf("%d of %d snapshots are ours: %+v, %v", len(here), used, here, err)
	}
	first := here[0]
	if !first.Hold || first.Class != retention.Manual || !first.Taken.Equal(time.Date(2026, 1, 15, 4, 0, 0, 0, time.UTC)) || first.Bytes != 100<<30 || !first.Verified.IsZero() {
		t.Errorf("got %+v", first)
	}
	there := slices.Clone(here[:1])
	there[0].Regions = []string{"us-west-2"}
	merged := catalog.Merge(here, there)
	if len(merged) != 2 || merged[0].Depth != retention.Copied || merged[1].Depth != "" {
		t.Errorf("merged to %+v", merged)
	}
}
