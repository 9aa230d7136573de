package report

import (
	"fmt"
	"math"
	"time"

	"github.com/acso/disaster-recovery/lab/drill"
)

// Span writes seconds as people say them: 0.4s, 42s, 7m31s, 2h05m00s.
func Span(seconds float64) string {
	sign := ""
	if seconds < 0 {
		sign, seconds = "-", -seconds
	}
	if tenths := math.Round(seconds*10) / 10; tenths < 10 && tenths != math.Trunc(tenths) {
		return fmt.Sprintf("%s%.1fs", sign, tenths)
	}
	whole := int(math.Round(seconds))
	h, m, s := whole/3600, whole/60%60, whole%60
	switch {
	case h > 0:
		return fmt.Sprintf("%s%dh%02dm%02ds", sign, h, m, s)
	case m > 0:
		return fmt.Sprintf("%s%dm%02ds", sign, m, s)
	}
	return fmt.Sprintf("%s%ds", sign, s)
}

// Measured writes a figure in seconds that may be missing. Missing is said, never shown as zero.
func Measured(seconds *float64) string {
	if seconds == nil {
		return "not measured"
	}
	return Span(*seconds)
}

// Offset writes a moment as the virtual time since the outage: T+07:31, T+1:02:03, T-00:40.
func Offset(d time.Duration) string {
	sign := "+"
	if d = d.Truncate(time.Second); d < 0 {
		sign, d = "-", -d
	}
	whole := int(d / time.Second)
	h, m, s := whole/3600, whole/60%60, whole%60
	if h > 0 {
		return fmt.Sprintf("T%s%d:%02d:%02d", sign, h, m, s)
	}
	return fmt.Sprintf("T%s%02d:%02d", sign, m, s)
}

// Origin is the moment from which a run's times count: its first fault, or without one the start of its first execution.
func Origin(timeline []drill.Event) time.Time {
	for _, e := range timeline {
		if Begins(e) {
			return e.At
		}
	}
	if len(timeline) > 0 {
		return timeline[0].At
	}
	return time.Time{}
}

// Begins tells whether times may count from the event.
func Begins(e drill.Event) bool { return e.Kind == "fault" || e.Kind == "state" }

// warmUp is how long before the origin something still belongs to the story. What is older is the lab's world coming
// to life.
const warmUp = 5 * time.Minute

// WarmUp tells whether an event is older than the story.
func WarmUp(e drill.Event, origin time.Time) bool { return origin.Sub(e.At) > warmUp }
