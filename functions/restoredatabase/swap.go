package restoredatabase

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/aws-sdk-go-v2/service/rds/types"

	"github.com/acso/disaster-recovery/internal/failure"
	"github.com/acso/disaster-recovery/internal/incident"
	"github.com/acso/disaster-recovery/internal/restore"
)

func (h *Handler) keptChange(r *incident.Restore) string {
	return fmt.Sprintf("%s: database %s was renamed to %s", h.p.Region(), r.Live, r.Kept)
}

func (h *Handler) placeChange(r *incident.Restore) string {
	return fmt.Sprintf("%s: restored database %s took the name %s", h.p.Region(), r.Restored, r.Live)
}

func (h *Handler) renaming(from, to string) string {
	return fmt.Sprintf("aws rds modify-db-instance --region %s --db-instance-identifier %s --new-db-instance-identifier %s --apply-immediately", h.p.Region(), from, to)
}

// keep gives the old database another name, and a tag that says what replaced it.
func (h *Handler) keep(ctx context.Context, claim incident.Claim, r *incident.Restore, now world) (Output, error) {
	op := "keep " + r.Live + " as " + r.Kept
	switch {
	case isSource(now.kept, r) && status(now.kept) == "available":
		return done(r.Kept, "the old database is out of the place"), nil
	case isSource(now.kept, r), now.live == nil && now.kept == nil: // between the two names
		return working(r.Kept, "the renaming is under way"), nil
	case now.kept != nil:
		return Output{}, failure.New(failure.Unsafe, op, "the name is taken by another instance")
	case !isSource(now.live, r):
		return Output{}, failure.New(failure.Unsafe, op, "%s is not the instance any more that the restore was planned for", r.Live)
	case r.Transactions == 0 || r.StoppedAt.IsZero():
		return Output{}, failure.New(failure.Unsafe, op, "the restored database was not checked, or the services not stopped")
	case status(now.live) != "available":
		return working(r.Live, "it is %s", status(now.live)), nil
	}
	if err := h.changed(ctx, claim, h.keptChange(r), h.renaming(r.Kept, r.Live)); err != nil {
		return Output{}, err
	}
	_, err := h.rds.AddTagsToResource(ctx, &rds.AddTagsToResourceInput{
		ResourceName: now.live.DBInstanceArn, Tags: []types.Tag{{Key: aws.String(restore.KeptTag), Value: aws.String(claim.Owner)}},
	})
	if err != nil {
		return Output{}, failure.FromAWS(err, "%s: tag it", op)
	}
	return h.rename(ctx, op, r.Kept, &rds.ModifyDBInstanceInput{
		DBInstanceIdentifier: aws.String(r.Live), NewDBInstanceIdentifier: aws.String(r.Kept), ApplyImmediately: aws.Bool(true),
	})
}

func (h *Handler) rename(ctx context.Context, op, name string, input *rds.ModifyDBInstanceInput) (Output, error) {
	_, err := h.rds.ModifyDBInstance(ctx, input)
	switch {
	case err == nil, busy(err): // busy also after a lost answer: the SDK repeats the call, and the repetition is refused
		return working(name, "the renaming was asked for"), nil
	}
	return Output{}, failure.FromAWS(err, "%s", op)
}

// place gives the restored database the live name and the protection of a live database, and proves that it takes writes.
func (h *Handler) place(ctx context.Context, claim incident.Claim, r *incident.Restore, now world) (Output, error) {
	op := "put " + r.Restored + " in the place of " + r.Live
	if !isSource(now.kept, r) {
		return Output{}, failure.New(failure.Unsafe, op, "the old database is not kept as %s", r.Kept)
	}
	switch {
	case isSource(now.live, r):
		return Output{}, failure.New(failure.Unsafe, op, "the old database still carries the name")
	case now.live != nil:
		return h.settle(ctx, claim, op, r, now.live)
	case now.restored == nil && !r.Placing:
		return Output{}, failure.New(failure.NotFound, op, "it does not exist any more").Next("look in CloudTrail for DeleteDBInstance")
	case now.restored == nil:
		return working(r.Live, "the renaming is under way"), nil
	case !ours(now.restored, claim.Owner) || r.Transactions == 0:
		return Output{}, failure.New(failure.Unsafe, op, "it is not what this restore made and checked")
	case status(now.restored) != "available":
		return working(r.Restored, "it is %s", status(now.restored)), nil
	}
	at := h.p.Clock.Now()
	_, err := h.store.Update(ctx, claim, func(i *incident.Incident) bool {
		i.Restore.Placing = true
		i.Changed(at, h.placeChange(r), "")
		return true
	})
	if err != nil {
		return Output{}, err
	}
	return h.rename(ctx, op, r.Live, &rds.ModifyDBInstanceInput{
		DBInstanceIdentifier: aws.String(r.Restored), NewDBInstanceIdentifier: aws.String(r.Live), ApplyImmediately: aws.Bool(true),
		DeletionProtection: aws.Bool(true),
	})
}

// settle takes the renamed instance for live when it is ours and took a write: the name alone proves nothing.
func (h *Handler) settle(ctx context.Context, claim incident.Claim, op string, r *incident.Restore, live *types.DBInstance) (Output, error) {
	if !ours(live, claim.Owner) {
		return Output{}, failure.New(failure.Unsafe, op, "another instance carries the name %s", r.Live)
	}
	if restore.Broken(status(live)) {
		return Output{}, failure.New(failure.Failed, op, "its status is %s", status(live))
	}
	if !r.InPlace {
		if err := h.inPlace(ctx, claim, r); err != nil {
			return Output{}, err
		}
	}
	if status(live) != "available" {
		return working(r.Live, "it is %s", status(live)), nil
	}
	if err := h.write(ctx, live); err != nil {
		return working(r.Live, "it takes no write yet: %v", err), nil
	}
	return done(r.Live, "the restored database carries the name and took a write"), nil
}

// inPlace records that the restored database is the live one.
func (h *Handler) inPlace(ctx context.Context, claim incident.Claim, r *incident.Restore) error {
	final := []string{h.made(r), h.keptChange(r), h.placeChange(r)}
	_, err := h.store.Update(ctx, claim, func(i *incident.Incident) bool {
		was := i.Restore.InPlace
		i.Settle(final...)
		return !was
	})
	return err
}
