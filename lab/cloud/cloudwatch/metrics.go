package cloudwatch

import (
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"github.com/acso/disaster-recovery/internal/grant"
	"github.com/acso/disaster-recovery/lab/cloud"
)

// anything: metrics are no resources in IAM.
// https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoncloudwatch.html
func anything(action string) []grant.Action { return []grant.Action{{Name: action, Resource: "*"}} }

func (s *Service) registerMetrics() {
	cloud.Register(s.cloud, "CloudWatch.PutMetricData", cloud.Spec[cloudwatch.PutMetricDataInput]{
		Mutating: true,
		Actions: func(*cloud.Call, *cloudwatch.PutMetricDataInput) []grant.Action {
			return anything("cloudwatch:PutMetricData")
		},
	}, s.putMetricData)
	cloud.Register(s.cloud, "CloudWatch.GetMetricData", cloud.Spec[cloudwatch.GetMetricDataInput]{
		Actions: func(*cloud.Call, *cloudwatch.GetMetricDataInput) []grant.Action {
			return anything("cloudwatch:GetMetricData")
		},
	}, s.getMetricData)
	cloud.Register(s.cloud, "CloudWatch.GetMetricStatistics", cloud.Spec[cloudwatch.GetMetricStatisticsInput]{
		Actions: func(*cloud.Call, *cloudwatch.GetMetricStatisticsInput) []grant.Action {
			return anything("cloudwatch:GetMetricStatistics")
		},
	}, s.getMetricStatistics)
}

func (s *Service) putMetricData(call *cloud.Call, in *cloudwatch.PutMetricDataInput) (*cloudwatch.PutMetricDataOutput, error) {
	if len(in.MetricData) > 1000 {
		return nil, invalid("The collection MetricData must not have a size greater than 1000.")
	}
	now := s.cloud.Sim.Now()
	type point struct {
		id string
		at time.Time
		bucket
	}
	var points []point // all are checked before one is kept
	for _, d := range in.MetricData {
		at := now
		if d.Timestamp != nil {
			at = *d.Timestamp
		}
		// https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricData.html: between two weeks
		// ago and two hours ahead.
		if at.Before(now.Add(-14*24*time.Hour)) || at.After(now.Add(2*time.Hour)) {
			return nil, invalid("The parameter MetricData.member.1.Timestamp must specify a time within the past two weeks or the next two hours.")
		}
		if len(d.Dimensions) > 30 {
			return nil, invalid("The collection MetricData.member.1.Dimensions must not have a size greater than 30.")
		}
		b, err := datum(d)
		if err != nil {
			return nil, err
		}
		points = append(points, point{key(call.Region, aws.ToString(in.Namespace), aws.ToString(d.MetricName), d.Dimensions), at, b})
	}
	for _, p := range points {
		s.add(p.id, p.at, p.bucket)
	}
	return &cloudwatch.PutMetricDataOutput{}, nil
}

func datum(d types.MetricDatum) (bucket, error) {
	switch {
	case d.StatisticValues != nil:
		v := d.StatisticValues
		return bucket{minimum: *v.Minimum, maximum: *v.Maximum, sum: *v.Sum, count: *v.SampleCount}, nil
	case d.Value != nil:
		return bucket{minimum: *d.Value, maximum: *d.Value, sum: *d.Value, count: 1}, number(*d.Value)
	case len(d.Values) > 0:
		var all bucket
		for i, v := range d.Values {
			n := 1.0
			if i < len(d.Counts) {
				n = d.Counts[i]
			}
			b := bucket{minimum: v, maximum: v, sum: v * n, count: n}
			if err := number(v); err != nil {
				return bucket{}, err
			}
			if i == 0 {
				all = b
			} else {
				all = merge(all, b)
			}
		}
		return all, nil
	}
	return bucket{}, &types.InvalidParameterCombinationException{Message: aws.String("At least one of the parameters MetricData.member.1.Value, Values or StatisticValues must be specified.")}
}

func number(v float64) error {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return invalid("The value NaN or Infinity for parameter MetricData.member.1.Value is invalid.")
	}
	return nil
}

func invalid(message string) error {
	return &types.InvalidParameterValueException{Message: aws.String(message)}
}

