package console

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/acso/disaster-recovery/lab/drill"
	"github.com/acso/disaster-recovery/lab/report"
)

// Scenarios lists the scenarios with what happens in each and how it should end.
func (s Screen) Scenarios(all []drill.Scenario) error {
	l := s.begin()
	name, outcome := len("Scenario"), len("Ends as")
	for _, scenario := range all {
		name, outcome = max(name, visible(scenario.Name)), max(outcome, visible(string(scenario.Expected)))
	}
	l.add(l.paint(bold, pad("Scenario", name)), "  ", l.paint(bold, pad("Ends as", outcome)), "  ", l.paint(bold, "What happens"))
	for _, scenario := range all {
		l.wrapped(pad(scenario.Name, name)+"  "+l.paint(dim, pad(string(scenario.Expected), outcome))+"  ", scenario.Sentence, plain)
	}
	return l.flush()
}

// Series prints how the runs of each scenario ended, and the command that repeats each that did not end as it should.
func (s Screen) Series(r *drill.SeriesResult) error {
	l := s.begin()
	name := len("Scenario")
	for _, one := range r.Series {
		name = max(name, visible(one.Scenario))
	}
	row := func(scenario, expected, good, median, worst, ratio, fingerprint string) {
		l.add(pad(scenario, name), "  ", pad(expected, 12), "  ", padLeft(good, 7), "  ", padLeft(median, 9), "  ", padLeft(worst, 9), "  ", padLeft(ratio, 13), "  ", fingerprint)
	}
	row("", "", "as", "recovery", "", "critical path", "SHA-256 of")
	row(l.paint(bold, "Scenario"), l.paint(bold, "Ends as"), "should", "median", "worst", "median worst", "the results")
	runs, bad := 0, 0
	for _, one := range r.Series {
		runs, bad = runs+r.Seeds, bad+len(one.Otherwise)
		good := fmt.Sprintf("%d/%d", one.AsExpected, r.Seeds)
		if len(one.Otherwise) > 0 {
			good = l.paint(red, good)
		}
		median, worst, ratio := "·", "·", "·"
		if d := one.Recovery; d != nil {
			median, worst = report.Span(d.Median), report.Span(d.Worst)
		}
		if d := one.Path; d != nil {
			ratio = fmt.Sprintf("%.2f x %.2f x", d.Median, d.Worst)
		}
		row(one.Scenario, string(one.Expected), good, median, worst, ratio, one.Fingerprint[:12])
	}
	l.add()
	for _, one := range r.Series {
		for _, other := range one.Otherwise {
			l.add(l.paint(red, one.Scenario+": "+string(other.Outcome)), ", not as it should: ", other.Repeat)
		}
	}
	l.add(fmt.Sprintf("%s of %s, %d ended otherwise than they should", count(runs, "run"), count(len(r.Series), "scenario"), bad))
	return l.flush()
}

// Campaign prints how the runs of a campaign ended and every broken invariant.
func (s Screen) Campaign(r *drill.CampaignResult) error {
	l := s.begin()
	l.add(l.paint(bold, fmt.Sprintf("Campaign: %s, %.0f a second", count(r.Runs, "run"), r.PerSecond)))
	l.add()
	var names []string
	width := len("Scenario")
	for name := range r.Outcomes {
		names = append(names, name)
		width = max(width, visible(name))
	}
	slices.Sort(names)
	outcomes := []drill.Outcome{drill.Recovered, drill.StoodDown, drill.FailedClean, drill.FailedDirty}
	head := pad("Scenario", width)
	for _, outcome := range outcomes {
		head += "  " + padLeft(string(outcome), 12)
	}
	l.add(l.paint(bold, head))
	for _, name := range names {
		line := pad(name, width)
		for _, outcome := range outcomes {
			cell := "·"
			if n := r.Outcomes[name][outcome]; n > 0 {
				cell = strconv.Itoa(n)
			}
			line += "  " + padLeft(cell, 12)
		}
		l.add(line)
	}
	l.add()
	if r.MedianRTOSeconds != nil || len(r.Restores) == 0 {
		l.add("Recovery time as clients saw it: median ", report.Measured(r.MedianRTOSeconds), ", worst ", report.Measured(r.WorstRTOSeconds))
	}
	if r.WorstRTORepeat != "" {
		l.add("The worst again: ", r.WorstRTORepeat)
	}
	l.restores(r.Restores)
	if len(r.Restores) > 0 && len(r.Broken) == 0 {
		l.add()
	}
	l.broken(r.Broken)
	return l.flush()
}

// restores is the table of what restores took, against what this run's own durations allow.
func (l *lines) restores(all []drill.RestoreTimes) {
	if len(all) == 0 {
		return
	}
	width := len("Restores")
	for _, t := range all {
		width = max(width, visible(t.Scenario))
	}
	row := func(c colour, name string, cells ...string) {
		line := l.paint(c, pad(name, width))
		for _, cell := range cells {
			line += "  " + padLeft(cell, 14)
		}
		l.add(line)
	}
	l.add()
	row(bold, "Restores", "runs", "median", "worst", "objective", "critical path", "worst ratio")
	for _, t := range all {
		row(plain, t.Scenario, strconv.Itoa(t.Runs), report.Span(t.MedianSeconds), report.Span(t.WorstSeconds), report.Span(t.ObjectiveSeconds), report.Span(t.MedianPath), fmt.Sprintf("%.2f", t.WorstRatio))
	}
	l.wrapped("", "From the approval to the end. The critical path is that of the run at the median; no run took more than the worst ratio times its own.", dim)
}

// Crash prints what killing the executions of a scenario did.
func (s Screen) Crash(r *drill.CrashResult) error {
	l := s.begin()
	resumed := 0.0
	if r.Killed > 0 {
		resumed = 100 * float64(r.Resumed) / float64(r.Killed)
	}
	takenOver := ""
	if r.TakenOver > 0 {
		takenOver = fmt.Sprintf(", taken over by an alarm and given back %d", r.TakenOver)
	}
	l.broken(r.Broken)
	l.add(fmt.Sprintf("%s: %s x %s x %s killed (%s), double promotions %d, dual-writer intervals %d, DNS moved before writable %d, resumed %.4g %%%s, RTO p50 %s and p99 %s",
		r.Scenario, count(r.States, "state"), count(r.Points/max(1, r.Seeds), "point"), count(r.Seeds, "seed"), count(r.Killed, "execution"),
		r.DoublePromotions, r.DualWriterIntervals, r.DNSMovedBeforeWritable, resumed, takenOver, report.Measured(r.RTOP50Seconds), report.Measured(r.RTOP99Seconds)))
	return l.flush()
}

// Aborts prints what an abort behind each state came to.
func (s Screen) Aborts(r *drill.AbortResult) error {
	l := s.begin()
	l.broken(r.Broken)
	l.add(fmt.Sprintf("%s, seed %d: aborted behind %d of %s: %d undone, %d refused, and each ended as it has to unless it is listed",
		r.Scenario, r.Seed, r.Tried, count(r.States, "state"), r.Undone, r.Refused))
	return l.flush()
}

func (l *lines) broken(all []drill.Broken) {
	if len(all) == 0 {
		l.add("No invariant was broken.")
		return
	}
	l.add()
	l.add(l.paint(red, count(len(all), "invariant")+" did not hold"))
	for _, b := range all {
		l.wrapped("  "+pad(l.verdict(b.Result), 8)+b.Invariant+": ", b.Detail, plain)
		l.add("          ", b.Repeat)
	}
}
