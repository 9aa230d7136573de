// Package review writes the post-incident review from the record of an incident, what was told about it, and the history of
// the execution: timeline, impact, what worked, what was slow against its budget, what was done by hand, and what follows.
//
// It measures nothing and guesses nothing: what the record does not hold is unknown in the review, too.
package review

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/acso/disaster-recovery/internal/environment"
	"github.com/acso/disaster-recovery/internal/incident"
	"github.com/acso/disaster-recovery/internal/response"
)

// Entered is a state of the execution and when it was first entered.
type Entered struct {
	State string
	At    time.Time
}

// Record is what a review is written from.
type Record struct {
	Environment   *environment.Environment
	Incident      incident.Incident
	Communication incident.Communication
	States        []Entered // in the order of time; none when the history could not be read
	Region        string    // that was activated
}

// Review is a post-incident review.
type Review struct {
	Title     string          `json:"title"`
	Outcome   string          `json:"outcome"`
	Timeline  []Line          `json:"timeline"`
	Impact    []string        `json:"impact"`
	Phases    []Phase         `json:"phases"`
	Worked    []string        `json:"worked"`
	Slow      []string        `json:"slow"`
	ByHand    []string        `json:"byHand"`
	FollowUps []string        `json:"followUps"`
	Checklist []response.Item `json:"checklist"`
}

// Line is a line of the timeline.
type Line struct {
	At   time.Time `json:"at"`
	What string    `json:"what"`
}

// Write writes the review.
func Write(r Record) Review {
	i := r.Incident
	v := Review{
		Title:     fmt.Sprintf("Incident %d of %s in %s", i.Epoch, r.Environment.Prefix(), r.Region),
		Outcome:   fmt.Sprintf("%s: %s", i.Outcome, i.Reason),
		Timeline:  r.timeline(),
		Impact:    r.impact(),
		Phases:    r.phases(),
		ByHand:    r.byHand(),
		Checklist: response.Checklist(i, r.Communication),
	}
	for _, phase := range v.Phases {
		switch {
		case phase.Verdict == Slow:
			v.Slow = append(v.Slow, fmt.Sprintf("%s took %s, its budget is %s", phase.Name, phase.Took, phase.Budget))
		case phase.Verdict == Within:
			v.Worked = append(v.Worked, fmt.Sprintf("%s took %s of its budget of %s", phase.Name, phase.Took, phase.Budget))
		}
	}
	if i.Fence.State == incident.FenceProven {
		v.Worked = append(v.Worked, "the fence of "+i.Fence.Region+" was proven at "+clock(i.Fence.ProvenAt))
	}
	v.FollowUps = r.followUps(v)
	return v
}

func clock(t time.Time) string { return t.UTC().Format("15:04:05 UTC") }

func (r Record) timeline() []Line {
	i := r.Incident
	var lines []Line
	add := func(at time.Time, format string, args ...any) {
		if !at.IsZero() {
			lines = append(lines, Line{at.UTC(), fmt.Sprintf(format, args...)})
		}
	}
	add(i.Seen.LastServing, "%s was last seen serving", i.Seen.Region)
	add(i.Seen.FirstDown, "%s was first seen down", i.Seen.Region)
	add(i.OpenedAt, "the incident was opened by %s", i.Trigger)
	add(i.ReopenedAt, "a redriven execution took the incident up again")
	for _, change := range i.Changes {
		undone := ""
		if change.Undone {
			undone = " (taken back later)"
		}
		add(change.At, "%s%s", change.What, undone)
	}
	add(i.RequestedAt, "the promotion of the database was requested")
	add(i.PromotedAt, "the promoted database took a write")
	add(i.Fence.ProvenAt, "the fence of %s was proven", i.Fence.Region)
	add(i.Fence.AttestedAt, "%s vouched for the fence of %s", i.Fence.Attested, i.Fence.Region)
	if i.Acknowledged != nil {
		add(i.Acknowledged.At, "%s took over telling people", i.Acknowledged.By)
	}
	for _, m := range r.Communication.Messages {
		var reached []string
		for _, d := range m.Deliveries {
			if d.Delivered {
				reached = append(reached, d.Role)
			}
		}
		if len(reached) > 0 {
			add(m.At, "told %s: %s", strings.Join(reached, ", "), m.Subject)
		}
	}
	add(i.EndedAt, "the incident ended %s", i.Outcome)
	slices.SortStableFunc(lines, func(a, b Line) int { return a.At.Compare(b.At) })
	return lines
}

func (r Record) impact() []string {
	i, e := r.Incident, r.Environment
	outage, known := i.RecoveryTime(e.Domain.TTL.Std())
	objective := e.Objectives.RecoveryTime.Critical
	var impact []string
	switch {
	case i.Outcome != incident.Recovered:
		impact = append(impact, "service: unknown: the procedure ended "+string(i.Outcome)+" and measured no recovery")
	case !known:
		impact = append(impact, "outage: unknown, since nobody saw when it began")
	default:
		met := "within"
		if outage > objective.Std() {
			met = "over"
		}
		impact = append(impact, fmt.Sprintf("outage: at most %s, %s the objective of %s", span(outage), met, objective))
	}
	if i.LossSeconds == nil {
		return append(impact, "data lost: unknown")
	}
	limit := e.Objectives.RecoveryPoint.Critical
	met := "within"
	if *i.LossSeconds > limit.Std().Seconds() {
		met = "over"
	}
	return append(impact, fmt.Sprintf("data lost: at most %s, %s the objective of %s", span(time.Duration(*i.LossSeconds*float64(time.Second))), met, limit))
}

func (r Record) byHand() []string {
	i := r.Incident
	var hands []string
	if strings.HasPrefix(i.Trigger, "operator") {
		hands = append(hands, "it was started by "+i.Trigger)
	}
	if i.Fence.Attested != "" {
		hands = append(hands, i.Fence.Attested+" fenced "+i.Fence.Region+" by hand")
	}
	if i.Acknowledged != nil {
		hands = append(hands, i.Acknowledged.By+" took over telling people at "+clock(i.Acknowledged.At))
	}
	if i.Abort != nil {
		hands = append(hands, i.Abort.By+" asked to abort it: "+i.Abort.Reason)
	}
	if i.Released {
		hands = append(hands, "the execution was ended from outside: "+string(i.Outcome))
	}
	return hands
}

func (r Record) followUps(v Review) []string {
	i := r.Incident
	follow := []string{"find the root cause: the record does not hold it"}
	if i.Fence.State == incident.FenceOwed {
		follow = append(follow, "complete the fence of "+i.Fence.Region+": it is owed, and nothing may route there before")
	}
	if i.Outcome == incident.Recovered && r.Region == r.Environment.Regions.Recovery {
		follow = append(follow, "plan the failback: docs/runbooks/failback.md")
	}
	if i.Outcome != incident.Recovered && i.Outcome != incident.StoodDown {
		follow = append(follow, "do what the execution says next: "+i.Reason)
	}
	for _, slow := range v.Slow {
		follow = append(follow, "find out why: "+slow)
	}
	failed := map[string]bool{}
	for _, m := range r.Communication.Messages {
		for _, d := range m.Deliveries {
			if !failed[d.Role] && d.Detail != "" {
				failed[d.Role] = true
				follow = append(follow, "mend how "+d.Role+" is reached: "+d.Detail)
			}
		}
	}
	for _, item := range v.Checklist {
		if !item.Done {
			follow = append(follow, item.Text+": open ("+item.Evidence+")")
		}
	}
	return follow
}

func span(d time.Duration) string { return d.Round(time.Second).String() }
