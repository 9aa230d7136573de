package followrole

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"github.com/acso/disaster-recovery/internal/failure"
	"github.com/acso/disaster-recovery/internal/incident"
	"github.com/acso/disaster-recovery/internal/switching"
)

// told is for how long the time of a recovery is said again and again: one data point at its end could be lost, and a graph that
// goes on for ever would show a recovery for every day since.
const told = time.Hour

// tell says whether this region serves and, after a recovery that made it so, how long that took.
func (h *Handler) tell(ctx context.Context, role incident.Role) error {
	e, now := h.p.Environment, h.p.Clock.Now()
	active := 0.0
	if role.ActiveRegion == h.p.Region() {
		active = 1
	}
	data := []types.MetricDatum{switching.Datum(e, switching.Active, active, now)}
	var unread error
	if active == 1 && role.Epoch > 0 {
		// The record of the incident that decided the role, in this region's own table: whoever is activated runs the recovery.
		made, err := h.store.Past(ctx, role.Epoch)
		unread = err
		if took, known := made.RecoveryTime(e.Domain.TTL.Std()); err == nil && known && now.Sub(made.EndedAt) < told {
			data = append(data, switching.Datum(e, switching.RecoveryTime, took.Seconds(), now))
		}
	}
	if _, err := h.cloudwatch.PutMetricData(ctx, &cloudwatch.PutMetricDataInput{Namespace: aws.String(switching.Namespace), MetricData: data}); err != nil {
		return failure.FromAWS(err, "say which region is active, in %s", h.p.Region())
	}
	return unread
}
