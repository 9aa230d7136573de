package fencing_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/acso/disaster-recovery/internal/environment"
	"github.com/acso/disaster-recovery/internal/fencing"
	"github.com/acso/disaster-recovery/internal/incident"
	"github.com/acso/disaster-recovery/internal/platform"
	"github.com/acso/disaster-recovery/lab/cloud"
	"github.com/acso/disaster-recovery/lab/labtest"
	"github.com/acso/disaster-recovery/lab/sim"
	"github.com/acso/disaster-recovery/lab/world"
)

// place is a world with an open incident, seen from a function in the recovery region.
type place struct {
	*world.World
	t     *testing.T
	e     *environment.Environment
	p     platform.Platform
	claim incident.Claim
}

type clock struct{ *sim.Sim }

func begin(t *testing.T) *place {
	t.Helper()
	o := labtest.Production(t)
	e := o.Environment
	w := world.New(o)
	w.Sim.Run(w.Sim.Now().Add(10*time.Minute), nil)
	region := e.Regions.Recovery
	principal := cloud.Principal{Name: "fence", Region: region, Grants: append(fencing.Grants(e, region), fencing.ReleaseGrants(e, region)...)}
	pl := &place{World: w, t: t, e: e, p: platform.Platform{
		AWS: w.Cloud.Config(principal), Environment: e, Clock: clock{w.Sim},
		HTTP: w.ECS.Transport(region), DNS: w.DNS.Resolver(region), SQL: w.RDS.OpenerFor(principal),
	}}
	i, err := incident.NewStore(pl.p).Begin(context.Background(), incident.Opening{Owner: "arn:execution:ada", Trigger: "test", Region: region, Mode: incident.Automatic})
	if err != nil {
		t.Fatal(err)
	}
	pl.claim = incident.Claim{Epoch: i.Epoch, Owner: i.Owner}
	return pl
}

// round runs one call of a fencer as a process of the lab, so that it takes virtual time; it reports how much.
func (p *place) round(call func(context.Context) (fencing.Report, error)) (fencing.Report, time.Duration) {
	p.t.Helper()
	var report fencing.Report
	var err error
	began, over := p.Sim.Now(), false
	p.Sim.Go(context.Background(), func(ctx context.Context) { report, err = call(ctx) }, func(bool) { over = true })
	p.Sim.Run(began.Add(time.Hour), func() bool { return over })
	if err != nil {
		p.t.Fatal(err)
	}
	return report, p.Sim.Now().Sub(began)
}

func (p *place) close(f *fencing.Fencer) (fencing.Report, time.Duration) {
	return p.round(func(ctx context.Context) (fencing.Report, error) { return f.Close(ctx, f.Claimed(ctx, p.claim)) })
}

func (p *place) pass(d time.Duration) { p.Sim.Run(p.Sim.Now().Add(d), nil) }

func (p *place) result(r fencing.Report, check string) string {
	for _, c := range r.Evidence {
		if c.Check == check {
			return c.Result
		}
	}
	p.t.Fatalf("no evidence of %s in %+v", check, r)
	return ""
}

// proven repeats rounds, each with the fencer that next gives, until the fence is proven.
func (p *place) proven(rounds int, next func() *fencing.Fencer) {
	p.t.Helper()
	var report fencing.Report
	for range rounds {
		if report, _ = p.close(next()); report.State == incident.FenceProven {
			return
		}
		p.pass(5 * time.Second)
	}
	p.t.Fatalf("not proven after %d rounds: %+v", rounds, report)
}

func (p *place) writable() bool {
	old := p.e.Regions.Primary
	return p.RDS.Writable(old, p.RDS.Instance(old, p.e.DatabaseIn(old))) || p.EC2.Open(old, p.e.DatabaseACL(old))
}

