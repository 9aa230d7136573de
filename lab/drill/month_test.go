package drill

import (
	"encoding/json"
	"runtime/debug"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"github.com/acso/disaster-recovery/environments"
	"github.com/acso/disaster-recovery/functions/watchbackups"
	"github.com/acso/disaster-recovery/internal/manifest"
	"github.com/acso/disaster-recovery/internal/retention"
	"github.com/acso/disaster-recovery/internal/watching"
	"github.com/acso/disaster-recovery/lab/asl"
	"github.com/acso/disaster-recovery/lab/cloud"
	"github.com/acso/disaster-recovery/lab/cloud/lambda"
	"github.com/acso/disaster-recovery/lab/cloud/scheduler"
	"github.com/acso/disaster-recovery/lab/sim"
	"github.com/acso/disaster-recovery/lab/world"
)

// month is a world on whose schedules 32 days pass: a whole rolling month and the day on which it begins.
type month struct {
	*testing.T
	*world.World
	bucket string
	missed map[string][]time.Time // slots that the injected faults cost, by kind
}

const monthDays = 32

func beginMonth(t *testing.T) *month {
	t.Helper()
	e, err := environments.Named("production")
	if err != nil {
		t.Fatal(err)
	}
	bench, err := NewBench()
	if err != nil {
		t.Fatal(err)
	}
	machines, err := bench.parsed(e)
	if err != nil {
		t.Fatal(err)
	}
	m := &month{T: t, World: world.New(world.Options{Seed: 1, Environment: e, Evaluator: bench.evaluator, Machines: machines, Scheduled: true}), missed: map[string][]time.Time{}}
	m.bucket = e.Buckets.Backups
	m.Traffic.Stop()
	for _, region := range m.Cloud.Regions() {
		for _, watcher := range []string{"heartbeat", "probe", "followrole", "readiness"} { // they run often and have nothing to say about recovery points
			m.Scheduler.Create(region, scheduler.Schedule{Name: e.FunctionName(watcher), Expression: "rate(1 minute)", Disabled: true})
		}
	}
	m.RDS.SetSnapshotQuota(e.Regions.Primary, e.Backup.SnapshotQuota)
	m.RDS.SetSnapshotQuota(e.Regions.Recovery, e.Backup.SnapshotQuota)
	return m
}

// at is a time of a day, counted from the first.
func at(day int, clock string) time.Time {
	t, err := time.Parse("15:04", clock)
	if err != nil {
		panic(err)
	}
	return sim.Epoch.Truncate(24*time.Hour).AddDate(0, 0, day).Add(time.Duration(t.Hour())*time.Hour + time.Duration(t.Minute())*time.Minute)
}

// breaks does something at one time and takes it back at another.
func (m *month) breaks(day int, from, to string, begin, end func()) {
	m.Sim.After(at(day, from).Sub(m.Sim.Now()), begin)
	m.Sim.After(at(day, to).Sub(m.Sim.Now()), end)
}

// costs notes the slots of a kind that a fault costs: every interval from the first to the last.
func (m *month) costs(kind string, day int, first, last string, every time.Duration) {
	for slot := at(day, first); !slot.After(at(day, last)); slot = slot.Add(every) {
		m.missed[kind] = append(m.missed[kind], slot)
	}
}

func (m *month) inject() {
	e, primary, recovery := m.Env, m.Env.Regions.Primary, m.Env.Regions.Recovery
	const quarter = 15 * time.Minute
	// A region dies: what was due meanwhile never starts.
	m.breaks(3, "10:07", "12:52", func() { m.Cloud.Kill(primary) }, func() { m.Cloud.Revive(primary) })
	m.costs(retention.ApplicationData, 3, "10:15", "12:45", quarter)
	// S3 asks for patience for longer than a run has.
	var remove func()
	m.breaks(9, "14:59", "15:59", func() {
		remove = m.Cloud.Inject(cloud.Fault{Region: primary, Operation: "S3.PutObject", Effect: cloud.Throttled})
	}, func() { remove() })
	m.costs(retention.ApplicationData, 9, "15:00", "15:45", quarter)
	// The bucket refuses.
	m.breaks(15, "05:40", "06:10", func() { m.S3.Refuse(m.bucket, true) }, func() { m.S3.Refuse(m.bucket, false) })
	m.costs(retention.ApplicationData, 15, "05:45", "06:00", quarter)
	// No room for the copy of one snapshot, which is no success without it.
	m.breaks(20, "13:50", "17:00", func() { m.RDS.SetSnapshotQuota(recovery, 0) }, func() { m.RDS.SetSnapshotQuota(recovery, e.Backup.SnapshotQuota) })
	m.costs(retention.Database, 20, "14:00", "14:00", quarter)
	// The schedules of midnight do not fire: no job begins, so none fails, and every kind that is due loses its slot.
	m.breaks(24, "00:00", "00:07", func() { m.Cloud.Kill(primary) }, func() { m.Cloud.Revive(primary) })
	for _, kind := range []string{retention.ApplicationData, retention.Configuration, retention.Database, retention.Logs} {
		m.costs(kind, 24, "00:00", "00:00", quarter)
	}
}

