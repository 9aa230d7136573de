package console

import (
	"fmt"
	"strings"
	"time"

	"github.com/acso/disaster-recovery/internal/readiness"
	"github.com/acso/disaster-recovery/lab/report"
)

// Readiness prints a report: what is not in order first, then the score, then every check by its part.
func (s Screen) Readiness(r readiness.Report) error {
	l := s.begin()
	l.wrapped("", headline(r), bold)
	l.wrapped("", r.Because, plain)
	l.add()
	findings := r.Findings()
	for _, c := range findings {
		l.add("  ", l.judged(c.Verdict), "  ", l.paint(bold, c.Name), "  ", c.Region)
		l.wrapped("           ", c.Evidence, plain)
		if c.Next != "" {
			l.wrapped("           next: ", c.Next, plain)
		}
		if c.Consequence != "" {
			l.wrapped("           forced: ", c.Consequence, dim)
		}
	}
	if len(findings) > 0 {
		l.add()
	}
	l.promises(r.Objectives)
	l.drift(r.Drift)
	for _, part := range report.Parts(r) {
		l.add(l.paint(bold, part.Name))
		for _, c := range part.Checks {
			l.wrapped("  "+l.judged(c.Verdict)+"  "+pad(c.Name, nameWidth), c.Evidence, plain)
		}
	}
	if len(r.NotJudged) > 0 {
		l.add()
		l.wrapped("not judged, since something that comes before did not pass: ", strings.Join(r.NotJudged, ", "), dim)
	}
	return l.flush()
}

// nameWidth is that of the longest check's name and two spaces.
const nameWidth = 32

func headline(r readiness.Report) string {
	where := r.Region
	switch r.Verdict {
	case readiness.Pass:
		return fmt.Sprintf("%s is READY: %d checks pass", where, len(r.Checks))
	case readiness.Fail:
		return fmt.Sprintf("%s is NOT READY: %d of %d checks do not pass", where, len(r.Findings()), len(r.Checks))
	}
	return fmt.Sprintf("Whether %s is ready is UNKNOWN: %d of %d checks do not pass", where, len(r.Findings()), len(r.Checks))
}

func (l *lines) judged(v readiness.Verdict) string {
	c := map[readiness.Verdict]colour{readiness.Pass: green, readiness.Fail: red, readiness.Unknown: yellow}[v]
	return l.paint(c, pad(string(v), 7))
}

func (l *lines) promises(list []readiness.Objective) {
	for _, o := range list {
		value := "unknown"
		if o.Seconds != nil {
			value = report.Span(*o.Seconds)
		}
		l.wrapped("  "+l.judged(o.Verdict)+"  "+pad(o.Name, 36)+padLeft(value, 8)+" of "+pad(report.Span(o.LimitSeconds), 8)+"  ", o.Because, dim)
	}
	if len(list) > 0 {
		l.add()
	}
}

func (l *lines) drift(d readiness.Drift) {
	if d.Since.IsZero() {
		return
	}
	since := "Since " + d.Since.UTC().Format(time.RFC3339) + ": "
	if len(d.Changes) == 0 {
		l.add(since, "nothing changed")
	}
	for _, change := range d.Changes {
		l.wrapped(since, change, plain)
		since = strings.Repeat(" ", visible(since))
	}
	if !d.NotReadySince.IsZero() {
		l.add("Not ready since ", d.NotReadySince.UTC().Format(time.RFC3339))
	}
	l.add()
}
