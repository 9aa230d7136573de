package report

import (
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/acso/disaster-recovery/lab/drill"
)

// The chart is drawn in its own units, which the page scales to its width.
const (
	chartWidth  = 1000.0
	labelWidth  = 190.0
	rightMargin = 14.0
	axisHeight  = 28.0
	laneHeight  = 30.0
	rowHeight   = 20.0
	smallestBar = 2.0 // so that a state of a moment can still be seen
)

// gantt is the chart: lanes of both regions and of the clients, and a row for each state that took time.
type gantt struct {
	Width, Height, Left, Right float64
	Ticks                      []tick
	Bands                      []bar  // faults and the clients' outage
	Lanes                      []lane // headings across the chart
	Rows                       []row
	Bars                       []bar
	Marks                      []mark
	Instant                    int // states that took no time and have no row
	Top, Bottom                float64
}

type tick struct {
	X     float64
	Label string
}

type lane struct {
	Y, Height float64
	Label     string
}

type row struct {
	Y, TextY float64
	Label    string
}

type bar struct {
	X, Y, Width, Height, TextX, TextY float64
	Class, Title, Text                string
}

type mark struct {
	X, Y         float64
	Class, Title string
}

type scale struct {
	origin time.Time
	from   float64 // seconds since the origin at the left edge
	unit   float64 // chart units a second
}

func (s scale) seconds(at time.Time) float64 { return at.Sub(s.origin).Seconds() }

func (s scale) x(seconds float64) float64 { return round(labelWidth + (seconds-s.from)*s.unit) }

func round(v float64) float64 { return math.Round(v*10) / 10 }

func newGantt(r *drill.Result) *gantt {
	from, to, ok := extent(r)
	if !ok {
		return nil
	}
	s := scale{origin: Origin(r.Timeline), from: from, unit: (chartWidth - labelWidth - rightMargin) / (to - from)}
	g := &gantt{Width: chartWidth, Left: labelWidth, Right: chartWidth - rightMargin, Top: axisHeight}
	y := axisHeight
	y = g.clients(r, s, y)
	for _, region := range regions(r) {
		y = g.region(r, region, s, y, to)
	}
	g.Bottom, g.Height = y, y+axisHeight
	g.ticks(s, from, to)
	return g
}

// extent is the time that the chart shows, in seconds since the origin.
func extent(r *drill.Result) (from, to float64, ok bool) {
	origin := Origin(r.Timeline)
	see := func(at time.Time) {
		seconds := at.Sub(origin).Seconds()
		from, to = min(from, seconds), max(to, seconds)
	}
	for _, e := range r.Timeline {
		if e.Kind != "call" && !WarmUp(e, origin) {
			see(e.At)
		}
	}
	for _, e := range r.Executions {
		see(e.StartedAt)
		if e.StoppedAt != nil {
			see(*e.StoppedAt)
		}
	}
	if r.RTO.ClientSeconds != nil {
		to = max(to, *r.RTO.ClientSeconds)
	}
	return from, to, to > from
}

