package promotereplica

import (
	"context"
	"time"

	"github.com/acso/disaster-recovery/internal/incident"
)

// showing is how long a promotion that RDS accepted may look as if nobody had asked for it: the status stays "available" and
// the source is set. A run that died between writing the request down and making it looks the same, for ever.
const showing = 3 * time.Minute

// carried checks the replica of a failover that an earlier execution left behind its record of a promotion. When there is
// still a replica after the time in which a promotion shows, nothing was promoted, and the record is put right: otherwise
// nothing could be given back, and no person could end it.
func (h *Handler) carried(ctx context.Context, claim incident.Claim) (Output, error) {
	i, err := h.store.Guard(ctx, claim)
	if err != nil {
		return Output{}, err
	}
	out, err := h.check(ctx, incident.Claim{})
	out.Carried = i.Promotion
	if err != nil || out.Source == "" || i.Promotion != incident.PromotionRequested || out.State != Ready {
		return out, err
	}
	if h.p.Clock.Now().Sub(i.RequestedAt) < showing {
		out.State, out.Detail = Wait, "a promotion was requested a moment ago and may not show yet"
		return out, nil
	}
	out.Carried = incident.NotPromoted
	if err := h.request(ctx, claim, incident.NotPromoted); err != nil {
		return out, err
	}
	_, err = h.store.Update(ctx, claim, func(i *incident.Incident) bool {
		i.CommittedAt = time.Time{} // this execution has its own point of no return ahead
		return true
	})
	return out, err
}
