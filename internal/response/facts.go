package response

import (
	"fmt"
	"slices"
	"time"

	"github.com/acso/disaster-recovery/internal/environment"
	"github.com/acso/disaster-recovery/internal/incident"
)

// Facts is what the record of an incident says.
type Facts struct {
	Known, Unknown, Done, Next []string
}

// All are the facts in one list, by which two messages are compared.
func (f Facts) All() []string { return slices.Concat(f.Known, f.Unknown, f.Done, f.Next) }

// beside leaves the facts that are not among the old ones.
func (f Facts) beside(old []string) Facts {
	fresh := func(all []string) []string {
		return slices.DeleteFunc(all, func(fact string) bool { return slices.Contains(old, fact) })
	}
	return Facts{fresh(f.Known), fresh(f.Unknown), fresh(f.Done), fresh(f.Next)}
}

const clock = "15:04 UTC"

func at(t time.Time) string { return t.UTC().Format(clock) }

// Inside are the facts for people of the company.
func Inside(e *environment.Environment, i incident.Incident, now time.Time) Facts {
	f := Facts{Known: []string{fmt.Sprintf("incident %d was opened at %s by %s", i.Epoch, at(i.OpenedAt), i.Trigger)}}
	switch {
	case !i.Seen.LastServing.IsZero():
		f.Known = append(f.Known, fmt.Sprintf("%s was last seen serving at %s", i.Seen.Region, at(i.Seen.LastServing)))
	case !i.Seen.FirstDown.IsZero():
		f.Known = append(f.Known, fmt.Sprintf("%s was first seen down at %s", i.Seen.Region, at(i.Seen.FirstDown)))
	default:
		f.Unknown = append(f.Unknown, "since when clients are not served")
	}
	f.fence(i)
	f.loss(i)
	for _, change := range i.Outstanding() {
		f.Done = append(f.Done, change.What+" ("+at(change.At)+")")
	}
	f.next(e, i, now)
	return f
}

func (f *Facts) fence(i incident.Incident) {
	switch i.Fence.State {
	case incident.FenceProven:
		f.Known = append(f.Known, i.Fence.Region+" is proven to take no writes")
	case incident.FenceOwed:
		f.Unknown = append(f.Unknown, "whether "+i.Fence.Region+" takes writes: it does not answer, and is fenced when it does")
	}
}

// readiness is what was known of the region to be activated when it began: what does not pass, and what that comes to.
func (f *Facts) readiness(region string, r *incident.Readiness) {
	if r == nil {
		return
	}
	told := region + " at " + at(r.At) + ": " + r.Because
	wrong := r.Hindering()
	for _, finding := range wrong {
		f.Known = append(f.Known, "not ready at "+at(r.At)+", and going on all the same: "+finding)
	}
	if len(wrong) == 0 {
		f.Known = append(f.Known, told)
	} else {
		f.Unknown = append(f.Unknown, "whether the objectives can be met. "+told)
	}
}

func (f *Facts) loss(i incident.Incident) {
	switch {
	case i.LossSeconds != nil:
		f.Known = append(f.Known, fmt.Sprintf("at most %.0f s of data are lost", *i.LossSeconds))
	case i.Promotion != incident.NotPromoted:
		f.Unknown = append(f.Unknown, "how much data is lost: it is measured at the promoted database")
	}
}

func (f *Facts) next(e *environment.Environment, i incident.Incident, now time.Time) {
	if i.State == incident.Closed {
		f.Known = append(f.Known, fmt.Sprintf("it ended %s at %s: %s", i.Outcome, at(i.EndedAt), i.Reason))
		if i.Released {
			f.Next = append(f.Next, "nobody recovers anything now: somebody redrives the execution, or follows docs/runbooks/failover.md")
			return
		}
		f.Next = append(f.Next, "the post-incident review is written from the record")
		return
	}
	switch {
	case i.Question != nil:
		f.Next = append(f.Next, "somebody answers with drctl approve: "+i.Question.Text)
	case i.Promotion == incident.PromotionDone:
		f.Next = append(f.Next, "the recovered region is validated and clients are sent there")
	case i.Promotion == incident.PromotionRequested:
		f.Next = append(f.Next, "the promotion of the database, which was requested at "+at(i.RequestedAt)+", is waited for")
	case i.Mode == incident.Planned:
		f.Next = append(f.Next, "writes are drained, and the database of the other region is promoted when it has everything")
	default:
		f.Next = append(f.Next, "the outage is confirmed, and then the database of the other region is promoted")
	}
	objective := e.Objectives.RecoveryTime.Critical.Std()
	since := begun(i)
	if over := since.Add(objective); now.After(over) {
		f.Known = append(f.Known, fmt.Sprintf("the objective of %s for critical services was missed at %s", e.Objectives.RecoveryTime.Critical, at(over)))
	} else {
		f.Next = append(f.Next, fmt.Sprintf("critical services are to be back by %s", at(over)))
	}
}

// begun is when the outage began, as far as the record knows: never too late.
func begun(i incident.Incident) time.Time {
	since := i.OpenedAt
	for _, t := range []time.Time{i.Seen.FirstDown, i.Seen.LastServing} {
		if !t.IsZero() && t.Before(since) {
			since = t
		}
	}
	return since
}

// Outside are the facts for people outside of the company: what they notice, and nothing of how it is built.
func Outside(i incident.Incident) Facts {
	f := Facts{Known: []string{"since " + at(begun(i)) + " the service is disturbed"}}
	switch {
	case i.State == incident.Closed && i.Outcome == incident.Recovered:
		f.Known = []string{"the service was disturbed from " + at(begun(i)) + " to " + at(i.EndedAt) + " and is restored"}
	case i.State == incident.Closed && i.Outcome == incident.StoodDown:
		f.Known = []string{"the disturbance since " + at(begun(i)) + " ended without a move to other systems"}
	case i.State == incident.Closed:
		f.Unknown = append(f.Unknown, "when the service is restored: the first attempt did not succeed")
	case i.Promotion != incident.NotPromoted:
		f.Done = append(f.Done, "the service is being moved to standby systems")
		f.Unknown = append(f.Unknown, "when exactly it is restored")
	default:
		f.Done = append(f.Done, "the cause is being confirmed")
		f.Unknown = append(f.Unknown, "when it is restored")
	}
	return f
}
