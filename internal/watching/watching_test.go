package watching_test

import (
	"maps"
	"math"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/acso/disaster-recovery/environments"
	"github.com/acso/disaster-recovery/internal/catalog"
	"github.com/acso/disaster-recovery/internal/environment"
	"github.com/acso/disaster-recovery/internal/retention"
	"github.com/acso/disaster-recovery/internal/watching"
)

func production(t *testing.T) *environment.Environment {
	t.Helper()
	e, err := environments.Named("production")
	if err != nil {
		t.Fatal(err)
	}
	return e
}

var quarter = watching.Slots{Kind: retention.ApplicationData, Interval: 15 * time.Minute, Window: 15 * time.Minute}

func at(text string) time.Time {
	t, err := time.Parse("2006-01-02 15:04", text)
	if err != nil {
		panic(err)
	}
	return t
}

func point(taken time.Time) catalog.Point {
	return catalog.Point{Point: retention.Point{Kind: retention.ApplicationData, Taken: taken}}
}

func TestAMonthHas2976QuarterHours(t *testing.T) {
	r := quarter.Judge(nil, at("2020-01-01 00:00"), at("2026-03-03 09:07"))
	if r.Expected != 2976 || r.Succeeded != 0 || len(r.Missed) != 2976 {
		t.Errorf("%d slots, %d succeeded, %d missed", r.Expected, r.Succeeded, len(r.Missed))
	}
}

func TestASlotIsJudgedOnceItsRunHadTime(t *testing.T) {
	since := at("2026-03-03 09:00")
	points := []catalog.Point{point(at("2026-03-03 09:14"))} // late within its slot
	for _, c := range []struct {
		now                 string
		expected, succeeded int
	}{
		{"2026-03-03 09:29", 0, 0}, {"2026-03-03 09:30", 1, 1}, {"2026-03-03 09:44", 1, 1}, {"2026-03-03 09:45", 2, 1},
	} {
		r := quarter.Judge(points, since, at(c.now))
		if r.Expected != c.expected || r.Succeeded != c.succeeded {
			t.Errorf("at %s: %d of %d, want %d of %d", c.now, r.Succeeded, r.Expected, c.succeeded, c.expected)
		}
		if r.LastMissed != (c.expected > c.succeeded) {
			t.Errorf("at %s the last slot counts as missed: %v", c.now, r.LastMissed)
		}
	}
}

func TestWhatFillsASlot(t *testing.T) {
	failed := point(at("2026-03-03 09:00"))
	failed.Failed = at("2026-03-03 09:05")
	lone, both := point(at("2026-03-03 06:00")), point(at("2026-03-03 06:00"))
	lone.Kind, lone.Regions = retention.Database, []string{"us-east-1"}
	both.Kind, both.Regions = retention.Database, []string{"us-east-1", "us-west-2"}
	for name, c := range map[string]struct {
		catalog.Point
		good bool
	}{"plain": {point(at("2026-03-03 09:00")), true}, "failed verification": {failed, false}, "snapshot without copy": {lone, false}, "snapshot with copy": {both, true}} {
		if watching.Good(c.Point) != c.good {
			t.Errorf("%s: good is %v", name, !c.good)
		}
	}
}

// TestTheRateIsWhatWasLost removes some points of a full month: exactly their slots are missed, whatever else there is.
func TestTheRateIsWhatWasLost(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		now := at("2026-03-03 09:07").Add(time.Duration(rapid.IntRange(0, 100_000).Draw(t, "now")) * time.Minute)
		phase := time.Duration(rapid.IntRange(0, 899).Draw(t, "phase")) * time.Second
		lost := map[int]bool{}
		for _, n := range rapid.SliceOfN(rapid.IntRange(0, 2975), 0, 20).Draw(t, "lost") {
			lost[n] = true
		}
		from := quarter.From(time.Time{}, now)
		var points []catalog.Point
		for n := range 2976 {
			if !lost[n] {
				points = append(points, point(from.Add(time.Duration(n)*15*time.Minute+phase)))
			}
		}
		points = append(points, points...) // two runs at once fill one slot
		r := quarter.Judge(points, time.Time{}, now)
		if r.Expected != 2976 || r.Succeeded != 2976-len(lost) {
			t.Fatalf("%d of %d, lost were %d", r.Succeeded, r.Expected, len(lost))
		}
		for _, slot := range r.Missed {
			if n := int(slot.Sub(from) / (15 * time.Minute)); !lost[n] {
				t.Fatalf("slot %d was not lost", n)
			}
		}
	})
}

// TestTheDailySnapshotFillsNoSlotOfTheOthers: the run at midnight must not hide that the one at 20:00 was lost.
func TestTheDailySnapshotFillsNoSlotOfTheOthers(t *testing.T) {
	e := production(t)
	var points []catalog.Point
	for _, taken := range []string{"2026-03-03 00:01", "2026-03-03 02:00", "2026-03-03 08:00", "2026-03-03 14:10", "2026-03-04 00:01", "2026-03-04 07:00"} {
		p := point(at(taken))
		p.Kind, p.Regions = retention.Database, []string{"us-east-1", "us-west-2"}
		points = append(points, p)
	}
	r, scheduled := watching.JudgeKind(watching.Expected(e), retention.Database, points, at("2026-03-03 00:00"), at("2026-03-04 07:30"))
	want := []time.Time{at("2026-03-03 20:00"), at("2026-03-04 02:00")} // what was done by hand at 07:00 came too late
	if !scheduled || r.Expected != 7 || r.Succeeded != 5 || !slices.EqualFunc(r.Missed, want, time.Time.Equal) || !r.LastMissed {
		t.Errorf("got %+v", r)
	}
	month := watching.Rate{}
	for _, kind := range retention.Kinds {
		r, _ := watching.JudgeKind(watching.Expected(e), kind, nil, time.Time{}, at("2026-03-04 07:30"))
		month.Expected += r.Expected
	}
	if month.Expected != 2976+124+3*31 {
		t.Errorf("%d slots in a month", month.Expected)
	}
}

