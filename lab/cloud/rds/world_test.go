package rds

import (
	"context"
	"errors"
	"testing"
	"time"

	awsrds "github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/smithy-go"

	"github.com/acso/disaster-recovery/internal/platform"
	"github.com/acso/disaster-recovery/lab/cloud"
	"github.com/acso/disaster-recovery/lab/sim"
)

const (
	east = "us-east-1"
	west = "us-west-2"
)

type around struct {
	closed map[string]bool
	before []func()
	points []float64
}

func (a *around) Resolve(region, id string) (string, error) {
	if id == "missing" {
		return "", errors.New("no such key")
	}
	return "arn:aws:kms:" + region + ":111122223333:key/1", nil
}
func (a *around) Open(region, _ string) bool { return !a.closed[region] }
func (a *around) BeforeChange(f func())      { a.before = append(a.before, f) }
func (a *around) Publish(_, _, _, _, _ string, point float64) {
	a.points = append(a.points, point)
}
func (a *around) close(region string) {
	for _, f := range a.before {
		f()
	}
	a.closed[region] = true
}

type world struct {
	*around
	sim   *sim.Sim
	cloud *cloud.Cloud
	rds   *Service
	db    *Instance
	copy  *Instance
	west  *awsrds.Client
	east  *awsrds.Client
}

func newWorld() *world {
	w := &world{around: &around{closed: map[string]bool{}}, sim: sim.New(1)}
	w.cloud = cloud.New(w.sim, "111122223333", east, west)
	w.rds = New(w.cloud, w, w, w)
	w.db = w.rds.Create(east, Setup{ID: "db", Class: "db.t3.large", Database: "acso", Key: "k", Window: "03:00-04:00", ACL: "acl", Retention: 35, Protected: true})
	w.copy = w.rds.Create(west, Setup{ID: "db-replica", Class: "db.t3.large", Database: "acso", Key: "k", Window: "03:00-04:00", ACL: "acl", Retention: 35, SourceRegion: east, Source: "db"})
	w.west = awsrds.NewFromConfig(w.cloud.Config(cloud.Principal{Name: "test", Region: west, Unlimited: true}))
	w.east = awsrds.NewFromConfig(w.cloud.Config(cloud.Principal{Name: "test", Region: east, Unlimited: true}))
	return w
}

func (w *world) run(d time.Duration) { w.sim.Run(w.sim.Now().Add(d), nil) }

// in runs body as a process until it ends.
func (w *world) in(t *testing.T, body func(ctx context.Context)) {
	t.Helper()
	ended := false
	w.sim.Go(context.Background(), body, func(bool) { ended = true })
	if !w.sim.Run(w.sim.Now().Add(24*time.Hour), func() bool { return ended }) {
		t.Fatal("the body did not end")
	}
}

func (w *world) dial(ctx context.Context, t *testing.T, from string, i *Instance) platform.Conn {
	t.Helper()
	c, err := w.rds.Opener(from).Open(ctx, platform.Endpoint{Region: i.Region, Host: i.Host(), Port: 5432, Database: "acso"})
	if err != nil {
		t.Fatalf("open %s: %v", i.ID, err)
	}
	return c
}

func code(err error) string {
	var api smithy.APIError
	if errors.As(err, &api) {
		return api.ErrorCode()
	}
	return ""
}
