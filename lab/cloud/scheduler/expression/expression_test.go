package expression_test

import (
	"testing"
	"time"

	"github.com/acso/disaster-recovery/lab/cloud/scheduler/expression"
)

const layout = "2006-01-02T15:04"

func after(t *testing.T, text, zone, from string, n int) []string {
	t.Helper()
	e, err := expression.Parse(text, zone)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	at, err := time.Parse(layout, from)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for range n {
		next, ok := e.Next(at)
		if !ok {
			return append(out, "never")
		}
		out = append(out, next.UTC().Format(layout))
		at = next
	}
	return out
}

// The examples of https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html and
// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-scheduled-rule-pattern.html
func TestNext(t *testing.T) {
	for _, c := range []struct{ text, zone, from, want, then string }{
		{"cron(0 10 * * ? *)", "", "2026-03-03T09:00", "2026-03-03T10:00", "2026-03-04T10:00"},
		{"cron(15 12 * * ? *)", "", "2026-03-03T12:15", "2026-03-04T12:15", "2026-03-05T12:15"},
		{"cron(0 18 ? * MON-FRI *)", "", "2026-03-06T18:00", "2026-03-09T18:00", "2026-03-10T18:00"},
		{"cron(0 8 1 * ? *)", "", "2026-03-03T00:00", "2026-04-01T08:00", "2026-05-01T08:00"},
		{"cron(0/15 * * * ? *)", "", "2026-03-03T09:01", "2026-03-03T09:15", "2026-03-03T09:30"},
		{"cron(0/10 * ? * MON-FRI *)", "", "2026-03-06T23:55", "2026-03-09T00:00", "2026-03-09T00:10"},
		{"cron(0/5 8-17 ? * MON-FRI *)", "", "2026-03-03T17:55", "2026-03-04T08:00", "2026-03-04T08:05"},
		{"cron(15 10 ? * 6L 2022-2026)", "", "2026-03-03T00:00", "2026-03-27T10:15", "2026-04-24T10:15"},
		{"cron(0 9 ? * 2#1 *)", "", "2026-03-03T00:00", "2026-04-06T09:00", "2026-05-04T09:00"},
		{"cron(0 0 L * ? *)", "", "2026-02-01T00:00", "2026-02-28T00:00", "2026-03-31T00:00"},
		{"cron(0 0 LW * ? *)", "", "2026-02-01T00:00", "2026-02-27T00:00", "2026-03-31T00:00"},
		{"cron(0 0 1W * ? *)", "", "2026-07-15T00:00", "2026-08-03T00:00", "2026-09-01T00:00"},  // Saturday the 1st
		{"cron(0 0 31W * ? *)", "", "2026-05-01T00:00", "2026-05-29T00:00", "2026-07-31T00:00"}, // Sunday the 31st
		{"cron(0 0 ? * L *)", "", "2026-03-03T00:00", "2026-03-07T00:00", "2026-03-14T00:00"},
		{"cron(0 0 29 2 ? *)", "", "2026-03-03T00:00", "2028-02-29T00:00", "2032-02-29T00:00"},
		{"cron(0 2 * * ? *)", "America/New_York", "2026-03-07T08:00", "2026-03-09T06:00", "2026-03-10T06:00"},  // 2:00 on the 8th does not exist
		{"cron(30 1 * * ? *)", "America/New_York", "2026-10-31T08:00", "2026-11-01T05:30", "2026-11-02T06:30"}, // 1:30 on the 1st exists twice
		{"at(2026-03-04T10:00:00)", "Europe/Berlin", "2026-03-03T09:00", "2026-03-04T09:00", "never"},
		{"cron(0 0 1 1 ? 2020)", "", "2026-03-03T00:00", "never", ""},
	} {
		got := after(t, c.text, c.zone, c.from, 2)
		if got[0] != c.want || len(got) > 1 && got[1] != c.then {
			t.Errorf("%s in %q after %s: %v, want %s, %s", c.text, c.zone, c.from, got, c.want, c.then)
		}
	}
}

func TestRates(t *testing.T) {
	for text, want := range map[string]time.Duration{"rate(1 minute)": time.Minute, "rate(15 minutes)": 15 * time.Minute, "rate(1 hours)": time.Hour, "rate(35 days)": 35 * 24 * time.Hour} {
		if e, err := expression.Parse(text, ""); err != nil || e.Rate() != want {
			t.Errorf("%s: %v, %v", text, e.Rate(), err)
		}
	}
}

func TestRefused(t *testing.T) {
	for _, text := range []string{
		"", "rate()", "rate(0 minutes)", "rate(-1 minutes)", "rate(5 minute)", "rate(1 week)", "rate(1.5 hours)", "hourly", "cron(0 10 * * ? *", "at(tomorrow)",
		"cron(0 10 * * *)", "cron(0 10 * * * *)", "cron(0 10 ? * ? *)", "cron(0 10 1 * MON *)", "cron(60 10 * * ? *)", "cron(0 24 * * ? *)",
		"cron(0 0 32 * ? *)", "cron(0 0 ? * 8 *)", "cron(0 0 ? * MON#6 *)", "cron(0 0 ? 13 MON *)", "cron(0 0 * * ? 1969)", "cron(30-10 0 * * ? *)", "cron(0/0 0 * * ? *)",
	} {
		if _, err := expression.Parse(text, ""); err == nil {
			t.Errorf("%q was accepted", text)
		}
	}
	if _, err := expression.Parse("rate(1 minute)", "Mars/Olympus"); err == nil {
		t.Error("an unknown time zone was accepted")
	}
}

func FuzzParse(f *testing.F) {
	for _, text := range []string{"cron(0/15 * LW * ? *)", "cron(0 0 ? * 3#2 2030)", "rate(1 minute)", "at(2026-03-04T10:00:00)"} {
		f.Add(text)
	}
	from := time.Date(2026, 3, 3, 9, 0, 0, 0, time.UTC)
	f.Fuzz(func(t *testing.T, text string) {
		e, err := expression.Parse(text, "Europe/Berlin")
		if err != nil {
			return
		}
		if at, ok := e.Next(from); ok && !at.After(from) {
			t.Errorf("%q: the next time %v is not after %v", text, at, from)
		}
	})
}
