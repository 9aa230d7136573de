package ecs

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	aas "github.com/aws/aws-sdk-go-v2/service/applicationautoscaling"
	aastypes "github.com/aws/aws-sdk-go-v2/service/applicationautoscaling/types"
	awsecs "github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/acso/disaster-recovery/lab/cloud"
	"github.com/acso/disaster-recovery/lab/cloud/rds"
	"github.com/acso/disaster-recovery/lab/sim"
)

const (
	east = "us-east-1"
	west = "us-west-2"
)

type around struct{}

func (around) Resolve(region, _ string) (string, error) {
	return "arn:aws:kms:" + region + ":1:key/1", nil
}
func (around) Open(string, string) bool                { return true }
func (around) BeforeChange(func())                     {}
func (around) Publish(_, _, _, _, _ string, _ float64) {}
func (around) CNAME(_, name string) (string, bool)     { return "east.example.com", name == "example.com" }

type world struct {
	sim   *sim.Sim
	cloud *cloud.Cloud
	ecs   *Service
	api   *awsecs.Client
	scale *aas.Client
}

func newWorld() *world {
	w := &world{sim: sim.New(1)}
	w.cloud = cloud.New(w.sim, "111122223333", east, west)
	databases := rds.New(w.cloud, around{}, around{}, around{})
	databases.Create(east, rds.Setup{ID: "db", Database: "acso", Key: "k"})
	databases.Create(west, rds.Setup{ID: "copy", Database: "acso", Key: "k", SourceRegion: east, Source: "db"})
	w.ecs = New(w.cloud, databases, around{})
	w.ecs.Begin(east, "prod-cluster", "east.example.com", "db", Setup{Name: "prod-a", Short: "a", Critical: true, Desired: 2, Min: 1, Max: 4}, Setup{Name: "prod-b", Short: "b", Desired: 1})
	w.ecs.Begin(west, "dr-cluster", "west.example.com", "copy", Setup{Name: "dr-a", Short: "a", Critical: true, Desired: 1, Min: 1, Max: 4})
	config := w.cloud.Config(cloud.Principal{Name: "test", Region: west, Unlimited: true})
	w.api, w.scale = awsecs.NewFromConfig(config), aas.NewFromConfig(config)
	return w
}

func (w *world) in(t *testing.T, body func(ctx context.Context)) {
	t.Helper()
	ended := false
	w.sim.Go(context.Background(), body, func(bool) { ended = true })
	if !w.sim.Run(w.sim.Now().Add(24*time.Hour), func() bool { return ended }) {
		t.Fatal("the body did not end")
	}
}

func (w *world) look(ctx context.Context, t *testing.T) types.Service {
	t.Helper()
	out, err := w.api.DescribeServices(ctx, &awsecs.DescribeServicesInput{Cluster: aws.String("dr-cluster"), Services: []string{"dr-a"}})
	if err != nil {
		t.Fatal(err)
	}
	return out.Services[0]
}

func TestScaleOutTakesTimeAndScaleInIsQuick(t *testing.T) {
	w := newWorld()
	w.in(t, func(ctx context.Context) {
		update := func(n int32) {
			if _, err := w.api.UpdateService(ctx, &awsecs.UpdateServiceInput{Cluster: aws.String("dr-cluster"), Service: aws.String("dr-a"), DesiredCount: aws.Int32(n)}); err != nil {
				t.Fatal(err)
			}
		}
		update(3)
		sim.Sleep(ctx, 20*time.Second)
		if s := w.look(ctx, t); s.RunningCount != 1 || s.PendingCount != 2 || s.DesiredCount != 3 {
			t.Errorf("after 20 s: %d running, %d pending, %d desired", s.RunningCount, s.PendingCount, s.DesiredCount)
		}
		sim.Sleep(ctx, 2*time.Minute)
		if s := w.look(ctx, t); s.RunningCount != 3 || w.ecs.Workload(west, "dr-a").Healthy() != 3 {
			t.Errorf("after 2 min: %d running", s.RunningCount)
		}
		update(0)
		sim.Sleep(ctx, 2*time.Second)
		if w.ecs.Workload(west, "dr-a").Healthy() != 0 {
			t.Error("a stopping task is still healthy")
		}
		sim.Sleep(ctx, 30*time.Second)
		if s := w.look(ctx, t); s.RunningCount != 0 {
			t.Errorf("after the drain: %d running", s.RunningCount)
		}
	})
}

