package report

import (
	"fmt"
	"html/template"
	"slices"
	"strings"
	"time"

	"github.com/acso/disaster-recovery/lab/drill"
)

// page is what the template shows. All times are virtual; Started is in UTC.
type page struct {
	Style      template.CSS
	Result     *drill.Result
	Headline   string
	Expected   bool
	Tone       string // pass, fail or unknown
	Started    string
	Objectives []objective
	Budget     *budget
	Gantt      *gantt
	Events     []event
	Kinds      []string // of the marks in the chart
	Calls      int      // events that are single calls and are left out
	Executions []execution
	Next       []string
}

type objective struct {
	Name, Objective, Clients, Orchestrator string
	Met                                    badge
}

type badge struct{ Class, Text string }

type event struct{ At, Region, Kind, Text string }

type execution struct {
	Machine, Name, Region, Status, Took string
	States                              []stateRow
}

type stateRow struct {
	Name, First, Took string
	Visits, Attempts  int
}

func newPage(r *drill.Result) *page {
	p := &page{
		Style:  template.CSS(styleText), //nolint:gosec // our own embedded style sheet, no input in it
		Result: r, Expected: r.Outcome == r.ExpectedOutcome, Gantt: newGantt(r), Budget: newBudget(r), Next: Steps(r.Next),
		Headline: strings.ToUpper(string(r.Outcome[:1])) + string(r.Outcome[1:]),
	}
	p.Tone = tone(r)
	origin := Origin(r.Timeline)
	if !origin.IsZero() {
		p.Started = origin.UTC().Format("2006-01-02 15:04:05 UTC")
	}
	p.Objectives = []objective{
		{"Recovery time (RTO)", Span(r.RTO.ObjectiveSeconds), Measured(r.RTO.ClientSeconds), Measured(r.RTO.MeasuredSeconds), badgeOf(r.RTO.Met)},
		{"Data loss (RPO)", Span(r.RPO.ObjectiveSeconds), Measured(r.RPO.ClientSeconds), Measured(r.RPO.ReportedSeconds), badgeOf(r.RPO.Met)},
	}
	var guide Guide
	if len(r.Executions) > 0 {
		guide = NewGuide(r.Executions[0].StateMachine)
	}
	for _, e := range r.Timeline {
		if e.Kind == "call" {
			p.Calls++
			continue
		}
		if guide.Minor(e) || WarmUp(e, origin) {
			continue
		}
		if e.Kind != "state" && !slices.Contains(p.Kinds, e.Kind) {
			p.Kinds = append(p.Kinds, e.Kind)
		}
		p.Events = append(p.Events, event{Offset(e.At.Sub(origin)), e.Region, e.Kind, guide.Text(e)})
	}
	for i := range r.Executions {
		p.Executions = append(p.Executions, newExecution(&r.Executions[i], origin))
	}
	return p
}

// tone is the worst that the page has to say.
func tone(r *drill.Result) string {
	if r.Ok() {
		return string(drill.Pass) // a failure that the scenario expects misses its objectives and is good
	}
	worst := drill.Pass
	verdicts := []drill.Verdict{r.RTO.Met, r.RPO.Met}
	for _, i := range r.Invariants {
		verdicts = append(verdicts, i.Result)
	}
	if r.Outcome != r.ExpectedOutcome {
		verdicts = append(verdicts, drill.Fail)
	}
	for _, v := range verdicts {
		switch {
		case v == drill.Fail:
			worst = drill.Fail
		case v == drill.Unknown && worst == drill.Pass:
			worst = drill.Unknown
		}
	}
	return string(worst)
}

// badgeOf is a verdict with a sign, so that it can be read without its colour.
func badgeOf(v drill.Verdict) badge {
	switch v {
	case drill.Pass:
		return badge{"pass", "✓ pass"}
	case drill.Fail:
		return badge{"fail", "✗ fail"}
	case drill.NotJudged:
		return badge{"none", "not judged"}
	}
	return badge{"unknown", "? unknown"}
}

// Badge is for the template.
func (p *page) Badge(v drill.Verdict) badge { return badgeOf(v) }

