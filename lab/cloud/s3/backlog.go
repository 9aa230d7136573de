package s3

import (
	"maps"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
)

// Metrics is CloudWatch.
type Metrics interface {
	Put(region, namespace, metric string, dimensions []types.Dimension, value float64)
}

// Measure puts the metrics of replication from now on: what failed in the bucket's region, and how far the copies are behind
// in the region where they arrive, each minute, whether there is something to copy or not. AWS does not say whether delete markers,
// which its promise leaves out, count as latency, nor what it puts while the bucket's region is dead: that they do not, and
// nothing, are guesses.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/repl-metrics.html
func (s *Service) Measure(m Metrics) {
	s.metrics = m
	s.cloud.Sim.Every(time.Minute, time.Minute, s.latencies)
}

func (s *Service) latencies() {
	now := s.cloud.Sim.Now()
	for _, name := range slices.Sorted(maps.Keys(s.buckets)) {
		b := s.buckets[name]
		for _, rule := range b.Replication {
			to := s.buckets[rule.To]
			if to == nil || !s.cloud.Alive(b.Region) {
				continue
			}
			oldest := now
			for v := range b.backlog[rule.ID] {
				if v.at.Before(oldest) {
					oldest = v.at
				}
			}
			s.measure(to.Region, b, rule, "ReplicationLatency", now.Sub(oldest).Seconds())
		}
	}
}

// behind notes that a version has to be copied.
func (b *bucket) behind(v *version, rule Replication) {
	if b.backlog[rule.ID] == nil {
		b.backlog[rule.ID] = map[*version]bool{}
	}
	b.backlog[rule.ID][v] = true
}

// arrived notes that a version has not to be copied any more.
func (b *bucket) arrived(v *version, rule Replication) { delete(b.backlog[rule.ID], v) }

// failed notes that a version will not be copied.
func (s *Service) failed(b *bucket, v *version, rule Replication) {
	b.arrived(v, rule)
	s.measure(b.Region, b, rule, "OperationsFailedReplication", 1)
}

func (s *Service) measure(region string, b *bucket, rule Replication, metric string, value float64) {
	if s.metrics == nil {
		return
	}
	dimension := func(name, value string) types.Dimension {
		return types.Dimension{Name: aws.String(name), Value: aws.String(value)}
	}
	s.metrics.Put(region, "AWS/S3", metric, []types.Dimension{
		dimension("SourceBucket", b.Name), dimension("DestinationBucket", rule.To), dimension("RuleId", rule.ID),
	}, value)
}
