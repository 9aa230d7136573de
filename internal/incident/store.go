package incident

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/acso/disaster-recovery/internal/environment"
	"github.com/acso/disaster-recovery/internal/failure"
	"github.com/acso/disaster-recovery/internal/grant"
	"github.com/acso/disaster-recovery/internal/platform"
)

// The items of the table.
const (
	PresentKey     = "incident"
	roleKey        = "role"
	observationKey = "observation"
)

// attempts is how often a write is tried that loses against another writer. Three branches of one execution and the
// probe write at the same time at most; none of them waits in between.
const attempts = 8

// Store is the incident table of one region.
type Store struct {
	table       table
	pair        *Store // of the other region, which may not answer; nil there
	clock       platform.Clock
	environment *environment.Environment
	in          func(region string) *Store // the other tables of the pair
}

// NewStore opens the table of the region that the function runs in.
func NewStore(p platform.Platform) *Store {
	s := NewStoreIn(p, p.Region())
	s.pair = NewStoreIn(p, p.Environment.Pair(p.Region()))
	return s
}

// Grants is what using the store takes.
func Grants(e *environment.Environment, region string) []grant.Grant {
	return grants(e, region, "dynamodb:GetItem", "dynamodb:PutItem")
}

// PairGrants is what telling the other region a role takes: the table there.
func PairGrants(e *environment.Environment, region string) []grant.Grant {
	return Grants(e, e.Pair(region))
}

// PairReadGrants is what Begin takes beside Grants: to ask the other region which role it knows of.
func PairReadGrants(e *environment.Environment, region string) []grant.Grant {
	return ReadGrants(e, e.Pair(region))
}

// ReadGrants is what using the store takes that only looks: Present, Past, Role, Observation and Owned.
func ReadGrants(e *environment.Environment, region string) []grant.Grant {
	return grants(e, region, "dynamodb:GetItem")
}

func grants(e *environment.Environment, region string, actions ...string) []grant.Grant {
	table := fmt.Sprintf("arn:aws:dynamodb:%s:%s:table/%s", region, e.Account, e.IncidentTable())
	return []grant.Grant{{Actions: actions, Resources: []string{table}}}
}

// Errors are the kinds that every method can fail with; Guard and Update add Superseded.
var Errors = []failure.Kind{failure.Unavailable, failure.Denied, failure.NotFound, failure.Failed, failure.Internal}

// Present is the incident that is or was last open; its epoch is 0 when there never was one.
func (s *Store) Present(ctx context.Context) (Incident, error) {
	i, _, err := s.present(ctx)
	return i, err
}

func (s *Store) present(ctx context.Context) (Incident, int64, error) {
	i := Incident{State: Closed, Fence: Fence{State: FenceNone}}
	version, err := s.table.read(ctx, PresentKey, &i)
	return i, version, err
}

// Past is the record of an incident by its epoch, present or archived.
func (s *Store) Past(ctx context.Context, epoch int64) (Incident, error) {
	i, err := s.Present(ctx)
	if err != nil || i.Epoch == epoch {
		return i, err
	}
	past := Incident{State: Closed, Fence: Fence{State: FenceNone}}
	if _, err := s.table.read(ctx, archiveKey(epoch), &past); err != nil {
		return Incident{}, err
	}
	return past, nil
}

func archiveKey(epoch int64) string { return fmt.Sprintf("incident#%d", epoch) }

// Role is which region serves.
func (s *Store) Role(ctx context.Context) (Role, error) {
	role := DefaultRole(s.environment)
	_, err := s.table.read(ctx, roleKey, &role)
	return role, err
}

// SetRole records which region serves, for an incident. The decision of an older incident never replaces a newer one's.
func (s *Store) SetRole(ctx context.Context, role Role) error {
	for range attempts {
		now := DefaultRole(s.environment)
		version, err := s.table.read(ctx, roleKey, &now)
		if err != nil {
			return err
		}
		if now.Epoch > role.Epoch {
			return failure.New(failure.Superseded, "record the active region", "incident %d decided it already", now.Epoch)
		}
		if now.ActiveRegion == role.ActiveRegion && now.Switch == role.Switch && now.Epoch == role.Epoch {
			return nil
		}
		if role.ChangedAt.IsZero() {
			role.ChangedAt = s.clock.Now()
		}
		if err := s.table.write(ctx, roleKey, version, role); !errors.Is(err, errConflict) {
			return err
		}
	}
	return contended(roleKey)
}

// Observation is what the probe saw last.
func (s *Store) Observation(ctx context.Context) (Observation, error) {
	var o Observation
	_, err := s.table.read(ctx, observationKey, &o)
	return o, err
}

// Observe records what was seen of a region at a time: serving true or false, nil when it could not be told. Time only
// moves forward: what arrives late is dropped.
func (s *Store) Observe(ctx context.Context, region string, serving *bool, at time.Time) (Observation, error) {
	for range attempts {
		var o Observation
		version, err := s.table.read(ctx, observationKey, &o)
		if err != nil {
			return Observation{}, err
		}
		next, changed := o.after(region, serving, at)
		if !changed {
			return o, nil
		}
		if err := s.table.write(ctx, observationKey, version, next); !errors.Is(err, errConflict) {
			return next, err
		}
	}
	return Observation{}, contended(observationKey)
}

func (o Observation) after(region string, serving *bool, at time.Time) (Observation, bool) {
	if o.Region != region {
		o = Observation{Region: region}
	}
	if !at.After(o.CheckedAt) {
		return o, false
	}
	o.CheckedAt = at
	switch {
	case serving == nil:
	case *serving:
		o.LastServing, o.FirstDown = at, time.Time{}
	case o.FirstDown.IsZero():
		o.FirstDown = at
	}
	return o, true
}

func contended(key string) error {
	return failure.New(failure.Unavailable, "write "+key, "lost against other writers %d times in a row", attempts)
}
