package readiness

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	cwtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/aws-sdk-go-v2/service/rds"
	rdstypes "github.com/aws/aws-sdk-go-v2/service/rds/types"

	"github.com/acso/disaster-recovery/internal/database"
	"github.com/acso/disaster-recovery/internal/failure"
)

func databaseRules() []rule {
	return []rule{
		{
			name: "replica-exists", blocks: true, look: (*run).replicaExists,
			why:    "A failover promotes the replica; nothing else of the region has the data of the last seconds.",
			next:   "build a replica here from the active database (rebuildreplica does it after a restore, failback after a failover)",
			forced: "there is nothing to promote: the database has to be restored from a recovery point, which takes the better part of an hour and loses everything since that point",
		},
		{
			name: "replica-source", blocks: true, after: []string{"replica-exists"}, look: (*run).replicaSource,
			why:    "A replica of another instance than the one that serves would bring the wrong data.",
			next:   "delete it and build a replica of the active database",
			forced: "clients get the data of another database",
		},
		{
			name: "replica-state", blocks: true, after: []string{"replica-exists"}, look: (*run).replicaState,
			why:    "RDS promotes a replica only while it is available: https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_ReadRepl.Promote.html.",
			next:   "read the RDS events of the replica; rebuild it when nothing leads back to available",
			forced: "RDS refuses the promotion, and the failover ends without having changed data",
		},
		{
			name: "replica-replicating", after: []string{"replica-exists", "replica-state"}, look: (*run).replicaReplicating,
			why:    "A replica whose replication ended with an error stays available and falls further behind with each second.",
			next:   "read the RDS events of the replica, then build it anew",
			forced: "everything since the replication ended is lost",
		},
		{
			name: "replica-backup", after: []string{"replica-exists", "replica-state"}, look: (*run).replicaBackup,
			why:    "The promoted database has to be restorable from its first minute, and promotion is refused without a completed backup.",
			next:   "take a backup of the replica now (aws rds create-db-snapshot), and set its backup retention to at least a day",
			forced: "the promotion is refused; without that check the new primary would have no backup until its first window",
		},
		{
			name: "replica-class", after: []string{"replica-exists"}, look: (*run).replicaClass,
			why:    "The promoted replica carries the whole load of production.",
			next:   "change the replica's class to database.instanceClass of the environment file",
			forced: "the new primary is too small for the load; enlarging it later costs an outage of minutes",
		},
		{
			name: "replica-key", after: []string{"replica-exists", "database-key"}, look: (*run).replicaKey,
			why:    "The replica is encrypted under the key that this project watches; another one could be disabled unseen.",
			next:   "rebuild the replica under database.keys of the environment file, or correct the environment file",
			forced: "the database works as long as the other key does, which nobody watches",
		},
		{
			name: "replica-lag", after: []string{"replica-exists", "replica-state", "replica-replicating", "subnets-open"}, look: (*run).replicaLag,
			why:    "What the replica does not have is lost: the bound is the age of the newest replicated heartbeat, since ReplicaLag grows in an outage.",
			next:   "find out what holds the replica back: long queries on it, a write peak, its class; a rebuild helps when it never catches up",
			forced: "the loss is above policies.lag.limit or unknown, so a person is asked before the promotion",
		},
		{
			name: "replica-lag-metric", after: []string{"replica-exists", "replica-state", "replica-replicating", "replica-lag"}, look: (*run).replicaLagMetric,
			why:    "The alarm on the lag sees only what RDS publishes; no data point, and -1, are unknown and not zero.",
			next:   "read the RDS events of the replica; -1 means that the replication is not active",
			forced: "none for the failover itself: until it is back, nobody is told when the replica falls behind",
		},
		{
			name: "automated-backups", look: (*run).automatedBackups,
			why:    "RDS's own backups of the active database are replicated here: the way back when a mistake was replicated too.",
			next:   "aws rds start-db-instance-automated-backups-replication here, with the key of this region",
			forced: "none for the failover itself: after it, no moment of the past can be restored here but those of snapshots",
		},
	}
}

