package traffic

import (
	"testing"
	"time"

	"github.com/acso/disaster-recovery/lab/cloud"
	"github.com/acso/disaster-recovery/lab/cloud/ec2"
	"github.com/acso/disaster-recovery/lab/cloud/ecs"
	"github.com/acso/disaster-recovery/lab/cloud/rds"
	"github.com/acso/disaster-recovery/lab/cloud/route53"
	"github.com/acso/disaster-recovery/lab/sim"
)

const (
	east = "us-east-1"
	west = "us-west-2"
	name = "app.example.com"
)

type around struct{ tell func(string, time.Time) }

func (*around) Resolve(region, _ string) (string, error) {
	return "arn:aws:kms:" + region + ":1:key/1", nil
}
func (*around) Publish(_, _, _, _, _ string, _ float64)          {}
func (a *around) OnAlarm(_, _ string, f func(string, time.Time)) { a.tell = f }

type world struct {
	*around
	sim     *sim.Sim
	cloud   *cloud.Cloud
	rds     *rds.Service
	replica *rds.Instance
	traffic *Traffic
}

func newWorld(clients int) *world {
	w := &world{around: &around{}, sim: sim.New(1)}
	w.cloud = cloud.New(w.sim, "111122223333", east, west)
	acls := ec2.New(w.cloud)
	acls.Create(east, "db-acl")
	acls.Create(west, "db-acl")
	w.rds = rds.New(w.cloud, w, acls, w)
	w.rds.Create(east, rds.Setup{ID: "db", Database: "app", Key: "k", ACL: "db-acl"})
	w.replica = w.rds.Create(west, rds.Setup{ID: "copy", Database: "app", Key: "k", ACL: "db-acl", SourceRegion: east, Source: "db"})
	w.rds.FixLag(west, "copy", 3*time.Second)
	dns := route53.New(w.cloud, "Z1", "example.com", w, w)
	dns.AddAlarmCheck("switch", west, "switch")
	dns.Add(route53.Setup{Name: name, Type: "CNAME", Value: "east." + name, TTL: time.Minute, Set: "p", Failover: "PRIMARY", Check: "switch"})
	dns.Add(route53.Setup{Name: name, Type: "CNAME", Value: "west." + name, TTL: time.Minute, Set: "s", Failover: "SECONDARY"})
	services := ecs.New(w.cloud, w.rds, dns)
	for _, r := range []struct{ region, short, db string }{{east, "east", "db"}, {west, "west", "copy"}} {
		var setups []ecs.Setup
		for _, s := range []string{"a", "b", "c", "d", "e"} {
			setups = append(setups, ecs.Setup{Name: r.short + "-" + s, Short: s, Critical: s < "d", Desired: 2})
		}
		services.Begin(r.region, r.short, r.short+"."+name, r.db, setups...)
	}
	w.traffic = Start(w.sim, dns, services, w.rds, name, clients)
	return w
}

func (w *world) run(d time.Duration) { w.sim.Run(w.sim.Now().Add(d), nil) }

func TestClientsSeeOutageAndLoss(t *testing.T) {
	w := newWorld(Default)
	routed := map[string]int{}
	w.traffic.OnRoute = func(_ time.Time, _ int32, region string, acknowledged bool) {
		if acknowledged {
			routed[region]++
		}
	}
	w.run(100*time.Second + 500*time.Millisecond)
	if n := len(w.traffic.Acks()); n != 500 || len(w.traffic.Failures()) != 0 {
		t.Fatalf("%d acknowledged, failures %v", n, w.traffic.Failures())
	}
	w.cloud.Kill(east)
	w.run(time.Minute)
	w.rds.Promoted(west, "copy")
	promoted := w.sim.Now()
	w.tell("ALARM", w.sim.Now())
	w.run(10 * time.Minute)
	o := w.traffic.Outage()
	if o.Ongoing || len(o.Any) != 1 || o.Longest.Length() < 2*time.Minute || o.Longest.Length() > 6*time.Minute || o.Total < o.Longest.Length() {
		t.Errorf("outage %+v", o)
	}
	l := w.traffic.Loss(w.replica) // killed at 100.5 s, 3 s behind: what was acknowledged at 98, 99 and 100 s is gone
	if l.Rows != 15 || l.Span != 3*time.Second {
		t.Errorf("loss %+v", l)
	}
	if early := w.traffic.LossUntil(w.replica, promoted); early != l {
		t.Errorf("until the promotion: %+v", early)
	}
	if d := w.traffic.DualWriters(); len(d) != 0 {
		t.Errorf("dual writers %v", d)
	}
	if routed[east] != 500 || routed[west] == 0 {
		t.Errorf("routed %v", routed)
	}
	w.traffic.Stop()
	n := len(w.traffic.Acks())
	w.run(time.Minute)
	if len(w.traffic.Acks()) != n {
		t.Error("clients work on after Stop")
	}
}

func TestPromotionBesideALivingPrimaryShowsAsTwoWriters(t *testing.T) {
	w := newWorld(Default)
	w.run(time.Minute)
	w.rds.Promoted(west, "copy")
	promoted := w.sim.Now()
	w.tell("ALARM", promoted)
	w.run(10 * time.Minute)
	d := w.traffic.DualWriters()
	if len(d) != 1 || d[0].Length() <= 0 || d[0].Length() > time.Minute {
		t.Errorf("dual writers %v", d)
	}
	if late := w.traffic.Elsewhere(w.replica, promoted); len(late) == 0 || late[0].Region != east {
		t.Errorf("late writes: %d", len(late))
	}
}

func BenchmarkClientSecond(b *testing.B) {
	w := newWorld(Default)
	w.run(10 * time.Second)
	b.ResetTimer()
	for range b.N / Default {
		w.run(time.Second)
	}
}
