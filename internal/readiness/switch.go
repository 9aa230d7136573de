package readiness

import (
	"context"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"github.com/acso/disaster-recovery/internal/failure"
	"github.com/acso/disaster-recovery/internal/judging"
	"github.com/acso/disaster-recovery/internal/switching"
)

// switchRules are about the switch, which is in the recovery region whichever region is active: the place of these rules is
// decided when they look.
func switchRules() []rule {
	return []rule{
		{
			name: "switch-alarm", look: (*run).switchAlarm,
			why:    "The alarm turns the switch's metric into what Route 53 follows; it has to be exactly of the kind that a health check can follow.",
			next:   "deploy the recovery stack of the recovery region",
			forced: "the switch does not move clients, and the failover has to edit records, which needs Route 53's API in us-east-1",
		},
		{
			name: "switch-asserted", after: []string{"switch-alarm"}, look: (*run).switchAsserted,
			why:    "The prober sets the switch every minute to what it has to say, so that missing data never moves traffic.",
			next:   "look at the probe function in the recovery region: its schedule, its errors, its right to put metrics",
			forced: "the failover itself sets the switch; nobody re-asserts it afterwards",
		},
	}
}

// inRecovery makes a call to CloudWatch in the recovery region, which holds the switch.
func (r *run) inRecovery(ctx context.Context, call func(context.Context, *cloudwatch.Client) error) error {
	if r.here == r.e.Regions.Recovery {
		return call(ctx, r.near.cloudwatch)
	}
	return r.there.ask(ctx, func(ctx context.Context) error { return call(ctx, r.far.cloudwatch) })
}

func (r *run) switchAlarm(ctx context.Context) judging.Finding {
	var alarm *types.MetricAlarm
	if err := r.inRecovery(ctx, func(ctx context.Context, client *cloudwatch.Client) (err error) {
		alarm, err = describeAlarm(ctx, client, r.e.SwitchAlarm())
		return err
	}); err != nil {
		return judging.Of(err)
	}
	if text := r.unlike(alarm, switching.Switch, "missing"); text != "" {
		return judging.Fails("%s %s", r.e.SwitchAlarm(), text)
	}
	want := types.StateValueOk
	if r.role.Switch == 1 {
		want = types.StateValueAlarm
	}
	if alarm.StateValue != want {
		return judging.Fails("%s is %s, and with %s active it has to be %s", r.e.SwitchAlarm(), alarm.StateValue, r.role.ActiveRegion, want)
	}
	return judging.Passes("%s is %s", r.e.SwitchAlarm(), alarm.StateValue)
}

func describeAlarm(ctx context.Context, client *cloudwatch.Client, name string) (*types.MetricAlarm, error) {
	out, err := client.DescribeAlarms(ctx, &cloudwatch.DescribeAlarmsInput{AlarmNames: []string{name}})
	if err != nil {
		return nil, failure.FromAWS(err, "describe the alarm %s", name)
	}
	if len(out.MetricAlarms) != 1 {
		return nil, failure.New(failure.NotFound, "describe the alarm "+name, "CloudWatch lists %d", len(out.MetricAlarms))
	}
	return &out.MetricAlarms[0], nil
}

// unlike says in what an alarm on a metric of the failover is not as designed: Maximum of one period of 60 s, at 1 and above.
func (r *run) unlike(a *types.MetricAlarm, metric, missing string) string {
	switch {
	case aws.ToString(a.Namespace) != switching.Namespace || aws.ToString(a.MetricName) != metric:
		return fmt.Sprintf("watches %s %s, not %s %s", aws.ToString(a.Namespace), aws.ToString(a.MetricName), switching.Namespace, metric)
	case len(a.Dimensions) != 1 || aws.ToString(a.Dimensions[0].Value) != r.e.Name:
		return "watches another environment"
	case a.Statistic != types.StatisticMaximum || aws.ToInt32(a.Period) != 60 || aws.ToInt32(a.EvaluationPeriods) != 1:
		return fmt.Sprintf("takes the %s of %d periods of %d s, not the maximum of one of 60 s", a.Statistic, aws.ToInt32(a.EvaluationPeriods), aws.ToInt32(a.Period))
	case a.ComparisonOperator != types.ComparisonOperatorGreaterThanOrEqualToThreshold || aws.ToFloat64(a.Threshold) != 1:
		return fmt.Sprintf("is raised at %s %v, not at 1 and above", a.ComparisonOperator, aws.ToFloat64(a.Threshold))
	case aws.ToString(a.TreatMissingData) != missing:
		return fmt.Sprintf("takes missing data as %s, not as %s", aws.ToString(a.TreatMissingData), missing)
	}
	return ""
}

// asserted is how long ago the switch may have been set last: the probe does it every minute.
const asserted = 5 * time.Minute

func (r *run) switchAsserted(ctx context.Context) judging.Finding {
	now := r.p.Clock.Now()
	var points []types.Datapoint
	if err := r.inRecovery(ctx, func(ctx context.Context, client *cloudwatch.Client) error {
		out, err := client.GetMetricStatistics(ctx, &cloudwatch.GetMetricStatisticsInput{
			Namespace: aws.String(switching.Namespace), MetricName: aws.String(switching.Switch), StartTime: aws.Time(now.Add(-asserted)), EndTime: aws.Time(now),
			Period: aws.Int32(60), Statistics: []types.Statistic{types.StatisticMaximum},
			Dimensions: []types.Dimension{{Name: aws.String("Environment"), Value: aws.String(r.e.Name)}},
		})
		if err == nil {
			points = out.Datapoints
		}
		return failure.FromAWS(err, "read the metric %s", switching.Switch)
	}); err != nil {
		return judging.Of(err)
	}
	if len(points) == 0 {
		return judging.Fails("nobody set it in the last %s", asserted)
	}
	for _, p := range points {
		if said := int(aws.ToFloat64(p.Maximum)); said != r.role.Switch {
			return judging.Fails("it says %d, and with %s active it has to say %d", said, r.role.ActiveRegion, r.role.Switch)
		}
	}
	return judging.Passes("it says %d", r.role.Switch)
}
