// Package incident is the memory of a failover, a failback or a restore: who owns it, what was seen, what was changed, and which region is
// active. It lives in one DynamoDB table in each region, and a region only ever reads its own: what the failing region
// remembers is neither asked nor believed.
//
// It refuses to let two executions own an incident, to let an execution act that lost its ownership, and to report a
// change as undone that was not. It decides nothing about health or data.
package incident

import (
	"slices"
	"time"

	"github.com/acso/disaster-recovery/internal/environment"
)

// State tells whether the lock is held.
type State string

// The states of an incident.
const (
	Open   State = "open"
	Closed State = "closed"
)

// Outcome is how an incident ended.
type Outcome string

// The outcomes. The first four are end states of the machine, the others are how an execution ended that did not reach one.
const (
	Recovered   Outcome = "recovered"
	StoodDown   Outcome = "stood-down"
	FailedClean Outcome = "failed-clean"
	FailedDirty Outcome = "failed-dirty"
	Failed      Outcome = "failed"
	Aborted     Outcome = "aborted"
	TimedOut    Outcome = "timed-out"
)

// Promotion is how far the one step went that cannot be taken back.
type Promotion string

// The stages of promotion. Requested is written before the call: a run that died in between counts as promoted.
const (
	NotPromoted        Promotion = ""
	PromotionRequested Promotion = "requested"
	PromotionDone      Promotion = "done"
)

// Incident is the lock and the record of the present incident.
type Incident struct {
	Epoch         int64     `json:"epoch"` // counts incidents in this region, from 1
	Owner         string    `json:"owner"` // ARN of the execution
	State         State     `json:"state"`
	Trigger       string    `json:"trigger"`
	Mode          Mode      `json:"mode,omitempty"`
	OpenedAt      time.Time `json:"openedAt"`
	ReopenedAt    time.Time `json:"reopenedAt,omitzero"` // a redriven execution took its own lock back
	EndedAt       time.Time `json:"endedAt,omitzero"`
	Outcome       Outcome   `json:"outcome,omitempty"`
	Reason        string    `json:"reason,omitempty"`   // why it ended so, in a sentence
	Released      bool      `json:"released,omitempty"` // ended by the status-change rule: a redrive may take it back
	CoolDownUntil time.Time `json:"coolDownUntil,omitzero"`

	Seen        Observation `json:"seen"` // what the probe knew when the incident was opened
	Stage       string      `json:"stage,omitempty"`
	Stages      []Passed    `json:"stages,omitempty"` // when it came to each
	Promotion   Promotion   `json:"promotion,omitempty"`
	RequestedAt time.Time   `json:"promotionRequestedAt,omitzero"`
	PromotedAt  time.Time   `json:"promotedAt,omitzero"` // the replica was seen to take a write
	Fence       Fence       `json:"fence"`
	Abort       *Abort      `json:"abort,omitempty"`         // an operator wants it to end
	CommittedAt time.Time   `json:"committedAt,omitzero"`    // the point of no return: from then on, an abort is refused
	Drain       *Drain      `json:"drain,omitempty"`         // of the old primary, in a planned switchover
	Standby     *Workload   `json:"standbyBefore,omitempty"` // the services to be activated, before they were raised
	Question    *Question   `json:"question,omitempty"`
	Readiness   *Readiness  `json:"readiness,omitempty"` // of the region to be activated; nil until it was judged
	Changes     []Change    `json:"changes,omitempty"`
	Left        []string    `json:"left,omitempty"`        // what a person still has to do when it has recovered
	LossSeconds *float64    `json:"lossSeconds,omitempty"` // upper bound of the loss, as finally measured
	Restore     *Restore    `json:"restore,omitempty"`     // nil for a failover
	Failback    *Failback   `json:"failback,omitempty"`    // of a failback, and carried on until it is finished

	Acknowledged *Acknowledgement `json:"acknowledged,omitempty"` // nil while the escalation goes on
}

// Passed is a stage that an incident came to.
type Passed struct {
	Stage string    `json:"stage"`
	At    time.Time `json:"at"`
}

// Reached notes a stage. The same one again, as after a repeated step, changes nothing.
func (i *Incident) Reached(stage string, at time.Time) {
	if i.Stage = stage; !slices.ContainsFunc(i.Stages, func(p Passed) bool { return p.Stage == stage }) {
		i.Stages = append(i.Stages, Passed{stage, at})
	}
}

// Change is something that an incident changed in the world, with what a person does to take it back.
type Change struct {
	At     time.Time `json:"at"`
	What   string    `json:"what"`
	Undo   string    `json:"undo,omitempty"`
	Undone bool      `json:"undone,omitempty"`
}

// Question is what a person was asked. The answer goes to the task token.
type Question struct {
	Text    string    `json:"text"`
	Token   string    `json:"token"`
	AskedAt time.Time `json:"askedAt"`
}

// Role says which region serves, as this region knows it.
type Role struct {
	ActiveRegion string    `json:"activeRegion"`
	Switch       int       `json:"switch"` // what the failover switch has to say: 1 sends clients to the recovery region
	Epoch        int64     `json:"epoch"`  // of the incident that decided it; 0 before the first
	ChangedAt    time.Time `json:"changedAt,omitzero"`
}

// DefaultRole is the role before the first failover.
func DefaultRole(e *environment.Environment) Role { return Role{ActiveRegion: e.Regions.Primary} }

// Observation is what the probe saw of the active region.
type Observation struct {
	Region      string    `json:"region,omitempty"`     // that was looked at
	LastServing time.Time `json:"lastServing,omitzero"` // the last time it served
	FirstDown   time.Time `json:"firstDown,omitzero"`   // the first time after that at which it did not
	CheckedAt   time.Time `json:"checkedAt,omitzero"`
}

// Changed adds a change unless the same one is recorded already, as it is after a repeated step.
func (i *Incident) Changed(at time.Time, what, undo string) {
	for n := range i.Changes {
		if i.Changes[n].What == what {
			i.Changes[n].Undone = false
			return
		}
	}
	i.Changes = append(i.Changes, Change{At: at, What: what, Undo: undo})
}

// Leaves adds what a person still has to do when all is over, once.
func (i *Incident) Leaves(what string) {
	if !slices.Contains(i.Left, what) {
		i.Left = append(i.Left, what)
	}
}

// Undone marks a change as taken back.
func (i *Incident) Undone(what string) {
	for n := range i.Changes {
		if i.Changes[n].What == what {
			i.Changes[n].Undone = true
		}
	}
}

// Outstanding are the changes that were not taken back.
func (i *Incident) Outstanding() []Change {
	var left []Change
	for _, change := range i.Changes {
		if !change.Undone {
			left = append(left, change)
		}
	}
	return left
}
