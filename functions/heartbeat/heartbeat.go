// Package heartbeat writes one row a minute into the active region's database. It replicates like everything else, and
// the newest one on the replica tells how much would be lost.
//
// It refuses to write in a region that is not active: there it answers that it is standing by, which is no error.
package heartbeat

import (
	"context"
	_ "embed"

	"github.com/acso/disaster-recovery/internal/database"
	"github.com/acso/disaster-recovery/internal/environment"
	"github.com/acso/disaster-recovery/internal/failure"
	"github.com/acso/disaster-recovery/internal/grant"
	"github.com/acso/disaster-recovery/internal/heartbeat"
	"github.com/acso/disaster-recovery/internal/incident"
	"github.com/acso/disaster-recovery/internal/platform"
)

// Event is an example input.
//
//go:embed event.json
var Event []byte

// Errors are the kinds that it fails with.
var Errors = append([]failure.Kind{failure.InvalidInput}, incident.Errors...)

// Input is empty: EventBridge sends {}.
type Input struct{}

// Output says whether a row was written.
type Output struct {
	Wrote bool   `json:"wrote"`
	Why   string `json:"why"`
}

// Handler keeps the connection between invocations.
type Handler struct {
	p        platform.Platform
	store    *incident.Store
	database *database.Database
}

// New makes the handler.
func New(p platform.Platform) *Handler {
	return &Handler{p: p, store: incident.NewStore(p), database: database.In(p, p.Region())}
}

// Grants is what it may do in its region.
func Grants(e *environment.Environment, region string) []grant.Grant {
	return append(incident.ReadGrants(e, region), database.Grants(e, region)...)
}

// Handle writes one heartbeat.
func (h *Handler) Handle(ctx context.Context, _ Input) (Output, error) {
	role, err := h.store.Role(ctx)
	if err != nil {
		return Output{}, err
	}
	if role.ActiveRegion != h.p.Region() {
		return Output{Why: h.p.Region() + " is standing by: " + role.ActiveRegion + " is active"}, nil
	}
	replica, err := h.database.InRecovery(ctx)
	if err != nil {
		return Output{}, err
	}
	if replica {
		return Output{Why: h.database.Identifier() + " is a replica and takes no heartbeat of its own"}, nil
	}
	at := h.p.Clock.Now().UTC()
	err = h.database.Do(ctx, "write a heartbeat", func(ctx context.Context, conn platform.Conn) error {
		_, err := conn.Exec(ctx, heartbeat.Insert, at, h.p.Region(), role.Epoch)
		return err
	})
	if err != nil {
		return Output{}, err
	}
	return Output{Wrote: true, Why: h.p.Region() + " is active"}, nil
}
