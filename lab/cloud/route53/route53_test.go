package route53

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsroute53 "github.com/aws/aws-sdk-go-v2/service/route53"
	"github.com/aws/aws-sdk-go-v2/service/route53/types"

	"github.com/acso/disaster-recovery/lab/cloud"
	"github.com/acso/disaster-recovery/lab/sim"
)

const (
	east = "us-east-1"
	west = "us-west-2"
	name = "app.example.com"
)

type alarm struct {
	tell   func(string, time.Time)
	points int
}

func (a *alarm) OnAlarm(_, _ string, f func(string, time.Time)) { a.tell = f }
func (a *alarm) Publish(_, _, _, _, _ string, _ float64)        { a.points++ }

type world struct {
	*alarm
	sim   *sim.Sim
	cloud *cloud.Cloud
	dns   *Service
	api   *awsroute53.Client
	up    bool
}

func newWorld() *world {
	w := &world{alarm: &alarm{}, sim: sim.New(1), up: true}
	w.cloud = cloud.New(w.sim, "111122223333", east, west)
	w.dns = New(w.cloud, "Z1", "example.com", w, w)
	w.dns.Watch(func(string) bool { return w.up })
	w.dns.AddAlarmCheck("switch", west, "switch")
	w.dns.AddEndpointCheck("endpoint", "east."+name, "/health")
	w.dns.Add(Setup{Name: name, Type: "CNAME", Value: "east." + name, TTL: time.Minute, Set: "p", Failover: "PRIMARY", Check: "switch"})
	w.dns.Add(Setup{Name: name, Type: "CNAME", Value: "west." + name, TTL: time.Minute, Set: "s", Failover: "SECONDARY"})
	w.dns.Add(Setup{Name: "checkers." + name, Type: "TXT", Value: `"healthy"`, TTL: time.Minute, Set: "p", Failover: "PRIMARY", Check: "endpoint"})
	w.dns.Add(Setup{Name: "checkers." + name, Type: "TXT", Value: `"unhealthy"`, TTL: time.Minute, Set: "s", Failover: "SECONDARY"})
	w.api = awsroute53.NewFromConfig(w.cloud.Config(cloud.Principal{Name: "test", Region: west, Unlimited: true}))
	return w
}

func (w *world) run(d time.Duration) { w.sim.Run(w.sim.Now().Add(d), nil) }

func (w *world) in(t *testing.T, body func(ctx context.Context)) {
	t.Helper()
	ended := false
	w.sim.Go(context.Background(), body, func(bool) { ended = true })
	if !w.sim.Run(w.sim.Now().Add(24*time.Hour), func() bool { return ended }) {
		t.Fatal("the body did not end")
	}
}

func TestTheSwitchMovesAnswersAndCachesFollowByTTL(t *testing.T) {
	w := newWorld()
	cache := w.dns.NewCache()
	if target, ok := cache.CNAME(name); !ok || target != "east."+name {
		t.Fatalf("before: %s", target)
	}
	w.cloud.Kill(east) // the data plane goes on
	began := w.sim.Now()
	w.tell("ALARM", began)
	var moved, followed time.Duration
	for range 300 {
		w.run(time.Second)
		if moved == 0 && w.dns.Answer(name) == "west."+name {
			moved = w.sim.Now().Sub(began)
		}
		if target, _ := cache.CNAME(name); followed == 0 && target == "west."+name {
			followed = w.sim.Now().Sub(began)
		}
	}
	if moved < time.Minute || moved > 181*time.Second {
		t.Errorf("answers moved after %s", moved)
	}
	if followed < moved || followed > moved+time.Minute {
		t.Errorf("answers moved after %s, the cache followed after %s", moved, followed)
	}
	w.tell("INSUFFICIENT_DATA", w.sim.Now())
	w.run(5 * time.Minute)
	if w.dns.Answer(name) != "west."+name {
		t.Error("missing data moved the answers")
	}
}

func TestCheckersNeedThreeFailuresAndFewHealthyOnesSuffice(t *testing.T) {
	w := newWorld()
	txt := func() (text string) {
		w.in(t, func(ctx context.Context) {
			var err error
			if text, err = w.dns.Resolver(west).TXT(ctx, "checkers."+name); err != nil {
				t.Error(err)
			}
		})
		return text
	}
	w.run(time.Minute)
	w.dns.SetCheckerShare("endpoint", 0.2)
	w.run(time.Minute)
	if got := txt(); got != "healthy" {
		t.Errorf("with a fifth of the checkers: %s", got)
	}
	w.up = false
	w.run(19 * time.Second)
	if got := txt(); got != "healthy" {
		t.Errorf("after two failures at most: %s", got)
	}
	w.run(12 * time.Second)
	if got := txt(); got != "unhealthy" {
		t.Errorf("after three failures: %s", got)
	}
	if w.points == 0 {
		t.Error("no metrics")
	}
}

