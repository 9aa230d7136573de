package incident

import (
	"context"
	"slices"

	"github.com/acso/disaster-recovery/internal/environment"
	"github.com/acso/disaster-recovery/internal/failure"
	"github.com/acso/disaster-recovery/internal/grant"
	"github.com/acso/disaster-recovery/internal/platform"
)

// LatestRole is the role that was decided last, as far as this region can find out: by its own table and, when it answers,
// the other region's. A region that was dead during a failover learns of it there. asked is the error of the other region's
// answer, nil when there was one.
func LatestRole(ctx context.Context, p platform.Platform) (role Role, asked, err error) {
	store := NewStore(p)
	own, err := store.Role(ctx)
	if err != nil {
		return Role{}, nil, err
	}
	bounded, stop := p.Clock.WithTimeout(ctx, patience)
	defer stop()
	other, asked := store.pair.Role(bounded)
	if asked != nil {
		return own, asked, nil
	}
	return Latest(own, other), nil, nil
}

// RequireActive fails with StandingBy in a region that is not the active one: what is done once for the pair, such as a
// backup, is done where the data live. Both tables are asked, so that a region that has just come back does not act on what
// it knew before.
func RequireActive(ctx context.Context, p platform.Platform, op string) error {
	_, err := ActiveRole(ctx, p, op)
	return err
}

// ActiveRole is RequireActive with the role that makes the region the active one.
func ActiveRole(ctx context.Context, p platform.Platform, op string) (Role, error) {
	role, _, err := LatestRole(ctx, p)
	if err != nil {
		return role, err
	}
	if role.ActiveRegion != p.Region() {
		return role, failure.New(failure.StandingBy, op, "%s is active and %s stands by", role.ActiveRegion, p.Region()).
			Next("start it in %s", role.ActiveRegion)
	}
	return role, nil
}

// ActiveGrants is what LatestRole and RequireActive take.
func ActiveGrants(e *environment.Environment, region string) []grant.Grant {
	return slices.Concat(ReadGrants(e, region), ReadGrants(e, e.Pair(region)))
}
