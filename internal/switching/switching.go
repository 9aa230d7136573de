// Package switching holds what the failover switch and the watch on the primary are called in CloudWatch.
//
// The switch is a metric and no API call to Route 53: its control plane lives in us-east-1 and goes down with it, while
// health checks that follow an alarm in another region keep working.
package switching

import (
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"github.com/acso/disaster-recovery/internal/environment"
	"github.com/acso/disaster-recovery/internal/grant"
)

// Namespace of the metrics; each has one dimension, Environment.
const Namespace = "ACSO/Failover"

// The metrics.
const (
	Switch           = "Switch"                  // 1 sends clients to the recovery region, 0 to the primary
	PrimaryUnhealthy = "PrimaryUnhealthy"        // 1 when the active region was seen down, 0 when it was seen serving
	LossBound        = "ReplicaLossBoundSeconds" // upper bound of what would be lost, in seconds
	Active           = "Active"                  // 1 in the region that serves, as that region knows it, 0 in the other
	RecoveryTime     = "RecoverySeconds"         // how long clients were without the system until this region had taken over
)

// Datum is one data point of a metric.
func Datum(e *environment.Environment, metric string, value float64, at time.Time) types.MetricDatum {
	return types.MetricDatum{
		MetricName: aws.String(metric), Value: aws.Float64(value), Timestamp: aws.Time(at),
		Dimensions: []types.Dimension{{Name: aws.String("Environment"), Value: aws.String(e.Name)}},
	}
}

// Grants is what putting a data point takes; CloudWatch knows no resources for it.
// https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoncloudwatch.html
func Grants() []grant.Grant {
	return []grant.Grant{{Actions: []string{"cloudwatch:PutMetricData"}, Resources: []string{"*"}}}
}
