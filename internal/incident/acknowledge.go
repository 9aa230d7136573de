package incident

import (
	"context"

	"github.com/acso/disaster-recovery/internal/failure"
)

// Acknowledge records who took over telling people: the automatic messages end, the recovery goes on. The first one counts.
// It fails with NotFound when no incident is open.
func (s *Store) Acknowledge(ctx context.Context, by string) (Incident, error) {
	return s.amend(ctx, func(i *Incident) (bool, error) {
		switch {
		case i.State != Open:
			return false, failure.New(failure.NotFound, "acknowledge the incident", "none is open in this region").Next("look which execution runs, and in which region")
		case i.Acknowledged != nil:
			return false, nil
		}
		i.Acknowledged = &Acknowledgement{By: by, At: s.clock.Now()}
		return true, nil
	})
}
