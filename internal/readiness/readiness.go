// Package readiness judges whether a region could be activated now: part by part, each with a verdict, the evidence, and
// what to do.
//
// It refuses to count what it could not find out: unknown is a finding of its own, and a region with one is not ready. It
// changes nothing and repairs nothing, it never needs an answer from the other region, and it judges no health: whether to
// fail over is somebody else's question.
package readiness

import (
	"time"

	"github.com/acso/disaster-recovery/internal/judging"
)

// Verdict is what a check says, and what all of them say together.
type Verdict = judging.Verdict

// The verdicts.
const (
	Pass    = judging.Pass
	Fail    = judging.Fail
	Unknown = judging.Unknown
)

// Check is what was found out about one thing.
type Check struct {
	Name        string  `json:"name"` // replica-lag: its section in docs/runbooks/readiness.md
	Part        string  `json:"part"`
	Region      string  `json:"region"` // that it is about; global for Route 53's records
	Verdict     Verdict `json:"verdict"`
	Evidence    string  `json:"evidence"`
	Next        string  `json:"next"`        // what to do; "" when it passes
	Consequence string  `json:"consequence"` // of a failover that is forced all the same; "" when it passes
}

// Report is one evaluation.
type Report struct {
	Region  string    `json:"region"` // that would be activated
	Active  string    `json:"active"` // that serves now, as far as this region knows
	At      time.Time `json:"at"`
	Verdict Verdict   `json:"verdict"`
	Checks  []Check   `json:"checks"`
	// NotJudged are the checks that another one has to pass before: its finding stands for them.
	NotJudged []string `json:"notJudged"`
	// RecoveryTimeSeconds is the middle of the estimate, null when a failover could not be finished or nobody can say.
	RecoveryTimeSeconds *float64 `json:"recoveryTimeSeconds"`
	// LossSeconds is an upper bound of what the database would lose now, null when it is unknown.
	LossSeconds *float64    `json:"lossSeconds"`
	Because     string      `json:"because"` // how the two come about
	Objectives  []Objective `json:"objectives"`
	Steps       []Step      `json:"steps"` // of a failover, on which the estimate rests
	Drift       Drift       `json:"drift"`
}

// Findings are the checks that did not pass.
func (r Report) Findings() []Check {
	var found []Check
	for _, c := range r.Checks {
		if c.Verdict != Pass {
			found = append(found, c)
		}
	}
	return found
}

// Names are the findings in a few words each: the check and its verdict.
func (r Report) Names() []string {
	names := []string{}
	for _, c := range r.Findings() {
		names = append(names, c.Name+" ("+string(c.Verdict)+")")
	}
	return names
}

// Forced are the findings with what a failover that is forced all the same comes to.
func (r Report) Forced() []string {
	said := []string{}
	for _, c := range r.Findings() {
		said = append(said, c.Name+" ("+string(c.Verdict)+"): "+c.Consequence)
	}
	return said
}

// conclude gives the verdict over all checks: one that fails decides, then one that is unknown. Without any check nothing
// is known.
func (r *Report) conclude() {
	r.Verdict = Pass
	if len(r.Checks) == 0 {
		r.Verdict = Unknown
	}
	for _, c := range r.Checks {
		if c.Verdict == Fail || c.Verdict == Unknown && r.Verdict == Pass {
			r.Verdict = c.Verdict
		}
	}
}
