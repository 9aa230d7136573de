package readiness_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/acso/disaster-recovery/internal/environment"
	judged "github.com/acso/disaster-recovery/internal/readiness"
	"github.com/acso/disaster-recovery/lab/cloud"
	"github.com/acso/disaster-recovery/lab/cloud/lambda"
	"github.com/acso/disaster-recovery/lab/labtest"
	"github.com/acso/disaster-recovery/lab/world"
)

// bench is what worlds share because it is dear to make.
type bench struct {
	env     *environment.Environment
	options world.Options
}

func newBench(t testing.TB) *bench {
	t.Helper()
	o := labtest.Production(t)
	return &bench{o.Environment, o}
}

// site is a world in which readiness is asked.
type site struct {
	testing.TB
	*world.World
	machines          world.Machines
	primary, recovery string // the active region, and the one that is judged: those of the environment, or the other way round
}

// lived is how long a world lives before it is judged: backups every 15 minutes, verifications, probes.
const lived = 25 * time.Minute

func (b *bench) world(t testing.TB, seed uint64) *site {
	t.Helper()
	return b.towards(t, seed, b.env.Regions.Recovery)
}

// towards is a world in which a region stands by.
func (b *bench) towards(t testing.TB, seed uint64, standby string) *site {
	t.Helper()
	active := b.env.Pair(standby)
	o := b.options
	o.Seed, o.Scheduled, o.Active = seed, true, active
	w := world.New(o)
	w.Mature()
	return &site{t, w, o.Machines, active, standby}
}

func (s *site) pass(d time.Duration) { s.Sim.Run(s.Sim.Now().Add(d), nil) }

// ask invokes the deployed function of a region.
func (s *site) ask(region, payload string) (report judged.Report, failed *lambda.Error) {
	s.Helper()
	done := false
	s.Lambda.Invoke(s.Lambda.ARN(region, s.Env.FunctionName("readiness")), json.RawMessage(payload), func(answer json.RawMessage, err *lambda.Error) {
		done, failed = true, err
		if err == nil {
			if broken := json.Unmarshal(answer, &report); broken != nil {
				s.Error(broken)
			}
		}
	})
	s.Sim.Run(s.Sim.Now().Add(3*time.Minute), func() bool { return done })
	if !done {
		s.Fatal("readiness did not answer")
	}
	return report, failed
}

func (s *site) judge() judged.Report {
	s.Helper()
	report, failed := s.ask(s.recovery, `{}`)
	if failed != nil {
		s.Fatal(failed)
	}
	return report
}

// clock is the run by the clock.
func (s *site) clock() judged.Report {
	s.Helper()
	report, failed := s.ask(s.recovery, `{"keep":true}`)
	if failed != nil {
		s.Fatal(failed)
	}
	return report
}

func findings(r judged.Report) string {
	var all []string
	for _, c := range r.Findings() {
		all = append(all, c.Name+" "+string(c.Verdict)+": "+c.Evidence)
	}
	return strings.Join(all, "\n")
}

func TestAHealthySystemIsReady(t *testing.T) {
	b := newBench(t)
	for seed := range uint64(10) {
		s := b.towards(t, seed, []string{b.env.Regions.Recovery, b.env.Regions.Primary}[seed%2])
		s.pass(lived)
		before := s.Sim.Now()
		report := s.judge()
		took := s.Sim.Now().Sub(before)
		if report.Verdict != judged.Pass {
			t.Errorf("seed %d: %s\n%s", seed, report.Verdict, findings(report))
		}
		if report.RecoveryTimeSeconds == nil || report.LossSeconds == nil || *report.LossSeconds < 30 || *report.LossSeconds > 180 {
			t.Errorf("seed %d: %s", seed, report.Because)
		}
		if took > time.Minute {
			t.Errorf("seed %d: it took %s", seed, took)
		}
		if seed == 0 {
			t.Logf("%s, %d checks, took %s", report.Because, len(report.Checks), took)
		}
		s.Traffic.Stop()
	}
}

// TestItChangesNothing: asked, it makes no call that can change something, nor does the function that it has look at the data; by the clock only those for its metrics and its
// record and, when there is news, for its messages.
func TestItChangesNothing(t *testing.T) {
	s := newBench(t).world(t, 1)
	s.pass(lived)
	seen := map[string]int{}
	s.Cloud.Observe(func(r cloud.Record) {
		if (r.Caller == "readiness" || r.Caller == judged.Inspector) && r.Mutating {
			seen[r.Operation]++
		}
	})
	if s.judge(); len(seen) > 0 {
		t.Errorf("asked, it called %v", seen)
	}
	s.clock()
	for operation, n := range seen {
		if operation != "CloudWatch.PutMetricData" && operation != "DynamoDB.PutItem" || n != 1 {
			t.Errorf("it called %s %d times", operation, n)
		}
	}
}
