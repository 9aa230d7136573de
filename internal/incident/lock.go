package incident

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/acso/disaster-recovery/internal/failure"
)

// Claim is what an execution shows to act on an incident.
type Claim struct {
	Epoch int64  `json:"epoch"` // from incident's action open
	Owner string `json:"owner"` // ARN of the execution
	// Table is the region whose table holds the incident, when that is another one than the step uses by itself: a restore of
	// the whole system has only its own region's to count on.
	Table string `json:"table,omitempty"`
}

// of is the store that holds a claim's incident.
func (s *Store) of(claim Claim) *Store {
	if claim.Table == "" || s.in == nil {
		return s
	}
	return s.in(claim.Table)
}

// Begin opens a new incident for the owner, or gives back the one that the owner has open already. It fails with
// AlreadyRunning while another execution has one open or the region is active already, and with CoolingDown when an alarm
// wants one soon after a failover.
func (s *Store) Begin(ctx context.Context, o Opening) (Incident, error) {
	for range attempts {
		last, version, err := s.present(ctx)
		if err != nil {
			return Incident{}, err
		}
		if last.State == Open && last.Owner == o.Owner {
			return last, nil
		}
		next, err := s.following(ctx, last, o)
		if err != nil {
			return Incident{}, err
		}
		err = s.table.write(ctx, PresentKey, version, next)
		if errors.Is(err, errConflict) {
			continue
		}
		return next, err
	}
	return Incident{}, contended(PresentKey)
}

// Foresee is the incident that Begin would open now, or why it would not. It writes nothing.
func (s *Store) Foresee(ctx context.Context, o Opening) (Incident, error) {
	last, _, err := s.present(ctx)
	if err != nil {
		return Incident{}, err
	}
	return s.following(ctx, last, o)
}

func (s *Store) following(ctx context.Context, last Incident, o Opening) (Incident, error) {
	const op = "open an incident"
	now := s.clock.Now()
	if last.State == Open {
		return Incident{}, failure.New(failure.AlreadyRunning, op, "incident %d is open and belongs to %s", last.Epoch, last.Owner)
	}
	role, err := s.knownRole(ctx, o.Region)
	if err != nil {
		return Incident{}, err
	}
	// A failover that moved the role and did not end is finished by whoever starts it again: nobody else can.
	unfinished := last.Promotion != NotPromoted && last.Outcome != Recovered && role.ActiveRegion == o.Region && role.Epoch == last.Epoch
	if until := s.coolDown(last, role); until.After(now) && !o.Mode.decided() && !unfinished {
		return Incident{}, failure.New(failure.CoolingDown, op, "incident %d ended recovered; alarms start nothing before %s", max(last.Epoch, role.Epoch), until.UTC().Format(time.RFC3339)).
			Next("when %s has to be left all the same, start with mode manual", s.environment.Pair(o.Region))
	}
	if role.ActiveRegion == o.Region && !unfinished {
		return Incident{}, failure.New(failure.AlreadyRunning, op, "%s is the active region already, since incident %d", o.Region, role.Epoch)
	}
	seen, err := s.Observation(ctx)
	if err != nil {
		return Incident{}, err
	}
	next := Incident{
		// Above the epoch that decided the role too: after a failback that was the other region's.
		Epoch: max(last.Epoch, role.Epoch) + 1, Owner: o.Owner, State: Open, Trigger: o.Trigger, Mode: o.Mode, OpenedAt: now,
		Seen: seen, Stage: "opened", Fence: Fence{State: FenceNone}, Failback: last.unfinished(),
	}
	switch {
	case last.Outcome == Recovered:
	case last.Promotion != NotPromoted:
		// A failover that got past the point of no return and did not end is continued, not begun anew: the fence is
		// still owed and the replica already promoted.
		next.Promotion, next.RequestedAt, next.PromotedAt = last.Promotion, last.RequestedAt, last.PromotedAt
		next.Fence, next.Seen, next.Changes = last.Fence, last.Seen, last.Changes
		next.CommittedAt, next.Drain, next.Standby = last.CommittedAt, last.Drain, last.Standby
	case (last.Fence.Before != nil || last.Fence.GivenBack != nil || last.Standby != nil) && len(last.Outstanding()) > 0:
		// It closed the old primary, wholly or in part, or raised the standby, and died before it promoted anything: whoever
		// comes next has to know what there was before, to give it back. The proof is made anew.
		if last.Fence.Before != nil {
			next.Fence = Fence{State: FenceOwed, Region: last.Fence.Region, Before: last.Fence.Before}
		}
		next.Fence.GivenBack, next.Standby = last.Fence.GivenBack, last.Standby
		if last.Drain != nil {
			next.Drain = &Drain{BeganAt: last.Drain.BeganAt} // what it proved is proved anew
		}
		next.Changes = last.Outstanding()
	}
	return next, nil
}

// Guard is called first by every step that changes something. It passes when the claim's incident is open and the
// claim's own. An execution that was aborted or timed out has had its lock released; redriven, it takes it back here,
// unless somebody opened a newer incident. In every other case it fails with Superseded.
func (s *Store) Guard(ctx context.Context, claim Claim) (Incident, error) {
	return s.Update(ctx, claim, func(*Incident) bool { return false })
}

