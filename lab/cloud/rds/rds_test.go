package rds

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsrds "github.com/aws/aws-sdk-go-v2/service/rds"

	"github.com/acso/disaster-recovery/internal/heartbeat"
	"github.com/acso/disaster-recovery/internal/platform"
	"github.com/acso/disaster-recovery/lab/sim"
)

func TestPromotionIsOneWayAndLosesWhatWasNotApplied(t *testing.T) {
	w := newWorld()
	w.rds.FixLag(west, "db-replica", 2*time.Second)
	var receipts []Receipt
	for n := range int64(60) {
		r, err := w.rds.Write(east, w.db, 0, n)
		if err != nil {
			t.Fatal(err)
		}
		receipts = append(receipts, r)
		w.run(time.Second)
	}
	w.cloud.Kill(east)
	w.run(time.Minute)
	var statuses []string
	w.in(t, func(ctx context.Context) {
		pooled := w.dial(ctx, t, west, w.copy)
		if _, err := pooled.Exec(ctx, heartbeat.Canary, "c", w.sim.Now()); !errors.Is(err, platform.ErrReadOnly) {
			t.Errorf("a write on a replica: %v", err)
		}
		in := &awsrds.PromoteReadReplicaInput{DBInstanceIdentifier: aws.String("db-replica"), BackupRetentionPeriod: aws.Int32(7)}
		out, err := w.west.PromoteReadReplica(ctx, in)
		if err != nil || *out.DBInstance.DBInstanceStatus != "available" {
			t.Fatalf("promote: %v", err)
		}
		if _, err := w.west.PromoteReadReplica(ctx, in); code(err) != "InvalidDBInstanceState" {
			t.Errorf("a second promotion: %v", err)
		}
		for range 400 {
			sim.Sleep(ctx, 5*time.Second)
			d, err := w.west.DescribeDBInstances(ctx, &awsrds.DescribeDBInstancesInput{DBInstanceIdentifier: aws.String("db-replica")})
			if err != nil {
				t.Fatal(err)
			}
			if s := *d.DBInstances[0].DBInstanceStatus; len(statuses) == 0 || statuses[len(statuses)-1] != s {
				statuses = append(statuses, s)
			}
			if w.copy.writable() && d.DBInstances[0].ReadReplicaSourceDBInstanceIdentifier != nil {
				t.Error("writable, but still with a source")
			}
		}
		if _, err := pooled.Query(ctx, heartbeat.Last); !errors.Is(err, errSession) {
			t.Errorf("a session of before the reboot: %v", err)
		}
		if _, err := w.dial(ctx, t, west, w.copy).Exec(ctx, heartbeat.Canary, "c", w.sim.Now()); err != nil {
			t.Errorf("a write after the promotion: %v", err)
		}
		if _, err := w.west.PromoteReadReplica(ctx, in); code(err) != "InvalidDBInstanceState" {
			t.Errorf("promotion of a writer: %v", err)
		}
	})
	if got := strings.Join(statuses, " "); got != "available modifying rebooting backing-up available" {
		t.Errorf("statuses: %s", got)
	}
	if w.copy.Retention != 7 {
		t.Errorf("retention %d", w.copy.Retention)
	}
	for n, r := range receipts { // killed at 60 s, 2 s behind: what was committed up to 58 s is there
		if held := w.rds.Holds(w.copy, r); held != (n <= 58) {
			t.Errorf("row %d held: %t", n, held)
		}
	}
	if w.rds.Rows(w.copy) != 59 {
		t.Errorf("rows: %d", w.rds.Rows(w.copy))
	}
	if last, err := w.rds.Read(west, w.copy, 0); err != nil || last != 58 {
		t.Errorf("read back %d, %v", last, err)
	}
}

func TestLagGrowsInAnOutageAndIsBoundedWhenIdle(t *testing.T) {
	w := newWorld()
	w.run(30 * time.Minute)
	for _, p := range w.points {
		if p < 0 || p > 304 {
			t.Errorf("idle lag %v", p)
		}
	}
	w.cloud.Cut(east, west)
	w.run(30 * time.Minute)
	if last := w.points[len(w.points)-1]; last < 1790 {
		t.Errorf("lag after half an hour of outage: %v", last)
	}
	w.cloud.Heal(east, west)
	w.run(10 * time.Minute)
	if last := w.points[len(w.points)-1]; last > 304 {
		t.Errorf("lag after the link came back: %v", last)
	}
	w.rds.SetLagMetric(west, "db-replica", LagInactive)
	w.run(time.Minute)
	if last := w.points[len(w.points)-1]; last != -1 {
		t.Errorf("inactive: %v", last)
	}
	w.rds.SetLagMetric(west, "db-replica", LagMissing)
	n := len(w.points)
	w.run(5 * time.Minute)
	if len(w.points) != n {
		t.Error("data points although missing")
	}
}

func TestPromotionRefusedWhileBackingUp(t *testing.T) {
	w := newWorld()
	w.rds.BackUp(west, "db-replica", 3*time.Minute)
	in := &awsrds.PromoteReadReplicaInput{DBInstanceIdentifier: aws.String("db-replica")}
	w.in(t, func(ctx context.Context) {
		if _, err := w.west.PromoteReadReplica(ctx, in); code(err) != "InvalidDBInstanceState" {
			t.Errorf("while backing up: %v", err)
		}
		sim.Sleep(ctx, 3*time.Minute)
		if _, err := w.west.PromoteReadReplica(ctx, in); err != nil {
			t.Errorf("after the backup: %v", err)
		}
	})
}

