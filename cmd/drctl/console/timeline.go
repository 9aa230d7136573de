package console

import (
	"strings"
	"time"

	"github.com/acso/disaster-recovery/lab/drill"
	"github.com/acso/disaster-recovery/lab/report"
)

// Timeline prints what happens in a drill as it happens.
type Timeline struct {
	screen    Screen
	objective float64 // the RTO, in seconds; 0 when the run has none
	guide     report.Guide
	verbose   bool
	origin    time.Time
	held      []drill.Event // what came before the origin was known
	err       error
}

const (
	barCells    = 10
	narrow      = 80 // below this many columns the bar gives way to the text
	narrowCells = 4
	offsetWidth = 8
	regionWidth = 10
	kindWidth   = 7
)

// Timeline begins a timeline of a run that judges the procedure. Times count from the first fault; a run without one
// counts from the start of its first execution. Decisions, single API calls and the warm-up of the world are left out
// unless verbose is set.
func (s Screen) Timeline(procedure string, objectiveSeconds float64, verbose bool) *Timeline {
	return &Timeline{screen: s, objective: objectiveSeconds, guide: report.NewGuide(procedure), verbose: verbose}
}

// Event prints one event. Events before the origin are held until it comes, since their place in time is not known
// earlier.
func (t *Timeline) Event(e drill.Event) {
	if t.origin.IsZero() && !report.Begins(e) {
		t.held = append(t.held, e)
		return
	}
	t.begin(e.At)
	t.print(e)
}

// Close prints what is still held and tells whether all could be written.
func (t *Timeline) Close() error {
	if len(t.held) > 0 {
		t.begin(t.held[0].At)
	}
	return t.err
}

func (t *Timeline) begin(origin time.Time) {
	if t.origin.IsZero() {
		t.origin = origin
	}
	held := t.held
	t.held = nil
	for _, e := range held {
		t.print(e)
	}
}

func (t *Timeline) print(e drill.Event) {
	if t.err != nil || !t.verbose && (e.Kind == "call" || t.guide.Minor(e) || report.WarmUp(e, t.origin)) {
		return
	}
	since := e.At.Sub(t.origin)
	prefix := t.screen.paint(dim, padLeft(report.Offset(since), offsetWidth)) + " "
	if t.objective > 0 {
		share := since.Seconds() / t.objective
		prefix += t.screen.paint(shareColour(share), bar(share, t.cells())) + " "
	}
	prefix += pad(e.Region, regionWidth) + " " + t.screen.paint(kindColour(e.Kind), pad(e.Kind, kindWidth)) + " "
	l := t.screen.begin()
	l.wrapped(prefix, t.guide.Text(e), textColour(e.Kind))
	t.err = l.flush()
}

func (t *Timeline) cells() int {
	if t.screen.Width < narrow {
		return narrowCells
	}
	return barCells
}

func shareColour(share float64) colour {
	switch {
	case share > 1:
		return red
	case share > 0.75:
		return yellow
	}
	return green
}

func kindColour(kind string) colour {
	switch kind {
	case "fault":
		return red
	case "alarm":
		return yellow
	case "service", "dns", "end":
		return green
	case "state":
		return cyan
	}
	return dim
}

func textColour(kind string) colour {
	switch kind {
	case "fault", "end":
		return bold
	case "call":
		return dim
	}
	return plain
}

// Heading introduces a run.
func (s Screen) Heading(title string, details ...string) error {
	l := s.begin()
	l.add(s.paint(bold, title))
	for _, detail := range details {
		l.wrapped("", detail, plain)
	}
	if len(details) > 0 {
		l.add(strings.Repeat("─", min(s.Width, PipeWidth)))
	}
	return l.flush()
}
