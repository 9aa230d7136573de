package console

import (
	"fmt"
	"time"

	"github.com/acso/disaster-recovery/internal/restore"
	"github.com/acso/disaster-recovery/lab/report"
)

// Plan prints what a restore would do.
func (s Screen) Plan(p restore.Plan) error {
	l := s.begin()
	l.wrapped("", p.Summary, bold)
	l.add()
	for _, part := range p.Parts {
		l.wrapped("  ", fmt.Sprintf("%s: from %s, which reach from %s to %s", part.Part, part.From, part.Earliest.Format(time.RFC3339), part.Latest.Format(time.RFC3339)), plain)
		loss := "nothing is given up: what is there stays"
		if p.Mode == restore.Replace {
			loss = report.Span(part.LossSeconds) + " of work is given up, and as much more as it takes until the services stop"
		}
		l.wrapped("    ", loss, plain)
		l.wrapped("    ", "verified: "+part.Verified+"; only a restore tells", plain)
	}
	l.add()
	name := 0
	for _, step := range p.Steps {
		name = max(name, visible(step.Name))
	}
	l.add(l.paint(bold, "Steps"))
	low, high := 0, 0
	for _, step := range p.Steps {
		running := "services run     "
		if step.Stopped {
			running = "services stopped "
		}
		low, high = low+step.LowSeconds, high+step.HighSeconds
		l.wrapped("  "+pad(step.Name, name)+"  "+padLeft(took(step.LowSeconds, step.HighSeconds), 17)+"  "+running, step.Source, dim)
	}
	l.add("  ", pad("in all", name), "  ", padLeft(took(low, high), 17))
	l.add()
	approval := "Nobody has to approve it: "
	if p.NeedsApproval {
		approval = "A person has to approve it: "
	}
	l.wrapped("", approval+p.Why, plain)
	return l.flush()
}

func took(low, high int) string {
	return report.Span(float64(low)) + " to " + report.Span(float64(high))
}
