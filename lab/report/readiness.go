package report

import (
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"time"

	"github.com/acso/disaster-recovery/internal/readiness"
)

//go:embed readiness.html.tmpl
var readinessText string

// Part is the checks of one part of a readiness report, those that do not pass first.
type Part struct {
	Name   string
	Checks []readiness.Check
}

// Parts groups the checks of a report, in its order; parts with a finding come first.
func Parts(r readiness.Report) []Part {
	var good, bad []Part
	for _, name := range partNames(r) {
		p := Part{Name: name}
		wrong := 0
		for _, c := range r.Checks {
			if c.Part == name && c.Verdict != readiness.Pass {
				p.Checks = append(p.Checks, c)
				wrong++
			}
		}
		for _, c := range r.Checks {
			if c.Part == name && c.Verdict == readiness.Pass {
				p.Checks = append(p.Checks, c)
			}
		}
		if wrong > 0 {
			bad = append(bad, p)
		} else {
			good = append(good, p)
		}
	}
	return append(bad, good...)
}

func partNames(r readiness.Report) []string {
	var names []string
	seen := map[string]bool{}
	for _, c := range r.Checks {
		if !seen[c.Part] {
			names = append(names, c.Part)
		}
		seen[c.Part] = true
	}
	return names
}

type readinessPage struct {
	Style      template.CSS
	R          readiness.Report
	Headline   string
	At         string
	Parts      []Part
	Objectives []readinessObjective
	Steps      []readinessStep
	Since      string
}

type readinessObjective struct {
	readiness.Objective
	Limit, Expected string
}

type readinessStep struct {
	readiness.Step
	Took string
}

// Readiness writes a readiness report as a page of its own.
func Readiness(w io.Writer, r readiness.Report) error {
	page, err := template.New("readiness").Parse(readinessText)
	if err != nil {
		return fmt.Errorf("parse the template of readiness: %w", err)
	}
	p := readinessPage{
		Style: template.CSS(styleText), //nolint:gosec // our own embedded style sheet, no input in it
		R:     r, At: r.At.UTC().Format("2006-01-02 15:04:05 UTC"), Parts: Parts(r),
		Headline: map[readiness.Verdict]string{readiness.Pass: "ready", readiness.Fail: "not ready", readiness.Unknown: "unknown"}[r.Verdict],
	}
	for _, o := range r.Objectives {
		row := readinessObjective{Objective: o, Limit: Span(o.LimitSeconds), Expected: "unknown"}
		if o.Seconds != nil {
			row.Expected = Span(*o.Seconds)
		}
		p.Objectives = append(p.Objectives, row)
	}
	for _, s := range r.Steps {
		p.Steps = append(p.Steps, readinessStep{Step: s, Took: Span(float64(s.Low)) + " to " + Span(float64(s.High))})
	}
	if !r.Drift.Since.IsZero() {
		p.Since = r.Drift.Since.UTC().Format(time.RFC3339)
	}
	if err := page.Execute(w, p); err != nil {
		return fmt.Errorf("write the report of readiness of %s: %w", r.Region, err)
	}
	return nil
}
