package readiness_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/acso/disaster-recovery/functions/checklag"
	"github.com/acso/disaster-recovery/internal/database"
	judged "github.com/acso/disaster-recovery/internal/readiness"
	"github.com/acso/disaster-recovery/lab/cloud"
	"github.com/acso/disaster-recovery/lab/cloud/cloudwatch"
	"github.com/acso/disaster-recovery/lab/cloud/kms"
)

// TestADeadActiveRegionIsUnknownQuickly: what needs its answer is unknown, what is here is judged as ever, and all of it takes
// seconds.
func TestADeadActiveRegionIsUnknownQuickly(t *testing.T) {
	b := newBench(t)
	for name, trouble := range map[string]func(*site){
		"dead":        func(s *site) { s.Cloud.Kill(s.primary) },
		"unreachable": func(s *site) { s.Cloud.Cut(s.recovery, s.primary) },
	} {
		t.Run(name, func(t *testing.T) {
			s := b.world(t, 3)
			defer s.Traffic.Stop()
			s.pass(lived)
			trouble(s)
			before := s.Sim.Now()
			report := s.judge()
			if took := s.Sim.Now().Sub(before); took > 45*time.Second {
				t.Errorf("it took %s", took)
			}
			if report.Verdict != judged.Unknown || report.RecoveryTimeSeconds == nil || report.LossSeconds == nil {
				t.Errorf("%s, %s", report.Verdict, report.Because)
			}
			for _, c := range report.Checks {
				far := c.Region == s.primary || c.Region == "global"
				if far && c.Verdict != judged.Unknown || !far && c.Verdict != judged.Pass {
					t.Errorf("%s in %s: %s: %s", c.Name, c.Region, c.Verdict, c.Evidence)
				}
			}
		})
	}
}

// TestACallThatFailsIsNeverAPass breaks every read of this region, one after the other: no check that needs it may pass. A login to the
// database is no call of an API, and the probe's table has to answer for a report to be made at all.
func TestACallThatFailsIsNeverAPass(t *testing.T) {
	b := newBench(t)
	s := b.world(t, 4)
	s.pass(lived)
	seen := map[string]bool{}
	s.Cloud.Observe(func(r cloud.Record) {
		if (r.Caller == "readiness" || r.Caller == judged.Inspector) && r.To == s.recovery && !r.Mutating && !strings.HasPrefix(r.Operation, "DynamoDB") && r.Operation != "RDS.Connect" {
			seen[r.Operation] = true
		}
	})
	s.judge()
	s.Traffic.Stop()
	if len(seen) < 15 {
		t.Errorf("only %d kinds of calls were seen", len(seen))
	}
	for operation := range seen {
		s := b.world(t, 4)
		s.pass(lived)
		s.Cloud.Inject(cloud.Fault{Region: s.recovery, Operation: operation, Effect: cloud.ErrorBefore})
		if report := s.judge(); report.Verdict == judged.Pass {
			t.Errorf("%s fails, and the region is ready", operation)
		}
		s.Traffic.Stop()
	}
}

func TestWhatChangedIsTold(t *testing.T) {
	s := newBench(t).world(t, 5)
	defer s.Traffic.Stop()
	s.pass(lived)
	heard := func() (subjects []string) {
		for _, m := range s.SNS.Messages(s.recovery, s.Env.Contacts.OnCall.Topic) {
			if m.Publisher == "readiness" {
				subjects = append(subjects, m.Subject)
			}
		}
		return subjects
	}
	s.clock()
	if told := heard(); len(told) > 0 {
		t.Errorf("a healthy system is told of: %v", told)
	}
	s.KMS.SetState(s.recovery, s.Env.DatabaseKey(s.recovery), kms.Disabled)
	if asked := s.judge().Drift; !asked.Changed || !asked.News || len(heard()) > 0 {
		t.Errorf("whoever asks sees it and keeps it from nobody: %+v, told %v", asked, heard())
	}
	for _, role := range s.Env.Contacts.Team() {
		s.SNS.Fail(s.recovery, role.Contact.Topic, true)
	}
	if _, failed := s.ask(s.recovery, `{"keep":true}`); failed == nil || failed.Type != "Unavailable" {
		t.Errorf("nobody could be told: %v", failed)
	}
	for _, role := range s.Env.Contacts.Team() {
		s.SNS.Fail(s.recovery, role.Contact.Topic, false)
	}
	broken := s.clock().Drift
	if !broken.News || broken.NotReadySince.IsZero() || len(heard()) != 1 || !strings.Contains(heard()[0], "is not ready") {
		t.Errorf("%+v, told %v", broken, heard())
	}
	s.pass(10 * time.Minute)
	if again := s.clock().Drift; again.Changed || again.News || !again.NotReadySince.Equal(broken.NotReadySince) || len(heard()) != 1 {
		t.Errorf("the same is told twice: %+v, told %v", again, heard())
	}
	s.KMS.SetState(s.recovery, s.Env.DatabaseKey(s.recovery), kms.Enabled)
	name := s.Env.Repository(s.Env.Services[0].Name)
	s.ECR.Push(s.primary, name, "stable", "release 2")
	mended := s.clock().Drift
	if !mended.Changed || !slices.Contains(mended.Changes, "database-key: pass, was fail") || !mended.NotReadySince.IsZero() || !slices.ContainsFunc(mended.Changes, func(c string) bool { return strings.HasPrefix(c, "image "+s.Env.Services[0].Name) }) {
		t.Errorf("%+v", mended)
	}
	if told := heard(); len(told) != 2 || !strings.Contains(told[1], "is ready") {
		t.Errorf("that it is mended is told as well: %v", told)
	}
}