func TestScalableTargetBoundsTheDesiredCount(t *testing.T) {
	w := newWorld()
	w.in(t, func(ctx context.Context) {
		in := &aas.RegisterScalableTargetInput{ServiceNamespace: aastypes.ServiceNamespaceEcs, ScalableDimension: aastypes.ScalableDimensionECSServiceDesiredCount, ResourceId: aws.String("service/dr-cluster/dr-a"), MinCapacity: aws.Int32(2)}
		for _, step := range []struct{ low, high, want int32 }{{2, 4, 2}, {0, 0, 0}} {
			in.MinCapacity, in.MaxCapacity = aws.Int32(step.low), aws.Int32(step.high)
			if _, err := w.scale.RegisterScalableTarget(ctx, in); err != nil {
				t.Fatal(err)
			}
			sim.Sleep(ctx, 10*time.Second)
			if s := w.look(ctx, t); s.DesiredCount != step.want {
				t.Errorf("%d to %d: desired %d", step.low, step.high, s.DesiredCount)
			}
		}
		in.MinCapacity, in.MaxCapacity = aws.Int32(3), aws.Int32(1)
		var invalid *aastypes.ValidationException
		if _, err := w.scale.RegisterScalableTarget(ctx, in); !errors.As(err, &invalid) {
			t.Errorf("minimum above maximum: %v", err)
		}
		out, err := w.scale.DescribeScalableTargets(ctx, &aas.DescribeScalableTargetsInput{ServiceNamespace: aastypes.ServiceNamespaceEcs})
		if err != nil || len(out.ScalableTargets) != 1 || *out.ScalableTargets[0].MaxCapacity != 0 {
			t.Errorf("targets: %v %v", out, err)
		}
	})
}

func TestNoCapacityStartsOnlyPart(t *testing.T) {
	w := newWorld()
	w.ecs.SetCapacity(west, 2)
	w.ecs.Scale(west, "dr-a", 4)
	w.in(t, func(ctx context.Context) {
		sim.Sleep(ctx, 5*time.Minute)
		if s := w.look(ctx, t); s.RunningCount != 2 || len(s.Events) == 0 || !strings.Contains(*s.Events[0].Message, "unable to place") {
			t.Errorf("%d running, events %v", s.RunningCount, s.Events)
		}
		w.ecs.SetCapacity(west, -1)
		sim.Sleep(ctx, 5*time.Minute)
		if s := w.look(ctx, t); s.RunningCount != 4 {
			t.Errorf("with room again: %d running", s.RunningCount)
		}
	})
}

func TestTasksDieWithTheRegionButNotWithTheNetwork(t *testing.T) {
	w := newWorld()
	run := func(d time.Duration) { w.sim.Run(w.sim.Now().Add(d), nil) }
	a := w.ecs.Workload(east, "prod-a")
	w.cloud.Cut(cloud.Clients, east)
	run(time.Minute)
	if a.Healthy() != 2 || w.ecs.Answers(cloud.Clients, east) || !w.ecs.Answers(west, east) {
		t.Errorf("cut: %d healthy", a.Healthy())
	}
	w.cloud.Heal(cloud.Clients, east)
	w.cloud.Kill(east)
	run(time.Minute)
	w.cloud.Revive(east)
	run(time.Minute)
	if a.Healthy() != 0 {
		t.Error("tasks came back at once")
	}
	run(6 * time.Minute)
	if a.Healthy() != 2 || !w.ecs.Serves(east) {
		t.Errorf("after the return: %d healthy", a.Healthy())
	}
}

func TestHealthOverHTTP(t *testing.T) {
	w := newWorld()
	ask := func(ctx context.Context, from, url, host string) (int, string, error) {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		request.Host = host
		response, err := w.ecs.Transport(from).RoundTrip(request)
		if err != nil {
			return 0, "", err
		}
		defer func() { _ = response.Body.Close() }()
		body, err := io.ReadAll(response.Body)
		return response.StatusCode, string(body), err
	}
	w.in(t, func(ctx context.Context) {
		if status, body, err := ask(ctx, west, "https://example.com/health", ""); status != 200 || body != `{"status":"healthy","region":"us-east-1","services":{"a":"healthy","b":"healthy"}}` {
			t.Errorf("public name: %d %s %v", status, body, err)
		}
		if status, body, err := ask(ctx, west, "https://west.example.com/health", "example.com"); status != 503 || !strings.Contains(body, `"status":"unhealthy"`) {
			t.Errorf("a standby with a replica: %d %s %v", status, body, err)
		}
		if _, _, err := ask(ctx, west, "https://nowhere.example.org/health", ""); err == nil || !strings.Contains(err.Error(), "no such host") {
			t.Errorf("unknown host: %v", err)
		}
		if status, _, _ := ask(ctx, west, "https://west.example.com/health", "other.example.org"); status != 404 {
			t.Errorf("a foreign Host: %d", status)
		}
		w.cloud.Cut(west, east)
		bounded, cancel := w.sim.WithTimeout(ctx, 5*time.Second)
		defer cancel()
		began := w.sim.Now()
		if _, _, err := ask(bounded, west, "https://east.example.com/health", ""); !errors.Is(err, context.DeadlineExceeded) || w.sim.Now().Sub(began) != 5*time.Second {
			t.Errorf("cut: %v after %s", err, w.sim.Now().Sub(began))
		}
	})
}