func TestNothingExpectedIsNoSuccess(t *testing.T) {
	if p := (watching.Rate{}).Percent(); !math.IsNaN(p) {
		t.Errorf("no slot at all is a success of %v %%", p)
	}
	total := watching.Total([]watching.Rate{{Expected: 2976, Succeeded: 2975}, {Expected: 31, Succeeded: 31}})
	if total.Expected != 3007 || total.Succeeded != 3006 {
		t.Errorf("the total is %+v", total)
	}
}

func TestTheNewestVerifiedAndNotTheNewest(t *testing.T) {
	old, newer := point(at("2026-03-03 09:00")), point(at("2026-03-03 09:15"))
	old.Verified = at("2026-03-03 10:00")
	if p, found := watching.NewestVerified([]catalog.Point{old, newer}, retention.ApplicationData); !found || !p.Taken.Equal(old.Taken) {
		t.Errorf("found %v: %+v", found, p)
	}
	if _, found := watching.NewestVerified([]catalog.Point{newer}, retention.ApplicationData); found {
		t.Error("an unverified point counts")
	}
}

func TestAlarms(t *testing.T) {
	e := production(t)
	names := map[string]watching.Alarm{}
	for _, region := range []string{e.Regions.Primary, e.Regions.Recovery} {
		for _, a := range watching.Alarms(e, region) {
			names[a.Name] = a
			if a.Topic == "" || a.Threshold <= 0 || a.Period < time.Minute || a.Period > 24*time.Hour || a.Description == "" {
				t.Errorf("%+v", a)
			}
		}
	}
	failure := names["ACSO-BackupFailure"]
	if failure.Namespace != "ACSO/Backup" || failure.Metric != "BackupJobStatus" || failure.Period != time.Hour || failure.Threshold != 1 || len(failure.Dimensions) > 0 {
		t.Errorf("the procedures' alarm is %+v", failure)
	}
	beside := production(t)
	if beside.Name = "exercise"; watching.Namespace(beside) != "ACSO/Backup/exercise" {
		t.Errorf("the metrics of an exercise are in %s: its failed backup raises production's alarm", watching.Namespace(beside))
	}
	for _, s := range watching.Expected(e) {
		a, found := names[watching.AgeAlarm(e, s.Kind)]
		if !found || a.Missing != "breaching" || a.Threshold != watching.AgeLimit(e, s.Kind).Seconds() {
			t.Errorf("on the age of %s: %+v", s.Kind, a)
		}
	}
	if got := watching.AgeLimit(e, retention.ApplicationData); got != 30*time.Minute {
		t.Errorf("application data may be %s old", got)
	}
	if got := watching.AgeLimit(e, retention.Infrastructure); got != 0 {
		t.Errorf("infrastructure, which has no schedule, may be %s old", got)
	}
	if lag := names["acso-production-replication-lag"]; lag.Threshold != 900 || lag.Dimensions["DBInstanceIdentifier"] != e.Database.Replica {
		t.Errorf("on the lag: %+v", lag)
	}
	if len(watching.Alarms(e, e.Regions.Primary)) != len(watching.Alarms(e, e.Regions.Recovery))-1 {
		t.Error("the lag is watched where the replica is, and only there")
	}
}

func TestAlarmsOnCopies(t *testing.T) {
	e := production(t)
	of := func(region string) map[string]watching.Alarm {
		found := map[string]watching.Alarm{}
		for _, a := range watching.Copies(e, region) {
			found[a.Name] = a
		}
		return found
	}
	// Both alarms on the rule from us-east-1 to us-west-2: of what is late where it arrives, of what failed where it comes from.
	rule := map[string]string{"SourceBucket": e.Buckets.Data, "DestinationBucket": e.Buckets.Data + "-us-west-2", "RuleId": "to-us-west-2"}
	late, failed := of(e.Regions.Recovery)[watching.CopiesLateAlarm(e, "data")], of(e.Regions.Primary)[watching.CopiesFailedAlarm(e, "data")]
	if !maps.Equal(late.Dimensions, rule) || !maps.Equal(failed.Dimensions, rule) {
		t.Errorf("%+v, %+v", late, failed)
	}
	if late.Statistic() != "Maximum" || late.Threshold != 900 || late.Missing != "breaching" || failed.Statistic() != "Sum" || failed.Threshold != 1 || failed.Missing != "notBreaching" || !failed.NoOK {
		t.Errorf("%+v, %+v", late, failed)
	}
	if reports := of(e.Regions.Recovery)[watching.CopiesLateAlarm(e, "compliance")]; reports.Threshold != e.Objectives.RecoveryPoint.Standard.Std().Seconds() {
		t.Errorf("on reports: %+v", reports)
	}
	e.Imports.Primary.Data = "bucket-of-the-owner" // its replication is not ours, that from the recovery region to it is
	if here, there := of(e.Regions.Primary), of(e.Regions.Recovery); len(here) != 5 || len(there) != 5 ||
		here[watching.CopiesLateAlarm(e, "data")].Dimensions["DestinationBucket"] != "bucket-of-the-owner" || there[watching.CopiesFailedAlarm(e, "data")].Name == "" {
		t.Errorf("with an imported bucket: %v, %v", here, there)
	}
}
