package report

import (
	"fmt"

	"github.com/acso/disaster-recovery/lab/drill"
)

// budget is the chart of the RTO used: what clients saw, what the orchestrator saw and what was possible at best, on
// the scale of the objective.
type budget struct {
	Rows       []budgetRow
	ObjectiveX float64
	Objective  string
	Summary    string
	Parts      []part
	Height     float64

	longest float64 // seconds that the whole width stands for
}

type budgetRow struct {
	Label, Value string
	Y, TextY     float64
	ValueX       float64
	Parts        []bar
}

type part struct{ Class, Name, Took string }

func newBudget(r *drill.Result) *budget {
	if p := r.RestorePath; p != nil && len(p.Legs) > 0 && p.ObjectiveSeconds > 0 {
		return restoreBudget(p)
	}
	if r.RTO.ObjectiveSeconds <= 0 || r.RTO.ClientSeconds == nil {
		return nil
	}
	longest := max(r.RTO.ObjectiveSeconds, *r.RTO.ClientSeconds)
	if r.RTO.MeasuredSeconds != nil {
		longest = max(longest, *r.RTO.MeasuredSeconds)
	}
	b := emptyBudget(r.RTO.ObjectiveSeconds, longest)
	b.Summary = fmt.Sprintf("Clients were without service for %s, %.0f %% of the objective of %s.",
		Span(*r.RTO.ClientSeconds), 100**r.RTO.ClientSeconds/r.RTO.ObjectiveSeconds, b.Objective)
	b.whole("clients saw", *r.RTO.ClientSeconds, "used")
	if r.RTO.MeasuredSeconds != nil {
		b.whole("orchestrator saw", *r.RTO.MeasuredSeconds, "used light")
	}
	if c := r.CriticalPath; c != nil {
		b.best(c.Total, criticalParts(c))
	}
	return b
}

// restoreBudget is the same of a restore: what it took from the approval on, and the longest of each of its stages.
func restoreBudget(p *drill.RestorePath) *budget {
	b := emptyBudget(p.ObjectiveSeconds, max(p.ObjectiveSeconds, p.Seconds))
	b.Summary = fmt.Sprintf("The restore took %s from the approval to the end, %.0f %% of the objective of %s.", Span(p.Seconds), 100*p.Seconds/p.ObjectiveSeconds, b.Objective)
	b.whole("restore took", p.Seconds, "used")
	var parts []timedPart
	for n, leg := range p.Legs {
		parts = append(parts, timedPart{part{fmt.Sprintf("p%d", n%colours+1), leg.Name, Span(leg.Seconds)}, leg.Seconds})
	}
	b.best(p.Total, parts)
	return b
}

// colours is how many classes of parts page.css has.
const colours = 7

func emptyBudget(objective, longest float64) *budget {
	b := &budget{Objective: Span(objective), longest: longest, Height: 26}
	b.ObjectiveX = b.x(objective)
	return b
}

func (b *budget) x(seconds float64) float64 { return round(150 + 760*seconds/b.longest) }

func (b *budget) add(label string, total float64, bars ...bar) {
	y := 26 + 30*float64(len(b.Rows))
	for i := range bars {
		bars[i].Y, bars[i].Height = y, 18
	}
	b.Rows = append(b.Rows, budgetRow{Label: label, Value: Span(total), Y: y, TextY: y + 13, ValueX: b.x(total) + 8, Parts: bars})
	b.Height = y + 30
}

// whole adds a row of one bar.
func (b *budget) whole(label string, seconds float64, class string) {
	b.add(label, seconds, bar{X: b.x(0), Width: round(b.x(seconds) - b.x(0)), Class: class, Title: Span(seconds)})
}

// best adds the row of what was possible, part by part.
func (b *budget) best(total float64, parts []timedPart) {
	sum := 0.0
	var bars []bar
	for _, p := range parts {
		bars = append(bars, bar{X: b.x(sum), Width: round(b.x(sum+p.seconds) - b.x(sum)), Class: p.Class, Title: p.Name + " " + p.Took})
		sum += p.seconds
		b.Parts = append(b.Parts, p.part)
	}
	b.add("possible at best", total, bars...)
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
