package console

import (
	"fmt"
	"slices"
	"time"

	"github.com/acso/disaster-recovery/internal/rebuild"
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
	var steps []step
	for _, s := range p.Steps {
		running := "services run     "
		if s.Stopped {
			running = "services stopped "
		}
		steps = append(steps, step{s.Name, running, s.Source, s.LowSeconds, s.HighSeconds, s.Parallel})
	}
	l.steps(steps)
	l.add()
	approval := "Nobody has to approve it: "
	if p.NeedsApproval {
		approval = "A person has to approve it: "
	}
	l.wrapped("", approval+p.Why, plain)
	return l.flush()
}

// SystemPlan prints what a restore of the whole system would do.
func (s Screen) SystemPlan(p rebuild.Plan) error {
	l := s.begin()
	l.wrapped("", p.Summary, bold)
	l.add()
	source := func(part, from string, taken time.Time, loss float64, verified string) {
		l.wrapped("  ", fmt.Sprintf("%s: from %s of %s", part, from, taken.Format(time.RFC3339)), plain)
		l.wrapped("    ", report.Span(loss)+" of work is given up, if nobody wrote after now; verified: "+verified+"; only a restore tells", plain)
	}
	for n, snapshot := range p.Snapshots {
		part := "database"
		if n > 0 {
			part = "database, if the one before does not restore"
		}
		source(part, "snapshot "+snapshot.Snapshot, snapshot.Taken, snapshot.LossSeconds, snapshot.Verified)
	}
	for _, point := range []rebuild.Point{p.Data, p.Configuration, p.Infrastructure} {
		source(point.Kind, point.Manifest, point.Taken, point.LossSeconds, point.Verified)
	}
	l.wrapped("  ", fmt.Sprintf("deployed again: commit %s, from %s", p.Deployment.Commit, p.Deployment.Archive), plain)
	for _, passed := range p.Passed {
		l.wrapped("  ", "passed over: "+passed, yellow)
	}
	l.add()
	var steps []step
	for _, s := range p.Steps {
		beside := "alone         "
		if s.Parallel {
			beside = "side by side  "
		}
		steps = append(steps, step{s.Name, beside, s.Source, s.LowSeconds, s.HighSeconds, s.Parallel})
	}
	l.steps(steps)
	l.section("What leans on control planes in us-east-1")
	for _, one := range p.ControlPlanes {
		l.wrapped("  ", one, plain)
	}
	l.add()
	l.wrapped("", "A person has to approve it: it deploys the workload of "+p.Region+", and sends clients there", plain)
	return l.flush()
}

// step is a line of a plan.
type step struct {
	name, beside, source string
	low, high            int // seconds
	parallel             bool
}

// inAll is what all steps take: of those side by side the longest counts.
func inAll(all []step) (low, high int) {
	var most step
	for _, s := range append(slices.Clone(all), step{}) { // what stands alone ends what is side by side
		if s.parallel {
			most.low, most.high = max(most.low, s.low), max(most.high, s.high)
			continue
		}
		low, high = low+most.low+s.low, high+most.high+s.high
		most = step{}
	}
	return low, high
}

func (l *lines) steps(all []step) {
	width := 0
	for _, s := range all {
		width = max(width, visible(s.name))
	}
	l.add(l.paint(bold, "Steps"))
	for _, s := range all {
		l.wrapped("  "+pad(s.name, width)+"  "+padLeft(took(s.low, s.high), 17)+"  "+s.beside, s.source, dim)
	}
	l.add("  ", pad("in all", width), "  ", padLeft(took(inAll(all)), 17))
}

func took(low, high int) string {
	return report.Span(float64(low)) + " to " + report.Span(float64(high))
}
