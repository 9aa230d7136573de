package response

import (
	"fmt"
	"strings"
	"time"

	"github.com/acso/disaster-recovery/internal/incident"
)

// Item is a line of the checklist of a major disaster.
type Item struct {
	Text     string    `json:"text"`
	Done     bool      `json:"done"`
	At       time.Time `json:"at,omitzero"`
	Evidence string    `json:"evidence"` // what shows that it is done, or why it is not
}

// The lines of the checklist that only people can tick, or that they can tick before the record does.
const (
	Activate    = "Activate incident response team"
	Assess      = "Assess scope and impact"
	Contain     = "Implement immediate containment"
	Site        = "Activate DR site if necessary"
	Communicate = "Communicate with stakeholders"
	Begin       = "Begin recovery procedures"
	Document    = "Document all actions"
	Conduct     = "Conduct post-incident review"
)

// Lines are the lines of the checklist in their order.
var Lines = [...]string{Activate, Assess, Contain, Site, Communicate, Begin, Document, Conduct}

// Checklist is "Major Disaster Response" of the procedures, ticked as far as the record shows it, or a person vouches for it.
func Checklist(i incident.Incident, c incident.Communication, p incident.People) []Item {
	items := recorded(i, c)
	for n := range items {
		for _, tick := range p.Ticks {
			if tick.Item == items[n].Text && !items[n].Done {
				items[n].Done, items[n].At, items[n].Evidence = true, tick.At, tick.By+" says: "+tick.Evidence
			}
		}
	}
	return items
}

// recorded is the checklist as the record alone shows it.
func recorded(i incident.Incident, c incident.Communication) []Item {
	return []Item{
		told(Activate, c, "on-call", "incident-commander", "technical-lead"),
		assessed(i),
		contained(i),
		activated(i),
		told(Communicate, c, "stakeholders", "management"),
		{Text: Begin, Done: true, At: i.OpenedAt, Evidence: "execution " + i.Owner},
		documented(i),
		{Text: Conduct, Evidence: "people do this, with the review that is written from the record: drctl incident tick"},
	}
}

func told(text string, c incident.Communication, roles ...string) Item {
	item := Item{Text: text, Evidence: "nobody of " + strings.Join(roles, ", ") + " was reached"}
	for _, role := range roles {
		if at, ok := c.Told(role); ok && (!item.Done || at.Before(item.At)) {
			item.Done, item.At, item.Evidence = true, at, role+" was told"
		}
	}
	return item
}

func assessed(i incident.Incident) Item {
	item := Item{Text: Assess, Evidence: "nobody saw the region serve or fail before the incident was opened"}
	if !i.Seen.CheckedAt.IsZero() {
		item.Done, item.At = true, i.OpenedAt
		item.Evidence = fmt.Sprintf("%s was last seen serving at %s and first down at %s", i.Seen.Region, or(i.Seen.LastServing), or(i.Seen.FirstDown))
	}
	return item
}

func contained(i incident.Incident) Item {
	item := Item{Text: Contain, Evidence: "no fence was set"}
	switch i.Fence.State {
	case incident.FenceProven:
		item.Done, item.At, item.Evidence = true, i.Fence.ProvenAt, "the fence of "+i.Fence.Region+" is proven"
	case incident.FenceOwed:
		item.Evidence = "the fence of " + i.Fence.Region + " is owed: the region does not answer"
	}
	return item
}

func activated(i incident.Incident) Item {
	item := Item{Text: Site, Evidence: "nothing was promoted"}
	if i.Outcome == incident.StoodDown && i.Promotion == incident.NotPromoted {
		item.Done, item.At, item.Evidence = true, i.EndedAt, "it was not necessary: "+i.Reason
	}
	switch i.Promotion {
	case incident.PromotionDone:
		item.Done, item.At, item.Evidence = true, i.PromotedAt, "the promoted database took a write"
	case incident.PromotionRequested:
		item.Evidence = "the promotion was requested at " + at(i.RequestedAt) + " and was not seen to be done"
	}
	return item
}

func documented(i incident.Incident) Item {
	item := Item{Text: Document, Evidence: "the incident is open"}
	if i.State == incident.Closed {
		item.Done, item.At = true, i.EndedAt
		item.Evidence = fmt.Sprintf("%d changes are in the record", len(i.Changes))
	}
	return item
}

func or(t time.Time) string {
	if t.IsZero() {
		return "an unknown time"
	}
	return at(t)
}
