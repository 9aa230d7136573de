package review

import (
	"slices"
	"time"

	"github.com/acso/disaster-recovery/internal/incident"
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

// planned are the phases of a planned move. What lies before the drain costs clients nothing.
var planned = []part{
	{"starting the services of the other region", "ScaleStandby", "DrainPrimary", 10 * time.Minute},
	{"draining writes, and waiting until the other region has everything", "DrainPrimary", "FencePrimary", 6 * time.Minute},
	{"fencing the old primary", "FencePrimary", "RecoverStandby", 2 * time.Minute},
	{"promoting the database and the file system", "RecoverStandby", "CheckBeforeFlip", 12 * time.Minute},
	{"validating the standby", "CheckBeforeFlip", "FlipDns", 2 * time.Minute},
	{"moving clients by DNS", "FlipDns", "ValidatePublic", 5 * time.Minute},
	{"validating through the public name", "ValidatePublic", "CloseIncident", 2 * time.Minute},
}

// back are the phases of a failback. Clients are served all the while but for the switchover, which is a failover of its own
// with a review of its own; so no objective divides the time. Like those above, the budgets are this
// project's assumptions and not measured.
var back = []part{
	{"keeping the old database, and listing what it alone has", "KeepDatabase", "BuildReplica", 30 * time.Minute},
	{"building the replica, and waiting for it", "BuildReplica", "CompareFiles", 3 * time.Hour},
	{"bringing back files and configuration", "CompareFiles", "CheckReadiness", 2 * time.Hour},
	{"judging the readiness, and handing over", "CheckReadiness", "Switchover", 30 * time.Minute},
	{"the planned switchover", "Switchover", "KeepOther", 45 * time.Minute},
	{"making the other region the standby again", "KeepOther", "CloseFailback", 4 * time.Hour},
}

// partsOf are the phases of what an incident was.
func partsOf(i incident.Incident) []part {
	switch {
	case i.FailingBack():
		return back
	case i.Mode == incident.Planned:
		return planned
	}
	return parts
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
	for _, p := range partsOf(r.Incident) {
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