func (s *Service) getMetricData(call *cloud.Call, in *cloudwatch.GetMetricDataInput) (*cloudwatch.GetMetricDataOutput, error) {
	if !in.StartTime.Before(*in.EndTime) {
		return nil, invalid("The parameter StartTime must be less than the parameter EndTime.")
	}
	out := &cloudwatch.GetMetricDataOutput{}
	for _, q := range in.MetricDataQueries {
		if q.MetricStat == nil {
			panic(fmt.Sprintf("lab: %s asked CloudWatch for the expression %q: metric math is not modelled", call.Caller.Name, aws.ToString(q.Expression)))
		}
		if q.ReturnData != nil && !*q.ReturnData {
			continue
		}
		m := q.MetricStat.Metric
		id := key(call.Region, aws.ToString(m.Namespace), aws.ToString(m.MetricName), m.Dimensions)
		times, values, err := s.series(id, *in.StartTime, *in.EndTime, aws.ToInt32(q.MetricStat.Period), aws.ToString(q.MetricStat.Stat))
		if err != nil {
			return nil, err
		}
		if in.ScanBy != types.ScanByTimestampAscending { // newest first is the default
			slices.Reverse(times)
			slices.Reverse(values)
		}
		label := q.Label
		if label == nil {
			label = m.MetricName
		}
		// A metric without data is not an error: the result is complete and empty.
		out.MetricDataResults = append(out.MetricDataResults, types.MetricDataResult{
			Id: q.Id, Label: aws.String(aws.ToString(label)), StatusCode: types.StatusCodeComplete, Timestamps: times, Values: values,
		})
	}
	return out, nil
}

// series gives one statistic for each period that has data, oldest first.
func (s *Service) series(id string, from, to time.Time, period int32, statistic string) (times []time.Time, values []float64, err error) {
	if period < 60 || period%60 != 0 {
		return nil, nil, invalid("The parameter Period must be a multiple of 60.")
	}
	step := time.Duration(period) * time.Second
	if to.Sub(from)/step > 100_800 {
		return nil, nil, invalid("You have requested more data points than the limit of 100800.")
	}
	m := s.metrics[id]
	if m == nil {
		return nil, nil, nil
	}
	for start := from.Truncate(step); start.Before(to); start = start.Add(step) {
		b, ok := m.between(start, start.Add(step))
		if !ok {
			continue
		}
		v, known := b.statistic(statistic)
		if !known {
			panic("lab: the statistic " + statistic + " is not modelled")
		}
		times, values = append(times, start), append(values, v)
	}
	return times, values, nil
}

func (s *Service) getMetricStatistics(call *cloud.Call, in *cloudwatch.GetMetricStatisticsInput) (*cloudwatch.GetMetricStatisticsOutput, error) {
	if !in.StartTime.Before(*in.EndTime) {
		return nil, invalid("The parameter StartTime must be less than the parameter EndTime.")
	}
	id := key(call.Region, aws.ToString(in.Namespace), aws.ToString(in.MetricName), in.Dimensions)
	times, _, err := s.series(id, *in.StartTime, *in.EndTime, aws.ToInt32(in.Period), string(types.StatisticSampleCount))
	if err != nil {
		return nil, err
	}
	out := &cloudwatch.GetMetricStatisticsOutput{Label: in.MetricName}
	// CloudWatch returns data points in no order; newest first here, so that nobody relies on the order of time.
	for _, at := range slices.Backward(times) {
		b, _ := s.metrics[id].between(at, at.Add(time.Duration(*in.Period)*time.Second))
		point := types.Datapoint{Timestamp: aws.Time(at)}
		for _, statistic := range in.Statistics {
			v, _ := b.statistic(string(statistic))
			switch statistic {
			case types.StatisticMaximum:
				point.Maximum = aws.Float64(v)
			case types.StatisticMinimum:
				point.Minimum = aws.Float64(v)
			case types.StatisticSum:
				point.Sum = aws.Float64(v)
			case types.StatisticAverage:
				point.Average = aws.Float64(v)
			case types.StatisticSampleCount:
				point.SampleCount = aws.Float64(v)
			}
		}
		out.Datapoints = append(out.Datapoints, point)
	}
	return out, nil
}
