package main

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/acso/disaster-recovery/cmd/drctl/console"
	"github.com/acso/disaster-recovery/internal/retention"
)

func TestBackupsOfTheLab(t *testing.T) {
	lab := &fakeLab{}
	text, stderr, _ := lab.drctl("backups", "--lab", "--days", "1")
	if stderr != "" {
		t.Fatal(stderr)
	}
	for _, want := range []string{"Kind", "Kept until", "application-data  2026-03-04", ", monthly", ", daily", "GiB  copied", "no end, newest", "limit 30m"} {
		if !strings.Contains(text, want) {
			t.Errorf("the table does not say %q:\n%s", want, text)
		}
	}
	for _, line := range strings.Split(text, "\n") {
		if len(line) > console.PipeWidth {
			t.Errorf("a line has %d columns: %s", len(line), line)
		}
	}
	again, _, _ := lab.drctl("backups", "--lab", "--days", "1")
	if again != text {
		t.Error("the same lab gives another table")
	}
}

func TestBackupsAsJSONByKindAndDate(t *testing.T) {
	if testing.Short() {
		t.Skip("two days of schedules run for long")
	}
	lab := &fakeLab{}
	text, stderr, _ := lab.drctl("backups", "--lab", "--days", "2", "--kind", retention.ApplicationData, "--date", "2026-03-04", "--json")
	var points []console.Backup
	if err := json.Unmarshal([]byte(text), &points); err != nil {
		t.Fatalf("%v: %s", err, stderr)
	}
	if len(points) != 96 {
		t.Fatalf("a day has %d points of application data", len(points))
	}
	for i, p := range points {
		switch {
		case p.Kind != retention.ApplicationData || p.Taken.Format(time.DateOnly) != "2026-03-04":
			t.Errorf("%s of %s was not asked for", p.Kind, p.Taken)
		case i > 0 && !p.Taken.Before(points[i-1].Taken):
			t.Errorf("%s comes after %s: the newest is first", p.Taken, points[i-1].Taken)
		case p.KeptUntil == nil && p.Why != string(retention.NewestVerified) && p.Why != string(retention.Newest):
			t.Errorf("%s is kept without end for %q", p.Taken, p.Why)
		case p.Objects == 0 || p.Bytes == 0:
			t.Errorf("%s holds nothing", p.Taken)
		}
	}
}

func TestBackupsRefusesWhatItDoesNotKnow(t *testing.T) {
	lab := &fakeLab{}
	for _, args := range [][]string{{"--kind", "cats"}, {"--date", "yesterday"}, {"--region", "eu-west-1"}, {"--days", "0"}} {
		if _, stderr, status := lab.drctl(append([]string{"backups", "--lab"}, args...)...); status != exitMistake || !strings.Contains(stderr, args[0]) {
			t.Errorf("%v: exit %d, %s", args, status, stderr)
		}
	}
}
