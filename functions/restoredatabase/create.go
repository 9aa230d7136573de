package restoredatabase

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/aws-sdk-go-v2/service/rds/types"

	"github.com/acso/disaster-recovery/internal/failure"
	"github.com/acso/disaster-recovery/internal/incident"
	"github.com/acso/disaster-recovery/internal/restore"
)

// safety verifies the snapshot of what is there: whole, encrypted, of this very instance, and from after the opening of the
// restore.
func (h *Handler) safety(ctx context.Context, in Input, r *incident.Restore) (Output, error) {
	op := "verify safety snapshot " + in.Snapshot
	out, err := h.rds.DescribeDBSnapshots(ctx, &rds.DescribeDBSnapshotsInput{DBSnapshotIdentifier: aws.String(in.Snapshot)})
	if err != nil {
		return Output{}, failure.FromAWS(err, "%s", op)
	}
	if len(out.DBSnapshots) != 1 {
		return Output{}, failure.New(failure.NotFound, op, "RDS lists %d of that name", len(out.DBSnapshots))
	}
	s := out.DBSnapshots[0]
	switch {
	case aws.ToString(s.Status) != "available" || aws.ToInt32(s.PercentProgress) < 100:
		return Output{}, failure.New(failure.Unsafe, op, "it is %s, %d %% done", aws.ToString(s.Status), aws.ToInt32(s.PercentProgress))
	case !aws.ToBool(s.Encrypted) || aws.ToString(s.KmsKeyId) == "":
		return Output{}, failure.New(failure.Unsafe, op, "it is not encrypted")
	case aws.ToString(s.DbiResourceId) != r.Source:
		return Output{}, failure.New(failure.Unsafe, op, "it is of instance %s, and %s is %s", aws.ToString(s.DbiResourceId), r.Live, r.Source)
	}
	if r.Safety != in.Snapshot {
		_, err = h.store.Update(ctx, in.Claim, func(i *incident.Incident) bool { i.Restore.Safety = in.Snapshot; return true })
	}
	return done(in.Snapshot, "available, encrypted, of %s, %d GiB", r.Live, aws.ToInt32(s.AllocatedStorage)), err
}

func (h *Handler) made(r *incident.Restore) string {
	return fmt.Sprintf("%s: instance %s was restored", h.p.Region(), r.Restored)
}

// restore asks RDS for the instance, or finds it asked for. Everything that RDS does not take from the source by itself
// is taken here, network and parameters above all: "the restored DB instance is associated with the default parameter
// group and the default security group" unless named.
// https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_PIT.html
func (h *Handler) restore(ctx context.Context, claim incident.Claim, r *incident.Restore, now world) (Output, error) {
	op := fmt.Sprintf("restore %s to %s as %s", r.Live, r.To.Format(time.RFC3339), r.Restored)
	if now.restored != nil {
		if !ours(now.restored, claim.Owner) {
			return Output{}, failure.New(failure.Unsafe, op, "an instance of that name exists that this restore did not make").Next("rename or release it, then start the restore again")
		}
		return progress(h.p.Region(), r, now.restored)
	}
	if !isSource(now.live, r) {
		return Output{}, failure.New(failure.Unsafe, op, "%s is not the instance any more that the restore was planned for", r.Live)
	}
	err := h.changed(ctx, claim, h.made(r), fmt.Sprintf("aws rds delete-db-instance --region %s --db-instance-identifier %s --skip-final-snapshot", h.p.Region(), r.Restored))
	if err != nil {
		return Output{}, err
	}
	source := now.live
	input := &rds.RestoreDBInstanceToPointInTimeInput{
		SourceDBInstanceIdentifier: aws.String(r.Live), TargetDBInstanceIdentifier: aws.String(r.Restored), RestoreTime: aws.Time(r.To),
		DBInstanceClass: source.DBInstanceClass, MultiAZ: source.MultiAZ, EnableIAMDatabaseAuthentication: aws.Bool(true),
		BackupRetentionPeriod: source.BackupRetentionPeriod, PreferredBackupWindow: source.PreferredBackupWindow,
		CopyTagsToSnapshot: source.CopyTagsToSnapshot, DeletionProtection: aws.Bool(false), // until it is in place
		Tags: []types.Tag{{Key: aws.String(restore.Tag), Value: aws.String(claim.Owner)}},
	}
	if source.DBSubnetGroup != nil {
		input.DBSubnetGroupName = source.DBSubnetGroup.DBSubnetGroupName
	}
	if len(source.DBParameterGroups) > 0 {
		input.DBParameterGroupName = source.DBParameterGroups[0].DBParameterGroupName
	}
	for _, group := range source.VpcSecurityGroups {
		input.VpcSecurityGroupIds = append(input.VpcSecurityGroupIds, aws.ToString(group.VpcSecurityGroupId))
	}
	_, err = h.rds.RestoreDBInstanceToPointInTime(ctx, input)
	var taken *types.DBInstanceAlreadyExistsFault
	switch {
	case err == nil, errors.As(err, &taken): // our own call whose answer was lost: the next look tells by the tag
		return working(r.Restored, "the restore was accepted"), nil
	case busy(err):
		return working(r.Restored, "%s is %s and cannot be restored from just now", r.Live, status(source)), nil
	case failure.Code(err) != "" && !failure.Is(failure.FromAWS(err, ""), failure.Unavailable):
		// AWS refused for good: nothing was made, and the record must not say so.
		if undo := h.undone(ctx, claim, h.made(r)); undo != nil {
			return Output{}, undo
		}
	}
	return Output{}, failure.FromAWS(err, "%s", op)
}

// progress is how far RDS is with the restored instance.
func progress(region string, r *incident.Restore, i *types.DBInstance) (Output, error) {
	switch {
	case restore.Broken(status(i)):
		return Output{}, failure.New(failure.Failed, "wait for restored database "+r.Restored, "its status is %s", status(i)).
			Next("read its events: aws rds describe-events --region %s --source-type db-instance --source-identifier %s", region, r.Restored)
	case status(i) != "available":
		return working(r.Restored, "it is %s", status(i)), nil
	}
	return done(r.Restored, "it is available"), nil
}
