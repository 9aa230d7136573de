package incident

import (
	"context"
	"time"

	"github.com/acso/disaster-recovery/internal/failure"
)

// Mode is who decided that the old primary is to be left, and how.
type Mode string

// The modes of a failover that changes something.
const (
	Automatic Mode = "automatic" // an alarm did
	Manual    Mode = "manual"    // a person did: starting it is the approval
	Planned   Mode = "planned"   // a person did, and both regions are well: nothing may be lost
)

// decided tells whether a person decided it: cool-downs hold alarms up, and no people.
func (m Mode) decided() bool { return m == Manual || m == Planned }

// Opening is who wants an incident.
type Opening struct {
	Owner   string // ARN of the execution
	Trigger string
	Region  string // to be activated: where it runs
	Mode    Mode
}

// patience is how long the other region may take to say which role it knows of, or to note one.
const patience = 3 * time.Second

// knownRole is the role as this region knows it. When it takes itself for the active one, the other region is asked whether
// it knows better: what was decided there may not have been told here yet.
func (s *Store) knownRole(ctx context.Context, region string) (Role, error) {
	role, err := s.Role(ctx)
	if err != nil || role.ActiveRegion != region {
		return role, err
	}
	ctx, cancel := s.clock.WithTimeout(ctx, patience)
	defer cancel()
	other, err := s.pair.Role(ctx)
	if err != nil {
		return role, nil // a region that does not answer knows nothing better, and must not hold anything up
	}
	return Latest(role, other), nil
}

// coolDown is until when alarms start nothing: counted from the last failover, whichever way it went.
func (s *Store) coolDown(last Incident, role Role) time.Time {
	until := last.CoolDownUntil
	if role.Epoch > 0 {
		if since := role.ChangedAt.Add(s.environment.Policies.CoolDown.Std()); since.After(until) {
			until = since
		}
	}
	return until
}

// TellRole has the other region note a role that was decided here, so that its probe asserts the switch, its heartbeat
// rests and its schedules follow. A region that knows a newer one keeps it.
func (s *Store) TellRole(ctx context.Context, role Role) error {
	ctx, cancel := s.clock.WithTimeout(ctx, patience)
	defer cancel()
	if err := s.pair.SetRole(ctx, role); err != nil && !failure.Is(err, failure.Superseded) {
		return err
	}
	return nil
}
