package releasedatabase

import (
	"context"
	"errors"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/aws-sdk-go-v2/service/rds/types"

	"github.com/acso/disaster-recovery/internal/catalog"
	"github.com/acso/disaster-recovery/internal/failure"
)

// snapshot takes the last snapshot, or finds it, and is done when it is whole, encrypted and of this very instance. It is
// tagged to be held: no pruning removes it.
func (h *Handler) snapshot(ctx context.Context, out Output, op string, i *types.DBInstance) (Output, error) {
	s, err := h.last(ctx, out.Snapshot)
	if err != nil {
		return out, err
	}
	if s != nil {
		var fault error
		out.Done, out.Detail, fault = verified(op, s, i)
		return out, fault
	}
	if status := aws.ToString(i.DBInstanceStatus); status != "available" {
		out.Detail = "the database is " + status
		return out, nil
	}
	_, err = h.rds.CreateDBSnapshot(ctx, &rds.CreateDBSnapshotInput{
		DBInstanceIdentifier: aws.String(out.Instance), DBSnapshotIdentifier: aws.String(out.Snapshot),
		Tags: []types.Tag{{Key: aws.String(catalog.HoldTag), Value: aws.String("the last of a database that was released")}},
	})
	var taken *types.DBSnapshotAlreadyExistsFault
	if err != nil && !errors.As(err, &taken) && !busy(err) {
		return out, failure.FromAWS(err, "%s: take the last snapshot", op)
	}
	out.Detail = "the last snapshot was asked for"
	return out, nil
}

func (h *Handler) last(ctx context.Context, name string) (*types.DBSnapshot, error) {
	found, err := h.rds.DescribeDBSnapshots(ctx, &rds.DescribeDBSnapshotsInput{DBSnapshotIdentifier: aws.String(name)})
	var missing *types.DBSnapshotNotFoundFault
	if errors.As(err, &missing) {
		return nil, nil
	}
	if err != nil || len(found.DBSnapshots) != 1 {
		return nil, failure.FromAWS(err, "describe snapshot %s", name)
	}
	return &found.DBSnapshots[0], nil
}

func verified(op string, s *types.DBSnapshot, i *types.DBInstance) (done bool, detail string, err error) {
	switch status := aws.ToString(s.Status); {
	case aws.ToString(s.DbiResourceId) != aws.ToString(i.DbiResourceId):
		return false, "", failure.New(failure.Unsafe, op, "snapshot %s is of instance %s and not of %s", aws.ToString(s.DBSnapshotIdentifier), aws.ToString(s.DbiResourceId), aws.ToString(i.DbiResourceId))
	case status == "failed":
		return false, "", failure.New(failure.Failed, op, "snapshot %s failed", aws.ToString(s.DBSnapshotIdentifier)).Next("delete it, then start the release again")
	case status != "available" || aws.ToInt32(s.PercentProgress) < 100:
		return false, "the last snapshot is " + status, nil
	case !aws.ToBool(s.Encrypted) || aws.ToString(s.KmsKeyId) == "":
		return false, "", failure.New(failure.Unsafe, op, "snapshot %s is not encrypted", aws.ToString(s.DBSnapshotIdentifier))
	}
	return true, "the last snapshot is available, encrypted and of this database", nil
}

// delete lifts the protection and deletes, as long as the last snapshot is verified at that very moment.
func (h *Handler) delete(ctx context.Context, out Output, op string, i *types.DBInstance) (Output, error) {
	s, err := h.last(ctx, out.Snapshot)
	if err != nil {
		return out, err
	}
	if s == nil {
		return out, failure.New(failure.Unsafe, op, "there is no snapshot %s of it", out.Snapshot)
	}
	if done, detail, err := verified(op, s, i); err != nil || !done {
		out.Detail = detail
		return out, err
	}
	switch status := aws.ToString(i.DBInstanceStatus); {
	case status == "deleting":
		out.Detail = "it is being deleted"
		return out, nil
	case aws.ToBool(i.DeletionProtection):
		return h.protect(ctx, out, op, i, false)
	}
	_, err = h.rds.DeleteDBInstance(ctx, &rds.DeleteDBInstanceInput{
		DBInstanceIdentifier: aws.String(out.Instance), SkipFinalSnapshot: aws.Bool(true), DeleteAutomatedBackups: aws.Bool(true),
	})
	if err != nil && !busy(err) {
		return out, failure.FromAWS(err, "%s", op)
	}
	out.Detail = "its deletion was asked for"
	return out, nil
}

// protect switches the protection of an instance on or off. Off is no end of anything: the deletion follows.
func (h *Handler) protect(ctx context.Context, out Output, op string, i *types.DBInstance, on bool) (Output, error) {
	if aws.ToBool(i.DeletionProtection) == on || aws.ToString(i.DBInstanceStatus) == "deleting" {
		out.Done, out.Detail = true, "its protection is as it has to be"
		return out, nil
	}
	_, err := h.rds.ModifyDBInstance(ctx, &rds.ModifyDBInstanceInput{
		DBInstanceIdentifier: aws.String(out.Instance), DeletionProtection: aws.Bool(on), ApplyImmediately: aws.Bool(true),
	})
	if err != nil && !busy(err) {
		return out, failure.FromAWS(err, "%s: change its protection", op)
	}
	out.Detail = "its protection is changed"
	return out, nil
}

func busy(err error) bool {
	var state *types.InvalidDBInstanceStateFault
	return errors.As(err, &state)
}
