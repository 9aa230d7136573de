// Package cloudwatch models Amazon CloudWatch metrics and alarms per region: data points, statistics, and alarms that
// change state in virtual time.
//
// It has no metric math, no percentiles, no composite alarms and no high resolution: a request for one is refused
// loudly. A data point counts as soon as it was put; AWS may take up to two minutes, which is a delay it does not
// promise and the lab does not draw.
package cloudwatch

import (
	"sort"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"github.com/acso/disaster-recovery/lab/cloud"
	"github.com/acso/disaster-recovery/lab/cloud/sns"
)

// Service is CloudWatch in all regions.
type Service struct {
	cloud       *cloud.Cloud
	topics      *sns.Service
	metrics     map[string]*metric // by region, namespace, name and dimensions
	alarms      map[[2]string]*alarm
	subscribers []subscriber
}

type subscriber struct {
	region string
	call   func(AlarmChange)
}

// New models CloudWatch; alarm actions go to the topics.
func New(c *cloud.Cloud, topics *sns.Service) *Service {
	s := &Service{cloud: c, topics: topics, metrics: map[string]*metric{}, alarms: map[[2]string]*alarm{}}
	s.registerMetrics()
	s.registerAlarms()
	return s
}

// metric is the data of one metric, one bucket a minute, oldest first.
type metric struct {
	minutes []bucket
}

type bucket struct {
	start            time.Time
	first            time.Time // when the first of its data points was put
	minimum, maximum float64
	sum, count       float64
}

// retention of data points with a period of 60 s.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch_concepts.html
const retention = 15 * 24 * time.Hour

func key(region, namespace, name string, dimensions []types.Dimension) string {
	pairs := make([]string, len(dimensions))
	for i, d := range dimensions {
		pairs[i] = aws.ToString(d.Name) + "=" + aws.ToString(d.Value)
	}
	sort.Strings(pairs)
	return region + "\x00" + namespace + "\x00" + name + "\x00" + strings.Join(pairs, "\x00")
}

// Dimensions makes the SDK's form from name, value, name, value.
func Dimensions(pairs ...string) []types.Dimension {
	var out []types.Dimension
	for i := 0; i+1 < len(pairs); i += 2 {
		out = append(out, types.Dimension{Name: aws.String(pairs[i]), Value: aws.String(pairs[i+1])})
	}
	return out
}

// Put records a value now, for another AWS service (ReplicaLag) or a scenario. A dead region takes none.
func (s *Service) Put(region, namespace, name string, dimensions []types.Dimension, value float64) {
	if s.cloud.Alive(region) {
		s.add(key(region, namespace, name, dimensions), s.cloud.Sim.Now(), bucket{minimum: value, maximum: value, sum: value, count: 1})
	}
}

func (s *Service) add(id string, at time.Time, b bucket) {
	m := s.metrics[id]
	if m == nil {
		m = &metric{}
		s.metrics[id] = m
	}
	b.start, b.first = at.Truncate(time.Minute), s.cloud.Sim.Now()
	i := len(m.minutes)
	for i > 0 && m.minutes[i-1].start.After(b.start) {
		i--
	}
	if i > 0 && m.minutes[i-1].start.Equal(b.start) {
		m.minutes[i-1] = merge(m.minutes[i-1], b)
		return
	}
	m.minutes = append(m.minutes, bucket{})
	copy(m.minutes[i+1:], m.minutes[i:])
	m.minutes[i] = b
	for s.cloud.Sim.Now().Sub(m.minutes[0].start) > retention {
		m.minutes = m.minutes[1:]
	}
}

func merge(a, b bucket) bucket {
	if b.first.Before(a.first) {
		a.first = b.first
	}
	a.minimum, a.maximum = min(a.minimum, b.minimum), max(a.maximum, b.maximum)
	a.sum, a.count = a.sum+b.sum, a.count+b.count
	return a
}

// between merges what was put in [from, to); ok is false when there is nothing.
func (m *metric) between(from, to time.Time) (all bucket, ok bool) {
	if m == nil {
		return bucket{}, false
	}
	for i := len(m.minutes) - 1; i >= 0 && !m.minutes[i].start.Before(from); i-- {
		if !m.minutes[i].start.Before(to) {
			continue
		}
		if !ok {
			all, ok = m.minutes[i], true
		} else {
			all = merge(all, m.minutes[i])
		}
	}
	return all, ok
}

// statistic is one statistic of a bucket; ok is false for one that the lab does not have.
func (b bucket) statistic(name string) (value float64, ok bool) {
	switch types.Statistic(name) {
	case types.StatisticMaximum:
		return b.maximum, true
	case types.StatisticMinimum:
		return b.minimum, true
	case types.StatisticSum:
		return b.sum, true
	case types.StatisticAverage:
		return b.sum / b.count, true
	case types.StatisticSampleCount:
		return b.count, true
	}
	return 0, false
}
