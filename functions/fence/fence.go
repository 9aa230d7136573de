// Package fence keeps the old primary from taking writes, proves it, and takes it back when a failover ends before the
// point of no return. For a planned switchover it takes the writers away first and leaves the database open.
//
// It refuses to call anything fenced that is not proven, and to wait for a region that does not answer: that fence stays
// owed, and the probe completes it.
package fence

import (
	"context"
	_ "embed"

	"github.com/acso/disaster-recovery/internal/environment"
	"github.com/acso/disaster-recovery/internal/failure"
	"github.com/acso/disaster-recovery/internal/fencing"
	"github.com/acso/disaster-recovery/internal/grant"
	"github.com/acso/disaster-recovery/internal/incident"
	"github.com/acso/disaster-recovery/internal/platform"
)

// Event is an example input.
//
//go:embed event.json
var Event []byte

// Errors are the kinds that it fails with.
var Errors = fencing.Errors

// Input says whether to close the fence or to take it back.
type Input struct {
	// Action is close (look, close what is open, prove), drain (stop the services tier by tier and leave the database open),
	// release (give back what was closed), reopened (was it seen to serve since) or look (what would be closed).
	Action string `json:"action"`
	incident.Claim
}

// Output is where the fence stands: none, owed or proven, with the evidence.
type Output = fencing.Report

// Handler keeps a connection to the old database from before the closing, to prove that it no longer writes.
type Handler struct{ fencer *fencing.Fencer }

// New makes the handler.
func New(p platform.Platform) *Handler { return &Handler{fencer: fencing.New(p)} }

// Grants is what it may do in the old region.
func Grants(e *environment.Environment, region string) []grant.Grant {
	return append(fencing.Grants(e, region), fencing.ReleaseGrants(e, region)...)
}

// Handle makes one round: it never waits for tasks to stop or a database to reboot, the state machine does.
func (h *Handler) Handle(ctx context.Context, in Input) (Output, error) {
	if in.Action == "look" {
		return h.fencer.Look(ctx), nil
	}
	ledger := h.fencer.Claimed(ctx, in.Claim)
	switch in.Action {
	case "close":
		return h.fencer.Close(ctx, ledger)
	case "drain":
		return h.fencer.Drain(ctx, ledger)
	case "release":
		return h.fencer.Release(ctx, ledger)
	case "reopened":
		return h.fencer.Reopened(ctx, ledger)
	}
	return Output{}, failure.New(failure.InvalidInput, "fence the old primary", "action %q is none of close, drain, release, reopened, look", in.Action)
}