// Owned passes when Guard would, and writes nothing: a released lock stays released until a step that changes something
// takes it back. It is for steps that may only read the table.
func (s *Store) Owned(ctx context.Context, claim Claim) (Incident, error) {
	i, _, err := s.of(claim).present(ctx)
	if err != nil {
		return Incident{}, err
	}
	return i, claim.check(&i)
}

// Update changes the claim's incident, under the conditions of Guard. The change may be made several times, each time
// on what the table holds then; it reports whether there is anything to write.
func (s *Store) Update(ctx context.Context, claim Claim, change func(*Incident) bool) (Incident, error) {
	return s.of(claim).amend(ctx, func(i *Incident) (bool, error) {
		if err := claim.check(i); err != nil {
			return false, err
		}
		reopened := i.State != Open
		if reopened {
			i.State, i.Released, i.Outcome, i.Reason, i.EndedAt, i.ReopenedAt = Open, false, "", "", time.Time{}, s.clock.Now()
		}
		return change(i) || reopened, nil
	})
}

// Amend changes the present incident without owning it, as long as it is still that of the epoch: for the watcher that
// completes an owed fence, and for the rule that releases the lock.
func (s *Store) Amend(ctx context.Context, epoch int64, change func(*Incident) bool) (Incident, error) {
	return s.amend(ctx, func(i *Incident) (bool, error) {
		if i.Epoch != epoch {
			return false, failure.New(failure.Superseded, fmt.Sprintf("amend incident %d", epoch), "the present incident is %d", i.Epoch)
		}
		return change(i), nil
	})
}

func (s *Store) amend(ctx context.Context, change func(*Incident) (bool, error)) (Incident, error) {
	for range attempts {
		i, version, err := s.present(ctx)
		if err != nil {
			return Incident{}, err
		}
		write, err := change(&i)
		if err != nil || !write {
			return i, err
		}
		if err := s.table.write(ctx, PresentKey, version, i); !errors.Is(err, errConflict) {
			return i, err
		}
	}
	return Incident{}, contended(PresentKey)
}

func (c Claim) check(i *Incident) error {
	op := fmt.Sprintf("act for incident %d", c.Epoch)
	switch {
	case c.Epoch <= 0 || c.Owner == "":
		return failure.New(failure.InvalidInput, op, "epoch and owner are required")
	case i.Epoch != c.Epoch:
		return failure.New(failure.Superseded, op, "the present incident is %d, owned by %s", i.Epoch, i.Owner)
	case i.Owner != c.Owner:
		return failure.New(failure.Superseded, op, "it belongs to %s, not to %s", i.Owner, c.Owner)
	case i.State != Open && !i.Released:
		return failure.New(failure.Superseded, op, "it is closed: %s", i.Outcome)
	}
	return nil
}

// Finish closes the claim's incident and archives it. Closing it again the same way changes nothing.
func (s *Store) Finish(ctx context.Context, claim Claim, outcome Outcome, reason string, coolDown time.Duration) (Incident, error) {
	s = s.of(claim)
	i, err := s.amend(ctx, func(i *Incident) (bool, error) {
		if i.Epoch == claim.Epoch && i.Owner == claim.Owner && i.State == Closed && !i.Released && i.Outcome == outcome {
			return false, nil
		}
		if err := claim.check(i); err != nil {
			return false, err
		}
		i.close(s.clock.Now(), outcome, reason)
		if coolDown > 0 {
			i.CoolDownUntil = i.EndedAt.Add(coolDown)
		}
		return true, nil
	})
	if err != nil {
		return i, err
	}
	return i, s.table.keep(ctx, archiveKey(i.Epoch), i)
}

// Release closes the incident of an execution that ended without closing it, at stopped. It reports false when there was
// nothing to release: another owner, closed already, or taken back by a redrive since.
func (s *Store) Release(ctx context.Context, owner string, outcome Outcome, stopped time.Time) (bool, Incident, error) {
	released := false
	i, err := s.amend(ctx, func(i *Incident) (bool, error) {
		released = i.Owner == owner && i.State == Open && !i.ReopenedAt.After(stopped)
		if released {
			i.close(s.clock.Now(), outcome, "the execution ended "+string(outcome)+" without closing the incident")
			i.Released = true
			i.hold()
		}
		return released, nil
	})
	if err != nil || !released {
		return false, i, err
	}
	return true, i, s.table.keep(ctx, archiveKey(i.Epoch), i)
}

func (i *Incident) close(at time.Time, outcome Outcome, reason string) {
	i.State, i.Outcome, i.Reason, i.EndedAt, i.Question = Closed, outcome, reason, at, nil
	if i.Promotion == NotPromoted && i.Fence.Before == nil {
		i.Fence.State = FenceNone // nothing was promoted and nothing closed: nothing is owed
	}
}

// Ask records the question that a person is asked, and the task token that takes the answer.
func (s *Store) Ask(ctx context.Context, claim Claim, question, token string) (Incident, error) {
	return s.Update(ctx, claim, func(i *Incident) bool {
		if i.Question != nil && i.Question.Token == token {
			return false
		}
		i.Question = &Question{Text: question, Token: token, AskedAt: s.clock.Now()}
		return true
	})
}
