// Package inspect looks at the data of its region for function readiness: keys, the replica and how far it is behind, the file
// system, the backups, and the quotas that they need.
//
// It refuses to judge the region, to look beyond it, and to change anything. It is apart from readiness because it alone logs in to
// the database: the clients of both in one binary would be larger than one that starts quickly.
package inspect

import (
	"context"
	_ "embed"

	"github.com/acso/disaster-recovery/internal/environment"
	"github.com/acso/disaster-recovery/internal/failure"
	"github.com/acso/disaster-recovery/internal/grant"
	"github.com/acso/disaster-recovery/internal/inspection"
	"github.com/acso/disaster-recovery/internal/judging"
	"github.com/acso/disaster-recovery/internal/platform"
)

// Event is an example input.
//
//go:embed event.json
var Event []byte

// Errors are the kinds that it fails with. What it cannot find out is none: that is a finding.
var Errors = []failure.Kind{failure.InvalidInput, failure.Unavailable}

// Input is empty: it looks at everything, in its own region.
type Input struct{}

// Output is what was found.
type Output = judging.Inspection

// Handler keeps its connection to the database between invocations.
type Handler struct{ inspector *inspection.Inspector }

// New makes the handler.
func New(p platform.Platform) *Handler { return &Handler{inspection.New(p)} }

// Grants is what it may do.
func Grants(e *environment.Environment, region string) []grant.Grant {
	return inspection.Grants(e, region)
}

// Handle inspects once.
func (h *Handler) Handle(ctx context.Context, _ Input) (Output, error) {
	return h.inspector.Inspect(ctx), nil
}
