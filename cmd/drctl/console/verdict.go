package console

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/acso/disaster-recovery/lab/drill"
	"github.com/acso/disaster-recovery/lab/report"
)

// Verdict prints what a drill found: outcome, objectives, critical path, invariants, executions, what to do next
// and how to repeat the run.
func (s Screen) Verdict(r *drill.Result) error {
	l := s.begin()
	l.add()
	l.outcome(r)
	l.objectives(r)
	l.criticalPath(r.CriticalPath)
	l.restorePath(r.RestorePath)
	l.plan(r.Plan)
	l.invariants(r.Invariants)
	l.executions(r)
	if steps := report.Steps(r.Next); len(steps) > 0 {
		l.section("What to do next")
		for _, step := range steps {
			l.wrapped("  ", step, plain)
		}
	}
	l.section("Repeat")
	l.add("  ", r.Repeat)
	return l.flush()
}

func (l *lines) section(title string) {
	l.add()
	l.add(l.paint(bold, title))
}

func (l *lines) outcome(r *drill.Result) {
	text := strings.ToUpper(string(r.Outcome))
	if r.Outcome != r.ExpectedOutcome {
		l.add(l.paint(red, text), ", expected was ", strings.ToUpper(string(r.ExpectedOutcome)))
		return
	}
	if missing := shortcomings(r); !r.Ok() && len(missing) > 0 {
		l.add(l.paint(yellow, text), ", as expected, but ", strings.Join(missing, ", "))
		return
	}
	l.add(l.paint(green, text), ", as expected")
}

// shortcomings is why a run with the expected outcome is not good all the same.
func shortcomings(r *drill.Result) []string {
	var found []string
	say := func(v drill.Verdict, fail, unknown string) {
		switch v {
		case drill.Fail:
			found = append(found, fail)
		case drill.Unknown:
			found = append(found, unknown)
		}
	}
	say(r.RTO.Met, "the RTO was missed", "nobody knows whether the RTO was met")
	say(r.RPO.Met, "the RPO was missed", "nobody knows whether the RPO was met")
	failed, unknown := 0, 0
	for _, i := range r.Invariants {
		switch i.Result {
		case drill.Fail:
			failed++
		case drill.Unknown:
			unknown++
		}
	}
	if failed > 0 {
		found = append(found, count(failed, "invariant")+" failed")
	}
	if unknown > 0 {
		found = append(found, count(unknown, "invariant")+" unknown")
	}
	return found
}

// objectives is the table of what was promised and what was measured.
func (l *lines) objectives(r *drill.Result) {
	row := func(name, objective, clients, orchestrator, verdict string) {
		l.add("  ", pad(name, 22), padLeft(objective, 11), padLeft(clients, 15), padLeft(orchestrator, 15), "   ", verdict)
	}
	l.add()
	row(l.paint(bold, "Objectives"), "objective", "clients saw", "orchestrator", "")
	row("Recovery time (RTO)", report.Span(r.RTO.ObjectiveSeconds), report.Measured(r.RTO.ClientSeconds), report.Measured(r.RTO.MeasuredSeconds), l.verdict(r.RTO.Met))
	row("Data loss (RPO)", report.Span(r.RPO.ObjectiveSeconds), report.Measured(r.RPO.ClientSeconds), report.Measured(r.RPO.ReportedSeconds), l.verdict(r.RPO.Met))
	lost := strconv.Itoa(r.RPO.LostWrites)
	if r.RPO.Met == drill.NotJudged {
		lost = report.Measured(nil)
	}
	row("Writes lost", "", lost, "", "")
	if measured := r.RTO.ClientSeconds; measured != nil && r.RTO.ObjectiveSeconds > 0 {
		share := *measured / r.RTO.ObjectiveSeconds
		l.add("  ", pad("RTO used", 22), l.paint(shareColour(share), bar(share, 40)), fmt.Sprintf(" %.0f %%", 100*share))
	}
}

