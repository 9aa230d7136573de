package checklag

import (
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
)

// lagQuestion asks CloudWatch for the replica's own opinion.
// https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-metrics.html
func lagQuestion(instance string, from, to time.Time) *cloudwatch.GetMetricStatisticsInput {
	return &cloudwatch.GetMetricStatisticsInput{
		Namespace: aws.String("AWS/RDS"), MetricName: aws.String("ReplicaLag"),
		Dimensions: []types.Dimension{{Name: aws.String("DBInstanceIdentifier"), Value: aws.String(instance)}},
		StartTime:  aws.Time(from), EndTime: aws.Time(to), Period: aws.Int32(60),
		Statistics: []types.Statistic{types.StatisticMaximum},
	}
}
