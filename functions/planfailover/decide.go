package planfailover

import (
	"fmt"
	"strings"

	"github.com/acso/disaster-recovery/functions/checkhealth"
	"github.com/acso/disaster-recovery/functions/checklag"
	"github.com/acso/disaster-recovery/functions/promotereplica"
)

// The decisions.
const (
	goes    = "go"
	asks    = "ask"
	refuses = "refuse"
	unclear = "unknown"
)

// ready tells what keeps every mode from going: the lock, and a replica that cannot be promoted.
func ready(s seen, in Input, mode string) (decision, why string) {
	switch {
	case s.lock == nil:
		return unclear, "the incident table could not be read: " + in.Lock.Why
	case s.lock.Refusals[mode] != "":
		return refuses, s.lock.Refusals[mode]
	case s.replica == nil:
		return refuses, "the replica cannot be promoted: " + in.Replica.Why
	case s.replica.State != promotereplica.Ready:
		return asks, "the replica is waited for: " + s.replica.Detail
	case s.health == nil:
		return unclear, "the health is unknown: " + in.Health.Why
	case s.loss == nil:
		return unclear, "the loss is unknown: " + in.Loss.Why
	}
	return goes, ""
}

func (h *Handler) automatic(s seen, in Input) Plan {
	decision, why := ready(s, in, "automatic")
	switch {
	case decision != goes:
	case s.health.Verdict == checkhealth.Healthy:
		decision, why = refuses, "it would stand down: "+s.health.Summary
	case s.health.Verdict != checkhealth.Unhealthy:
		decision, why = asks, "a person would be asked after "+h.p.Environment.Monitoring.Confirmation.Std().String()+": "+s.health.Summary
	case s.loss.Verdict != checklag.Within:
		decision, why = asks, "a person would be asked whether the loss is acceptable: "+s.loss.Summary
	default:
		why = "the primary is down and the loss within the limit: " + s.loss.Summary
	}
	return h.plan(decision, why, h.leaving(s, step{"confirm that the primary is down", 30, "two looks in a row, 10 s apart"}))
}

func (h *Handler) manual(s seen, in Input) Plan {
	decision, why := ready(s, in, "manual")
	switch {
	case decision != goes:
	case s.health.SeenServing || s.primary != nil && s.primary.Answered:
		why = "starting it is the approval; " + s.health.Region + " answers, so that nothing is promoted before its fence is proven"
	default:
		why = "starting it is the approval; " + s.health.Region + " does not answer, so that the fence stays owed until it does"
	}
	if decision == goes {
		why += "; loss: " + s.loss.Summary
	}
	return h.plan(decision, why, h.leaving(s))
}

func (h *Handler) planned(s seen, in Input) Plan {
	decision, why := ready(s, in, "planned")
	switch {
	case decision != goes:
	case s.health.Verdict != checkhealth.Healthy:
		decision, why = refuses, "a switchover is for two healthy regions: "+s.health.Summary
	case s.loss.Verdict != checklag.Within:
		decision, why = refuses, "the standby is too far behind: "+s.loss.Summary
	case s.readiness == nil:
		decision, why = unclear, "the readiness is unknown: "+in.Readiness.Why
	case s.readiness.RecoveryTimeSeconds == nil:
		decision, why = refuses, "it could not be finished: "+s.readiness.Because
	default:
		why = "both regions are well, and everything is waited for: no loss"
	}
	return h.plan(decision, why, h.switching(s))
}

// checks lists what was found, check by check.
func checks(in Input, s seen) []Check {
	var list []Check
	add := func(name string, from Seen, detail func() string) {
		if !from.OK {
			list = append(list, Check{Name: name, Detail: "unknown: " + from.Why})
			return
		}
		list = append(list, Check{Name: name, Known: true, Detail: detail()})
	}
	add("lock", in.Lock, func() string { return fmt.Sprintf("free for %d of 3 modes", 3-len(s.lock.Refusals)) })
	add("health", in.Health, func() string { return s.health.Summary })
	add("replica", in.Replica, func() string { return string(s.replica.State) + ", " + s.replica.Detail })
	add("loss", in.Loss, func() string { return s.loss.Summary })
	add("old primary", in.Primary, func() string {
		text := fmt.Sprintf("answers: %t", s.primary.Answered)
		for _, check := range s.primary.Evidence {
			text += "; " + check.Check + ": " + check.Detail
		}
		return text
	})
	add("services", in.Services, func() string { return s.services.Summary })
	add("file system", in.Files, func() string { return s.files.Detail })
	add("names", in.Names, func() string { return s.names.Detail })
	add("readiness", in.Readiness, func() string {
		text := fmt.Sprintf("%s; %s", s.readiness.Verdict, s.readiness.Because)
		if found := s.readiness.Names(); len(found) > 0 {
			text += "; not passed: " + strings.Join(found, ", ")
		}
		return text
	})
	return list
}