// look has the watcher look now, as its schedule does.
func (m *month) look() (out watchbackups.Output) {
	m.Helper()
	done := false
	m.Lambda.Invoke(m.Lambda.ARN(m.Env.Regions.Primary, m.Env.FunctionName("watchbackups")), json.RawMessage(`{}`), func(answer json.RawMessage, err *lambda.Error) {
		if done = true; err != nil {
			m.Fatalf("the watcher failed: %v", err)
		}
		if err := json.Unmarshal(answer, &out); err != nil {
			m.Fatal(err)
		}
	})
	m.Sim.Run(m.Sim.Now().Add(5*time.Minute), func() bool { return done })
	return out
}

// TestAMonthOfSchedules lives through a month of all schedules with some troubles, and holds what is reported to what was
// broken: not a slot more, not a slot less.
func TestAMonthOfSchedules(t *testing.T) {
	long(t)
	t.Parallel() // with the scenarios: each is a world of its own
	// 3,000 executions with their histories stay in memory: without this, half of the time goes to the collector.
	defer debug.SetGCPercent(debug.SetGCPercent(800))
	m := beginMonth(t)
	m.inject()
	raised := map[string]int{}
	m.OnNotice(func(kind, region, text string) {
		if name, change, _ := strings.Cut(text, ": "); kind == "alarm" && region == m.Env.Regions.Primary && m.Sim.Now().After(at(1, "12:00")) && strings.HasSuffix(change, "to ALARM") {
			raised[name]++
		}
	})
	m.Sim.Run(at(monthDays, "09:05"), nil)
	seen := m.look()
	m.counted(seen)
	m.measured(seen)
	m.listed()
	m.chained()
	// A watcher that died with its region is an alarm on every age; the rest is about the kind that was hit.
	// At midnight of day 24, application data waited for the next slot, the configuration for the next day; the limits of the
	// others are wider than one slot.
	ages := map[string]int{retention.ApplicationData: 4, retention.Configuration: 2, retention.Database: 2, retention.Logs: 1}
	for kind, times := range ages {
		if got := raised[watching.AgeAlarm(m.Env, kind)]; got != times {
			t.Errorf("the alarm on the age of %s was raised %d times, and %d troubles are about it", kind, got, times)
		}
	}
	if got := raised["ACSO-BackupFailure"]; got < 5 {
		t.Errorf("five troubles raised ACSO-BackupFailure %d times", got)
	}
}

// chained: the monthly verification has read the newest point and the chain of the whole month, and found nothing.
func (m *month) chained() {
	for _, x := range m.States.Executions() {
		if strings.Contains(string(x.Input), `"chainDays":32`) {
			if x.Status() != asl.Succeeded {
				m.Errorf("the monthly verification ended %s: %s", x.Status(), x.Cause())
			}
			return
		}
	}
	m.Error("nothing was verified on the first of the month")
}

// counted compares numerators and denominators with what was injected.
func (m *month) counted(out watchbackups.Output) {
	want := map[string]int{retention.ApplicationData: 2976, retention.Configuration: 31, retention.Database: 31 + 124, retention.Logs: 31}
	all, lost := 0, 0
	for _, k := range out.Kinds {
		expected, scheduled := want[k.Kind]
		if !scheduled {
			continue
		}
		missed := m.missed[k.Kind]
		if len(missed) == 0 {
			m.Errorf("nothing cost %s a slot: that would be seen proves nothing", k.Kind)
		}
		all, lost = all+expected, lost+len(missed)
		if k.Rate == nil {
			m.Fatalf("%s has no rate: %+v", k.Kind, out)
		}
		if k.Rate.Expected != expected || k.Rate.Succeeded != expected-len(missed) || !slices.EqualFunc(k.Rate.Missed, missed, time.Time.Equal) {
			m.Errorf("%s: %d of %d, missed %v; injected were %v", k.Kind, k.Rate.Succeeded, k.Rate.Expected, k.Rate.Missed, missed)
		}
	}
	if out.Total == nil || out.Total.Expected != all || out.Total.Succeeded != all-lost {
		m.Errorf("in all %+v, want %d of %d", out.Total, all-lost, all)
	}
}

