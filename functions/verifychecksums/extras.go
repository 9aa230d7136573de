package verifychecksums

import (
	"context"

	"github.com/acso/disaster-recovery/internal/backup"
	"github.com/acso/disaster-recovery/internal/failure"
	"github.com/acso/disaster-recovery/internal/verification"
)

// extras goes on with the search for what lies beside the point until it is done or time is up. How far it came lies in
// the bucket, so that the machine may call it again: a listing of many millions of keys takes longer than a function may.
func (h *Handler) extras(ctx context.Context, plan verification.Plan) (done bool, err error) {
	if plan.Purpose == verification.ForRestore {
		return true, h.write(ctx, plan.ExtrasKey(), backup.Sweep{Listed: true, Gathered: true})
	}
	var sweep backup.Sweep
	if err := h.decode(ctx, plan.ExtrasKey(), &sweep); err != nil && !failure.Is(err, failure.NotFound) {
		return false, err
	}
	sweep, err = backup.Extras(ctx, h.store, plan.Manifest, plan.Version, sweep, h.late())
	if err != nil {
		return false, failure.FromAWS(err, "look for what lies beside %s", h.at(plan.Manifest))
	}
	return sweep.Done(), h.write(ctx, plan.ExtrasKey(), sweep)
}