func (r *run) describe(ctx context.Context) (rdstypes.DBInstance, error) {
	return r.instance.get(func() (rdstypes.DBInstance, error) { return r.database.Describe(ctx) })
}

func (r *run) replicaExists(ctx context.Context) finding {
	i, err := r.describe(ctx)
	if err != nil {
		return failed(err)
	}
	r.fact("replica", "%s", aws.ToString(i.DbiResourceId))
	if source := aws.ToString(i.ReadReplicaSourceDBInstanceIdentifier); source != "" {
		return pass("%s is a replica of %s", r.database.Identifier(), source)
	}
	return fail("%s is no replica", r.database.Identifier())
}

func (r *run) replicaSource(ctx context.Context) finding {
	i, err := r.describe(ctx)
	if err != nil {
		return failed(err)
	}
	want := database.ARN(r.e, r.other)
	if source := aws.ToString(i.ReadReplicaSourceDBInstanceIdentifier); source != want {
		return fail("the source of %s is %s, not %s", r.database.Identifier(), source, want)
	}
	return pass("its source is %s", want)
}

// replicaState passes while the replica backs up: promotion waits for that, and the estimate says so.
func (r *run) replicaState(ctx context.Context) finding {
	i, err := r.describe(ctx)
	if err != nil {
		return failed(err)
	}
	switch status := aws.ToString(i.DBInstanceStatus); status {
	case "available":
		return pass("%s is available", r.database.Identifier())
	case "backing-up":
		r.waits = append(r.waits, Step{Name: "the replica's backup ends", Low: 0, High: backingUpHigh, Source: guessed})
		return pass("%s is backing up: a promotion would wait for it", r.database.Identifier())
	default:
		return fail("%s is %s", r.database.Identifier(), status)
	}
}

func (r *run) replicaReplicating(ctx context.Context) finding {
	i, err := r.describe(ctx)
	if err != nil {
		return failed(err)
	}
	for _, info := range i.StatusInfos {
		if aws.ToString(info.StatusType) == "read replication" {
			if aws.ToBool(info.Normal) {
				return pass("RDS says %s", aws.ToString(info.Status))
			}
			return fail("RDS says %s %s", aws.ToString(info.Status), aws.ToString(info.Message))
		}
	}
	return unknown("RDS says nothing about the replication of %s", r.database.Identifier())
}

func (r *run) replicaBackup(ctx context.Context) finding {
	i, err := r.describe(ctx)
	if err != nil {
		return failed(err)
	}
	if i.LatestRestorableTime == nil || whole(i.BackupRetentionPeriod) == 0 {
		return fail("%s has no completed backup (retention %d days)", r.database.Identifier(), whole(i.BackupRetentionPeriod))
	}
	return pass("restorable up to %s", i.LatestRestorableTime.UTC().Format(time.RFC3339))
}

func (r *run) replicaClass(ctx context.Context) finding {
	i, err := r.describe(ctx)
	if err != nil {
		return failed(err)
	}
	if class := aws.ToString(i.DBInstanceClass); class != r.e.Database.InstanceClass {
		return fail("it is a %s, and the environment file says %s", class, r.e.Database.InstanceClass)
	}
	return pass("a %s", r.e.Database.InstanceClass)
}

func (r *run) replicaKey(ctx context.Context) finding {
	i, err := r.describe(ctx)
	if err != nil {
		return failed(err)
	}
	key, err := r.key(ctx, r.near.kms, r.e.DatabaseKey(r.here))
	if err != nil {
		return failed(err)
	}
	if used := aws.ToString(i.KmsKeyId); used != aws.ToString(key.Arn) {
		return fail("it is encrypted under %s, and %s is %s", used, r.e.DatabaseKey(r.here), aws.ToString(key.Arn))
	}
	return pass("encrypted under %s", r.e.DatabaseKey(r.here))
}

// ClockAllowance is how wrong the clocks of two regions may be against each other, as the failover's own bound has it.
const ClockAllowance = 30 * time.Second

