package inspection

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
	"github.com/acso/disaster-recovery/internal/judging"
)

func (r *run) replicaLag(ctx context.Context) judging.Finding {
	last, err := r.database.LastHeartbeat(ctx)
	if err != nil {
		return judging.Unclear("%s", err)
	}
	if last.IsZero() {
		return judging.Unclear("the replica has no heartbeat")
	}
	now, limit := r.p.Clock.Now(), r.e.Policies.Lag.Limit.Std()
	bound := now.Sub(last) + database.ClockAllowance
	if bound < 0 {
		return judging.Unclear("the newest heartbeat is of %s, in the future: the clocks disagree", last.UTC().Format(time.RFC3339))
	}
	r.found.DatabaseLossSeconds = new(bound.Seconds())
	told := fmt.Sprintf("a failover now loses at most %d s: the newest heartbeat is of %s, plus %d s for the clocks", int(bound.Seconds()+0.999), last.UTC().Format(time.RFC3339), int(database.ClockAllowance.Seconds()))
	if bound > limit {
		return judging.Fails("%s; the limit is %s", told, r.e.Policies.Lag.Limit)
	}
	return judging.Passes("%s", told)
}

// lagWindow is how old the newest data point of ReplicaLag may be; RDS publishes one a minute.
const lagWindow = 5 * time.Minute

func (r *run) replicaLagMetric(ctx context.Context) judging.Finding {
	now := r.p.Clock.Now()
	out, err := r.cloudwatch.GetMetricStatistics(ctx, &cloudwatch.GetMetricStatisticsInput{
		Namespace: aws.String("AWS/RDS"), MetricName: aws.String("ReplicaLag"), StartTime: aws.Time(now.Add(-lagWindow)), EndTime: aws.Time(now),
		Period: aws.Int32(60), Statistics: []cwtypes.Statistic{cwtypes.StatisticMinimum},
		Dimensions: []cwtypes.Dimension{{Name: aws.String("DBInstanceIdentifier"), Value: aws.String(r.database.Identifier())}},
	})
	if err != nil {
		return judging.Unclear("%s", failure.FromAWS(err, "read ReplicaLag in %s", r.here))
	}
	newest := -1
	for n, point := range out.Datapoints {
		if newest < 0 || aws.ToTime(point.Timestamp).After(aws.ToTime(out.Datapoints[newest].Timestamp)) {
			newest = n
		}
	}
	switch {
	case newest < 0:
		return judging.Fails("no data point of ReplicaLag in the last %s", lagWindow)
	case aws.ToFloat64(out.Datapoints[newest].Minimum) < 0:
		return judging.Fails("ReplicaLag is %v", aws.ToFloat64(out.Datapoints[newest].Minimum))
	}
	return judging.Passes("ReplicaLag is published")
}

func (r *run) automatedBackups(ctx context.Context) judging.Finding {
	of := r.e.DatabaseIn(r.other)
	out, err := r.rds.DescribeDBInstanceAutomatedBackups(ctx, &rds.DescribeDBInstanceAutomatedBackupsInput{DBInstanceIdentifier: aws.String(of)})
	if err != nil {
		return judging.Of(failure.FromAWS(err, "look at the automated backups of %s in %s", of, r.here))
	}
	found := judging.Fails("there are none of %s from %s", of, r.other)
	for _, b := range out.DBInstanceAutomatedBackups {
		if aws.ToString(b.Region) != r.other {
			continue
		}
		// Those of a database that was replaced are kept beside: one that is as it has to be is enough.
		if found = r.backupsOf(b); found.Verdict == judging.Pass {
			break
		}
	}
	return found
}

func (r *run) backupsOf(b rdstypes.DBInstanceAutomatedBackup) judging.Finding {
	status := aws.ToString(b.Status)
	if !strings.Contains("replicating active", status) || b.RestoreWindow == nil || b.RestoreWindow.LatestTime == nil {
		return judging.Fails("they are %q and do not say what could be restored", status)
	}
	age, limit := r.p.Clock.Now().Sub(*b.RestoreWindow.LatestTime), r.e.Objectives.RecoveryPoint.Standard.Std()
	told := fmt.Sprintf("the newest moment that they restore is %s, %d s ago", b.RestoreWindow.LatestTime.UTC().Format(time.RFC3339), int(age.Seconds()))
	if age > limit {
		return judging.Fails("%s; the objective is %s", told, r.e.Objectives.RecoveryPoint.Standard)
	}
	return judging.Passes("%s", told)
}