// measured compares the metrics that alarms and dashboards read with what was injected.
func (m *month) measured(out watchbackups.Output) {
	for _, k := range out.Kinds {
		if k.Rate == nil {
			continue
		}
		good := float64(k.Rate.Expected - len(m.missed[k.Kind]))
		dimension := []types.Dimension{{Name: aws.String(watching.Dimension), Value: aws.String(k.Kind)}}
		for metric, want := range map[string]float64{
			watching.SlotsExpected: float64(k.Rate.Expected), watching.SlotsSucceeded: good, watching.SuccessRate: 100 * good / float64(k.Rate.Expected),
			watching.Age: *k.AgeSeconds,
		} {
			if got, ok := m.Metrics.Last(m.Env.Regions.Primary, watching.Namespace(m.Env), metric, dimension); !ok || got != want {
				m.Errorf("%s of %s is %v, want %v", metric, k.Kind, got, want)
			}
		}
	}
}

// daily compares the points of the kinds that are due once a day with the days that were lost.
func (m *month) daily() {
	there := map[string]bool{}
	for _, o := range m.S3.Objects(m.bucket) {
		if kind, taken, ok := manifest.ParseKey(o.Key); ok {
			there[kind+taken.Format(time.DateOnly)] = true
		}
	}
	for _, kind := range []string{retention.Configuration, retention.Logs} {
		for day := 1; day < monthDays; day++ {
			lost := slices.ContainsFunc(m.missed[kind], at(day, "00:00").Equal)
			if there[kind+at(day, "00:00").Format(time.DateOnly)] == lost {
				m.Errorf("the %s of day %d was lost: %v, and its point is there: %v", kind, day, lost, !lost)
			}
		}
	}
}

// snapshots compares the snapshots of both regions with the slots that were lost: the one without room for its copy is there,
// and its copy is not.
func (m *month) snapshots() {
	for _, region := range m.Cloud.Regions() {
		there := map[time.Time]bool{}
		for _, s := range m.RDS.Snapshots(region) {
			there[s.Cut().Truncate(time.Hour)] = there[s.Cut().Truncate(time.Hour)] || strings.HasPrefix(s.ID, m.Env.Database.Identifier+"-") // and none of RDS's own
		}
		for _, schedule := range watching.Expected(m.Env) {
			for slot := at(1, "00:00").Add(schedule.Offset); schedule.Kind == retention.Database && slot.Before(at(monthDays, "08:00")); slot = slot.Add(schedule.Interval) {
				lost := slices.ContainsFunc(m.missed[retention.Database], slot.Equal) && (region == m.Env.Regions.Recovery || slot.Hour() == 0)
				if there[slot] == lost {
					m.Errorf("in %s the snapshot of %s was lost: %v, and it is there: %v", region, slot, lost, !lost)
				}
			}
		}
	}
}

// listed compares the manifests that are in the bucket with what the schedules made and retention keeps.
func (m *month) listed() {
	m.daily()
	m.snapshots()
	var points []retention.Point
	there := map[time.Time]bool{}
	for _, o := range m.S3.Objects(m.bucket) {
		if kind, taken, ok := manifest.ParseKey(o.Key); ok && kind == retention.ApplicationData {
			points = append(points, retention.Point{ID: o.Key, Kind: kind, Taken: taken})
			there[taken.Truncate(15*time.Minute)] = true
		}
	}
	quarter := watching.Expected(m.Env)[0]
	for slot := at(1, "00:00"); slot.Before(at(monthDays, "09:00")); slot = slot.Add(quarter.Interval) {
		lost := slices.ContainsFunc(m.missed[retention.ApplicationData], slot.Equal)
		if there[slot] == lost {
			m.Errorf("the slot of %s was lost: %v, and its point is there: %v", slot, lost, there[slot])
		}
	}
	// Of the first day, all points but its first are past their 30 days; the first is that of the month.
	first := 0
	for _, p := range points {
		if p.Taken.Before(at(1, "00:00")) {
			first++
		}
	}
	if first != 1 {
		m.Errorf("of the first day %d points are there, want the month's alone", first)
	}
	for _, d := range retention.Solve(retention.From(m.Env), points, m.Sim.Now()) {
		if !d.Keep && m.Sim.Now().Sub(d.Until) > 48*time.Hour {
			m.Errorf("%s is there and could go on %s", d.ID, d.Until)
		}
	}
}