func (l *lines) verdict(v drill.Verdict) string { return l.paint(verdictColour(v), verdictWord(v)) }

// verdictWord makes what went wrong stand out without colour too.
func verdictWord(v drill.Verdict) string {
	switch v {
	case drill.Pass:
		return "pass"
	case drill.Fail:
		return "FAIL"
	case drill.NotJudged:
		return string(v)
	}
	return "UNKNOWN"
}

func verdictColour(v drill.Verdict) colour {
	switch v {
	case drill.Pass:
		return green
	case drill.Fail:
		return red
	case drill.NotJudged:
		return dim
	}
	return yellow
}

func (l *lines) criticalPath(p *drill.CriticalPath) {
	if p == nil {
		return
	}
	l.section("Critical path")
	l.wrapped("  ", fmt.Sprintf("%s at best with this run's durations; it took %.2f times that, and the orchestration added %s",
		report.Span(p.Total), p.Ratio, report.Span(p.Overhead)), plain)
	waiting := ""
	if p.Waiting > 0 {
		waiting = " + waiting for a person or the replica " + report.Span(p.Waiting)
	}
	l.wrapped("  ", fmt.Sprintf("detection %s + confirmation %s%s + longest of (promotion %s, file system %s, task start %s) + DNS switch %s + TTL %s + validation %s",
		report.Span(p.Detection), report.Span(p.Confirmation), waiting, report.Span(p.Promotion), report.Span(p.FileSystem), report.Span(p.TaskStart), report.Span(p.Switch), report.Span(p.TTL), report.Span(p.Validation)), dim)
}

func (l *lines) restorePath(p *drill.RestorePath) {
	if p == nil || len(p.Legs) == 0 {
		return
	}
	l.section("Critical path of the restore")
	l.wrapped("  ", fmt.Sprintf("%s at best with this run's durations, from the approval to the end; it took %s, %.2f times that, and the orchestration added %s; the objective is %s",
		report.Span(p.Total), report.Span(p.Seconds), p.Ratio, report.Span(p.Overhead), report.Span(p.ObjectiveSeconds)), plain)
	var legs []string
	for _, leg := range p.Legs {
		legs = append(legs, leg.Name+" "+report.Span(leg.Seconds))
	}
	l.wrapped("  ", strings.Join(legs, " + "), dim)
}

func (l *lines) invariants(all []drill.Invariant) {
	if len(all) == 0 {
		return
	}
	l.section("Invariants")
	width := 0
	for _, i := range all {
		width = max(width, visible(i.Name))
	}
	for _, i := range all {
		l.wrapped("  "+pad(l.verdict(i.Result), 8)+pad(i.Name, width)+"  ", i.Detail, plain)
	}
}

func (l *lines) executions(r *drill.Result) {
	if len(r.Executions) == 0 {
		return
	}
	l.section("Executions")
	for _, e := range r.Executions {
		took := "still running"
		if e.StoppedAt != nil {
			took = report.Span(e.StoppedAt.Sub(e.StartedAt).Seconds())
		}
		retries := 0
		for _, state := range e.States {
			retries += max(0, state.Attempts-1)
		}
		text := fmt.Sprintf("%s, %s visited", took, count(len(e.States), "state"))
		if retries > 0 {
			text += ", " + count(retries, "retry", "retries")
		}
		c := green
		if e.Status != "SUCCEEDED" {
			c = yellow
		}
		l.wrapped("  "+l.paint(c, pad(e.Status, 10))+" "+pad(e.StateMachine, 16)+" "+pad(e.Region, regionWidth)+"  ", text, plain)
	}
	l.add("  ", count(r.Calls, "API call"), " in all")
}

// count writes a number with its noun: 1 state, 2 states.
func count(n int, one string, many ...string) string {
	noun := one
	if n != 1 {
		noun = one + "s"
		if len(many) > 0 {
			noun = many[0]
		}
	}
	return strconv.Itoa(n) + " " + noun
}
