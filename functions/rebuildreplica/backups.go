package rebuildreplica

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/rds"

	"github.com/acso/disaster-recovery/internal/database"
	"github.com/acso/disaster-recovery/internal/failure"
	"github.com/acso/disaster-recovery/internal/incident"
)

// backups has the other region keep the automated backups of the restored database, as it kept those of the old one: a
// replication follows an instance and not its name. The old one's backups stay there, until they are too old.
// https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_ReplicateBackups.html
func (h *Handler) backups(ctx context.Context, claim incident.Claim, r *incident.Restore) (Output, error) {
	op := "replicate the automated backups of " + r.Live + " to " + h.other
	live, err := h.here.DescribeDBInstances(ctx, &rds.DescribeDBInstancesInput{DBInstanceIdentifier: aws.String(r.Live)})
	if err != nil {
		return Output{}, failure.FromAWS(err, "%s", op)
	}
	if len(live.DBInstances) != 1 {
		return Output{}, failure.New(failure.NotFound, op, "RDS lists %d instances of that name", len(live.DBInstances))
	}
	out := Output{Replica: "backups of " + r.Live}
	ctx, cancel := h.p.Clock.WithTimeout(ctx, patience)
	defer cancel()
	now, err := database.ReplicatedBackups(ctx, h.rds, h.p.Region(), aws.ToString(live.DBInstances[0].DbiResourceId))
	if err != nil {
		return Output{}, err
	}
	if now != nil {
		if now.RestoreWindow == nil || now.RestoreWindow.LatestTime == nil {
			out.Detail = "the first of them is on its way: " + aws.ToString(now.Status)
			return out, nil
		}
		out.Done, out.Detail = true, "they reach to "+now.RestoreWindow.LatestTime.UTC().Format("2006-01-02T15:04:05Z")
		return out, nil
	}
	before, err := database.ReplicatedBackups(ctx, h.rds, h.p.Region(), r.Source)
	if err != nil {
		return Output{}, err
	}
	if before == nil {
		out.Done, out.Detail = true, "those of the old database were not replicated either"
		return out, nil
	}
	if err := h.changed(ctx, claim, fmt.Sprintf("%s: automated backups of %s are replicated from %s", h.other, r.Live, h.p.Region())); err != nil {
		return Output{}, err
	}
	e := h.p.Environment
	// SourceRegion stays unset, as for the replica.
	_, err = h.rds.StartDBInstanceAutomatedBackupsReplication(ctx, &rds.StartDBInstanceAutomatedBackupsReplicationInput{
		SourceDBInstanceArn: aws.String(database.ARN(e, h.p.Region())), KmsKeyId: aws.String(e.DatabaseKey(h.other)),
		BackupRetentionPeriod: aws.Int32(e.Database.BackupRetention.Days()),
	})
	if err != nil && !busy(err) {
		return Output{}, failure.FromAWS(err, "%s", op)
	}
	out.Detail = "the replication was asked for"
	return out, nil
}

// files waits until the other region has the restored files: EFS goes on replicating by itself, and what it has until
// then is what was there before.
func (h *Handler) files(ctx context.Context, r *incident.Restore) (Output, error) {
	s, err := h.mount.Outgoing(ctx)
	if err != nil {
		return Output{}, err
	}
	out := Output{Replica: "file system " + s.ID}
	switch {
	case r.Data == nil || !r.Data.Restored:
		out.Done, out.Detail = true, "no files were restored"
	case !s.Replicating:
		out.Done, out.Detail = true, "it is not replicated: nothing is stale"
	case s.LastSync.After(r.Data.At):
		out.Done, out.Detail = true, h.other+" has the restored files, as of "+s.LastSync.UTC().Format("2006-01-02T15:04:05Z")
	case s.Status == "ERROR":
		return Output{}, failure.New(failure.Failed, "replicate the restored files to "+h.other, "EFS says %s", s.Status).
			Next("read the replication's events; a failover would bring back the files from before the restore")
	default:
		out.Detail = fmt.Sprintf("%s, last sync %s", s.Status, s.LastSync.UTC().Format("15:04:05"))
	}
	return out, nil
}
