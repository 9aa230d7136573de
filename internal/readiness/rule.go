package readiness

import (
	"context"
	"slices"

	"github.com/acso/disaster-recovery/internal/judging"
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
	next   string                                      // unless the finding says something more fitting
	forced string                                      // what a failover that is forced all the same comes to
	look   func(*run, context.Context) judging.Finding // nil: the function inspect looks, and knows what has to pass before
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
	Inspected                     bool // by the function inspect
}

// Rules are all checks, in the order of a report.
func Rules() []Rule {
	var all []Rule
	for _, p := range parts() {
		for _, r := range p.rules {
			all = append(all, Rule{Part: p.name, Name: r.name, Why: r.why, Next: r.next, Forced: r.forced, Inspected: r.look == nil})
		}
	}
	return all
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
			f, due := r.lookAt(ctx, rule)
			if !due {
				r.report.NotJudged = append(r.report.NotJudged, rule.name)
				continue
			}
			passed[rule.name] = f.Verdict == Pass
			c := Check{Name: rule.name, Part: p.name, Region: r.regionOf(rule.at), Verdict: f.Verdict, Evidence: f.Evidence}
			if f.Verdict != Pass {
				c.Next, c.Consequence = rule.next, rule.forced
				if f.Next != "" {
					c.Next = f.Next
				}
				if rule.blocks {
					r.blocked = append(r.blocked, rule.name)
				}
			}
			r.report.Checks = append(r.report.Checks, c)
		}
	}
}

// lookAt is the finding of a rule; false when another one that has to pass before did not.
func (r *run) lookAt(ctx context.Context, rule rule) (judging.Finding, bool) {
	switch {
	case rule.look == nil:
		return r.inspected(ctx, rule.name)
	case rule.at == active && r.there.lost != nil:
		return r.there.unreachable(), true
	case rule.at == global && r.control.lost != nil:
		return r.control.unreachable(), true
	}
	f := rule.look(r, ctx)
	switch { // the place may have been lost in this very look
	case f.Verdict == Unknown && rule.at == active && r.there.lost != nil:
		return r.there.unreachable(), true
	case f.Verdict == Unknown && rule.at == global && r.control.lost != nil:
		return r.control.unreachable(), true
	}
	return f, true
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