func TestFailedPromotionStaysAReplica(t *testing.T) {
	w := newWorld()
	w.rds.FailPromotion(west, "db-replica", "incompatible-parameters")
	w.in(t, func(ctx context.Context) {
		if _, err := w.west.PromoteReadReplica(ctx, &awsrds.PromoteReadReplicaInput{DBInstanceIdentifier: aws.String("db-replica")}); err != nil {
			t.Fatal(err)
		}
	})
	w.run(30 * time.Minute)
	if w.copy.Status != "incompatible-parameters" || !w.copy.IsReplica() || w.rds.Writable(west, w.copy) {
		t.Errorf("status %s, replica %t", w.copy.Status, w.copy.IsReplica())
	}
}

func TestClosedSubnetsHangOpenAndNewSessions(t *testing.T) {
	w := newWorld()
	w.in(t, func(ctx context.Context) {
		pooled := w.dial(ctx, t, west, w.db)
		w.close(east)
		bounded, cancel := w.sim.WithTimeout(ctx, 5*time.Second)
		defer cancel()
		began := w.sim.Now()
		if _, err := pooled.Exec(bounded, heartbeat.Canary, "c", began); err == nil || w.sim.Now().Sub(began) != 5*time.Second {
			t.Errorf("pooled: %v after %s", err, w.sim.Now().Sub(began))
		}
		began = w.sim.Now()
		if _, err := w.rds.Opener(west).Open(ctx, platform.Endpoint{Host: w.db.Host(), Database: "acso"}); err == nil || w.sim.Now().Sub(began) < 30*time.Second {
			t.Errorf("new: %v after %s", err, w.sim.Now().Sub(began))
		}
	})
}

func TestStatementsAndReplication(t *testing.T) {
	w := newWorld()
	w.rds.FixLag(west, "db-replica", time.Second)
	w.in(t, func(ctx context.Context) {
		c := w.dial(ctx, t, east, w.db)
		at := w.sim.Now()
		if _, err := c.Exec(ctx, heartbeat.Insert, at, east, int64(1)); err != nil {
			t.Fatal(err)
		}
		r := w.dial(ctx, t, west, w.copy)
		if rows, err := r.Query(ctx, heartbeat.Last); err != nil || rows[0][0] != nil {
			t.Errorf("before the lag has passed: %v %v", rows, err)
		}
		sim.Sleep(ctx, 2*time.Second)
		if rows, err := r.Query(ctx, heartbeat.Last); err != nil || !rows[0][0].(time.Time).Equal(at) {
			t.Errorf("after the lag: %v %v", rows, err)
		}
		if rows, err := r.Query(ctx, heartbeat.InRecovery); err != nil || rows[0][0] != true {
			t.Errorf("in recovery: %v %v", rows, err)
		}
		if _, err := c.Exec(ctx, "DELETE FROM dr_canary"); err == nil || !strings.Contains(err.Error(), "not modelled") {
			t.Errorf("an unknown statement: %v", err)
		}
	})
}

func TestRenameChangesTheEndpointAndRestoresWork(t *testing.T) {
	w := newWorld()
	before := w.db.Host()
	w.in(t, func(ctx context.Context) {
		if _, err := w.east.ModifyDBInstance(ctx, &awsrds.ModifyDBInstanceInput{DBInstanceIdentifier: aws.String("db"), NewDBInstanceIdentifier: aws.String("db-old"), ApplyImmediately: aws.Bool(true)}); err != nil {
			t.Fatal(err)
		}
		sim.Sleep(ctx, 15*time.Minute)
		if w.db.Status != "available" || w.db.Host() == before {
			t.Errorf("%s at %s", w.db.Status, w.db.Host())
		}
		out, err := w.west.DescribeDBInstances(ctx, &awsrds.DescribeDBInstancesInput{})
		if err != nil || !strings.HasSuffix(*out.DBInstances[0].ReadReplicaSourceDBInstanceIdentifier, ":db:db-old") {
			t.Errorf("source of the replica: %v %v", out, err)
		}
	})
}

func TestSessionsDieWithTheRegionAndTheEngineRecoversWithIt(t *testing.T) {
	w := newWorld()
	w.in(t, func(ctx context.Context) {
		pooled := w.dial(ctx, t, west, w.db)
		if _, err := pooled.Exec(ctx, heartbeat.Insert, w.sim.Now(), east, int64(1)); err != nil {
			t.Fatal(err)
		}
		w.cloud.Kill(east)
		sim.Sleep(ctx, time.Minute)
		w.cloud.Revive(east)
		sim.Sleep(ctx, time.Second)
		if w.rds.Writable(east, w.db) {
			t.Error("the engine is there at once")
		}
		sim.Sleep(ctx, 2*time.Minute)
		if !w.rds.Writable(east, w.db) || w.rds.LastHeartbeat(w.db).IsZero() {
			t.Error("the engine did not recover with its data")
		}
		if _, err := pooled.Exec(ctx, heartbeat.Canary, "c", w.sim.Now()); !errors.Is(err, errSession) {
			t.Errorf("a session from before: %v", err)
		}
	})
}
