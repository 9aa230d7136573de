package review

import (
	"slices"
	"time"
)

// Verdict is how a phase compares with its budget.
type Verdict string

// The verdicts. A phase that the history does not show whole is unknown.
const (
	Within  Verdict = "within"
	Slow    Verdict = "slow"
	Unknown Verdict = "unknown"
)

// Phase is a part of a failover, from the first entry of a state to that of another.
type Phase struct {
	Name    string  `json:"name"`
	Took    string  `json:"took"`
	Budget  string  `json:"budget"`
	Verdict Verdict `json:"verdict"`
}

// part is a phase before it happened. The budgets add up to less than the objective of 30 minutes for critical services;
// they are this project's division of it and not measured.
type part struct {
	name, from, to string
	budget         time.Duration
}

var parts = []part{
	{"confirming the outage and deciding", "OpenIncident", "FencePrimary", 4 * time.Minute},
	{"fencing the old primary", "FencePrimary", "RecoverStandby", 2 * time.Minute},
	{"promoting the database and the file system, and scaling", "RecoverStandby", "CheckBeforeFlip", 15 * time.Minute},
	{"validating the standby", "CheckBeforeFlip", "FlipDns", 2 * time.Minute},
	{"moving clients by DNS", "FlipDns", "ValidatePublic", 5 * time.Minute},
	{"validating through the public name", "ValidatePublic", "CloseIncident", 2 * time.Minute},
}

func (r Record) phases() []Phase {
	entered := func(state string) time.Time {
		n := slices.IndexFunc(r.States, func(e Entered) bool { return e.State == state })
		if n < 0 {
			return time.Time{}
		}
		return r.States[n].At
	}
	var phases []Phase
	for _, p := range parts {
		from, to := entered(p.from), entered(p.to)
		phase := Phase{Name: p.name, Took: "unknown", Budget: span(p.budget), Verdict: Unknown}
		if !from.IsZero() && !to.Before(from) {
			phase.Took, phase.Verdict = span(to.Sub(from)), Within
			if to.Sub(from) > p.budget {
				phase.Verdict = Slow
			}
		}
		phases = append(phases, phase)
	}
	return phases
}
