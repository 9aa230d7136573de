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

// Checklist is "Major Disaster Response" of the procedures, ticked as far as the record shows it.
func Checklist(i incident.Incident, c incident.Communication) []Item {
	return []Item{
		told("Activate incident response team", c, "on-call", "incident-commander", "technical-lead"),
		assessed(i),
		contained(i),
		activated(i),
		told("Communicate with stakeholders", c, "stakeholders", "management"),
		{Text: "Begin recovery procedures", Done: true, At: i.OpenedAt, Evidence: "execution " + i.Owner},
		documented(i),
		{Text: "Conduct post-incident review", Evidence: "a person does this, with the review that is written from the record"},
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
	item := Item{Text: "Assess scope and impact", Evidence: "nobody saw the region serve or fail before the incident was opened"}
	if !i.Seen.CheckedAt.IsZero() {
		item.Done, item.At = true, i.OpenedAt
		item.Evidence = fmt.Sprintf("%s was last seen serving at %s and first down at %s", i.Seen.Region, or(i.Seen.LastServing), or(i.Seen.FirstDown))
	}
	return item
}

func contained(i incident.Incident) Item {
	item := Item{Text: "Implement immediate containment", Evidence: "no fence was set"}
	switch i.Fence.State {
	case incident.FenceProven:
		item.Done, item.At, item.Evidence = true, i.Fence.ProvenAt, "the fence of "+i.Fence.Region+" is proven"
	case incident.FenceOwed:
		item.Evidence = "the fence of " + i.Fence.Region + " is owed: the region does not answer"
	}
	return item
}

func activated(i incident.Incident) Item {
	item := Item{Text: "Activate DR site if necessary", Evidence: "nothing was promoted"}
	switch i.Promotion {
	case incident.PromotionDone:
		item.Done, item.At, item.Evidence = true, i.PromotedAt, "the promoted database took a write"
	case incident.PromotionRequested:
		item.Evidence = "the promotion was requested at " + at(i.RequestedAt) + " and was not seen to be done"
	}
	return item
}

func documented(i incident.Incident) Item {
	item := Item{Text: "Document all actions", Evidence: "the incident is open"}
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
