package retention_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/acso/disaster-recovery/environments"
	"github.com/acso/disaster-recovery/internal/environment"
	"github.com/acso/disaster-recovery/internal/retention"
)

const day = 24 * time.Hour

var begin = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC) // a Thursday

func production(t interface{ Fatal(...any) }) *environment.Environment {
	e, err := environments.Named("production")
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// history draws the points of one kind: one at every interval with some missing, verified, held, locked and referring.
func history(t *rapid.T) []retention.Point {
	kind := rapid.SampledFrom(append([]string{"somebody's"}, retention.Kinds...)).Draw(t, "kind")
	interval := rapid.SampledFrom([]time.Duration{15 * time.Minute, 6 * time.Hour, day, 5 * day}).Draw(t, "interval")
	var points []retention.Point
	var previous time.Time
	at := begin.Add(time.Duration(rapid.IntRange(0, 40*24).Draw(t, "start")) * time.Hour)
	for n := range rapid.IntRange(1, 120).Draw(t, "points") {
		at = at.Add(time.Duration(rapid.SampledFrom([]int{1, 1, 1, 1, 2, 30}).Draw(t, "gap")) * interval)
		p := retention.Point{ID: fmt.Sprintf("%04d", n), Kind: kind, Taken: at}
		if rapid.Bool().Draw(t, "tagged") {
			p.Class = retention.ClassOf(kind, at, previous)
		}
		previous = at
		switch rapid.IntRange(0, 9).Draw(t, "special") {
		case 0:
			p.Hold = true
		case 1:
			p.LockedUntil = at.Add(time.Duration(rapid.IntRange(0, 500).Draw(t, "lock")) * day)
		case 2, 3:
			p.Verified, p.Depth = at.Add(time.Minute), rapid.SampledFrom([]retention.Depth{retention.Attributes, retention.Content}).Draw(t, "depth")
		case 4:
			if n > 0 {
				p.Refers = []string{fmt.Sprintf("%04d", rapid.IntRange(0, n-1).Draw(t, "refers"))}
			}
		}
		points = append(points, p)
	}
	return points
}

func moment(t *rapid.T, label string) time.Time {
	return begin.Add(time.Duration(rapid.IntRange(0, 9*366*24).Draw(t, label)) * time.Hour)
}

func kept(decisions []retention.Decision) (points []retention.Point) {
	for _, d := range decisions {
		if d.Keep {
			points = append(points, d.Point)
		}
	}
	return points
}

func TestNothingGoesEarly(t *testing.T) {
	rules := retention.From(production(t))
	rapid.Check(t, func(t *rapid.T) {
		points, now := history(t), moment(t, "now")
		byID := map[string]retention.Decision{}
		var previous time.Time
		var newest, newestVerified string
		for _, d := range retention.Solve(rules, points, now) {
			byID[d.ID] = d
			newest = d.ID
			if !d.Verified.IsZero() {
				newestVerified = d.ID
			}
			// The promise, said again without the solver: so long after the time it was taken.
			class := retention.ClassOf(d.Kind, d.Taken, previous)
			previous = d.Taken
			if promised := d.Taken.Add(rules.Keep(class)); !d.Keep && (now.Before(promised) || rules.Keep(class) == 0) {
				t.Fatalf("%s %s of %s is promised until %s and goes at %s", d.Kind, d.ID, d.Taken, promised, now)
			}
			if !d.Keep && (d.Hold || now.Before(d.LockedUntil)) {
				t.Fatalf("%+v is held or locked and goes at %s", d, now)
			}
		}
		if !byID[newest].Keep || newestVerified != "" && !byID[newestVerified].Keep {
			t.Fatalf("the newest (%s) or the newest verified (%s) goes", newest, newestVerified)
		}
		for _, d := range byID {
			for _, id := range d.Refers {
				if d.Keep && !byID[id].Keep {
					t.Fatalf("%s stays until %s and what it refers to, %s, goes", d.ID, d.Until, id)
				}
			}
		}
	})
}

func TestSomethingDoesGo(t *testing.T) {
	rules := retention.From(production(t))
	var points []retention.Point
	for n := range 3 * 366 {
		points = append(points, retention.Point{ID: fmt.Sprint(n), Kind: retention.ApplicationData, Taken: begin.Add(time.Duration(n) * day)})
	}
	now := begin.Add(3 * 366 * day)
	months, weeks, days := map[string]bool{}, 0, 0
	for _, p := range kept(retention.Solve(rules, points, now)) {
		months[p.Taken.Format("2006-01")] = true
		if now.Sub(p.Taken) <= 372*day {
			weeks++
		}
		if now.Sub(p.Taken) <= 30*day {
			days++
		}
	}
	// 37 months begun; a year's 53 Mondays and 12 firsts, of which some fall together, and the last 30 days.
	if len(months) != 37 || weeks < 53+24 || weeks > 53+12+31 || days != 30 {
		t.Errorf("of three years of daily points %d months are there, %d points of the last year and %d of the last 30 days", len(months), weeks, days)
	}
}

// TestEveryPeriodKeepsAPoint is the grandfather-father-son promise: no week of the last 12 months and no month of the last
// 7 years that had a point has none left, so kept points are never further apart than one interval and the outages in it.
func TestEveryPeriodKeepsAPoint(t *testing.T) {
	rules := retention.From(production(t))
	rapid.Check(t, func(t *rapid.T) {
		points, now := history(t), moment(t, "now")
		left := map[string]bool{}
		monday := func(at time.Time) string { return at.AddDate(0, 0, -(int(at.Weekday())+6)%7).Format("w 2006-01-02") }
		month := func(at time.Time) string { return at.Format("m 2006-01") }
		for _, p := range kept(retention.Solve(rules, points, now)) {
			left[month(p.Taken)], left[monday(p.Taken)], left[p.ID] = true, true, true
		}
		for _, p := range points {
			gfs := p.Kind == retention.ApplicationData || p.Kind == retention.Logs
			age := now.Sub(p.Taken)
			switch {
			case gfs && age <= 30*day && !left[p.ID]:
				t.Fatalf("a point of %s is gone at %s", p.Taken, now)
			case gfs && age <= (372-31)*day && !left[monday(p.Taken)]:
				t.Fatalf("nothing is left of the week of %s at %s", p.Taken, now)
			case gfs && age <= (7*366-31)*day && !left[month(p.Taken)]:
				t.Fatalf("nothing is left of the month of %s at %s", p.Taken, now)
			}
		}
	})
}

func TestConsecutiveKeptPointsAreOneIntervalApart(t *testing.T) {
	rules := retention.From(production(t))
	longest := map[retention.Class]time.Duration{retention.Daily: day, retention.Weekly: 7 * day, retention.Monthly: 31 * day}
	rapid.Check(t, func(t *rapid.T) {
		// A full point every midnight but for outages of at most so many days.
		outage := rapid.IntRange(0, 10).Draw(t, "outage")
		var points []retention.Point
		at := begin
		for at.Before(begin.Add(500 * day)) {
			points = append(points, retention.Point{ID: at.String(), Kind: retention.ApplicationData, Taken: at})
			if rapid.IntRange(0, 20).Draw(t, "break") == 0 {
				at = at.Add(time.Duration(outage) * day)
			}
			at = at.Add(day)
		}
		now := at
		for class, interval := range longest {
			var last time.Time
			for _, d := range retention.Solve(rules, points, now) {
				longer := d.Class == class || class == retention.Daily || class == retention.Weekly && d.Class == retention.Monthly
				if !d.Keep || !longer || now.Sub(d.Taken) > rules.Keep(class) {
					continue
				}
				if gap := d.Taken.Sub(last); !last.IsZero() && gap > interval+time.Duration(outage)*day {
					t.Fatalf("%s points of %s and %s are %s apart, the longest outage is %d days", class, last, d.Taken, gap, outage)
				}
				last = d.Taken
			}
		}
	})
}

func TestIdempotentAndMonotone(t *testing.T) {
	rules := retention.From(production(t))
	rapid.Check(t, func(t *rapid.T) {
		points, now := history(t), moment(t, "now")
		first := kept(retention.Solve(rules, points, now))
		again := kept(retention.Solve(rules, first, now))
		if len(first) != len(again) {
			t.Fatalf("of %d kept points a second look keeps %d", len(first), len(again))
		}
		later := map[string]bool{}
		for _, p := range kept(retention.Solve(rules, points, now.Add(time.Duration(rapid.IntRange(0, 1000).Draw(t, "later"))*day))) {
			later[p.ID] = true
		}
		for _, p := range first {
			delete(later, p.ID)
		}
		if len(later) > 0 {
			t.Fatalf("points that had to go come back with time: %v", later)
		}
		// The order in which points are given does not matter.
		slices.Reverse(points)
		if reversed := kept(retention.Solve(rules, points, now)); len(reversed) != len(first) {
			t.Fatalf("another order keeps %d of %d", len(reversed), len(first))
		}
	})
}

func TestWhyAPointStays(t *testing.T) {
	rules := retention.From(production(t))
	at := func(days int) time.Time { return begin.Add(time.Duration(days) * day) }
	points := []retention.Point{
		{ID: "monthly", Taken: at(0)},
		{ID: "base", Taken: at(1)},
		{ID: "held", Taken: at(2), Hold: true, Refers: []string{"base"}},
		{ID: "locked", Taken: at(3), LockedUntil: at(300)},
		{ID: "weekly", Taken: at(4)},
		{ID: "verified", Taken: at(5), Verified: at(5), Depth: retention.Content},
		{ID: "daily", Taken: at(6)},
		{ID: "foreign", Taken: at(7), Class: "forever and a day"},
		{ID: "shallow", Taken: at(8), Verified: at(8), Depth: retention.Attributes},
		{ID: "newest", Taken: at(9)},
	}
	want := map[string]string{
		"monthly": "monthly 2033-01-07", "base": "referred to -", "held": "legal hold -", "locked": "object lock 2026-10-28",
		"weekly": "weekly 2027-01-13", "verified": "newest verified -", "daily": "daily 2026-02-07", "foreign": "unknown class -",
		"shallow": "newest verified -", "newest": "newest -",
	}
	for i := range points {
		points[i].Kind = retention.ApplicationData
	}
	for _, d := range retention.Solve(rules, points, at(10)) {
		until := "-"
		if !d.Until.IsZero() {
			until = d.Until.Format(time.DateOnly)
		}
		if got := string(d.Why) + " " + until; got != want[d.ID] {
			t.Errorf("%s: %s, want %s", d.ID, got, want[d.ID])
		}
	}
}

func TestTagsStandForThePeriodWheneverItBegins(t *testing.T) {
	at := func(text string) time.Time {
		parsed, err := time.Parse("2006-01-02 15:04", text)
		if err != nil {
			t.Fatal(err)
		}
		return parsed
	}
	for _, c := range []struct {
		kind, taken, previous string
		want                  retention.Class
	}{
		{retention.ApplicationData, "2026-03-01 00:00", "2026-02-28 23:45", retention.Monthly},
		{retention.ApplicationData, "2026-03-02 07:30", "2026-02-27 23:45", retention.Monthly}, // the first was lost
		{retention.ApplicationData, "2026-03-02 00:00", "2026-03-01 23:45", retention.Weekly},  // a Monday
		{retention.ApplicationData, "2026-03-03 00:00", "2026-03-01 23:45", retention.Weekly},  // the Monday was lost
		{retention.ApplicationData, "2026-03-04 00:00", "2026-03-03 23:45", retention.Daily},
		{retention.ApplicationData, "2026-03-04 00:15", "2026-03-04 00:00", retention.Daily},
		{retention.Logs, "2027-01-01 02:00", "2026-12-31 02:00", retention.Monthly},
		{retention.Database, "2026-03-04 00:00", "2026-03-03 18:00", retention.Manual},
		{retention.Database, "2026-03-04 06:00", "2026-03-04 00:00", retention.Automated},
		{retention.Configuration, "2026-03-04 06:00", "2026-02-04 00:00", retention.ForConfiguration},
		{retention.Infrastructure, "2026-03-04 06:00", "2026-02-04 00:00", retention.ForInfrastructure},
		{"unheard of", "2026-03-04 06:00", "2026-02-04 00:00", ""},
	} {
		if got := retention.Tags(c.kind, at(c.taken), at(c.previous))[retention.TagKey]; got != string(c.want) {
			t.Errorf("%s of %s after %s: %q, want %q", c.kind, c.taken, c.previous, got, c.want)
		}
	}
}

func TestTheQuotaIsReported(t *testing.T) {
	e := production(t)
	need := retention.Snapshots(e)
	// What the solver keeps after years of snapshots every six hours is what the quota is computed from.
	var points []retention.Point
	for n := range 4 * 500 {
		points = append(points, retention.Point{ID: fmt.Sprint(n), Kind: retention.Database, Taken: begin.Add(time.Duration(n) * 6 * time.Hour)})
	}
	if most := len(kept(retention.Solve(retention.From(e), points, begin.Add(500*day-6*time.Hour)))); most != need {
		t.Errorf("%d snapshots are kept and %d are computed", most, need)
	}
	if need > e.Backup.SnapshotQuota {
		t.Errorf("%d snapshots are needed and production has a quota of %d", need, e.Backup.SnapshotQuota)
	}
	q := retention.Quota{Region: "us-west-2", Needed: need, Used: 90, Limit: 100}
	if text := q.Raise(); !strings.Contains(text, "from 100 to at least 481") || !strings.Contains(text, "us-west-2") {
		t.Errorf("got %q", text)
	}
	q.Limit = need
	if text := q.Raise(); text != "" {
		t.Errorf("%d are enough and it says %q", need, text)
	}
	if q.Limit = 0; !strings.Contains(q.Raise(), "unknown") {
		t.Errorf("an unknown quota passes: %q", q.Raise())
	}
}
