package s3

import (
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
)

// Metrics is CloudWatch.
type Metrics interface {
	Put(region, namespace, metric string, dimensions []types.Dimension, value float64)
}

// behind notes that a version has to be copied. From then on the rule's latency is put each minute until there is nothing to
// copy any more, of which the last point is 0. AWS says neither what it puts at the end nor whether delete markers, which its
// promise leaves out, count as latency: both are guesses.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/metrics-dimensions.html#s3-cloudwatch-replication-metrics
func (s *Service) behind(b *bucket, v *version, rule Replication) {
	backlog, watched := b.backlog[rule.ID]
	if !watched {
		backlog = map[*version]bool{}
		b.backlog[rule.ID] = backlog
		s.cloud.Sim.After(time.Minute, func() { s.latency(b, rule) })
	}
	backlog[v] = true
}

// done notes that a version has not to be copied any more.
func (s *Service) done(b *bucket, v *version, rule Replication, failed bool) {
	delete(b.backlog[rule.ID], v)
	if failed {
		s.measure(b, rule, "OperationsFailedReplication", 1)
	}
}

func (s *Service) latency(b *bucket, rule Replication) {
	now := s.cloud.Sim.Now()
	oldest := now
	for v := range b.backlog[rule.ID] {
		if v.at.Before(oldest) {
			oldest = v.at
		}
	}
	s.measure(b, rule, "ReplicationLatency", now.Sub(oldest).Seconds())
	if len(b.backlog[rule.ID]) == 0 {
		delete(b.backlog, rule.ID)
		return
	}
	s.cloud.Sim.After(time.Minute, func() { s.latency(b, rule) })
}

func (s *Service) measure(b *bucket, rule Replication, metric string, value float64) {
	if s.Metrics == nil {
		return
	}
	dimension := func(name, value string) types.Dimension {
		return types.Dimension{Name: aws.String(name), Value: aws.String(value)}
	}
	s.Metrics.Put(b.Region, "AWS/S3", metric, []types.Dimension{
		dimension("SourceBucket", b.Name), dimension("DestinationBucket", rule.To), dimension("RuleId", rule.ID),
	}, value)
}
