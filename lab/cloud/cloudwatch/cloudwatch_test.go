package cloudwatch_test

import (
	"context"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"github.com/acso/disaster-recovery/internal/failure"
	"github.com/acso/disaster-recovery/internal/grant"
	"github.com/acso/disaster-recovery/lab/cloud"
	"github.com/acso/disaster-recovery/lab/cloud/cloudwatch"
	"github.com/acso/disaster-recovery/lab/cloud/sns"
	"github.com/acso/disaster-recovery/lab/sim"
)

const east, west = "us-east-1", "us-west-2"

var ctx = context.Background()

type lab struct {
	*cloud.Cloud
	watch  *cloudwatch.Service
	topics *sns.Service
	client *sdk.Client
}

func world() lab {
	c := cloud.New(sim.New(1), "123456789012", east, west)
	topics := sns.New(c)
	return lab{c, cloudwatch.New(c, topics), topics, sdk.NewFromConfig(c.Config(cloud.Principal{Name: "test", Region: west, Unlimited: true}))}
}

func (l lab) put(t *testing.T, value float64) {
	t.Helper()
	_, err := l.client.PutMetricData(ctx, &sdk.PutMetricDataInput{Namespace: aws.String("ACSO/Failover"), MetricData: []types.MetricDatum{{
		MetricName: aws.String("Switch"), Value: &value, Timestamp: aws.Time(l.Sim.Now()),
	}}})
	if err != nil {
		t.Fatal(err)
	}
}

func (l lab) pass(d time.Duration) { l.Sim.Run(l.Sim.Now().Add(d), nil) }

func (l lab) alarm(t *testing.T, treatment string, actions ...string) {
	t.Helper()
	_, err := l.client.PutMetricAlarm(ctx, &sdk.PutMetricAlarmInput{
		AlarmName: aws.String("switch"), Namespace: aws.String("ACSO/Failover"), MetricName: aws.String("Switch"), Statistic: types.StatisticMaximum,
		Period: aws.Int32(60), EvaluationPeriods: aws.Int32(1), Threshold: aws.Float64(1),
		ComparisonOperator: types.ComparisonOperatorGreaterThanOrEqualToThreshold, TreatMissingData: &treatment, AlarmActions: actions,
	})
	if err != nil {
		t.Fatal(err)
	}
}

func (l lab) state(t *testing.T) types.StateValue {
	t.Helper()
	out, err := l.client.DescribeAlarms(ctx, &sdk.DescribeAlarmsInput{AlarmNames: []string{"switch", "no such alarm"}})
	if err != nil || len(out.MetricAlarms) != 1 {
		t.Fatalf("%v, %v", out, err)
	}
	return out.MetricAlarms[0].StateValue
}

func TestAlarmFollowsItsMetricWithinTwoMinutes(t *testing.T) {
	l := world()
	arn := l.topics.Create(west, "alerts")
	var changes []cloudwatch.AlarmChange
	l.watch.OnAlarm(west, func(c cloudwatch.AlarmChange) { changes = append(changes, c) })
	l.watch.OnAlarm(east, func(cloudwatch.AlarmChange) { t.Error("an alarm of the other region") })
	l.alarm(t, "missing", arn)
	if got := l.state(t); got != cloudwatch.InsufficientData {
		t.Errorf("a new alarm is %s", got)
	}
	l.put(t, 0)
	l.pass(2 * time.Minute)
	if got := l.state(t); got != cloudwatch.OK {
		t.Errorf("after 0: %s", got)
	}
	l.put(t, 1)
	l.pass(2 * time.Minute)
	if got := l.state(t); got != cloudwatch.Alarm {
		t.Errorf("after 1: %s", got)
	}
	if len(changes) != 2 || changes[1].New != cloudwatch.Alarm || changes[1].Old != cloudwatch.OK {
		t.Errorf("changes %+v", changes)
	}
	if got := l.topics.Messages(west, "alerts"); len(got) != 1 {
		t.Errorf("%d messages, want one for the change to ALARM", len(got))
	}
}

func TestMissingDataKeepsTheStateForTheEvaluationRange(t *testing.T) {
	for treatment, want := range map[string]types.StateValue{
		"missing": cloudwatch.InsufficientData, "ignore": cloudwatch.Alarm, "breaching": cloudwatch.Alarm, "notBreaching": cloudwatch.OK,
	} {
		l := world()
		l.alarm(t, treatment)
		l.put(t, 1)
		l.pass(3 * time.Minute)
		if got := l.state(t); got != cloudwatch.Alarm {
			t.Errorf("%s: %s while the data point is in the range", treatment, got)
		}
		l.pass(5 * time.Minute)
		if got := l.state(t); got != want {
			t.Errorf("%s: %s after the data ended, want %s", treatment, got, want)
		}
	}
}

