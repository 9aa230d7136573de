package checklag

import (
	"strings"
	"testing"
	"time"

	"github.com/acso/disaster-recovery/internal/database"
	"github.com/acso/disaster-recovery/internal/incident"
)

var down = time.Date(2026, 3, 3, 9, 10, 0, 0, time.UTC)

const limit = 15 * time.Minute

func TestJudgeNeverSaysZeroForNothing(t *testing.T) {
	for _, c := range []struct {
		name     string
		last     time.Time
		open     bool
		promoted time.Time
		want     Verdict
		seconds  float64
	}{
		{"a minute behind", down.Add(-time.Minute), false, time.Time{}, Within, 90},
		{"at the limit", down.Add(-limit + database.ClockAllowance), false, time.Time{}, Within, 900},
		{"above it", down.Add(-limit), false, time.Time{}, Above, 930},
		{"no heartbeat", time.Time{}, false, time.Time{}, Unknown, 0},
		{"a little younger than the end", down.Add(10 * time.Second), false, time.Time{}, Within, 20},
		{"much younger than the end", down.Add(31 * time.Second), false, time.Time{}, Unknown, 0},
		{"no end", down.Add(-time.Minute), true, time.Time{}, Unknown, 0},
		{"from after the promotion", down.Add(-time.Minute), false, down.Add(-5 * time.Minute), Unknown, 0},
	} {
		got := Judge(c.last, down, "the first failed probe", c.open, c.promoted, limit)
		if got.Verdict != c.want || got.Why == "" {
			t.Errorf("%s: %s (%s), want %s", c.name, got.Verdict, got.Why, c.want)
		}
		if (got.Seconds == nil) != (c.want == Unknown) || got.Seconds != nil && *got.Seconds != c.seconds {
			t.Errorf("%s: %v seconds, want %v", c.name, got.Seconds, c.seconds)
		}
	}
}

func TestFinalEndsWhenTheOldPrimaryWasClosed(t *testing.T) {
	probed := end{at: down, why: "the first failed probe"}
	seen := incident.Observation{LastServing: down.Add(-time.Minute), FirstDown: down}
	opened := incident.Incident{OpenedAt: down.Add(time.Minute), PromotedAt: down.Add(9 * time.Minute)}
	with := func(change func(*incident.Incident)) incident.Incident { i := opened; change(&i); return i }
	for _, c := range []struct {
		name string
		seen incident.Observation
		i    incident.Incident
		want time.Time
		why  string
		open bool
	}{
		{"dead all along", seen, opened, down, "first failed probe", false},
		{"fenced with proof", seen, with(func(i *incident.Incident) { i.Fence.ProvenAt = down.Add(3 * time.Minute) }), down.Add(3 * time.Minute), "proof", false},
		{"fenced by hand", seen, with(func(i *incident.Incident) { i.Fence.Attested, i.Fence.AttestedAt = "Ada", down.Add(4*time.Minute) }), down.Add(4 * time.Minute), "Ada", false},
		{"fenced, and only then seen down", incident.Observation{LastServing: down.Add(2 * time.Minute), FirstDown: down.Add(4 * time.Minute)},
			with(func(i *incident.Incident) { i.Fence.ProvenAt = down.Add(3 * time.Minute) }), down.Add(3 * time.Minute), "proof", false},
		{"serving after the word of a person", incident.Observation{LastServing: down.Add(5 * time.Minute)},
			with(func(i *incident.Incident) { i.Fence.Attested, i.Fence.AttestedAt = "Ada", down.Add(4*time.Minute) }), time.Time{}, "not proven", true},
		{"never seen down and not fenced", incident.Observation{LastServing: down}, opened, time.Time{}, "not proven", true},
		{"back during the incident and not fenced", incident.Observation{LastServing: down.Add(2 * time.Minute), FirstDown: down.Add(3 * time.Minute)}, opened, time.Time{}, "not proven", true},
		{"not promoted", seen, with(func(i *incident.Incident) { i.PromotedAt = time.Time{} }), time.Time{}, "not finished", true},
	} {
		got := final(probed, c.seen, c.i)
		if got.unknown != c.open || !c.open && !got.at.Equal(c.want) || !strings.Contains(got.why, c.why) {
			t.Errorf("%s: %+v", c.name, got)
		}
	}
}

func TestTheWorseVerdictCounts(t *testing.T) {
	for _, c := range []struct{ a, b, want Verdict }{
		{Within, Within, Within}, {Within, Above, Above}, {Above, Within, Above}, {Above, Unknown, Unknown}, {Unknown, Within, Unknown},
	} {
		if got := worse(c.a, c.b); got != c.want {
			t.Errorf("%s and %s is %s, want %s", c.a, c.b, got, c.want)
		}
	}
}
