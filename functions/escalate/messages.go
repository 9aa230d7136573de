package escalate

import (
	"context"
	"slices"
	"time"

	"github.com/acso/disaster-recovery/internal/incident"
	"github.com/acso/disaster-recovery/internal/response"
)

// messages are what is to be said now to people inside or outside of the company: everything to whoever is told for the
// first time, and what is new to the others, when there is something or when the time that they were told has come.
func (h *Handler) messages(ctx context.Context, i incident.Incident, c incident.Communication, now time.Time, public bool) []incident.Message {
	var first, again []response.Recipient
	for _, r := range h.recipients(i, c, now) {
		if r.Public != public {
			continue
		}
		if _, told := c.Told(r.Name); told {
			again = append(again, r)
		} else {
			first = append(first, r)
		}
	}
	w := response.Writing{
		Environment: h.p.Environment, Incident: i, Region: h.p.Region(), Now: now, Public: public,
		Last: last(c, public), Final: i.State == incident.Closed || i.Acknowledged != nil,
	}
	var sent []incident.Message
	if w.Final {
		again = unaware(h.listeners(i, again), c, final(i))
	}
	if len(again) > 0 && w.Last != nil && (w.Final || h.due(w, *w.Last)) {
		sent = append(sent, h.send(ctx, w, again))
	}
	if len(first) > 0 {
		w.First = true
		sent = append(sent, h.send(ctx, w, first))
	}
	return sent
}

// listeners leaves out the team at the end of a procedure that reached a named end: the procedure tells it itself.
func (h *Handler) listeners(i incident.Incident, all []response.Recipient) []response.Recipient {
	switch i.Outcome {
	case incident.Recovered, incident.StoodDown, incident.FailedClean, incident.FailedDirty:
	default:
		return all
	}
	var others []response.Recipient
	for _, r := range all {
		if !r.Team {
			others = append(others, r)
		}
	}
	return others
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
func (h *Handler) due(w response.Writing, last incident.Message) bool {
	news := len(w.Write().News) > 0
	return news && w.Now.Sub(last.At) >= settling || !last.NextAt.After(w.Now)
}

// last is the newest message of a kind that reached anybody.
func last(c incident.Communication, public bool) *incident.Message {
	for n := len(c.Messages) - 1; n >= 0; n-- {
		m := c.Messages[n]
		if m.Public != public {
			continue
		}
		for _, d := range m.Deliveries {
			if d.Delivered {
				return &m
			}
		}
	}
	return nil
}

// send writes one message and delivers it to each recipient.
func (h *Handler) send(ctx context.Context, w response.Writing, to []response.Recipient) incident.Message {
	text := w.Write()
	m := incident.Message{At: w.Now, Subject: text.Subject, Public: w.Public, Facts: text.Facts, NextAt: text.NextAt}
	for _, r := range to {
		m.Deliveries = append(m.Deliveries, h.deliver(ctx, r, text, w))
	}
	return m
}