func (r *run) replicaLag(ctx context.Context) finding {
	last, err := r.database.LastHeartbeat(ctx)
	if err != nil {
		return unknown("%s", err)
	}
	if last.IsZero() {
		return unknown("the replica has no heartbeat")
	}
	now, limit := r.p.Clock.Now(), r.e.Policies.Lag.Limit.Std()
	bound := now.Sub(last) + ClockAllowance
	if bound < 0 {
		return unknown("the newest heartbeat is of %s, in the future: the clocks disagree", last.UTC().Format(time.RFC3339))
	}
	r.loss.database = &bound
	told := fmt.Sprintf("a failover now loses at most %d s: the newest heartbeat is of %s, plus %d s for the clocks", int(bound.Seconds()+0.999), last.UTC().Format(time.RFC3339), int(ClockAllowance.Seconds()))
	if bound > limit {
		return fail("%s; the limit is %s", told, r.e.Policies.Lag.Limit)
	}
	return pass("%s", told)
}

// lagWindow is how old the newest data point of ReplicaLag may be; RDS publishes one a minute.
const lagWindow = 5 * time.Minute

func (r *run) replicaLagMetric(ctx context.Context) finding {
	now := r.p.Clock.Now()
	out, err := r.near.cloudwatch.GetMetricStatistics(ctx, &cloudwatch.GetMetricStatisticsInput{
		Namespace: aws.String("AWS/RDS"), MetricName: aws.String("ReplicaLag"), StartTime: aws.Time(now.Add(-lagWindow)), EndTime: aws.Time(now),
		Period: aws.Int32(60), Statistics: []cwtypes.Statistic{cwtypes.StatisticMinimum},
		Dimensions: []cwtypes.Dimension{{Name: aws.String("DBInstanceIdentifier"), Value: aws.String(r.database.Identifier())}},
	})
	if err != nil {
		return unknown("%s", failure.FromAWS(err, "read ReplicaLag in %s", r.here))
	}
	newest := -1
	for n, point := range out.Datapoints {
		if newest < 0 || aws.ToTime(point.Timestamp).After(aws.ToTime(out.Datapoints[newest].Timestamp)) {
			newest = n
		}
	}
	switch {
	case newest < 0:
		return fail("no data point of ReplicaLag in the last %s", lagWindow)
	case aws.ToFloat64(out.Datapoints[newest].Minimum) < 0:
		return fail("ReplicaLag is %v", aws.ToFloat64(out.Datapoints[newest].Minimum))
	}
	return pass("ReplicaLag is published")
}

func (r *run) automatedBackups(ctx context.Context) finding {
	of := r.e.DatabaseIn(r.other)
	out, err := r.near.rds.DescribeDBInstanceAutomatedBackups(ctx, &rds.DescribeDBInstanceAutomatedBackupsInput{DBInstanceIdentifier: aws.String(of)})
	if err != nil {
		return failed(failure.FromAWS(err, "look at the automated backups of %s in %s", of, r.here))
	}
	found := fail("there are none of %s from %s", of, r.other)
	for _, b := range out.DBInstanceAutomatedBackups {
		if aws.ToString(b.Region) != r.other {
			continue
		}
		// Those of a database that was replaced are kept beside: one that is as it has to be is enough.
		if found = r.backupsOf(b); found.verdict == Pass {
			break
		}
	}
	return found
}

func (r *run) backupsOf(b rdstypes.DBInstanceAutomatedBackup) finding {
	status := aws.ToString(b.Status)
	if !strings.Contains("replicating active", status) || b.RestoreWindow == nil || b.RestoreWindow.LatestTime == nil {
		return fail("they are %q and do not say what could be restored", status)
	}
	age, limit := r.p.Clock.Now().Sub(*b.RestoreWindow.LatestTime), r.e.Objectives.RecoveryPoint.Standard.Std()
	told := fmt.Sprintf("the newest moment that they restore is %s, %d s ago", b.RestoreWindow.LatestTime.UTC().Format(time.RFC3339), int(age.Seconds()))
	if age > limit {
		return fail("%s; the objective is %s", told, r.e.Objectives.RecoveryPoint.Standard)
	}
	return pass("%s", told)
}
