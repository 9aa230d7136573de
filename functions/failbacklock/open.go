package failbacklock

import (
	"context"
	"time"

	"github.com/acso/disaster-recovery/internal/failure"
	"github.com/acso/disaster-recovery/internal/incident"
	"github.com/acso/disaster-recovery/internal/restore"
)

// margin before the earliest moment from which the old database may have what never arrived: clocks differ, and a
// transaction takes its time before it commits.
const margin = 15 * time.Minute

// unmeasured is how far back is looked when the loss of the failover was never measured.
const unmeasured = 24 * time.Hour

// open takes the lock for the half that is to be done, which the newest role of both regions says.
func (h *Handler) open(ctx context.Context, in Input) (Output, error) {
	const op = "open an incident for a failback"
	if in.Owner == "" || in.Execution == "" || in.Started.IsZero() {
		return Output{}, failure.New(failure.InvalidInput, op, "owner, the ARN of the execution, its name and its start are required")
	}
	role, err := h.agree(ctx)
	if err != nil {
		return Output{}, err
	}
	present, err := h.store.Present(ctx)
	if err != nil {
		return Output{}, err
	}
	var plan incident.Failback
	if role.ActiveRegion == h.p.Region() {
		err, plan.Switched = h.second(&present, role), true
	} else {
		plan, err = h.first(ctx, in, role)
	}
	if err != nil {
		return Output{}, err
	}
	i, err := h.store.BeginFailback(ctx, in.Owner, in.Trigger, role.Epoch, plan)
	if err != nil {
		return Output{}, err
	}
	claim := incident.Claim{Epoch: i.Epoch, Owner: in.Owner}
	if i.Failback.Switched && i.CommittedAt.IsZero() { // from here on, an abort would leave a region without a standby
		at := h.p.Clock.Now()
		i, err = h.store.Update(ctx, claim, func(i *incident.Incident) bool { i.CommittedAt = at; return true })
	}
	return h.output(i), err
}

// agree gives the newer of the two regions' roles, and has the own table know it: a region that was down when the role
// moved does not, and its schedules would follow the old one. The other table is told by the probe of this region.
func (h *Handler) agree(ctx context.Context) (incident.Role, error) {
	own, err := h.store.Role(ctx)
	if err != nil {
		return incident.Role{}, err
	}
	limited, cancel := h.p.Clock.WithTimeout(ctx, patience)
	defer cancel()
	other, err := h.other.Role(limited)
	if err != nil {
		return incident.Role{}, err
	}
	role := incident.Latest(own, other)
	if own.Epoch < role.Epoch {
		err = h.store.SetRole(ctx, role)
	}
	return role, err
}

// first refuses unless the other region's failover is finished and the fence of this region is proven, and names what the
// failback is going to keep.
func (h *Handler) first(ctx context.Context, in Input, role incident.Role) (incident.Failback, error) {
	e, here := h.p.Environment, h.p.Region()
	op := "fail back to " + here
	limited, cancel := h.p.Clock.WithTimeout(ctx, patience)
	defer cancel()
	theirs, err := h.other.Present(limited)
	if err != nil {
		return incident.Failback{}, err
	}
	switch {
	case theirs.State == incident.Open:
		return incident.Failback{}, failure.New(failure.Unsafe, op, "incident %d of %s is open and belongs to %s", theirs.Epoch, h.from, theirs.Owner).
			Next("wait for its end, then start the failback again")
	case theirs.Epoch != role.Epoch || theirs.Outcome != incident.Recovered:
		return incident.Failback{}, failure.New(failure.Unsafe, op, "incident %d of %s ended %s, and %d made %s the active region", theirs.Epoch, h.from, theirs.Outcome, role.Epoch, h.from).
			Next("finish the failover of %s first: start it again", h.from)
	case theirs.Fence.State != incident.FenceProven || theirs.Fence.Region != here:
		return incident.Failback{}, failure.New(failure.Unsafe, op, "the fence of %s is %s and not proven, so its database may be taking writes", here, theirs.Fence.State).
			Next("leave the probe of %s enabled: it completes the fence, minutes after %s answers; then start the failback again", h.from, here)
	}
	plan := incident.Failback{Region: here, From: h.from, Live: e.DatabaseIn(here), Split: theirs.RequestedAt}
	lost := unmeasured
	if theirs.LossSeconds != nil {
		lost = time.Duration(*theirs.LossSeconds * float64(time.Second))
	}
	plan.Since = plan.Split.Add(-lost - margin).UTC()
	suffix := restore.Suffix(in.Execution, in.Started)
	if plan.Kept, err = restore.Name(plan.Live, "before", suffix); err != nil {
		return plan, err
	}
	plan.KeptOther, err = restore.Name(e.DatabaseIn(h.from), "before", suffix)
	return plan, err
}

// second refuses unless an unfinished failback of this region brought it back, with the other region fenced.
func (h *Handler) second(present *incident.Incident, role incident.Role) error {
	op := "fail back to " + h.p.Region()
	f := present.Failback
	if f == nil || f.Finished {
		return failure.New(failure.AlreadyRunning, op, "it is the active region already, since incident %d: there is nothing to fail back", role.Epoch)
	}
	fenced := present.Fence.State == incident.FenceProven && present.Fence.Region == h.from
	if !f.Switched && !fenced {
		return failure.New(failure.Unsafe, op, "the fence of %s is %s and not proven, so its database may be taking writes", h.from, present.Fence.State).
			Next("leave the probe of %s enabled: it completes the fence; then start the failback again", h.p.Region())
	}
	return nil
}
