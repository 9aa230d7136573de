package console

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/acso/disaster-recovery/lab/drill"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func sample(t *testing.T, name string) *drill.Result {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "..", "lab", "report", "testdata", name+".json"))
	if err != nil {
		t.Fatal(err)
	}
	var r drill.Result
	if err := json.Unmarshal(text, &r); err != nil {
		t.Fatal(err)
	}
	return &r
}

// print is a drill as the command shows it.
func print(t *testing.T, s Screen, r *drill.Result) string {
	t.Helper()
	var text bytes.Buffer
	s.Out = &text
	err := s.Heading("Drill "+r.Scenario, "A sentence about it.")
	timeline := s.Timeline("failover", r.RTO.ObjectiveSeconds, false)
	for _, e := range r.Timeline {
		timeline.Event(e)
	}
	if err := errors.Join(err, timeline.Close(), s.Verdict(r)); err != nil {
		t.Fatal(err)
	}
	return text.String()
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("differs from %s; with -update it becomes:\n%s", path, got)
	}
}

func TestDrill(t *testing.T) {
	for _, c := range []struct {
		name   string
		sample string
		screen Screen
	}{
		{"recovered.txt", "recovered", Screen{Width: PipeWidth}},
		{"recovered-narrow.txt", "recovered", Screen{Width: 60}},
		{"recovered-colour.txt", "recovered", Screen{Width: PipeWidth, Colour: true}},
		{"failed.txt", "failed", Screen{Width: PipeWidth}},
	} {
		t.Run(c.name, func(t *testing.T) { golden(t, c.name, print(t, c.screen, sample(t, c.sample))) })
	}
}

func TestColourIsAllThatATerminalAdds(t *testing.T) {
	r := sample(t, "failed")
	coloured, piped := print(t, Screen{Width: PipeWidth, Colour: true}, r), print(t, Screen{Width: PipeWidth}, r)
	if strings.Contains(piped, "\x1b") {
		t.Error("a pipe gets escape sequences")
	}
	if !strings.Contains(coloured, "\x1b[31mFAIL\x1b[0m") {
		t.Error("a failed invariant is not red on a terminal")
	}
	var stripped strings.Builder
	escape := false
	for _, r := range coloured {
		if r == '\x1b' {
			escape = true
		}
		if !escape {
			stripped.WriteRune(r)
		}
		escape = escape && r != 'm'
	}
	if stripped.String() != piped {
		t.Errorf("without its colours the terminal's text is not the pipe's:\n%s", stripped.String())
	}
}

func TestNoLineIsWiderThanTheScreen(t *testing.T) {
	for _, width := range []int{80, 100, 140} {
		text, repeat, _ := strings.Cut(print(t, Screen{Width: width}, sample(t, "recovered")), "Repeat\n")
		for _, line := range strings.Split(text, "\n") {
			if visible(line) > width {
				t.Errorf("%d columns on a screen of %d: %s", visible(line), width, line)
			}
		}
		if strings.Count(repeat, "\n") != 1 {
			t.Errorf("the command that repeats the run is broken into lines and cannot be copied: %q", repeat)
		}
	}
}

func TestTimesCountFromTheFirstFault(t *testing.T) {
	var text bytes.Buffer
	begin := time.Date(2026, 3, 3, 9, 0, 0, 0, time.UTC)
	timeline := Screen{Out: &text, Width: PipeWidth}.Timeline("failover", 600, false)
	timeline.Event(drill.Event{At: begin, Region: "clients", Kind: "service", Text: "before"})
	if text.Len() > 0 {
		t.Error("an event is printed before its place in time is known")
	}
	timeline.Event(drill.Event{At: begin.Add(90 * time.Second), Region: "us-east-1", Kind: "fault", Text: "outage"})
	timeline.Event(drill.Event{At: begin.Add(390 * time.Second), Region: "us-west-2", Kind: "state", Text: "FlipDns"})
	for _, want := range []string{"T-01:30 ·········· clients", "T+00:00 ·········· us-east-1", "T+05:00 █████····· us-west-2  state   FlipDns: Sets the failover switch on the data plane, "} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("want %q in\n%s", want, text.String())
		}
	}
}

