package incident_test

import (
	"testing"
	"time"

	"github.com/acso/disaster-recovery/internal/incident"
)

func TestRecoveryTimeIsNeverTooShort(t *testing.T) {
	minute := func(n int) time.Time { return time.Date(2026, 11, 14, 3, n, 0, 0, time.UTC) }
	seen := func(last, down int) incident.Observation {
		o := incident.Observation{}
		if last > 0 {
			o.LastServing = minute(last)
		}
		if down > 0 {
			o.FirstDown = minute(down)
		}
		return o
	}
	recovered := func(o incident.Observation) incident.Incident {
		return incident.Incident{OpenedAt: minute(10), EndedAt: minute(30), Outcome: incident.Recovered, Seen: o}
	}
	drained, restored, clean := recovered(seen(9, 0)), recovered(seen(9, 0)), recovered(seen(5, 6))
	drained.Drain, restored.Restore, clean.Outcome = &incident.Drain{BeganAt: minute(20)}, &incident.Restore{}, incident.FailedClean
	for _, c := range []struct {
		name    string
		of      incident.Incident
		minutes int // 0 for unknown
	}{
		{"since it was seen serving last, and a minute of TTL", recovered(seen(5, 6)), 26},
		{"since it was first seen down, when it was never seen serving", recovered(seen(0, 6)), 25},
		{"since the opening, when it was seen serving later still", recovered(seen(12, 0)), 21},
		{"since the drain of a planned switchover", drained, 11},
		{"nobody looked", recovered(incident.Observation{}), 0},
		{"a restore", restored, 0},
		{"it ended otherwise", clean, 0},
	} {
		took, known := c.of.RecoveryTime(time.Minute)
		if known != (c.minutes > 0) || took != time.Duration(c.minutes)*time.Minute {
			t.Errorf("%s: %s, known %t, want %d minutes", c.name, took, known, c.minutes)
		}
	}
}