// TestTheAlarmIsRaisedAfterAnHour: in the standby, and not in the active region, whose own metric says that it serves.
func TestTheAlarmIsRaisedAfterAnHour(t *testing.T) {
	s := newBench(t).world(t, 6)
	defer s.Traffic.Stop()
	name := judged.Alarm(s.Env).Name
	state := func(region string) cloudwatch.State {
		state, _, _ := s.Metrics.State(region, name)
		return state
	}
	s.pass(2*time.Hour + 5*time.Minute) // CloudWatch judges whole periods
	if here, there := state(s.recovery), state(s.primary); here == cloudwatch.Alarm || there == cloudwatch.Alarm {
		t.Fatalf("in a healthy system it is %s here and %s in the active region", here, there)
	}
	s.KMS.SetState(s.recovery, s.Env.DatabaseKey(s.recovery), kms.Disabled)
	s.pass(25 * time.Minute)
	if state(s.recovery) == cloudwatch.Alarm {
		t.Error("it is raised too early")
	}
	s.pass(2 * time.Hour)
	if here, there := state(s.recovery), state(s.primary); here != cloudwatch.Alarm || there == cloudwatch.Alarm {
		t.Errorf("after more than an hour it is %s here and %s in the active region", here, there)
	}
}

func TestTheActiveRegionIsNotJudged(t *testing.T) {
	s := newBench(t).world(t, 7)
	defer s.Traffic.Stop()
	s.pass(lived)
	report, failed := s.ask(s.primary, `{}`)
	if failed != nil || report.Verdict != judged.Pass || report.RecoveryTimeSeconds != nil || len(report.Checks) != 1 {
		t.Errorf("%v, %+v", failed, report)
	}
	for payload, region := range map[string]string{`{"to":"us-east-1"}`: s.primary, `{"to":"us-west-2"}`: s.primary} {
		if _, failed := s.ask(region, payload); failed == nil || failed.Type != "InvalidInput" {
			t.Errorf("%s in %s: %v", payload, region, failed)
		}
	}
}

// TestAfterAFailoverTheOldPrimaryIsNotReady: it has no replica and was never released, whatever its own table says of roles.
func TestAfterAFailoverTheOldPrimaryIsNotReady(t *testing.T) {
	s := newBench(t).world(t, 8)
	defer s.Traffic.Stop()
	s.pass(lived)
	s.Cloud.Kill(s.primary)
	s.pass(90 * time.Minute)
	s.Cloud.Revive(s.primary)
	s.pass(30 * time.Minute)
	report, failed := s.ask(s.primary, `{}`)
	if failed != nil {
		t.Fatal(failed)
	}
	var names []string
	for _, c := range report.Findings() {
		names = append(names, c.Name)
	}
	if report.Active != s.recovery || report.Verdict != judged.Fail || report.RecoveryTimeSeconds != nil || !slices.Contains(names, "replica-exists") {
		t.Errorf("%s, active %s: %v", report.Verdict, report.Active, names)
	}
	if report, failed := s.ask(s.recovery, `{}`); failed != nil || report.Verdict != judged.Pass {
		t.Errorf("the new active region: %v %s", failed, findings(report))
	}
}

// TestTheEstimateHoldsWhatDrillsTake: recoveries of the lab lie within the sum of the steps' ranges.
func TestTheEstimateHoldsWhatDrillsTake(t *testing.T) {
	b := newBench(t)
	low, high := judged.Span(judged.Steps(b.env))
	for seed := range uint64(5) {
		s := b.world(t, seed)
		s.pass(lived)
		s.Cloud.Kill(s.primary)
		dead := s.Sim.Now()
		s.Sim.Run(dead.Add(2*time.Hour), func() bool {
			return s.ServesClients(s.recovery) && s.DNS.Answer(s.Env.Domain.Name) == s.Env.RegionalName(s.recovery)
		})
		took := s.Sim.Now().Sub(dead).Seconds()
		if took < float64(low) || took > float64(high) {
			t.Errorf("seed %d: the recovery took %.0f s, the estimate is %d to %d s", seed, took, low, high)
		}
		s.Traffic.Stop()
	}
}

// TestTheLossIsBoundedAsByTheFailover: both allow for clocks that differ, by the same margin.
func TestTheLossIsBoundedAsByTheFailover(t *testing.T) {
	last := time.Date(2026, 3, 3, 9, 0, 0, 0, time.UTC)
	bound := checklag.Judge(last, last, "", false, time.Time{}, time.Hour)
	if *bound.Seconds != database.ClockAllowance.Seconds() {
		t.Errorf("readiness adds %s, the failover %v s", database.ClockAllowance, *bound.Seconds)
	}
}
