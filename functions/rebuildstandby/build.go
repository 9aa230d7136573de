package rebuildstandby

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/aws-sdk-go-v2/service/rds/types"

	"github.com/acso/disaster-recovery/internal/database"
	"github.com/acso/disaster-recovery/internal/failure"
	"github.com/acso/disaster-recovery/internal/restore"
)

// build asks for the replica, or finds it asked for, and gives it backups.
func (j *job) build(ctx context.Context) (Output, error) {
	replica, err := database.Find(ctx, j.rds, j.name)
	if err != nil {
		return Output{}, err
	}
	if replica == nil {
		return j.create(ctx)
	}
	if follows := aws.ToString(replica.ReadReplicaSourceDBInstanceIdentifier); follows != j.source() {
		return Output{}, failure.New(failure.Unsafe, j.op, "%s follows %q and not %s", j.name, follows, j.source()).
			Next("find out what it is; rename or delete it, then start the failback again")
	}
	if err := j.sourceAnswers(ctx); err != nil {
		return Output{}, err
	}
	return j.finish(ctx, replica)
}

// sourceAnswers notices that the region that serves is gone: a replica that is being made does not say so.
func (j *job) sourceAnswers(ctx context.Context) error {
	ctx, cancel := j.p.Clock.WithTimeout(ctx, patience)
	defer cancel()
	_, err := database.In(j.p, j.p.Environment.Pair(j.region)).Describe(ctx)
	return err
}

// create asks for the new replica, under a key of its region: without one it is refused, and never made unencrypted.
func (j *job) create(ctx context.Context) (Output, error) {
	old, err := database.Find(ctx, j.rds, j.kept)
	if err != nil {
		return Output{}, err
	}
	if err := j.changed(ctx, fmt.Sprintf("%s: replica %s was created", j.region, j.name), ""); err != nil {
		return Output{}, err
	}
	e := j.p.Environment
	// SourceRegion stays unset: the SDK would presign a URL with the real time, and RDS reads that URL in GovCloud only
	// (rds.CreateDBInstanceReadReplicaInput.PreSignedUrl).
	input := &rds.CreateDBInstanceReadReplicaInput{
		DBInstanceIdentifier: aws.String(j.name), SourceDBInstanceIdentifier: aws.String(j.source()),
		DBInstanceClass: aws.String(e.Database.InstanceClass), KmsKeyId: aws.String(e.DatabaseKey(j.region)),
		EnableIAMDatabaseAuthentication: aws.Bool(true), DeletionProtection: aws.Bool(true),
		Tags: []types.Tag{{Key: aws.String(restore.Tag), Value: aws.String(j.claim.Owner)}},
	}
	if old != nil { // the network of the region is the old database's
		if old.DBSubnetGroup != nil {
			input.DBSubnetGroupName = old.DBSubnetGroup.DBSubnetGroupName
		}
		for _, group := range old.VpcSecurityGroups {
			input.VpcSecurityGroupIds = append(input.VpcSecurityGroupIds, aws.ToString(group.VpcSecurityGroupId))
		}
	}
	_, err = j.rds.CreateDBInstanceReadReplica(ctx, input)
	var taken *types.DBInstanceAlreadyExistsFault
	if err != nil && !busy(err) && !errors.As(err, &taken) {
		return Output{}, failure.FromAWS(err, "%s", j.op)
	}
	return j.working("the replica was asked for")
}

// finish turns backups on: a new replica keeps none, and one without a backup is refused by a promotion.
// https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_ReadRepl.Promote.html
func (j *job) finish(ctx context.Context, replica *types.DBInstance) (Output, error) {
	switch {
	case restore.Broken(status(replica)):
		return Output{}, failure.New(failure.Failed, j.op, "replica %s is %s", j.name, status(replica)).
			Next("read its events: aws rds describe-events --region %s --source-type db-instance --source-identifier %s; delete it when it does not recover, then start the failback again", j.region, j.name)
	case stopped(replica):
		return Output{}, failure.New(failure.Failed, j.op, "replication to %s ended with an error", j.name).
			Next("delete %s, which holds nothing of its own, then start the failback again", j.name)
	case status(replica) != "available":
		return j.working("it is %s", status(replica))
	case aws.ToInt32(replica.BackupRetentionPeriod) == 0:
		_, err := j.rds.ModifyDBInstance(ctx, &rds.ModifyDBInstanceInput{
			DBInstanceIdentifier: aws.String(j.name), BackupRetentionPeriod: aws.Int32(retention), ApplyImmediately: aws.Bool(true),
		})
		if err != nil && !busy(err) {
			return Output{}, failure.FromAWS(err, "%s: turn the backups of %s on", j.op, j.name)
		}
		return j.working("its backups are turned on")
	case replica.LatestRestorableTime == nil:
		return j.working("its first backup is awaited")
	}
	return Output{Done: true, Instance: j.name, Detail: "it follows the database of " + j.p.Environment.Pair(j.region) + " and has a backup"}, nil
}

// stopped tells whether RDS says that replication ended with an error.
// https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DBInstanceStatusInfo.html
func stopped(replica *types.DBInstance) bool {
	for _, info := range replica.StatusInfos {
		if aws.ToString(info.StatusType) == "read replication" && strings.EqualFold(aws.ToString(info.Status), "error") {
			return true
		}
	}
	return false
}
