package review

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/acso/disaster-recovery/internal/incident"
)

// The kinds of notes: the root cause, and what the procedures ask a review to identify.
const (
	RootCause     = "root-cause"
	Process       = "process"
	Tools         = "tools"
	Training      = "training"
	Documentation = "documentation"
	FollowUp      = "follow-up"
)

// kind is a kind of notes and how the review calls it.
type kind struct{ name, title string }

// lessons are the kinds that say what should be better.
var lessons = []kind{{Process, "gap in the process"}, {Tools, "limit of the tools"}, {Training, "need for training"}, {Documentation, "document to be updated"}}

// Kinds are all kinds of notes.
func Kinds() []string {
	names := []string{RootCause}
	for _, k := range lessons {
		names = append(names, k.name)
	}
	return append(names, FollowUp)
}

// said are the notes of a kind.
func (r Record) said(kind string) []string {
	var all []string
	for _, n := range r.People.Notes {
		if n.Kind == kind {
			all = append(all, fmt.Sprintf("%s (%s, %s)", n.Text, n.By, n.At.UTC().Format(time.DateOnly)))
		}
	}
	return all
}

func (r Record) lessons() []string {
	var all []string
	for _, k := range lessons {
		for _, text := range r.said(k.name) {
			all = append(all, k.title+": "+text)
		}
	}
	return all
}

// Told is how a role was told.
type Told struct {
	Role     string    `json:"role"`
	First    time.Time `json:"first,omitzero"` // when the first message reached it; zero when none did
	Messages int       `json:"messages"`       // that reached it
	Channels string    `json:"channels"`
	Trouble  string    `json:"trouble"` // what went wrong on the way, "" when nothing did
}

// since is when the first message reached the role, in words.
func (t Told) since() string {
	if t.First.IsZero() {
		return "never"
	}
	return clock(t.First)
}

// told are all roles to whom anything was sent, in the order of the plan.
func (r Record) told() []Told {
	var all []Told
	for _, role := range r.Environment.Contacts.Roles() {
		t := Told{Role: role.Name}
		var channels, trouble []string
		sent := false
		for _, m := range r.Communication.Messages {
			for _, d := range m.Deliveries {
				if d.Role != role.Name {
					continue
				}
				sent = true
				trouble = noted(trouble, d)
				if !d.Delivered {
					continue
				}
				if t.Messages++; t.First.IsZero() {
					t.First = d.At
				}
				if !slices.Contains(channels, d.Channel) {
					channels = append(channels, d.Channel)
				}
			}
		}
		if t.Channels, t.Trouble = strings.Join(channels, ", "), strings.Join(trouble, "; "); sent {
			all = append(all, t)
		}
	}
	return all
}

func noted(trouble []string, d incident.Delivery) []string {
	what := d.Detail
	if d.Pending {
		what = "a message is on its way"
	}
	if what == "" || slices.Contains(trouble, what) {
		return trouble
	}
	return append(trouble, what)
}
