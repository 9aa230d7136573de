package expression

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// cron has six fields: minutes, hours, day of month, month, day of week, year.
type cron struct {
	minutes, hours, months, years set
	monthDay, weekDay             []day
}

// set is a set of small numbers, offset by lowest.
type set map[int]bool

// day tells whether a date is meant by one element of a day field.
type day func(date time.Time) bool

func parseCron(text string) (*cron, error) {
	fields := strings.Fields(text)
	if len(fields) != 6 {
		return nil, fmt.Errorf("cron has %d fields, want six: minutes hours day-of-month month day-of-week year", len(fields))
	}
	// "You can't use * in both the Day-of-month and Day-of-week fields. If you use it in one, you must use ? in the
	// other", and a value in one needs ? in the other.
	if (fields[2] == "?") == (fields[4] == "?") {
		return nil, fmt.Errorf("exactly one of day-of-month and day-of-week must be ?")
	}
	c := &cron{}
	var err error
	if c.minutes, err = numbers("minutes", fields[0], 0, 59, nil); err != nil {
		return nil, err
	}
	if c.hours, err = numbers("hours", fields[1], 0, 23, nil); err != nil {
		return nil, err
	}
	if c.months, err = numbers("month", fields[3], 1, 12, months); err != nil {
		return nil, err
	}
	if c.years, err = numbers("year", fields[5], 1970, 2199, nil); err != nil {
		return nil, err
	}
	if fields[2] != "?" {
		c.monthDay, err = days(fields[2], monthDay)
	} else {
		c.weekDay, err = days(fields[4], weekDay)
	}
	return c, err
}

func months(name string) (int, bool) { return named("JANFEBMARAPRMAYJUNJULAUGSEPOCTNOVDEC", name) }

func weekdays(name string) (int, bool) { return named("SUNMONTUEWEDTHUFRISAT", name) }

func named(all, name string) (int, bool) {
	at := strings.Index(all, strings.ToUpper(name))
	if len(name) != 3 || at < 0 || at%3 != 0 {
		return 0, false
	}
	return at/3 + 1, true
}

// numbers reads lists, ranges and steps: 1,5-9,*/15,10/5.
func numbers(field, text string, low, high int, names func(string) (int, bool)) (set, error) {
	out := set{}
	for _, part := range strings.Split(text, ",") {
		body, stepText, stepped := strings.Cut(part, "/")
		step, from, to := 1, low, high
		var err error
		if stepped {
			if step, err = strconv.Atoi(stepText); err != nil || step < 1 {
				return nil, fmt.Errorf("%s: %q is not a step", field, part)
			}
		}
		first, last, ranged := strings.Cut(body, "-")
		if body != "*" {
			if from, err = number(field, first, low, high, names); err != nil {
				return nil, err
			}
			if to = from; stepped {
				to = high
			}
			if ranged {
				if to, err = number(field, last, low, high, names); err != nil {
					return nil, err
				}
			}
		}
		if from > to {
			return nil, fmt.Errorf("%s: the range %q runs backwards", field, part)
		}
		for n := from; n <= to; n += step {
			out[n] = true
		}
	}
	return out, nil
}

