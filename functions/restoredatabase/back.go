package restoredatabase

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/rds"

	"github.com/acso/disaster-recovery/internal/failure"
	"github.com/acso/disaster-recovery/internal/incident"
)

// back undoes a restore that is not in place: the old database gets its name back. Once the restored database carries the live name, or is on its way to it, it changes nothing: going back is
// then a person's decision, since clients may have written.
func (h *Handler) back(ctx context.Context, claim incident.Claim, r *incident.Restore, now world) (Output, error) {
	op := "give " + r.Live + " back its name"
	switch {
	case now.live != nil && !isSource(now.live, r) && ours(now.live, claim.Owner):
		err := h.inPlace(ctx, claim, r)
		return Output{State: Live, Instance: r.Live, Detail: "the restored database carries the name"}, err
	case now.live != nil && !isSource(now.live, r):
		return Output{}, failure.New(failure.Unsafe, op, "another instance carries the name")
	case now.live == nil && isSource(now.kept, r):
		if r.Placing && now.restored == nil || now.restored != nil && status(now.restored) == "renaming" {
			return working(r.Live, "the restored database is on its way to the name"), nil
		}
		if status(now.kept) != "available" {
			return working(r.Kept, "it is %s", status(now.kept)), nil
		}
		return h.rename(ctx, op, r.Live, &rds.ModifyDBInstanceInput{
			DBInstanceIdentifier: aws.String(r.Kept), NewDBInstanceIdentifier: aws.String(r.Live), ApplyImmediately: aws.Bool(true),
		})
	case now.live == nil:
		return working(r.Live, "a renaming is under way"), nil
	case status(now.live) == "renaming":
		return working(r.Live, "it is being renamed; it is given its name back afterwards"), nil
	}
	if err := h.taken(ctx, claim, h.keptChange(r), h.placeChange(r)); err != nil {
		return Output{}, err
	}
	if s := status(now.live); s != "available" && s != "backing-up" { // it serves while it backs itself up
		return working(r.Live, "it is %s", s), nil
	}
	return done(r.Live, "the database that was there is in its place"), nil
}

func (h *Handler) taken(ctx context.Context, claim incident.Claim, back ...string) error {
	_, err := h.store.Update(ctx, claim, func(i *incident.Incident) bool {
		before := len(i.Outstanding())
		for _, what := range back {
			i.Undone(what)
		}
		return len(i.Outstanding()) != before
	})
	return err
}

// discard deletes the instance that this restore made and that did not come into its place. RDS refuses to delete one that
// it is still making.
func (h *Handler) discard(ctx context.Context, claim incident.Claim, r *incident.Restore, now world) (Output, error) {
	op := "delete restored database " + r.Restored
	i := now.restored
	switch {
	case r.InPlace:
		return Output{State: Live, Instance: r.Live, Detail: "the restored database is in its place"}, nil
	case !isSource(now.live, r):
		return Output{}, failure.New(failure.Unsafe, op, "the database that was there is not in its place")
	case i == nil:
		return done(r.Restored, "it is gone"), h.taken(ctx, claim, h.made(r))
	case !ours(i, claim.Owner) || isSource(i, r):
		return Output{}, failure.New(failure.Unsafe, op, "this restore did not make it")
	case status(i) == "deleting" || status(i) == "creating":
		return working(r.Restored, "it is %s", status(i)), nil
	}
	_, err := h.rds.DeleteDBInstance(ctx, &rds.DeleteDBInstanceInput{
		DBInstanceIdentifier: aws.String(r.Restored), SkipFinalSnapshot: aws.Bool(true), DeleteAutomatedBackups: aws.Bool(true),
	})
	if err != nil && !busy(err) {
		return Output{}, failure.FromAWS(err, "%s", op)
	}
	return working(r.Restored, "its deletion was asked for"), nil
}
