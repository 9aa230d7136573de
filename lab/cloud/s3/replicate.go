package s3

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// Replication is a replication rule.
type Replication struct {
	ID            string // of its metrics
	To            string // bucket, commonly in the other region
	Prefix        string
	DeleteMarkers bool
	Key           string // KMS key in the target's region, which the copies need; without one, SSE-KMS objects are not replicated at all
}

// Delays. Most objects replicate within seconds; replication time control promises 99.99 % within 15 minutes and does
// not cover delete markers. The shape of the distribution is a guess.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/replication-time-control.html
const (
	quick, common, promised, late = time.Second, 30 * time.Second, 15 * time.Minute, 2 * time.Hour
	replicationRetry              = 5 * time.Minute
)

func (s *Service) delay(marker bool) time.Duration {
	fixed := s.Durations.Replication
	if marker {
		fixed = s.Durations.DeleteMarkers
	}
	if fixed > 0 {
		return fixed
	}
	switch draw := s.cloud.Sim.Rand("s3.replication").IntN(10_000); {
	case marker:
		return s.cloud.Sim.Between("s3.replication.marker", quick, late)
	case draw == 0:
		return s.cloud.Sim.Between("s3.replication.late", promised, late)
	case draw < 200:
		return s.cloud.Sim.Between("s3.replication.slow", common, promised)
	}
	return s.cloud.Sim.Between("s3.replication.quick", quick, common)
}

// replicate plans the copies of a version that the bucket's rules ask for. Replicas are not replicated again.
func (s *Service) replicate(b *bucket, v *version) {
	if v.status == types.ReplicationStatusReplica {
		return
	}
	for _, rule := range b.Replication {
		if !strings.HasPrefix(v.key, rule.Prefix) || v.marker && !rule.DeleteMarkers || v.keyARN != "" && rule.Key == "" {
			continue
		}
		if !v.marker {
			v.status = types.ReplicationStatusPending
			b.behind(v, rule)
		}
		s.cloud.Sim.After(s.delay(v.marker), func() { s.transfer(b, v, rule) })
	}
}

// transfer makes one copy as soon as both regions live and the way is open.
func (s *Service) transfer(b *bucket, v *version, rule Replication) {
	s.cloud.WhenAlive(b.Region, func() {
		to := s.buckets[rule.To]
		if !slices.Contains(b.objects[v.key], v) {
			b.arrived(v, rule) // deleted meanwhile
			return
		}
		if to != nil && to.Region != b.Region && !s.cloud.Reachable(b.Region, to.Region) {
			s.cloud.Sim.After(replicationRetry, func() { s.transfer(b, v, rule) })
			return
		}
		// https://docs.aws.amazon.com/AmazonS3/latest/userguide/replication-requirements.html
		if to == nil || !to.Versioned || rule.Key != "" && s.keys.Usable(to.Region, rule.Key) != nil {
			v.status = types.ReplicationStatusFailed
			s.failed(b, v, rule)
			return
		}
		s.arrive(to, v, rule)
		if !v.marker {
			v.status = types.ReplicationStatusCompleted
			b.arrived(v, rule)
		}
	})
}

// arrive puts the copy under the same version id, in the order of creation and not of arrival.
func (s *Service) arrive(to *bucket, v *version, rule Replication) {
	if present := to.version(v.key, v.id); present != nil {
		present.tags = maps.Clone(v.tags)
		return
	}
	replica := *v
	replica.body, replica.tags, replica.metadata = slices.Clone(v.body), maps.Clone(v.tags), maps.Clone(v.metadata)
	replica.status = types.ReplicationStatusReplica
	if v.keyARN != "" {
		if arn, err := s.keys.ARN(to.Region, rule.Key); err == nil {
			replica.keyARN = arn
		}
	}
	if replica.mode == "" && to.Retention > 0 && !v.marker {
		replica.mode, replica.until = to.Mode, s.cloud.Sim.Now().Add(to.Retention)
	}
	to.know(v.key)
	list := append(to.objects[v.key], &replica)
	slices.SortStableFunc(list, func(a, b *version) int { return a.at.Compare(b.at) })
	to.objects[v.key] = list
}
