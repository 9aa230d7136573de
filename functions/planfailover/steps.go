package planfailover

import (
	"fmt"
	"strings"
)

// step is a step with its estimate in seconds and where that comes from.
type step struct {
	what    string
	seconds int
	because string
}

// The estimates, in seconds. Where AWS gives no figure they are what operators report and what the lab assumes.
var (
	scaling    = step{"start the services at the size of an active region", 120, "a task takes about a minute to start and 30 s to be healthy"}
	draining   = step{"stop the services of the old primary, tier by tier", 90, "three tiers, up to 30 s each to finish requests"}
	catchingUp = step{"wait until the replica and the file system have everything", 120, "the file system's last sync is up to two minutes old"}
	fencing    = step{"close the database subnets of the old primary and prove it", 30, "writes have to fail on a new and on an old connection"}
	owing      = step{"try to fence the old primary, which does not answer", 10, "two unanswered calls of 3 s; the fence stays owed"}
	// https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_ReadRepl.Promote.html: "several minutes or longer"
	// https://docs.aws.amazon.com/efs/latest/ug/delete-replications.html: "several minutes"
	promoting  = step{"promote the database and the file system, start the services: there is no way back from here", 480, "several minutes each, at the same time"}
	validating = step{"validate the region before clients come", 10, "one request and one write"}
	// A period of the alarm, and the health check behind it.
	flipping = step{"set the failover switch", 150, "the alarm's period of 60 s, and up to 3 minutes of the health check"}
	editing  = step{"edit both records, since the switch is frozen in the dead region and holds nobody any more: needs Route 53's control plane in us-east-1." +
		" By hand, the same is done by aws route53 update-health-check --disabled on the check of the PRIMARY record. What is left after that: put the records (or the check) back when the region answers again, before the next failover", 90, "60 s until the name servers know"}
)

// leaving are the steps of a failover that leaves the primary as it is.
func (h *Handler) leaving(s seen, before ...step) []Step {
	closing := owing
	if s.primary != nil && s.primary.Answered {
		closing = fencing
	}
	var list []Step
	for _, one := range append(before, closing, promoting, validating, h.flip(s), h.ttl()) {
		list = append(list, Step{What: one.what, Seconds: one.seconds, Outage: true, Because: one.because})
	}
	return list
}

// switching are the steps of a planned switchover: clients work until the services of the old primary stop.
func (h *Handler) switching(s seen) []Step {
	list := []Step{{What: scaling.what, Seconds: scaling.seconds, Because: scaling.because}}
	for _, one := range []step{draining, catchingUp, fencing, promoting, validating, h.flip(s), h.ttl()} {
		list = append(list, Step{What: one.what, Seconds: one.seconds, Outage: true, Because: one.because})
	}
	return list
}

func (h *Handler) flip(s seen) step {
	if h.p.Region() == h.p.Environment.Regions.Primary && (s.primary == nil || !s.primary.Answered) {
		return editing
	}
	return flipping
}

func (h *Handler) ttl() step {
	ttl := h.p.Environment.Domain.TTL
	return step{"wait until resolvers forget the old answer", ttl.Seconds(), "the records' time to live"}
}

func (h *Handler) plan(decision, why string, steps []Step) Plan {
	p := Plan{Decision: decision, Why: why, Steps: steps}
	for _, s := range steps {
		p.TotalSeconds += s.Seconds
		if s.Outage {
			p.OutageSeconds += s.Seconds
		}
	}
	return p
}

// lines is the plan as a person reads it.
func (out *Output) lines() []string {
	list := []string{"dry run: from " + out.From + " to " + out.To + "; nothing was changed"}
	for _, check := range out.Checks {
		list = append(list, "check "+check.Name+": "+check.Detail)
	}
	for _, mode := range []struct {
		name string
		plan Plan
	}{{"automatic", out.Automatic}, {"manual", out.Manual}, {"planned", out.Planned}} {
		list = append(list, fmt.Sprintf("mode %s: %s: %s", mode.name, strings.ToUpper(mode.plan.Decision), mode.plan.Why))
		for n, s := range mode.plan.Steps {
			list = append(list, fmt.Sprintf("  %d. %s: about %d s (%s)", n+1, s.What, s.Seconds, s.Because))
		}
		list = append(list, fmt.Sprintf("  about %d s in all, %d s of them felt by clients", mode.plan.TotalSeconds, mode.plan.OutageSeconds))
	}
	return list
}