// regions are the regions of the run in the order in which they appear, the one that failed first.
func regions(r *drill.Result) []string {
	var names []string
	add := func(name string) {
		if name != "" && name != "clients" && name != "dns" && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	for _, kind := range []string{"fault", ""} {
		for _, e := range r.Timeline {
			if kind == "" || e.Kind == kind {
				add(e.Region)
			}
		}
	}
	for _, e := range r.Executions {
		add(e.Region)
	}
	return names
}

// clients draws how long clients were without service, and what happened at clients and DNS.
func (g *gantt) clients(r *drill.Result, s scale, y float64) float64 {
	g.Lanes = append(g.Lanes, lane{Y: y, Height: laneHeight, Label: "clients and DNS"})
	if out := r.RTO.ClientSeconds; out != nil && *out > 0 {
		text := "no service for " + Span(*out)
		g.Bands = append(g.Bands, g.bar(s, 0, *out, y+5, laneHeight-10, "outage", text, text))
	}
	for _, e := range r.Timeline {
		if e.Region == "clients" || e.Region == "dns" {
			g.mark(e, s, y)
		}
	}
	return y + laneHeight
}

// region draws a region's lane with its events, then a row for each state of the executions that ran in it.
func (g *gantt) region(r *drill.Result, region string, s scale, y, to float64) float64 {
	g.Lanes = append(g.Lanes, lane{Y: y, Height: laneHeight, Label: region})
	broken := false
	for i, e := range r.Timeline {
		if e.Region != region {
			continue
		}
		if e.Kind == "fault" && !broken {
			broken = true // later faults of the region, its return among them, are marks
			end := to
			if next := slices.IndexFunc(r.Timeline[i+1:], func(n drill.Event) bool { return n.Region == region }); next >= 0 {
				end = s.seconds(r.Timeline[i+1+next].At)
			}
			g.Bands = append(g.Bands, g.bar(s, s.seconds(e.At), end, y+5, laneHeight-10, "fault", e.Text, e.Text))
		}
		g.mark(e, s, y)
	}
	y += laneHeight
	for i := range r.Executions {
		if e := &r.Executions[i]; e.Region == region {
			y = g.execution(e, s, y, to)
		}
	}
	return y
}

func (g *gantt) mark(e drill.Event, s scale, y float64) {
	if e.Kind == "call" || e.Kind == "state" || WarmUp(e, s.origin) {
		return // the bars tell the states
	}
	title := Offset(e.At.Sub(s.origin)) + " " + e.Text
	g.Marks = append(g.Marks, mark{X: s.x(s.seconds(e.At)), Y: y + laneHeight/2, Class: e.Kind, Title: title})
}

func (g *gantt) execution(e *drill.Execution, s scale, y, to float64) float64 {
	for _, state := range summarize(e) {
		if state.Seconds < 0.05 && !state.Open {
			g.Instant++
			continue
		}
		g.Rows = append(g.Rows, row{Y: y, TextY: y + rowHeight - 6, Label: state.Name})
		for _, visit := range state.visits {
			class, end := "state", to
			if visit.ExitedAt != nil {
				end = s.seconds(*visit.ExitedAt)
			} else {
				class = "open"
			}
			if visit.Attempts > 1 {
				class += " retried"
			}
			start := s.seconds(visit.EnteredAt)
			title := fmt.Sprintf("%s, %s for %s, attempts: %d", state.Name, Offset(visit.EnteredAt.Sub(s.origin)), Span(end-start), visit.Attempts)
			g.Bars = append(g.Bars, g.bar(s, start, end, y+4, rowHeight-8, class, title, ""))
		}
		y += rowHeight
	}
	return y
}

func (g *gantt) bar(s scale, from, to, y, height float64, class, title, text string) bar {
	x := s.x(from)
	b := bar{X: x, Y: y, Width: round(max(smallestBar, s.x(to)-x)), Height: height, Class: class, Title: title}
	if room := b.Width - 24; room > 6.2*float64(len(text)) { // 6.2 units a letter at the chart's letter size
		b.Text, b.TextX, b.TextY = text, b.X+14, y+height-6
	}
	return b
}

// ticks puts at most ten marks on the axis, at steps that people count in.
func (g *gantt) ticks(s scale, from, to float64) {
	steps := []float64{1, 5, 10, 30, 60, 120, 300, 600, 1800, 3600, 7200, 21600, 86400}
	step := steps[len(steps)-1]
	for _, candidate := range steps {
		if (to-from)/candidate <= 10 {
			step = candidate
			break
		}
	}
	for at := math.Ceil(from/step) * step; at <= to; at += step {
		g.Ticks = append(g.Ticks, tick{X: s.x(at), Label: Offset(time.Duration(at) * time.Second)})
	}
}