func TestControlPlaneDiesWithItsRegion(t *testing.T) {
	w := newWorld()
	w.in(t, func(ctx context.Context) {
		change := func(action types.ChangeAction, value string) (*awsroute53.ChangeResourceRecordSetsOutput, error) {
			return w.api.ChangeResourceRecordSets(ctx, &awsroute53.ChangeResourceRecordSetsInput{HostedZoneId: aws.String("Z1"), ChangeBatch: &types.ChangeBatch{Changes: []types.Change{{
				Action: action, ResourceRecordSet: &types.ResourceRecordSet{Name: aws.String("x.example.com"), Type: types.RRTypeCname, TTL: aws.Int64(60), ResourceRecords: []types.ResourceRecord{{Value: aws.String(value)}}},
			}}}})
		}
		out, err := change(types.ChangeActionCreate, "a.example.com")
		if err != nil || out.ChangeInfo.Status != types.ChangeStatusPending {
			t.Fatalf("create: %v %v", out, err)
		}
		if w.dns.Answer("x.example.com") != "" {
			t.Error("answered before it propagated")
		}
		sim.Sleep(ctx, 61*time.Second)
		if got, err := w.api.GetChange(ctx, &awsroute53.GetChangeInput{Id: out.ChangeInfo.Id}); err != nil || got.ChangeInfo.Status != types.ChangeStatusInsync || w.dns.Answer("x.example.com") != "a.example.com" {
			t.Errorf("after a minute: %v %v", got, err)
		}
		var invalid *types.InvalidChangeBatch
		if _, err := change(types.ChangeActionCreate, "b.example.com"); !errors.As(err, &invalid) {
			t.Errorf("create again: %v", err)
		}
		listed, err := w.api.ListResourceRecordSets(ctx, &awsroute53.ListResourceRecordSetsInput{HostedZoneId: aws.String("/hostedzone/Z1"), StartRecordName: aws.String(name)})
		if err != nil || len(listed.ResourceRecordSets) != 5 || *listed.ResourceRecordSets[0].HealthCheckId != "switch" {
			t.Errorf("list: %v %v", listed, err)
		}
		w.cloud.Kill(east)
		bounded, cancel := w.sim.WithTimeout(ctx, 3*time.Second)
		defer cancel()
		if _, err := w.api.GetHealthCheck(bounded, &awsroute53.GetHealthCheckInput{HealthCheckId: aws.String("switch")}); err == nil {
			t.Error("the control plane answered from a dead region")
		}
	})
}

func TestUpdateHealthCheckInverts(t *testing.T) {
	w := newWorld()
	w.in(t, func(ctx context.Context) {
		var mismatch *types.HealthCheckVersionMismatch
		if _, err := w.api.UpdateHealthCheck(ctx, &awsroute53.UpdateHealthCheckInput{HealthCheckId: aws.String("switch"), HealthCheckVersion: aws.Int64(9), Inverted: aws.Bool(true)}); !errors.As(err, &mismatch) {
			t.Errorf("a wrong version: %v", err)
		}
		if _, err := w.api.UpdateHealthCheck(ctx, &awsroute53.UpdateHealthCheckInput{HealthCheckId: aws.String("switch"), Inverted: aws.Bool(true)}); err != nil {
			t.Fatal(err)
		}
		sim.Sleep(ctx, 30*time.Second)
	})
	if w.dns.Answer(name) != "west."+name {
		t.Error("an inverted healthy check still answers the primary")
	}
}

func TestBothUnhealthyAnswersThePrimary(t *testing.T) {
	w := newWorld()
	w.dns.AddEndpointCheck("second", "west."+name, "/health")
	for i := range w.dns.live {
		if w.dns.live[i].failover == types.ResourceRecordSetFailoverSecondary {
			w.dns.live[i].check = "second"
		}
	}
	w.up = false
	w.tell("ALARM", w.sim.Now())
	w.run(5 * time.Minute)
	if w.dns.Answer(name) != "east."+name {
		t.Errorf("both unhealthy: %s", w.dns.Answer(name))
	}
}
