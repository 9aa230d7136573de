package rds

import "time"

// link is the stream from a source to its replica. What the replica has applied is a time on the source's timeline: it
// follows the present at the distance of the lag while everything between the two works, and stands still otherwise.
type link struct {
	source  *Instance
	applied time.Time // commits up to here are on the replica
	settled time.Time // when applied was last brought up to date
	lag     time.Duration
	fixed   bool
	growth  float64 // seconds of lag gained a second
	broken  bool    // replication ended with an error: the metric is -1
}

// catchUp is how many seconds of log a replica applies a second when it is behind. A guess.
const catchUp = 10

// idleSwitch is how often an idle writer still ships something: "a read replica reports a lag of up to five minutes if
// there are no user transactions": docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_PostgreSQL.Replication.ReadReplicas.html.
const idleSwitch = 5 * time.Minute

// settle brings every link up to date under the conditions that held until now.
func (s *Service) settle() {
	for _, name := range s.cloud.Regions() {
		for _, i := range s.regions[name].instances {
			if i.link != nil {
				s.advance(i)
			}
		}
	}
}

func (s *Service) advance(replica *Instance) {
	l, now := replica.link, s.sim.Now()
	passed := now.Sub(l.settled)
	if passed <= 0 {
		return
	}
	l.settled = now
	if !s.connected(replica) {
		return
	}
	l.lag += time.Duration(l.growth * float64(passed))
	target := earlier(now.Add(-l.lag), l.applied.Add(passed*catchUp))
	l.applied = later(l.applied, target)
}

func (s *Service) connected(replica *Instance) bool {
	source := replica.link.source
	return !replica.promoting && !replica.link.broken && replica.serving && source.serving && !source.deleted &&
		s.cloud.Reachable(source.Region, replica.Region) && s.cloud.Reachable(replica.Region, source.Region) &&
		s.network.Open(source.Region, source.acl) && s.network.Open(replica.Region, replica.acl)
}

// through is the cut of the instance's timeline that it can read: everything on a writer, what was applied on a replica.
func (s *Service) through(i *Instance) (*Timeline, time.Time) {
	if i.link == nil {
		return i.timeline, later(s.sim.Now(), i.timeline.newest)
	}
	s.advance(i)
	return i.link.source.timeline, i.link.applied
}

// minute publishes what CloudWatch gets once a minute, and draws the lag of the next one.
func (s *Service) minute() {
	for _, name := range s.cloud.Regions() {
		for _, i := range s.regions[name].instances {
			if i.link == nil {
				continue
			}
			s.advance(i)
			if !i.link.fixed {
				i.link.lag = s.draw("lag", s.Durations.Lag)
			}
			if !s.cloud.Alive(name) || i.deleted || i.lagMetric == LagMissing {
				continue
			}
			s.metrics.Publish(name, "AWS/RDS", "ReplicaLag", "DBInstanceIdentifier", i.ID, s.replicaLag(i))
		}
	}
}

// replicaLag is the metric: the age of the newest transaction that was replayed, in seconds. It therefore keeps growing
// in an outage, and is -1 when replication is not active:
// docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_PostgreSQL.Replication.ReadReplicas.Monitor.html.
func (s *Service) replicaLag(i *Instance) float64 {
	if i.link.broken || i.lagMetric == LagInactive {
		return -1
	}
	newest := later(i.link.source.timeline.commitBefore(i.link.applied), i.link.applied.Truncate(idleSwitch))
	return max(0, s.sim.Now().Sub(newest).Seconds())
}

// LagMetric is how a replica's ReplicaLag metric behaves.
type LagMetric int

// The behaviours: true, no data points at all, or -1.
const (
	LagTrue LagMetric = iota
	LagMissing
	LagInactive
)

// SetLagMetric makes the metric of a replica behave as told; replication itself is not touched.
func (s *Service) SetLagMetric(region, id string, m LagMetric) { s.must(region, id).lagMetric = m }

// FixLag keeps a replica this far behind from now on.
func (s *Service) FixLag(region, id string, lag time.Duration) {
	i := s.replica(region, id)
	s.advance(i)
	i.link.lag, i.link.fixed, i.link.growth = lag, true, 0
	i.link.applied = earlier(i.link.applied, s.sim.Now().Add(-lag))
}

// GrowLag has a replica fall behind by so many seconds a second, from where it is.
func (s *Service) GrowLag(region, id string, perSecond float64) {
	i := s.replica(region, id)
	s.advance(i)
	i.link.fixed, i.link.growth = true, perSecond
}

// BreakReplication ends the stream to a replica with an error.
func (s *Service) BreakReplication(region, id string) {
	i := s.replica(region, id)
	s.advance(i)
	i.link.broken = true
}

func (s *Service) replica(region, id string) *Instance {
	i := s.must(region, id)
	if i.link == nil {
		panic("lab: " + id + " in " + region + " is no replica")
	}
	return i
}