func TestALivingPrimaryIsFencedWithProof(t *testing.T) {
	p := begin(t)
	fencer := fencing.New(p.p)
	first, _ := p.close(fencer)
	if got := p.result(first, "pooled-connection"); got != incident.Pass {
		t.Errorf("a connection from before the closing: %s in the first round", got)
	}
	if first.State != incident.FenceOwed || !first.Answered {
		t.Errorf("tasks cannot have stopped at once: %+v", first)
	}
	p.proven(30, func() *fencing.Fencer { return fencer })
	if p.EC2.Open(p.e.Regions.Primary, p.e.DatabaseACL(p.e.Regions.Primary)) {
		t.Error("proven, and the database subnets are open")
	}
	for _, w := range p.ECS.Workloads(p.e.Regions.Primary) {
		if _, high, _ := p.ECS.Bounds(p.e.Regions.Primary, w.Name); w.Running() != 0 || high != 0 {
			t.Errorf("proven, and %s runs %d tasks and may run %d", w.Name, w.Running(), high)
		}
	}
}

// TestAProcessThatDiesIsMadeUpForByAReboot gives every round to a new process: none has a connection from before the
// closing but the first, which dies with it.
func TestAProcessThatDiesIsMadeUpForByAReboot(t *testing.T) {
	p := begin(t)
	reboots := 0
	p.Cloud.Observe(func(r cloud.Record) {
		if r.Operation == "RDS.RebootDBInstance" && r.Err == nil {
			reboots++
		}
	})
	p.Cloud.Inject(cloud.Fault{Operation: "EC2.CreateNetworkAclEntry", First: 2, Count: 1, Effect: cloud.KillAfter})
	dead := fencing.New(p.p)
	over := false
	p.Sim.Go(context.Background(), func(ctx context.Context) { _, _ = dead.Close(ctx, dead.Claimed(ctx, p.claim)) }, func(killed bool) { over = killed })
	p.Sim.Run(p.Sim.Now().Add(time.Hour), func() bool { return over })
	if !over {
		t.Fatal("the first process lives")
	}
	p.proven(60, func() *fencing.Fencer { return fencing.New(p.p) })
	if reboots != 1 {
		t.Errorf("the old database was rebooted %d times", reboots)
	}
}

func TestADeadRegionCostsSecondsAndStaysOwed(t *testing.T) {
	p := begin(t)
	p.Cloud.Kill(p.e.Regions.Primary)
	report, took := p.close(fencing.New(p.p))
	if report.State != incident.FenceOwed || report.Answered || took > 15*time.Second {
		t.Errorf("after %s: %+v", took, report)
	}
	for _, check := range report.Evidence {
		if check.Result != incident.Unknown {
			t.Errorf("%s is %s of a region that does not answer", check.Check, check.Result)
		}
	}
}

func TestReleaseGivesEverythingBack(t *testing.T) {
	p := begin(t)
	fencer := fencing.New(p.p)
	p.proven(30, func() *fencing.Fencer { return fencer })
	report, _ := p.round(func(ctx context.Context) (fencing.Report, error) {
		return fencer.Release(ctx, fencer.Claimed(ctx, p.claim))
	})
	p.pass(5 * time.Minute)
	if report.State != incident.FenceNone || !p.writable() {
		t.Errorf("released: %+v, writable: %t", report, p.writable())
	}
	for _, w := range p.ECS.Workloads(p.e.Regions.Primary) {
		if low, _, _ := p.ECS.Bounds(p.e.Regions.Primary, w.Name); w.Running() != 2 || low == 0 {
			t.Errorf("%s runs %d tasks, at least %d", w.Name, w.Running(), low)
		}
	}
}

func TestNothingIsReleasedAfterThePromotion(t *testing.T) {
	p := begin(t)
	fencer := fencing.New(p.p)
	p.proven(30, func() *fencing.Fencer { return fencer })
	if _, err := incident.NewStore(p.p).Update(context.Background(), p.claim, func(i *incident.Incident) bool {
		i.Promotion = incident.PromotionRequested
		return true
	}); err != nil {
		t.Fatal(err)
	}
	report, _ := p.round(func(ctx context.Context) (fencing.Report, error) {
		return fencer.Release(ctx, fencer.Claimed(ctx, p.claim))
	})
	if report.State != incident.FenceProven || p.EC2.Open(p.e.Regions.Primary, p.e.DatabaseACL(p.e.Regions.Primary)) {
		t.Errorf("the fence of a region that was replaced was opened: %+v", report)
	}
}

// locked is a way to the database on which every login fails for a reason of our own.
type locked struct{ why error }

func (l locked) Open(context.Context, platform.Endpoint) (platform.Conn, error) { return nil, l.why }

