package rebuildstandby

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/aws-sdk-go-v2/service/rds/types"

	"github.com/acso/disaster-recovery/internal/database"
	"github.com/acso/disaster-recovery/internal/failure"
	"github.com/acso/disaster-recovery/internal/restore"
)

// keep gives the database that is there another name, protection and a tag: no client's connection string leads to it any
// more. A replica that a failback made is not what is to be kept.
func (j *job) keep(ctx context.Context) (Output, error) {
	live, err := database.Find(ctx, j.rds, j.name)
	if err != nil {
		return Output{}, err
	}
	kept, err := database.Find(ctx, j.rds, j.kept)
	if err != nil {
		return Output{}, err
	}
	switch {
	case kept != nil && status(kept) == "available":
		return Output{Done: true, Instance: j.kept, Detail: "the old database is out of the place"}, nil
	case kept != nil:
		return j.working("the renaming is under way: %s is %s", j.kept, status(kept))
	case live == nil && j.renaming(ctx):
		return j.working("the renaming is under way")
	case live == nil:
		return Output{Done: true, Instance: j.kept, Detail: "there is no old database"}, nil
	case aws.ToString(live.ReadReplicaSourceDBInstanceIdentifier) == j.source():
		return Output{Done: true, Instance: j.name, Detail: "a replica of the database that serves has the name already"}, nil
	case restore.Broken(status(live)):
		return Output{}, failure.New(failure.Failed, j.op, "the old database is %s and cannot be renamed", status(live)).
			Next("repair it, or restore it, or rename it by hand to %s, then start the failback again", j.kept)
	case status(live) != "available":
		return j.working("the old database is %s", status(live))
	}
	return j.rename(ctx, live)
}

func (j *job) what() string {
	return fmt.Sprintf("%s: the old database was renamed to %s", j.region, j.kept)
}

// renaming tells whether this failback asked for the renaming: between the two names RDS may show neither.
func (j *job) renaming(ctx context.Context) bool {
	i, err := j.store.Guard(ctx, j.claim)
	if err != nil {
		return true // the next look tells
	}
	for _, change := range i.Outstanding() {
		if change.What == j.what() {
			return true
		}
	}
	return false
}

func (j *job) rename(ctx context.Context, live *types.DBInstance) (Output, error) {
	undo := fmt.Sprintf("aws rds modify-db-instance --region %s --db-instance-identifier %s --new-db-instance-identifier %s --apply-immediately", j.region, j.kept, j.name)
	if err := j.changed(ctx, j.what(), undo); err != nil {
		return Output{}, err
	}
	_, err := j.rds.AddTagsToResource(ctx, &rds.AddTagsToResourceInput{
		ResourceName: live.DBInstanceArn, Tags: []types.Tag{{Key: aws.String(restore.KeptTag), Value: aws.String(j.claim.Owner)}},
	})
	if err != nil {
		return Output{}, failure.FromAWS(err, "%s: tag the old database", j.op)
	}
	_, err = j.rds.ModifyDBInstance(ctx, &rds.ModifyDBInstanceInput{
		DBInstanceIdentifier: aws.String(j.name), NewDBInstanceIdentifier: aws.String(j.kept), ApplyImmediately: aws.Bool(true),
		DeletionProtection: aws.Bool(true),
	})
	if err != nil && !busy(err) { // busy also after a lost answer: the SDK repeats the call, and the repetition is refused
		return Output{}, failure.FromAWS(err, "%s: rename the old database to %s", j.op, j.kept)
	}
	return j.working("the old database is renamed to %s", j.kept)
}

func (j *job) source() string {
	e := j.p.Environment
	return database.ARN(e, e.Pair(j.region))
}

func status(i *types.DBInstance) string { return aws.ToString(i.DBInstanceStatus) }
