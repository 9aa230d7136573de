package readiness

import (
	"context"
	"fmt"
	"slices"

	"github.com/acso/disaster-recovery/internal/failure"
)

// place is which region a check is about.
type place int

const (
	standby place = iota // the region that would be activated
	active               // the other one, or both compared: needs an answer from it
	global               // the control plane of Route 53 and IAM in us-east-1
)

// part is a group of rules.
type part struct {
	name  string
	rules []rule
}

// rule is one thing that is checked. Its texts are in the runbook too: a test compares.
type rule struct {
	name   string
	at     place
	after  []string // rules that have to pass before: their finding stands for this one
	blocks bool     // a failover cannot be finished while it fails
	why    string
	next   string // unless the finding says something more fitting
	forced string // what a failover that is forced all the same comes to
	look   func(*run, context.Context) finding
}

// parts are all parts in the order in which a report shows them.
func parts() []part {
	return []part{
		{"keys", keyRules()}, {"network", networkRules()}, {"database", databaseRules()}, {"files", fileRules()}, {"backups", backupRules()},
		{"configuration", configurationRules()}, {"images", imageRules()}, {"services", serviceRules()}, {"capacity", capacityRules()},
		{"dns", dnsRules()}, {"switch", switchRules()}, {"watch", watchRules()}, {"schedules", scheduleRules()},
		{"machines", append(machineRules(), roleRules()...)}, {"control", controlRules()},
	}
}

// Rule is one check as the runbook describes it.
type Rule struct {
	Part, Name, Why, Next, Forced string
}

// Rules are all checks, in the order of a report.
func Rules() []Rule {
	var all []Rule
	for _, p := range parts() {
		for _, r := range p.rules {
			all = append(all, Rule{Part: p.name, Name: r.name, Why: r.why, Next: r.next, Forced: r.forced})
		}
	}
	return all
}

// finding is what a look found.
type finding struct {
	verdict  Verdict
	evidence string
	next     string
}

func pass(evidence string, args ...any) finding {
	return finding{verdict: Pass, evidence: fmt.Sprintf(evidence, args...)}
}

func fail(evidence string, args ...any) finding {
	return finding{verdict: Fail, evidence: fmt.Sprintf(evidence, args...)}
}

func unknown(evidence string, args ...any) finding {
	return finding{verdict: Unknown, evidence: fmt.Sprintf(evidence, args...)}
}

// do says what to do in place of the rule's own words.
func (f finding) do(next string, args ...any) finding {
	f.next = fmt.Sprintf(next, args...)
	return f
}

// failed is the finding of a call that failed: what is known not to be there is a failure, everything else says nothing.
func failed(err error) finding {
	if failure.Is(err, failure.NotFound) {
		return fail("%s", err)
	}
	return unknown("%s", err)
}

// all is the verdict over many things of one kind: the wrong ones are named, or else it passes.
func all(wrong []string, good string, args ...any) finding {
	if len(wrong) == 0 {
		return pass(good, args...)
	}
	slices.Sort(wrong)
	const most = 10 // names; a report is read by people
	if more := len(wrong) - most; more > 0 {
		wrong = append(wrong[:most:most], fmt.Sprintf("and %d more", more))
	}
	text := wrong[0]
	for _, w := range wrong[1:] {
		text += "; " + w
	}
	return fail("%s", text)
}

// judge makes a check of every rule that is due.
func (r *run) judge(ctx context.Context) {
	passed := map[string]bool{}
	for _, p := range parts() {
		for _, rule := range p.rules {
			if slices.ContainsFunc(rule.after, func(name string) bool { return !passed[name] }) {
				r.report.NotJudged = append(r.report.NotJudged, rule.name)
				continue
			}
			f := r.lookAt(ctx, rule)
			passed[rule.name] = f.verdict == Pass
			c := Check{Name: rule.name, Part: p.name, Region: r.regionOf(rule.at), Verdict: f.verdict, Evidence: f.evidence}
			if f.verdict != Pass {
				c.Next, c.Consequence = rule.next, rule.forced
				if f.next != "" {
					c.Next = f.next
				}
				if rule.blocks {
					r.blocked = append(r.blocked, rule.name)
				}
			}
			r.report.Checks = append(r.report.Checks, c)
		}
	}
}

func (r *run) lookAt(ctx context.Context, rule rule) finding {
	switch {
	case rule.at == active && r.there.lost != nil:
		return r.there.unreachable()
	case rule.at == global && r.control.lost != nil:
		return r.control.unreachable()
	}
	f := rule.look(r, ctx)
	switch { // the place may have been lost in this very look
	case f.verdict == Unknown && rule.at == active && r.there.lost != nil:
		return r.there.unreachable()
	case f.verdict == Unknown && rule.at == global && r.control.lost != nil:
		return r.control.unreachable()
	}
	return f
}

func (r *run) regionOf(p place) string {
	switch p {
	case active:
		return r.other
	case global:
		return "global"
	}
	return r.here
}
