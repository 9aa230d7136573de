package readiness

import (
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"github.com/acso/disaster-recovery/internal/environment"
)

// Namespace of the metrics; each has one dimension, Environment.
const Namespace = "ACSO/Readiness"

// The metrics.
const (
	Ready            = "Ready"                    // 1 when the region serves, or could be activated; else 0
	FindingsCount    = "Findings"                 // checks that failed or are unknown
	EstimatedTime    = "EstimatedRecoverySeconds" // the middle of the estimate; no data when a failover could not be finished
	EstimatedLoss    = "EstimatedLossSeconds"     // the upper bound; no data when it is unknown
	metricsDimension = "Environment"
)

// Data are the data points of a report.
func Data(e *environment.Environment, r *Report) []types.MetricDatum {
	data := []types.MetricDatum{ReadyDatum(e, r.Verdict == Pass, r.At), datum(e, FindingsCount, float64(len(r.Findings())), types.StandardUnitCount, r.At)}
	if r.RecoveryTimeSeconds != nil {
		data = append(data, datum(e, EstimatedTime, *r.RecoveryTimeSeconds, types.StandardUnitSeconds, r.At))
	}
	if r.LossSeconds != nil {
		data = append(data, datum(e, EstimatedLoss, *r.LossSeconds, types.StandardUnitSeconds, r.At))
	}
	return data
}

// ReadyDatum says whether a region is ready.
func ReadyDatum(e *environment.Environment, ready bool, at time.Time) types.MetricDatum {
	value := 0.0
	if ready {
		value = 1
	}
	return datum(e, Ready, value, types.StandardUnitNone, at)
}

func datum(e *environment.Environment, metric string, value float64, unit types.StandardUnit, at time.Time) types.MetricDatum {
	return types.MetricDatum{
		MetricName: aws.String(metric), Value: aws.Float64(value), Unit: unit, Timestamp: aws.Time(at),
		Dimensions: []types.Dimension{{Name: aws.String(metricsDimension), Value: aws.String(e.Name)}},
	}
}
