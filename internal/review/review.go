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
	People        incident.People
	States        []Entered // in the order of time; none when the history could not be read
	Region        string    // that was activated
}

// Review is a post-incident review.
type Review struct {
	Title     string          `json:"title"`
	Outcome   string          `json:"outcome"`
	RootCause []string        `json:"rootCause"` // as people found it; none while nobody wrote it down
	Timeline  []Line          `json:"timeline"`
	Impact    []string        `json:"impact"`
	Phases    []Phase         `json:"phases"`
	Worked    []string        `json:"worked"`
	Slow      []string        `json:"slow"`
	ByHand    []string        `json:"byHand"`
	Lessons   []string        `json:"lessons"` // what people want to be better: the process, tools, training, documents
	FollowUps []string        `json:"followUps"`
	Told      []Told          `json:"told"`
	Checklist []response.Item `json:"checklist"`
}

// Line is a line of the timeline.
type Line struct {
	At   time.Time `json:"at"`
	What string    `json:"what"`
}

// Write writes the review; of an incident that is open, what there is of it so far.
func Write(r Record) Review {
	i := r.Incident
	v := Review{
		Title:     fmt.Sprintf("Incident %d of %s in %s", i.Epoch, r.Environment.Prefix(), r.Region),
		Outcome:   fmt.Sprintf("%s: %s", i.Outcome, i.Reason),
		RootCause: r.said(RootCause),
		Timeline:  r.timeline(),
		Impact:    r.impact(),
		Phases:    r.phases(),
		ByHand:    r.byHand(),
		Lessons:   r.lessons(),
		Told:      r.told(),
		Checklist: response.Checklist(i, r.Communication, r.People),
	}
	if i.State == incident.Open {
		v.Outcome = "open: " + i.Stage
	}
	v.Outcome += "; opened at " + i.OpenedAt.UTC().Format("2006-01-02 15:04:05 UTC")
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
	for _, passed := range i.Stages {
		what := passed.Stage
		if what == "committed" {
			what = "the point of no return was passed"
		}
		add(passed.At, "%s", what)
	}
	for _, tick := range r.People.Ticks {
		add(tick.At, "%s: %s (%s)", tick.Item, tick.Evidence, tick.By)
	}
	if then := i.Readiness; then != nil {
		add(then.At, "readiness of %s: %s, %s", r.Region, then.Verdict, then.Because)
	}
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
	if i.State == incident.Closed {
		add(i.EndedAt, "the incident ended %s", i.Outcome)
	}
	slices.SortStableFunc(lines, func(a, b Line) int { return a.At.Compare(b.At) })
	return lines
}

func (r Record) impact() []string {
	i, e := r.Incident, r.Environment
	outage, known := i.RecoveryTime(e.Domain.TTL.Std())
	objective := e.Objectives.RecoveryTime.Critical
	var impact []string
	switch {
	case i.State == incident.Open:
		impact = append(impact, "outage: the incident is open, so it goes on as far as the record knows")
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
	for _, passed := range i.Stages {
		if by, ok := strings.CutPrefix(passed.Stage, "approved by "); ok {
			hands = append(hands, by+" approved it at "+clock(passed.At))
		}
	}
	for _, tick := range r.People.Ticks {
		hands = append(hands, fmt.Sprintf("%s, at %s: %s: %s", tick.By, clock(tick.At), tick.Item, tick.Evidence))
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
	var follow []string
	if len(v.RootCause) == 0 && i.Mode != incident.Planned {
		follow = append(follow, "find the root cause: the record does not hold it (drctl incident note root-cause TEXT)")
	}
	follow = append(follow, r.said(FollowUp)...)
	if then := r.Incident.Readiness; then != nil {
		for _, finding := range then.Hindering() {
			follow = append(follow, "mend what readiness found: "+finding)
		}
	}
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
