package checkhealth

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/acso/disaster-recovery/internal/health"
)

func seen(https, checkers, heartbeat health.Verdict) []Evidence {
	return []Evidence{{Vantage: "https", Result: https}, {Vantage: "checkers", Result: checkers}, {Vantage: "heartbeat", Result: heartbeat}}
}

func TestJudge(t *testing.T) {
	const s, d, u = health.Serving, health.Down, health.Unknown
	for _, c := range []struct {
		https, checkers, heartbeat health.Verdict
		want                       Verdict
	}{
		{s, s, s, Healthy},
		{s, u, u, Healthy},
		{d, d, d, Unhealthy},
		{d, d, u, Unhealthy},
		{d, u, d, Unknown}, // a cut between the regions looks the same
		{u, d, d, Unhealthy},
		{d, d, s, Unknown}, // an asymmetric partition
		{s, d, d, Unknown},
		{d, s, u, Unknown},
		{u, s, s, Unknown}, // nothing was seen from here
		{d, u, u, Unknown},
		{u, u, u, Unknown},
	} {
		if got, _ := Judge(seen(c.https, c.checkers, c.heartbeat)); got != c.want {
			t.Errorf("%s %s %s is %s, want %s", c.https, c.checkers, c.heartbeat, got, c.want)
		}
	}
}

func TestNothingThatIsSeenServingIsUnhealthy(t *testing.T) {
	verdict := rapid.SampledFrom([]health.Verdict{health.Serving, health.Down, health.Unknown})
	rapid.Check(t, func(t *rapid.T) {
		evidence := seen(verdict.Draw(t, "https"), verdict.Draw(t, "checkers"), verdict.Draw(t, "heartbeat"))
		got, serving := Judge(evidence)
		if got == Unhealthy && evidence[1].Result != health.Down {
			t.Fatalf("%v is %s without the word of the checkers", evidence, got)
		}
		down := 0
		for _, e := range evidence {
			if e.Result == health.Serving && (got == Unhealthy || !serving) {
				t.Fatalf("%v is %s, seen serving: %t", evidence, got, serving)
			}
			if e.Result == health.Down {
				down++
			}
		}
		if down > 0 && got == Healthy || down < 2 && got == Unhealthy {
			t.Fatalf("%v is %s", evidence, got)
		}
	})
}

func TestJudgeHeartbeat(t *testing.T) {
	now := time.Date(2026, 3, 3, 9, 10, 0, 0, time.UTC)
	ago := func(d time.Duration) time.Time { return now.Add(-d) }
	for _, c := range []struct {
		name            string
		last, firstDown time.Time
		want            health.Verdict
	}{
		{"none", time.Time{}, ago(time.Minute), health.Unknown},
		{"written after the first failure", ago(10 * time.Second), ago(time.Minute), health.Serving},
		{"written within the allowance for the clocks", ago(40 * time.Second), ago(time.Minute), health.Unknown},
		{"just before", ago(80 * time.Second), ago(time.Minute), health.Unknown},
		{"old", ago(121 * time.Second), ago(time.Minute), health.Down},
		{"old, never seen down", ago(10 * time.Minute), time.Time{}, health.Down},
		{"young, never seen down", ago(10 * time.Second), time.Time{}, health.Unknown},
		{"from the future", now.Add(time.Minute), time.Time{}, health.Unknown},
	} {
		if got, why := JudgeHeartbeat(c.last, c.firstDown, now, time.Minute); got != c.want {
			t.Errorf("%s: %s (%s), want %s", c.name, got, why, c.want)
		}
	}
}
