package escalate

import (
	"context"
	"slices"
	"time"

	"github.com/acso/disaster-recovery/internal/environment"
	"github.com/acso/disaster-recovery/internal/incident"
	"github.com/acso/disaster-recovery/internal/response"
)

// messages are what is to be said now to people inside or outside of the company: everything to whoever is told for the
// first time, and what is new to the others, when there is something or when the time that they were told has come.
func (h *Handler) messages(i incident.Incident, c incident.Communication, now time.Time, public bool) []incident.Message {
	w := response.Writing{
		Environment: h.p.Environment, Incident: i, Region: h.p.Region(), Now: now, Public: public,
		Final: i.State == incident.Closed || i.Acknowledged != nil,
	}
	due := slices.DeleteFunc(h.recipients(i, c, now), func(r response.Recipient) bool { return r.Public != public || pending(r.Name, c) })
	if w.Final {
		due = unaware(h.listeners(i, due), c, final(i))
	}
	var all []incident.Message
	for _, group := range byLast(due, c) {
		w.Last = group.last
		if w.Last == nil || w.Final || h.due(w) {
			all = append(all, message(w, group.roles, c))
		}
	}
	return all
}

// pending tells whether a message to a role is on its way.
func pending(role string, c incident.Communication) bool {
	for _, m := range c.Messages {
		if slices.ContainsFunc(m.Deliveries, func(d incident.Delivery) bool { return d.Role == role && d.Pending }) {
			return true
		}
	}
	return false
}

// group are recipients who got the same message last; nil before their first.
type group struct {
	last  *incident.Message
	index int
	roles []response.Recipient
}

// byLast groups recipients by what they know.
func byLast(due []response.Recipient, c incident.Communication) []group {
	var groups []group
	for _, r := range due {
		index := lastOf(r.Name, c)
		n := slices.IndexFunc(groups, func(g group) bool { return g.index == index })
		if n < 0 {
			g := group{index: index}
			if index >= 0 {
				g.last = &c.Messages[index]
			}
			groups, n = append(groups, g), len(groups)
		}
		groups[n].roles = append(groups[n].roles, r)
	}
	return groups
}

// lastOf is the index of the newest message that reached a role, -1 for none.
func lastOf(role string, c incident.Communication) int {
	for n := len(c.Messages) - 1; n >= 0; n-- {
		if slices.ContainsFunc(c.Messages[n].Deliveries, func(d incident.Delivery) bool { return d.Role == role && d.Delivered }) {
			return n
		}
	}
	return -1
}

// listeners leaves out the team at the end of a procedure that reached a named end: the procedure tells it itself.
func (h *Handler) listeners(i incident.Incident, all []response.Recipient) []response.Recipient {
	switch i.Outcome {
	case incident.Recovered, incident.StoodDown, incident.FailedClean, incident.FailedDirty:
	default:
		return all
	}
	return slices.DeleteFunc(all, func(r response.Recipient) bool { return r.Team })
}

// final is since when there is only one more message: that it ended, or that a person took over.
func final(i incident.Incident) time.Time {
	if i.State == incident.Closed {
		return i.EndedAt
	}
	return i.Acknowledged.At
}

// unaware are those who got no message since a moment.
func unaware(all []response.Recipient, c incident.Communication, since time.Time) []response.Recipient {
	heard := map[string]bool{}
	for _, m := range c.Messages {
		for _, d := range m.Deliveries {
			if d.Delivered && !m.At.Before(since) {
				heard[d.Role] = true
			}
		}
	}
	return slices.DeleteFunc(slices.Clone(all), func(r response.Recipient) bool { return heard[r.Name] })
}

// due tells whether those who know something hear of it again now.
func (h *Handler) due(w response.Writing) bool {
	news := w.Write().News
	return news && w.Now.Sub(w.Last.At) >= settling || !w.Last.NextAt.After(w.Now)
}

// doubtful tells whether the newest message to a role was not delivered as far as anybody knows, and may have arrived.
func doubtful(role string, c incident.Communication) bool {
	for n := len(c.Messages) - 1; n >= 0; n-- {
		for _, d := range c.Messages[n].Deliveries {
			if d.Role == role {
				return !d.Delivered && d.Repeated
			}
		}
	}
	return false
}

// message writes one message, on its way to each recipient.
func message(w response.Writing, to []response.Recipient, c incident.Communication) incident.Message {
	text := w.Write()
	m := incident.Message{
		At: w.Now, Subject: text.Subject, Body: text.Body, Status: response.Status(w.Incident), Public: w.Public, Facts: text.Facts, NextAt: text.NextAt,
	}
	for _, r := range to {
		m.Deliveries = append(m.Deliveries, incident.Delivery{Role: r.Name, At: w.Now, Pending: true, Repeated: doubtful(r.Name, c)})
	}
	return m
}

// resume takes over what a run left on its way that is dead by now, and tells whether there was anything. It may have been
// sent: it will say so.
func resume(c *incident.Communication, now time.Time) bool {
	any := false
	for n := range c.Messages {
		for m := range c.Messages[n].Deliveries {
			if d := &c.Messages[n].Deliveries[m]; d.Pending && now.Sub(d.At) > Lease {
				d.At, d.Repeated, any = now, true, true
				d.Detail = "the run that sent it died, and nobody knows whether it arrived"
			}
		}
	}
	return any
}

// send delivers what this run has put on its way.
func (h *Handler) send(ctx context.Context, c *incident.Communication, now time.Time) {
	contacts := map[string]environment.Contact{}
	for _, role := range h.p.Environment.Contacts.Roles() {
		contacts[role.Name] = role.Contact
	}
	for n := range c.Messages {
		for m := range c.Messages[n].Deliveries {
			if d := &c.Messages[n].Deliveries[m]; d.Pending && d.At.Equal(now) {
				h.deliver(ctx, contacts[d.Role], h.letter(*c, n, d.Role), d)
			}
		}
	}
}