func newExecution(e *drill.Execution, origin time.Time) execution {
	x := execution{Machine: e.StateMachine, Name: e.Name, Region: e.Region, Status: e.Status, Took: "not ended"}
	if e.StoppedAt != nil {
		x.Took = Span(e.StoppedAt.Sub(e.StartedAt).Seconds())
	}
	for _, s := range summarize(e) {
		took := Span(s.Seconds)
		if s.Open {
			took = "not ended"
		}
		x.States = append(x.States, stateRow{s.Name, Offset(s.visits[0].EnteredAt.Sub(origin)), took, len(s.visits), s.Attempts})
	}
	return x
}

// budget is the chart of the RTO used: what clients saw, what the orchestrator saw and what was possible at best, on
// the scale of the objective.
type budget struct {
	Rows       []budgetRow
	ObjectiveX float64
	Objective  string
	Summary    string
	Parts      []part
	Height     float64
}

type budgetRow struct {
	Label, Value string
	Y, TextY     float64
	ValueX       float64
	Parts        []bar
}

type part struct{ Class, Name, Took string }

func newBudget(r *drill.Result) *budget {
	if r.RTO.ObjectiveSeconds <= 0 || r.RTO.ClientSeconds == nil {
		return nil
	}
	longest := max(r.RTO.ObjectiveSeconds, *r.RTO.ClientSeconds)
	if r.RTO.MeasuredSeconds != nil {
		longest = max(longest, *r.RTO.MeasuredSeconds)
	}
	x := func(seconds float64) float64 { return round(150 + 760*seconds/longest) }
	b := &budget{ObjectiveX: x(r.RTO.ObjectiveSeconds), Objective: Span(r.RTO.ObjectiveSeconds)}
	b.Summary = fmt.Sprintf("Clients were without service for %s, %.0f %% of the objective of %s.",
		Span(*r.RTO.ClientSeconds), 100**r.RTO.ClientSeconds/r.RTO.ObjectiveSeconds, b.Objective)
	add := func(label string, total float64, parts ...bar) {
		y := 26 + 30*float64(len(b.Rows))
		for i := range parts {
			parts[i].Y, parts[i].Height = y, 18
		}
		b.Rows = append(b.Rows, budgetRow{Label: label, Value: Span(total), Y: y, TextY: y + 13, ValueX: x(total) + 8, Parts: parts})
	}
	whole := func(seconds float64, class string) bar {
		return bar{X: x(0), Width: round(x(seconds) - x(0)), Class: class, Title: Span(seconds)}
	}
	add("clients saw", *r.RTO.ClientSeconds, whole(*r.RTO.ClientSeconds, "used"))
	if r.RTO.MeasuredSeconds != nil {
		add("orchestrator saw", *r.RTO.MeasuredSeconds, whole(*r.RTO.MeasuredSeconds, "used light"))
	}
	if c := r.CriticalPath; c != nil {
		parts, total := criticalParts(c), 0.0
		var bars []bar
		for _, p := range parts {
			bars = append(bars, bar{X: x(total), Width: round(x(total+p.seconds) - x(total)), Class: p.Class, Title: p.Name + " " + p.Took})
			total += p.seconds
			b.Parts = append(b.Parts, p.part)
		}
		add("possible at best", c.Total, bars...)
	}
	b.Height = 26 + 30*float64(len(b.Rows))
	return b
}

type timedPart struct {
	part
	seconds float64
}

// criticalParts are the stretches of the critical path in their order. Database, file system and tasks recover at the
// same time, so that only the longest of them counts.
func criticalParts(c *drill.CriticalPath) []timedPart {
	name, longest := "promotion", c.Promotion
	if c.FileSystem > longest {
		name, longest = "file system", c.FileSystem
	}
	if c.TaskStart > longest {
		name, longest = "task start", c.TaskStart
	}
	var parts []timedPart
	add := func(class, name string, seconds float64) {
		parts = append(parts, timedPart{part{class, name, Span(seconds)}, seconds})
	}
	add("p1", "detection", c.Detection)
	add("p2", "confirmation", c.Confirmation)
	if c.Waiting > 0 {
		add("p7", "waiting for a person or the replica", c.Waiting)
	}
	add("p3", name, longest)
	add("p4", "DNS switch", c.Switch)
	add("p5", "TTL", c.TTL)
	add("p6", "validation", c.Validation)
	return parts
}
