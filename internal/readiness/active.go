package readiness

import (
	"time"

	"github.com/acso/disaster-recovery/internal/health"
	"github.com/acso/disaster-recovery/internal/incident"
)

// Active is the report of the region that is active: it says whether that serves, and estimates nothing.
func Active(role incident.Role, at time.Time, answer health.Answer) Report {
	c := Check{Name: "active-serves", Part: "services", Region: role.ActiveRegion, Verdict: Pass, Evidence: answer.Detail}
	switch answer.Verdict {
	case health.Serving:
	case health.Down:
		c.Verdict = Fail
	default:
		c.Verdict = Unknown
	}
	if c.Verdict != Pass {
		c.Next = "follow the runbook of the failover: the region that clients use does not say that it is healthy"
	}
	r := Report{
		Region: role.ActiveRegion, Active: role.ActiveRegion, At: at.UTC(), Checks: []Check{c}, NotJudged: []string{},
		Because: role.ActiveRegion + " is active: there is nothing to activate", Objectives: []Objective{}, Steps: []Step{}, Drift: Drift{Changes: []string{}},
	}
	r.conclude()
	return r
}
