package incident

import (
	"context"
	"errors"
	"time"
)

// Failback is what a failback remembers. It is kept in the incident of the region that is to be activated again, and every
// later incident of that table carries it on until it is finished: the planned failover in its middle has one of its own.
type Failback struct {
	Region    string    `json:"region"`             // to be activated again
	From      string    `json:"from"`               // that served when the failback began
	Live      string    `json:"live"`               // the database's name in Region
	Kept      string    `json:"kept"`               // name that the old database of Region is kept under
	KeptOther string    `json:"keptOther"`          // name that the database of From is kept under after the switchover
	Split     time.Time `json:"split"`              // when the replica in From was asked to become a database of its own
	Since     time.Time `json:"since"`              // what the old database took from then on may not have arrived
	Missing   *Missing  `json:"missing,omitempty"`  // what never arrived; nil until it was looked for
	Accepted  string    `json:"accepted,omitempty"` // who said to go on without a complete report
	Files     *Missing  `json:"files,omitempty"`    // what the old file system and parameters have that the other side lacks
	Built     bool      `json:"built,omitempty"`    // the new replica in Region was seen to keep up
	Switched  bool      `json:"switched,omitempty"` // Region serves again
	Finished  bool      `json:"finished,omitempty"`
	Changes   []Change  `json:"changes,omitempty"` // outstanding ones of the first half, when the second began
}

// Missing is a report of what is on the old side and not on the other: where it is, how much, and whether it is all.
type Missing struct {
	Bucket   string `json:"bucket"`
	Key      string `json:"key"`
	Count    int64  `json:"count"`
	Complete bool   `json:"complete"` // everything that was to be compared was compared
	Why      string `json:"why,omitempty"`
}

// HandedOver is how the first half of a failback ends: the planned failover in its middle takes the lock.
const HandedOver Outcome = "handed-over"

// BeginFailback opens an incident for a failback, or gives back the one that the owner has open already. An unfinished
// failback is carried on with the names that it gave, whoever begins now. It fails with AlreadyRunning while another
// execution has one open, and after a failover that got past the promotion and did not end.
//
// A plan that says Switched marks the failback that is carried on: its region serves again.
//
// The epoch is above every one that decided a role in either region, so that what it leads to counts as newer.
func (s *Store) BeginFailback(ctx context.Context, owner, trigger string, above int64, plan Failback) (Incident, error) {
	const op = "open an incident for a failback"
	for range attempts {
		last, version, err := s.present(ctx)
		switch {
		case err != nil:
			return Incident{}, err
		case last.State == Open && last.Owner == owner:
			return last, nil
		}
		if err := last.refuse(op, "failback"); err != nil {
			return Incident{}, err
		}
		next := Incident{
			Epoch: max(last.Epoch, above) + 1, Owner: owner, State: Open, Trigger: trigger, OpenedAt: s.clock.Now(), CoolDownUntil: last.CoolDownUntil,
			Stage: "opened", Fence: Fence{State: FenceNone}, Failback: last.unfinished(),
		}
		switch {
		case next.Failback == nil:
			next.Failback = &plan
		case len(next.Failback.Changes) > 0:
			next.Changes = next.Failback.Changes
		case last.Promotion == NotPromoted:
			next.Changes = last.Outstanding()
		}
		if plan.Switched && !next.Failback.Switched {
			// In the same write: this incident takes the place of the switchover's, which holds the proof that it happened.
			switched := *next.Failback
			switched.Switched = true
			next.Failback = &switched
		}
		if err := s.table.write(ctx, PresentKey, version, next); !errors.Is(err, errConflict) {
			return next, err
		}
	}
	return Incident{}, contended(PresentKey)
}

// HandOver closes the first half of a failback. What it changed moves from the incident into the failback, so that the
// failover which follows does not take it for its own.
func (s *Store) HandOver(ctx context.Context, claim Claim) (Incident, error) {
	const reason = "the planned failover begins"
	var halted error
	i, err := s.Update(ctx, claim, func(i *Incident) bool {
		if halted = i.Halted(); halted != nil {
			return false
		}
		if len(i.Changes) > 0 {
			i.Failback.Changes, i.Changes = i.Outstanding(), nil
		}
		i.close(s.clock.Now(), HandedOver, reason)
		return true
	})
	switch {
	case err != nil:
		return i, err
	case halted != nil:
		return i, halted
	}
	return s.Finish(ctx, claim, HandedOver, reason, 0)
}

// unfinished is the failback that a later incident has to carry on, or nil.
func (i *Incident) unfinished() *Failback {
	if i.Failback == nil || i.Failback.Finished {
		return nil
	}
	return i.Failback
}
