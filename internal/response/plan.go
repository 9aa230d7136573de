// Package response is the emergency communication plan of the procedures: who is told when, what a message says, and the
// checklist of a major disaster as far as the record of the incident answers it.
//
// It sends nothing and decides nothing. It states only what the record holds: what the record does not know is unknown.
package response

import (
	"time"

	"github.com/acso/disaster-recovery/internal/environment"
)

// Stage is a group of roles and how long after the incident was opened they are told.
type Stage struct {
	Name  string
	After time.Duration
	Roles []Recipient
}

// Recipient is a role that is told.
type Recipient struct {
	environment.Role
	Public bool // outside of the company: it gets no names of resources and no inner workings
	Team   bool // of the emergency response team, whom the procedures also tell themselves
}

// The times of the plan. Each stage begins with its window: whoever belongs to it is told at once and not at its end.
const (
	Extended = 15 * time.Minute
	Public   = 30 * time.Minute
)

// The time between two messages to somebody.
const (
	InternalInterval = 15 * time.Minute
	PublicInterval   = 30 * time.Minute
)

// Plan is the communication plan, in its order.
func Plan(e *environment.Environment) []Stage {
	stages := []Stage{
		{Name: "immediate notification"},
		{Name: "extended notification", After: Extended},
		{Name: "public communication", After: Public},
	}
	for i, role := range e.Contacts.Roles() {
		r := Recipient{Role: role, Team: i < len(e.Contacts.Team())}
		stage := 1
		switch role.Name {
		case "on-call", "incident-commander", "technical-lead":
			stage = 0
		case "key-customers":
			r.Public = true
		case "status-page", "customers", "stakeholders":
			stage, r.Public = 2, true
		}
		stages[stage].Roles = append(stages[stage].Roles, r)
	}
	return stages
}

// Due are the recipients whose stage has begun.
func Due(e *environment.Environment, since time.Duration) []Recipient {
	var due []Recipient
	for _, stage := range Plan(e) {
		if since >= stage.After {
			due = append(due, stage.Roles...)
		}
	}
	return due
}
