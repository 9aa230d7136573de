package incident

import (
	"context"
	"time"

	"github.com/acso/disaster-recovery/internal/failure"
)

// Abort is an operator's request to end a failover.
type Abort struct {
	By     string    `json:"by"`
	Reason string    `json:"reason,omitempty"`
	At     time.Time `json:"at"`
}

// RequestAbort notes that a person wants what is under way to end, whoever owns it. It fails with Unsafe behind the point of
// no return, and with NotFound when nothing is open. Asking again changes nothing.
func (s *Store) RequestAbort(ctx context.Context, by, reason string) (Incident, error) {
	const op = "abort"
	return s.amend(ctx, func(i *Incident) (bool, error) {
		switch {
		case i.State != Open:
			return false, failure.New(failure.NotFound, op, "nothing is under way that this region holds the lock of").Next("look which execution runs, and in which region")
		case i.Restore != nil && (i.Restore.Placing || i.Restore.InPlace):
			return false, failure.New(failure.Unsafe, op, "incident %d, a restore, gave the restored database the live name: clients may have written to it", i.Epoch).
				Next("let it finish; the old database is kept under another name")
		case i.Restore != nil && !i.CommittedAt.IsZero():
			return false, failure.New(failure.Unsafe, op, "incident %d, a restore of the whole system, began to start the services at %s: they may have written to what was restored", i.Epoch, i.CommittedAt.UTC().Format(time.RFC3339)).
				Next("let it finish; an execution that fails can be redriven")
		case i.FailingBack() && !i.CommittedAt.IsZero():
			return false, failure.New(failure.Unsafe, op, "%s serves again since %s, and has no standby before the failback has made one", i.Failback.Region, i.CommittedAt.UTC().Format(time.RFC3339)).
				Next("let it finish")
		case !i.CommittedAt.IsZero() || i.Promotion != NotPromoted:
			return false, failure.New(failure.Unsafe, op, "incident %d passed the point of no return at %s: the database and the file system are being promoted, and a promotion cannot be taken back",
				i.Epoch, later(i.CommittedAt, i.RequestedAt).UTC().Format(time.RFC3339)).Next("let it finish; the way back is the failback")
		case i.Abort != nil:
			return false, nil
		}
		i.Abort = &Abort{By: by, Reason: reason, At: s.clock.Now()}
		return true, nil
	})
}

// FailingBack tells whether the incident is a failback's own, and not one that only carries a failback on.
func (i *Incident) FailingBack() bool { return i.Mode == "" && i.Restore == nil && i.Failback != nil }

// Commit passes the point of no return, unless somebody asked to abort: of the two, one comes first in the table. It fails
// with Aborted then. Passing it again changes nothing.
func (s *Store) Commit(ctx context.Context, claim Claim) (Incident, error) {
	var halted error
	i, err := s.Update(ctx, claim, func(i *Incident) bool {
		if halted = i.Halted(); halted != nil || !i.CommittedAt.IsZero() {
			return false
		}
		i.CommittedAt = s.clock.Now()
		i.Reached("committed", i.CommittedAt)
		return true
	})
	if err != nil {
		return i, err
	}
	return i, halted
}

// Halted fails with Aborted when somebody asked to end the failover and it is not too late. Every step ahead asks; steps
// that take something back do not.
func (i *Incident) Halted() error {
	if i.Abort == nil || !i.CommittedAt.IsZero() || i.Promotion != NotPromoted {
		return nil
	}
	reason := i.Abort.Reason
	if reason == "" {
		reason = "no reason given"
	}
	op := "go on with the failover"
	if i.Restore != nil {
		op = "go on with the restore"
	}
	return failure.New(failure.Aborted, op, "%s asked at %s to abort it: %s", i.Abort.By, i.Abort.At.UTC().Format(time.RFC3339), reason)
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
