package restore

import (
	"context"
	"slices"
	"time"

	"github.com/acso/disaster-recovery/internal/failure"
	"github.com/acso/disaster-recovery/internal/incident"
)

// Known refuses an action that the restore of a part does not have.
func Known(op, action string) error {
	if action == "" || slices.Contains([]string{"restore", "safety", "back", "discard"}, action) {
		return nil
	}
	return failure.New(failure.InvalidInput, op, "action %q is none of restore, safety, back, discard", action)
}

// Admit lets an action on a part begin: what touches live things belongs to the restore whose claim it shows, and nothing
// but the way back goes on after somebody asked to abort. Without an owner and beside what is live no incident is needed.
func Admit(ctx context.Context, store *incident.Store, claim incident.Claim, op, action string, live bool) (i incident.Incident, err error) {
	if live || claim.Owner != "" {
		if i, err = store.Guard(ctx, claim); err != nil {
			return incident.Incident{}, err
		}
	}
	if live && i.Restore == nil {
		return incident.Incident{}, failure.New(failure.InvalidInput, op, "incident %d is no restore", i.Epoch)
	}
	if action != "back" && action != "discard" {
		if err := i.Halted(); err != nil {
			return incident.Incident{}, err
		}
	}
	return i, nil
}

// Ledger is what the restore of one part writes into its incident, before it changes something and after.
type Ledger struct {
	Store *incident.Store
	Claim incident.Claim
	Part  func(*incident.Restore) **incident.Part // which part
}

// part is the part in the record, made when it is missing.
func (l Ledger) part(i *incident.Incident) *incident.Part {
	p := l.Part(i.Restore)
	if *p == nil {
		*p = &incident.Part{}
	}
	return *p
}

// Safety records the point that holds what is there, unless that was touched: what is there now is then not what was.
func (l Ledger) Safety(ctx context.Context, manifest string, taken time.Time) error {
	_, err := l.Store.Update(ctx, l.Claim, func(i *incident.Incident) bool {
		p := l.part(i)
		if p.Touched || p.Safety == manifest {
			return false
		}
		p.Safety, p.SafetyAt = manifest, taken
		return true
	})
	return err
}

// Touch records that what is live is about to become what a point says, and how a person takes it back.
func (l Ledger) Touch(ctx context.Context, at time.Time, manifest, change string, undo func(safety string) string) error {
	_, err := l.Store.Update(ctx, l.Claim, func(i *incident.Incident) bool {
		p, before := l.part(i), len(i.Outstanding())
		was := *p
		p.Manifest, p.Change, p.Touched = manifest, change, true
		i.Changed(at, change, undo(p.Safety))
		return *p != was || len(i.Outstanding()) != before
	})
	return err
}

// Restored records that all of it is as in the point. The first time counts.
func (l Ledger) Restored(ctx context.Context, at time.Time) error {
	_, err := l.Store.Update(ctx, l.Claim, func(i *incident.Incident) bool {
		p := l.part(i)
		if p.Restored {
			return false
		}
		p.Restored, p.At = true, at
		return true
	})
	return err
}

// Back tells from which point the part is put back. It gives "" and why when there is nothing to put back: the restored
// things serve, or nothing was touched.
func (l Ledger) Back(i incident.Incident, what string) (safety string, state State, why string, err error) {
	p := *l.Part(i.Restore)
	switch {
	case i.Restore.InPlace:
		return "", Live, "what was restored is in its place", nil
	case p == nil || !p.Touched:
		return "", Done, "nothing was touched", nil
	case p.Safety == "":
		return "", "", "", failure.New(failure.Unsafe, "put the "+what+" back", "no point of what was there is known").
			Next("nothing was there when the restore began: what it wrote can be removed by hand")
	}
	return p.Safety, "", "", nil
}

// PutBack records that the part is as it was.
func (l Ledger) PutBack(ctx context.Context) error {
	_, err := l.Store.Update(ctx, l.Claim, func(i *incident.Incident) bool {
		p := l.part(i)
		i.Undone(p.Change)
		p.Touched, p.Restored = false, false
		return true
	})
	return err
}

// Beside records a change beside what is live. Without an owner nobody keeps a record.
func (l Ledger) Beside(ctx context.Context, at time.Time, change, undo string) error {
	return l.note(ctx, func(i *incident.Incident) { i.Changed(at, change, undo) })
}

// Discarded records that a change beside what is live is gone.
func (l Ledger) Discarded(ctx context.Context, change string) error {
	return l.note(ctx, func(i *incident.Incident) { i.Undone(change) })
}

func (l Ledger) note(ctx context.Context, change func(*incident.Incident)) error {
	if l.Claim.Owner == "" {
		return nil
	}
	_, err := l.Store.Update(ctx, l.Claim, func(i *incident.Incident) bool {
		before := len(i.Outstanding())
		change(i)
		return len(i.Outstanding()) != before
	})
	return err
}
