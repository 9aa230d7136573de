package report

import (
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
		guide = NewGuide(judged(r))
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

// judged is the machine whose states the timeline explains: the scenario's, or the first one that ran.
func judged(r *drill.Result) string {
	if s, err := drill.Find(r.Scenario); err == nil {
		return s.Machine()
	}
	return r.Executions[0].StateMachine
}
