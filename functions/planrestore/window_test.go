package planrestore

import (
	"strings"
	"testing"
	"time"

	"github.com/acso/disaster-recovery/internal/failure"
)

func at(t *testing.T, text string) time.Time {
	t.Helper()
	parsed, err := time.Parse(time.RFC3339, text)
	if err != nil {
		t.Fatal(err)
	}
	return parsed.UTC()
}

func TestChooseTakesEveryWayToWriteAMomentOfTheWindow(t *testing.T) {
	now := at(t, "2028-03-01T12:03:30Z")
	w := window{at(t, "2028-01-26T03:10:00Z"), at(t, "2028-03-01T12:00:00Z")}
	for _, c := range []struct{ name, asked, want string }{
		{"latest", "latest", "2028-03-01T12:00:00Z"},
		{"the last second", "2028-03-01T12:00:00Z", "2028-03-01T12:00:00Z"},
		{"the first second", "2028-01-26T03:10:00Z", "2028-01-26T03:10:00Z"},
		{"between two backups", "2028-02-03T17:42:11Z", "2028-02-03T17:42:11Z"},
		{"another zone", "2028-02-03T23:12:11+05:30", "2028-02-03T17:42:11Z"},
		{"the leap day", "2028-02-29T23:59:59Z", "2028-02-29T23:59:59Z"},
		{"the leap day, over there", "2028-02-29T23:30:00-05:00", "2028-03-01T04:30:00Z"},
		{"a part of a second", "2028-02-03T17:42:11.999Z", "2028-02-03T17:42:11Z"},
	} {
		got, err := choose(c.asked, w, now)
		if err != nil || !got.Equal(at(t, c.want)) || got.Location() != time.UTC {
			t.Errorf("%s: %s is %s, %v; want %s", c.name, c.asked, got, err, c.want)
		}
	}
}

func TestChooseNamesTheNearest(t *testing.T) {
	now := at(t, "2026-03-01T12:03:30Z")
	w := window{at(t, "2026-01-25T03:10:00Z"), at(t, "2026-03-01T12:00:00Z")}
	for _, c := range []struct{ name, asked, words string }{
		{"the future", "2026-03-01T12:03:31Z", "in the future; the nearest that can be restored is 2026-03-01T12:00:00Z"},
		{"not in S3 yet", "2026-03-01T12:00:01Z", "the nearest that can be restored is 2026-03-01T12:00:00Z"},
		{"before the window", "2026-01-25T03:09:59Z", "the nearest that can be restored is 2026-01-25T03:10:00Z"},
		{"no leap year", "2026-02-29T10:00:00Z", "is no time"},
		{"no zone", "2026-02-03T10:00:00", "with a zone"},
		{"nothing", "", "is no time"},
	} {
		_, err := choose(c.asked, w, now)
		if !failure.Is(err, failure.InvalidInput) || !strings.Contains(err.Error(), c.words) {
			t.Errorf("%s: %q gives %v, want InvalidInput with %q", c.name, c.asked, err, c.words)
		}
	}
}
