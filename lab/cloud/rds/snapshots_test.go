package rds

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsrds "github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/aws-sdk-go-v2/service/rds/types"

	"github.com/acso/disaster-recovery/lab/sim"
)

func TestSnapshotCopyRestore(t *testing.T) {
	w := newWorld()
	for n := range int64(5) {
		_, _ = w.rds.Write(east, w.db, 0, n)
		w.run(time.Second)
	}
	w.in(t, func(ctx context.Context) {
		create := &awsrds.CreateDBSnapshotInput{DBInstanceIdentifier: aws.String("db"), DBSnapshotIdentifier: aws.String("s1")}
		made, err := w.east.CreateDBSnapshot(ctx, create)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = w.rds.Write(east, w.db, 0, 99)
		var exists *types.DBSnapshotAlreadyExistsFault
		if _, err := w.east.CreateDBSnapshot(ctx, create); !errors.As(err, &exists) {
			t.Errorf("the name again: %v", err)
		}
		copyIn := &awsrds.CopyDBSnapshotInput{SourceDBSnapshotIdentifier: made.DBSnapshot.DBSnapshotArn, TargetDBSnapshotIdentifier: aws.String("s1-dr"), KmsKeyId: aws.String("k")}
		var state *types.InvalidDBSnapshotStateFault
		if _, err := w.west.CopyDBSnapshot(ctx, copyIn); !errors.As(err, &state) {
			t.Errorf("copy of a snapshot that is creating: %v", err)
		}
		sim.Sleep(ctx, 30*time.Minute)
		var key *types.KMSKeyNotAccessibleFault
		if _, err := w.west.CopyDBSnapshot(ctx, &awsrds.CopyDBSnapshotInput{SourceDBSnapshotIdentifier: made.DBSnapshot.DBSnapshotArn, TargetDBSnapshotIdentifier: aws.String("s1-dr")}); !errors.As(err, &key) {
			t.Errorf("copy without a key: %v", err)
		}
		if _, err := w.west.CopyDBSnapshot(ctx, copyIn); err != nil {
			t.Fatal(err)
		}
		sim.Sleep(ctx, time.Hour)
		if _, err := w.west.RestoreDBInstanceFromDBSnapshot(ctx, &awsrds.RestoreDBInstanceFromDBSnapshotInput{DBInstanceIdentifier: aws.String("restored"), DBSnapshotIdentifier: aws.String("s1-dr")}); err != nil {
			t.Fatal(err)
		}
		if _, err := w.east.RestoreDBInstanceToPointInTime(ctx, &awsrds.RestoreDBInstanceToPointInTimeInput{SourceDBInstanceIdentifier: aws.String("db"), TargetDBInstanceIdentifier: aws.String("later"), RestoreTime: aws.Time(w.sim.Now())}); code(err) != "InvalidParameterValue" {
			t.Errorf("restore to now: %v", err)
		}
		sim.Sleep(ctx, time.Hour)
		restored := w.rds.Instance(west, "restored")
		if restored.Status != "available" || w.rds.Rows(restored) != 5 {
			t.Errorf("restored is %s with %d rows", restored.Status, w.rds.Rows(restored))
		}
		w.rds.SetSnapshotQuota(east, 1)
		var quota *types.SnapshotQuotaExceededFault
		if _, err := w.east.CreateDBSnapshot(ctx, &awsrds.CreateDBSnapshotInput{DBInstanceIdentifier: aws.String("db"), DBSnapshotIdentifier: aws.String("s2")}); !errors.As(err, &quota) {
			t.Errorf("over the quota: %v", err)
		}
		if _, err := w.east.DeleteDBInstance(ctx, &awsrds.DeleteDBInstanceInput{DBInstanceIdentifier: aws.String("db"), SkipFinalSnapshot: aws.Bool(true)}); code(err) != "InvalidParameterCombination" {
			t.Errorf("delete of a protected instance: %v", err)
		}
	})
}

func TestCopyFailsWhenTheSourceRegionDies(t *testing.T) {
	w := newWorld()
	w.in(t, func(ctx context.Context) {
		made, err := w.east.CreateDBSnapshot(ctx, &awsrds.CreateDBSnapshotInput{DBInstanceIdentifier: aws.String("db"), DBSnapshotIdentifier: aws.String("s1")})
		if err != nil {
			t.Fatal(err)
		}
		sim.Sleep(ctx, 30*time.Minute)
		if _, err := w.west.CopyDBSnapshot(ctx, &awsrds.CopyDBSnapshotInput{SourceDBSnapshotIdentifier: made.DBSnapshot.DBSnapshotArn, TargetDBSnapshotIdentifier: aws.String("c"), KmsKeyId: aws.String("k")}); err != nil {
			t.Fatal(err)
		}
		w.cloud.Kill(east)
		sim.Sleep(ctx, time.Hour)
	})
	if got := w.rds.Snapshot(west, "c").Status; got != "failed" {
		t.Errorf("the copy is %s", got)
	}
}