func TestARunWithoutFaultCountsFromItsFirstEvent(t *testing.T) {
	var text bytes.Buffer
	timeline := Screen{Out: &text, Width: PipeWidth}.Timeline("failover", 0, false)
	timeline.Event(drill.Event{At: time.Unix(1000, 0), Region: "us-west-2", Kind: "alarm", Text: "false alarm"})
	if err := timeline.Close(); err != nil {
		t.Fatal(err)
	}
	if want := "  T+00:00 us-west-2  alarm   false alarm"; !strings.Contains(text.String(), want[1:]) {
		t.Errorf("want %q, got %q", want, text.String())
	}
}

func TestBar(t *testing.T) {
	for share, want := range map[float64]string{-1: "····", 0: "····", 0.25: "█···", 0.375: "█▌··", 1: "████", 7: "████"} {
		if got := bar(share, 4); got != want {
			t.Errorf("bar(%v) = %s, want %s", share, got, want)
		}
	}
}

func TestDetectGivesAPipeNoColour(t *testing.T) {
	s := Detect(&bytes.Buffer{}, func(name string) string { return map[string]string{"COLUMNS": "30"}[name] })
	if s.Colour || s.Width != PipeWidth {
		t.Errorf("a pipe depends on the terminal: %+v", s)
	}
}

func TestCampaign(t *testing.T) {
	seconds := func(v float64) *float64 { return &v }
	var text bytes.Buffer
	err := Screen{Out: &text, Width: PipeWidth}.Campaign(&drill.CampaignResult{
		Runs: 3, PerSecond: 41.4, MedianRTOSeconds: seconds(500), WorstRTOSeconds: seconds(900), WorstRTORepeat: "drctl drill a --seed 2",
		Outcomes: map[string]map[drill.Outcome]int{"b": {drill.StoodDown: 1}, "a": {drill.Recovered: 2}},
		Restores: []drill.RestoreTimes{
			{Scenario: "system-lost", Runs: 30, MedianSeconds: 2565, WorstSeconds: 3900, ObjectiveSeconds: 14400, MedianPath: 2561, WorstRatio: 1.004, Repeat: "drctl drill system-lost --seed 9"},
		},
		Broken: []drill.Broken{
			{Invariant: "single writer", Result: drill.Fail, Detail: "two at T+04:01", Repeat: "drctl drill b --seed 3"},
			{Invariant: "fence", Result: drill.Unknown, Detail: "nobody could see", Repeat: "drctl drill a --seed 2"},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "campaign.txt", text.String())
}

func TestCrash(t *testing.T) {
	var text bytes.Buffer
	err := Screen{Out: &text, Width: PipeWidth}.Crash(&drill.CrashResult{Scenario: "region-outage", States: 30, Points: 100, Seeds: 2, Killed: 100, Resumed: 99})
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "crash.txt", text.String())
	if lines := strings.Split(strings.TrimSpace(text.String()), "\n"); !strings.Contains(lines[len(lines)-1], "double promotions 0, dual-writer intervals 0, DNS moved before writable 0, resumed 99 %, RTO p50") {
		t.Errorf("the last line is no summary: %s", lines[len(lines)-1])
	}
}

func TestTheCriticalPathOfARestoreIsTold(t *testing.T) {
	r := sample(t, "recovered")
	r.RestorePath = &drill.RestorePath{Seconds: 4927, ObjectiveSeconds: 7200, Total: 4842, Overhead: 85, Ratio: 1.02, Legs: []drill.Leg{{Name: "restore the database", Seconds: 1358}, {Name: "rename a database", Seconds: 714}}}
	var text bytes.Buffer
	if err := (Screen{Out: &text, Width: 400}).Verdict(r); err != nil {
		t.Fatal(err)
	}
	for _, words := range []string{"1h20m42s at best", "it took 1h22m07s, 1.02 times that", "restore the database 22m38s + rename a database 11m54s"} {
		if !strings.Contains(text.String(), words) {
			t.Errorf("it does not say %q:\n%s", words, text.String())
		}
	}
}

func TestWaitingIsPartOfTheCriticalPath(t *testing.T) {
	r := sample(t, "recovered")
	for seconds, want := range map[float64]bool{0: false, 185: true} {
		r.CriticalPath.Waiting = seconds
		var text bytes.Buffer
		if err := (Screen{Out: &text, Width: 400}).Verdict(r); err != nil {
			t.Fatal(err)
		}
		if got := strings.Contains(text.String(), "waiting for a person or the replica 3m05s"); got != want {
			t.Errorf("%.0f s of waiting are told: %v\n%s", seconds, got, text.String())
		}
	}
}
