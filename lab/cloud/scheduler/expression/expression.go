// Package expression reads the schedule expressions of EventBridge Scheduler: rate(...), cron(...) and at(...).
//
// It refuses what AWS refuses, and knows nothing of the present: Next answers for any time.
// https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html
package expression

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Expression is when a schedule is due.
type Expression struct {
	rate time.Duration
	once time.Time
	cron *cron
	zone *time.Location
}

// Parse reads an expression; zone is an IANA name, or "" for UTC.
func Parse(text, zone string) (Expression, error) {
	if zone == "" {
		zone = "UTC"
	}
	location, err := time.LoadLocation(zone)
	if err != nil || zone == "Local" {
		return Expression{}, fmt.Errorf("schedule expression time zone %q: want an IANA name like America/New_York", zone)
	}
	name, inside, ok := strings.Cut(text, "(")
	inside, closed := strings.CutSuffix(inside, ")")
	if !ok || !closed {
		return Expression{}, fmt.Errorf("schedule expression %q: want rate(...), cron(...) or at(...)", text)
	}
	e := Expression{zone: location}
	switch name {
	case "rate":
		e.rate, err = rate(inside)
	case "cron":
		e.cron, err = parseCron(inside)
	case "at":
		e.once, err = time.ParseInLocation("2006-01-02T15:04:05", inside, location)
	default:
		err = fmt.Errorf("want rate(...), cron(...) or at(...)")
	}
	if err != nil {
		return Expression{}, fmt.Errorf("schedule expression %q: %w", text, err)
	}
	return e, nil
}

// Rate is the interval of a rate expression, or 0.
func (e Expression) Rate() time.Duration { return e.rate }

// Next is the first moment after a time at which a cron or at expression is due; ok is false when there is none. A
// rate has no moments of its own: it counts from its start.
func (e Expression) Next(after time.Time) (at time.Time, ok bool) {
	switch {
	case e.cron != nil:
		return e.cron.next(after.In(e.zone))
	case e.rate == 0 && e.once.After(after):
		return e.once, true
	}
	return time.Time{}, false
}

func rate(text string) (time.Duration, error) {
	fields := strings.Fields(text)
	if len(fields) != 2 {
		return 0, fmt.Errorf("want rate(value unit)")
	}
	value, err := strconv.Atoi(fields[0])
	if err != nil || value < 1 || value > 525_600 {
		return 0, fmt.Errorf("%q is not a positive number", fields[0])
	}
	unit, ok := map[string]time.Duration{"minute": time.Minute, "hour": time.Hour, "day": 24 * time.Hour}[strings.TrimSuffix(fields[1], "s")]
	// EventBridge wants the singular for 1 and the plural for more; Scheduler documents only the plural and takes both
	// for 1. The singular for more than 1 is refused here, which is a guess on the safe side.
	if !ok || value > 1 && !strings.HasSuffix(fields[1], "s") {
		return 0, fmt.Errorf("%q is not minutes, hours or days (minute, hour or day for 1)", fields[1])
	}
	return time.Duration(value) * unit, nil
}