func TestNoEvaluationWhileTheRegionIsDead(t *testing.T) {
	l := world()
	l.alarm(t, "missing")
	l.put(t, 1)
	l.Kill(west)
	l.pass(10 * time.Minute)
	if got, _, _ := l.watch.State(west, "switch"); got != cloudwatch.InsufficientData {
		t.Errorf("%s: an alarm changed in a dead region", got)
	}
}

func TestStatisticsAndEmptyMetrics(t *testing.T) {
	l := world()
	for _, v := range []float64{1, 2, 6} {
		l.put(t, v)
	}
	l.pass(2 * time.Minute)
	l.put(t, 10)
	query := func(name, statistic string) types.MetricDataResult {
		out, err := l.client.GetMetricData(ctx, &sdk.GetMetricDataInput{StartTime: aws.Time(sim.Epoch), EndTime: aws.Time(l.Sim.Now().Add(time.Minute)), MetricDataQueries: []types.MetricDataQuery{{
			Id: aws.String("m"), MetricStat: &types.MetricStat{Metric: &types.Metric{Namespace: aws.String("ACSO/Failover"), MetricName: &name}, Period: aws.Int32(60), Stat: &statistic},
		}}})
		if err != nil {
			t.Fatal(err)
		}
		return out.MetricDataResults[0]
	}
	for statistic, want := range map[string]float64{"Maximum": 6, "Minimum": 1, "Sum": 9, "Average": 3, "SampleCount": 3} {
		got := query("Switch", statistic)
		if len(got.Values) != 2 || got.Values[1] != want || !got.Timestamps[0].After(got.Timestamps[1]) {
			t.Errorf("%s: %v, want %v second: newest first", statistic, got.Values, want)
		}
	}
	if got := query("Nothing", "Maximum"); len(got.Values) != 0 || got.StatusCode != types.StatusCodeComplete {
		t.Errorf("a metric without data gave %+v", got)
	}
	out, err := l.client.GetMetricStatistics(ctx, &sdk.GetMetricStatisticsInput{
		Namespace: aws.String("ACSO/Failover"), MetricName: aws.String("Switch"), StartTime: aws.Time(sim.Epoch), EndTime: aws.Time(l.Sim.Now().Add(time.Minute)),
		Period: aws.Int32(300), Statistics: []types.Statistic{types.StatisticMaximum},
	})
	if err != nil || len(out.Datapoints) != 1 || *out.Datapoints[0].Maximum != 10 || out.Datapoints[0].Average != nil {
		t.Errorf("%+v, %v", out, err)
	}
}

func TestDeniedThrottledAndLost(t *testing.T) {
	l := world()
	denied := sdk.NewFromConfig(l.Config(cloud.Principal{Name: "f", Region: west, Grants: []grant.Grant{{Actions: []string{"cloudwatch:GetMetricData"}, Resources: []string{"*"}}}}))
	_, err := denied.DescribeAlarms(ctx, &sdk.DescribeAlarmsInput{})
	if failure.KindOf(failure.FromAWS(err, "describe")) != failure.Denied {
		t.Errorf("%v, want Denied", err)
	}
	l.Inject(cloud.Fault{Operation: "CloudWatch.PutMetricData", Count: 1, Effect: cloud.Throttled})
	l.put(t, 1)
	l.Inject(cloud.Fault{Operation: "CloudWatch.PutMetricData", Count: 1, Effect: cloud.LostResponse})
	l.put(t, 1)
	out, err := l.client.GetMetricStatistics(ctx, &sdk.GetMetricStatisticsInput{
		Namespace: aws.String("ACSO/Failover"), MetricName: aws.String("Switch"), StartTime: aws.Time(sim.Epoch), EndTime: aws.Time(sim.Epoch.Add(time.Minute)),
		Period: aws.Int32(60), Statistics: []types.Statistic{types.StatisticSampleCount},
	})
	if err != nil || *out.Datapoints[0].SampleCount != 3 {
		t.Errorf("%+v, %v: want 3 samples, the one whose answer was lost twice", out, err)
	}
}