func number(field, text string, low, high int, names func(string) (int, bool)) (int, error) {
	if names != nil {
		if n, ok := names(text); ok {
			return n, nil
		}
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < low || n > high || strings.HasPrefix(text, "+") {
		return 0, fmt.Errorf("%s: %q is not in %d-%d", field, text, low, high)
	}
	return n, nil
}

func days(text string, element func(string) (day, error)) ([]day, error) {
	var out []day
	for _, part := range strings.Split(text, ",") {
		d, err := element(part)
		if err != nil {
			return nil, err
		}
		out = append(out, d)
	}
	return out, nil
}

// monthDay reads L (the last day), LW (the last weekday), 3W (the weekday nearest to the third), and numbers.
func monthDay(part string) (day, error) {
	upper := strings.ToUpper(part)
	switch {
	case upper == "L":
		return func(date time.Time) bool { return date.Day() == length(date) }, nil
	case upper == "LW":
		return func(date time.Time) bool { return date.Day() == nearest(date, length(date)) }, nil
	case strings.HasSuffix(upper, "W"):
		n, err := number("day-of-month", upper[:len(upper)-1], 1, 31, nil)
		return func(date time.Time) bool { return n <= length(date) && date.Day() == nearest(date, n) }, err
	}
	in, err := numbers("day-of-month", part, 1, 31, nil)
	return func(date time.Time) bool { return in[date.Day()] }, err
}

// nearest is the weekday nearest to the n-th of the date's month, within the month.
func nearest(date time.Time, n int) int {
	switch time.Date(date.Year(), date.Month(), n, 12, 0, 0, 0, time.UTC).Weekday() {
	case time.Saturday:
		if n == 1 {
			return 3
		}
		return n - 1
	case time.Sunday:
		if n == length(date) {
			return n - 2
		}
		return n + 1
	}
	return n
}

func length(date time.Time) int {
	return time.Date(date.Year(), date.Month()+1, 0, 12, 0, 0, 0, time.UTC).Day()
}

// weekDay reads L (Saturday), 6L (the last Friday), 3#2 (the second Tuesday), and 1-7 or SUN-SAT, Sunday being 1.
func weekDay(part string) (day, error) {
	upper := strings.ToUpper(part)
	of := func(date time.Time) int { return int(date.Weekday()) + 1 }
	if upper == "L" {
		return func(date time.Time) bool { return of(date) == 7 }, nil
	}
	if name, ok := strings.CutSuffix(upper, "L"); ok {
		n, err := number("day-of-week", name, 1, 7, weekdays)
		return func(date time.Time) bool { return of(date) == n && date.Day()+7 > length(date) }, err
	}
	if name, nth, ok := strings.Cut(upper, "#"); ok {
		n, err := number("day-of-week", name, 1, 7, weekdays)
		if err != nil {
			return nil, err
		}
		which, err := number("day-of-week", nth, 1, 5, nil)
		return func(date time.Time) bool { return of(date) == n && (date.Day()-1)/7+1 == which }, err
	}
	in, err := numbers("day-of-week", part, 1, 7, weekdays)
	return func(date time.Time) bool { return in[of(date)] }, err
}

func (c *cron) day(date time.Time) bool {
	for _, list := range [][]day{c.monthDay, c.weekDay} {
		for _, d := range list {
			if d(date) {
				return true
			}
		}
	}
	return false
}

// next walks the wall clock of the zone. When clocks go forward, a time that does not exist is skipped; when they go
// back, a time that exists twice is due once.
// https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html#daylist-savings-time
func (c *cron) next(after time.Time) (time.Time, bool) {
	zone := after.Location()
	date := time.Date(after.Year(), after.Month(), after.Day(), 0, 0, 0, 0, time.UTC)
	for date.Year() <= 2199 {
		switch {
		case !c.years[date.Year()]:
			date = time.Date(date.Year()+1, 1, 1, 0, 0, 0, 0, time.UTC)
			continue
		case !c.months[int(date.Month())]:
			date = time.Date(date.Year(), date.Month()+1, 1, 0, 0, 0, 0, time.UTC)
			continue
		case c.day(date):
			if at, ok := c.within(date, after, zone); ok {
				return at, true
			}
		}
		date = date.AddDate(0, 0, 1)
	}
	return time.Time{}, false
}

func (c *cron) within(date, after time.Time, zone *time.Location) (time.Time, bool) {
	for hour := range 24 {
		if !c.hours[hour] {
			continue
		}
		for minute := range 60 {
			if !c.minutes[minute] {
				continue
			}
			at := time.Date(date.Year(), date.Month(), date.Day(), hour, minute, 0, 0, zone)
			if at.After(after) && at.Hour() == hour && at.Minute() == minute {
				return at, true
			}
		}
	}
	return time.Time{}, false
}