// TestOnlySilenceIsProof: a write that fails because this side has no certificate, no login or no port proves nothing
// about the network around the old database.
func TestOnlySilenceIsProof(t *testing.T) {
	for _, why := range []error{
		errors.New("read RDS's certificate authorities: no such file"),
		errors.New("tls: failed to verify certificate"),
		errors.New("dial tcp: connect: connection refused"),
		errors.New("lookup acso-production-db: no such host"),
	} {
		p := begin(t)
		p.p.SQL = locked{why}
		fencer := fencing.New(p.p)
		var report fencing.Report
		for range 40 {
			report, _ = p.close(fencer)
			p.pass(5 * time.Second)
		}
		if got := p.result(report, "new-connection"); got != incident.Unknown || report.State != incident.FenceOwed {
			t.Errorf("%v makes the fence %s, the new connection %s", why, report.State, got)
		}
	}
}

// TestALoginThatIsRefusedIsNoProof: PostgreSQL answered, so the network is open.
func TestALoginThatIsRefusedIsNoProof(t *testing.T) {
	p := begin(t)
	principal := cloud.Principal{Name: "fence", Region: p.e.Regions.Recovery} // without rds-db:connect
	p.p.SQL = p.RDS.OpenerFor(principal)
	conn, err := p.p.SQL.Open(context.Background(), platform.Endpoint{Host: p.host(), Port: 5432, Database: p.e.Database.Name})
	if conn != nil || err == nil {
		t.Fatal("a stranger logged in")
	}
	var refusal interface{ SQLState() string }
	if !errors.As(err, &refusal) || refusal.SQLState() != "28000" {
		t.Errorf("the lab's refusal is no error of PostgreSQL: %v", err)
	}
}

// TestWhatAnAbortedExecutionClosedIsGivenBackByTheNext: the first execution dies behind its closing, and the second one
// fails before the promotion.
func TestWhatAnAbortedExecutionClosedIsGivenBackByTheNext(t *testing.T) {
	p := begin(t)
	fencer := fencing.New(p.p)
	p.proven(30, func() *fencing.Fencer { return fencer })
	store := incident.NewStore(p.p)
	if released, _, err := store.Release(context.Background(), p.claim.Owner, incident.Aborted, p.Sim.Now()); err != nil || !released {
		t.Fatalf("released: %t, %v", released, err)
	}
	next, err := store.Begin(context.Background(), incident.Opening{Owner: "arn:execution:bob", Trigger: "test", Region: p.e.Regions.Recovery, Mode: incident.Automatic})
	if err != nil {
		t.Fatal(err)
	}
	if next.Fence.State != incident.FenceOwed || len(next.Outstanding()) == 0 {
		t.Errorf("the next incident does not know what is closed: %+v", next)
	}
	p.claim = incident.Claim{Epoch: next.Epoch, Owner: next.Owner}
	second := fencing.New(p.p)
	p.close(second)
	report, _ := p.round(func(ctx context.Context) (fencing.Report, error) {
		return second.Release(ctx, second.Claimed(ctx, p.claim))
	})
	p.pass(5 * time.Minute)
	if report.State != incident.FenceNone || !p.writable() {
		t.Errorf("released: %+v, writable: %t", report, p.writable())
	}
	for _, w := range p.ECS.Workloads(p.e.Regions.Primary) {
		if w.Running() != 2 {
			t.Errorf("%s runs %d tasks, and nobody knows any more that it ran 2", w.Name, w.Running())
		}
	}
	if i, err := store.Present(context.Background()); err != nil || len(i.Outstanding()) != 1 {
		t.Errorf("before anybody looked: %+v, %v", i.Outstanding(), err)
	}
	if seen, _ := p.round(func(ctx context.Context) (fencing.Report, error) {
		return second.Reopened(ctx, second.Claimed(ctx, p.claim))
	}); !seen.Done {
		t.Errorf("what was given back is not seen to serve: %+v", seen)
	}
	if i, err := store.Present(context.Background()); err != nil || len(i.Outstanding()) != 0 {
		t.Errorf("left: %+v, %v", i.Outstanding(), err)
	}
}

func (p *place) host() string {
	p.t.Helper()
	old := p.e.Regions.Primary
	return p.RDS.Instance(old, p.e.DatabaseIn(old)).Host()
}
