package environment

import (
	"fmt"
	"regexp"
	"strconv"
	"time"
)

// Duration is a span of time written with its unit: 30s, 15m, 2h, 35d, 12mo or 7y. A number alone is refused,
// because nobody can tell seconds from minutes at 03:00.
//
// A month is 31 days and a year 366: retention that is counted in days errs on the side of keeping.
type Duration time.Duration

// Std is the duration as the standard library has it.
func (d Duration) Std() time.Duration { return time.Duration(d) }

// Seconds is the duration in whole seconds.
func (d Duration) Seconds() int { return int(time.Duration(d) / time.Second) }

// Days is the duration in whole days, as RDS wants it for backup retention.
func (d Duration) Days() int32 {
	return int32(time.Duration(d) / day) // #nosec G115 -- a hundred years have 36,600 days
}

const (
	day     = 24 * time.Hour
	longest = 100 * 366 * day // what fits into a time.Duration with room to add
)

var units = map[string]time.Duration{
	"s": time.Second, "m": time.Minute, "h": time.Hour, "d": day, "mo": 31 * day, "y": 366 * day,
}

// DurationPattern is how a duration is written, as a regular expression.
const DurationPattern = `^([0-9]{1,10})(s|m|h|d|mo|y)$`

var written = regexp.MustCompile(DurationPattern)

// ParseDuration reads a duration with its unit.
func ParseDuration(text string) (Duration, error) {
	parts := written.FindStringSubmatch(text)
	if parts == nil {
		return 0, fmt.Errorf("%q is not a duration with a unit: write 30s, 15m, 2h, 35d, 12mo or 7y", text)
	}
	count, err := strconv.Atoi(parts[1])
	if err != nil {
		return 0, fmt.Errorf("%q is not a duration with a unit: %w", text, err)
	}
	unit := units[parts[2]]
	if count > int(longest/unit) {
		return 0, fmt.Errorf("%q is over a hundred years: write 30s, 15m, 2h, 35d, 12mo or 7y", text)
	}
	return Duration(time.Duration(count) * unit), nil
}

// String writes the duration in the largest unit that divides it.
func (d Duration) String() string {
	for _, unit := range []string{"y", "mo", "d", "h", "m"} {
		if span := units[unit]; time.Duration(d) >= span && time.Duration(d)%span == 0 {
			return strconv.FormatInt(int64(time.Duration(d)/span), 10) + unit
		}
	}
	return strconv.FormatInt(int64(time.Duration(d)/time.Second), 10) + "s"
}

// MarshalText writes the duration with its unit, so that JSON carries "15m" and not a number of nanoseconds.
func (d Duration) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads a duration with its unit.
func (d *Duration) UnmarshalText(text []byte) error {
	parsed, err := ParseDuration(string(text))
	if err != nil {
		return err
	}
	*d = parsed
	return nil
}
