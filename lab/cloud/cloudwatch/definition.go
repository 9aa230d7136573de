package cloudwatch

import (
	"maps"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"github.com/acso/disaster-recovery/internal/watching"
)

// Definition is an alarm on backups as PutMetricAlarm takes it, without its actions.
func Definition(a watching.Alarm) cloudwatch.PutMetricAlarmInput {
	in := cloudwatch.PutMetricAlarmInput{
		AlarmName: aws.String(a.Name), AlarmDescription: aws.String(a.Description), Namespace: aws.String(a.Namespace), MetricName: aws.String(a.Metric),
		Statistic: types.Statistic(a.Statistic()), Period: aws.Int32(int32(a.Period / time.Second)), // #nosec G115 -- at most a day
		EvaluationPeriods: aws.Int32(1), DatapointsToAlarm: aws.Int32(1), Threshold: aws.Float64(a.Threshold),
		ComparisonOperator: types.ComparisonOperatorGreaterThanOrEqualToThreshold, TreatMissingData: aws.String(a.Missing),
	}
	if a.Under {
		in.ComparisonOperator = types.ComparisonOperatorLessThanThreshold
	}
	for _, name := range slices.Sorted(maps.Keys(a.Dimensions)) {
		in.Dimensions = append(in.Dimensions, Dimensions(name, a.Dimensions[name])...)
	}
	return in
}
