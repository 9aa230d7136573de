package incident

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/acso/disaster-recovery/internal/failure"
)

// ReadinessKey is the item that a readiness evaluation leaves for the next one.
const ReadinessKey = "readiness"

// Remember keeps a document of one kind: what was kept last is read into last, and what next makes of it is kept. Two
// writers at once do not overwrite each other: the second one reads again.
func (s *Store) Remember(ctx context.Context, key string, last any, next func() any) error {
	for range attempts {
		version, err := s.table.read(ctx, key, last)
		if err != nil {
			return err
		}
		if err := s.table.write(ctx, key, version, next()); !errors.Is(err, errConflict) {
			return err
		}
	}
	return contended(key)
}

// Recall reads what Remember kept last; it leaves the document as it is when there is none.
func (s *Store) Recall(ctx context.Context, key string, last any) error {
	_, err := s.table.read(ctx, key, last)
	return err
}

// Readiness is what was known about the region to be activated when its failover began.
type Readiness struct {
	At       time.Time `json:"at"`
	Verdict  string    `json:"verdict"` // pass, fail or unknown
	Because  string    `json:"because"`
	Findings []string  `json:"findings"` // the checks that did not pass, each with its verdict and what it comes to when the failover goes on
}

// NotHindered begins what a finding comes to when the failover itself does without the thing, and only what comes after it
// does not. The checks write it, and Hindering reads it.
const NotHindered = "none for the failover itself: "

// Hindering are the findings that a failover has to do with, without those that tell only afterwards. Nothing is known of what an
// unknown one comes to: in an outage, whatever needs an answer of the dead region is unknown.
func (r Readiness) Hindering() []string {
	var found []string
	for _, finding := range r.Findings {
		if _, comes, failed := strings.Cut(finding, " (fail): "); failed && !strings.HasPrefix(comes, NotHindered) {
			found = append(found, finding)
		}
	}
	return found
}

// NoteReadiness writes down what was found for the open incident of an execution. Nobody waits for it, so it may come when
// that has ended: then it changes nothing, and above all takes no released lock back.
func (s *Store) NoteReadiness(ctx context.Context, claim Claim, found Readiness) error {
	_, err := s.Amend(ctx, claim.Epoch, func(i *Incident) bool {
		if i.State != Open || i.Owner != claim.Owner {
			return false
		}
		i.Readiness = &found
		return true
	})
	if failure.Is(err, failure.Superseded) {
		return nil
	}
	return err
}

// ReadyAt is when readiness found the region ready last, by the clock; the zero time when it never did.
func (s *Store) ReadyAt(ctx context.Context) (time.Time, error) {
	var last struct {
		ReadyAt time.Time `json:"readyAt"`
	}
	err := s.Recall(ctx, ReadinessKey, &last)
	return last.ReadyAt, err
}
