package world

import (
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	awscloudwatch "github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"github.com/acso/disaster-recovery/lab/cloud/cloudwatch"
	"github.com/acso/disaster-recovery/lab/cloud/eventbridge"
)

// checkersRegion is the only region that has the metrics of health checks.
// https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/monitoring-health-checks.html
const checkersRegion = "us-east-1"

// checkOf is the identifier of the health check on a region's endpoint.
func checkOf(region string) string { return "endpoint-" + region }

// layCheckers is the second trigger: for each region an alarm on what Route 53's checkers see of it, and a rule that sends
// its event to the region that would be activated. It works for as long as us-east-1 does; a pair that is elsewhere has it
// in a third region, which the lab does not have.
func (w *World) layCheckers() {
	e := w.Env
	if !slices.Contains(w.Cloud.Regions(), checkersRegion) {
		return
	}
	minutes := max(1, int(e.Monitoring.Confirmation.Std().Minutes()))
	for _, region := range w.Cloud.Regions() {
		name := e.EndpointAlarm(region)
		w.Metrics.Create(checkersRegion, awscloudwatch.PutMetricAlarmInput{
			AlarmName: aws.String(name), Namespace: aws.String("AWS/Route53"), MetricName: aws.String("HealthCheckStatus"),
			Dimensions: cloudwatch.Dimensions("HealthCheckId", checkOf(region)), Statistic: types.StatisticMinimum, Period: aws.Int32(60),
			EvaluationPeriods: aws.Int32(int32(minutes)), DatapointsToAlarm: aws.Int32(int32(minutes)), Threshold: aws.Float64(1), // #nosec G115 -- at most an hour
			ComparisonOperator: types.ComparisonOperatorLessThanThreshold, TreatMissingData: aws.String("missing"),
		})
		if target := e.Pair(region); target != checkersRegion { // its own rule sees the event where it is
			w.Events.Create(checkersRegion, eventbridge.Rule{
				Name:    name,
				Pattern: fmt.Sprintf(`{"source":["aws.cloudwatch"],"detail-type":["CloudWatch Alarm State Change"],"detail":{"alarmName":[%q],"state":{"value":["ALARM"]}}}`, name),
				Targets: []eventbridge.Target{{Bus: target}},
			})
		}
	}
}
