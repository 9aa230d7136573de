package rebuildstandby

import (
	"context"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/rds"

	"github.com/acso/disaster-recovery/internal/database"
	"github.com/acso/disaster-recovery/internal/failure"
)

// backups has the standby keep the automated backups of the database that serves: a replication follows an instance and not
// its name, so the one of the database that was put aside keeps nothing of the new one.
// https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_ReplicateBackups.html
func (j *job) backups(ctx context.Context) (Output, error) {
	e := j.p.Environment
	from := e.Pair(j.region)
	if from != j.p.Region() {
		return Output{}, failure.New(failure.Unsafe, j.op, "automated backups are replicated from the region that serves, and this runs in the standby")
	}
	live, err := database.In(j.p, from).Describe(ctx)
	if err != nil {
		return Output{}, err
	}
	now, err := database.ReplicatedBackups(ctx, j.rds, from, aws.ToString(live.DbiResourceId))
	switch {
	case err != nil:
		return Output{}, err
	case now == nil:
	case now.RestoreWindow == nil || now.RestoreWindow.LatestTime == nil:
		return j.working("the first automated backup is on its way: %s", aws.ToString(now.Status))
	default:
		return Output{Done: true, Instance: e.DatabaseIn(from), Detail: "the automated backups reach to " + now.RestoreWindow.LatestTime.UTC().Format(time.RFC3339)}, nil
	}
	if err := j.changed(ctx, fmt.Sprintf("%s: automated backups of %s are replicated from %s", j.region, e.DatabaseIn(from), from), ""); err != nil {
		return Output{}, err
	}
	// SourceRegion stays unset, as for the replica.
	_, err = j.rds.StartDBInstanceAutomatedBackupsReplication(ctx, &rds.StartDBInstanceAutomatedBackupsReplicationInput{
		SourceDBInstanceArn: aws.String(database.ARN(e, from)), KmsKeyId: aws.String(e.DatabaseKey(j.region)),
		BackupRetentionPeriod: aws.Int32(e.Database.BackupRetention.Days()),
	})
	if err != nil && !busy(err) {
		return Output{}, failure.FromAWS(err, "%s: replicate the automated backups of %s", j.op, e.DatabaseIn(from))
	}
	return j.working("the replication of the automated backups was asked for")
}
