// Package rds models PostgreSQL on Amazon RDS: instances, cross-region replicas, promotion, snapshots, restores, and the
// SQL of internal/heartbeat on the data that they hold.
//
// It refuses every other SQL statement, replicas of replicas, Multi-AZ and unencrypted storage: the project uses none of
// them. Sizes matter only for how long things take.
package rds

import (
	"time"

	"github.com/acso/disaster-recovery/lab/cloud"
	"github.com/acso/disaster-recovery/lab/sim"
)

// Keys is what RDS needs of KMS: Resolve gives the ARN of a key (ARN, id or alias) that is usable in the region.
type Keys interface {
	Resolve(region, id string) (arn string, err error)
}

// Network is what the database needs of its subnets. Open evaluates the named network ACL; before an ACL changes, the
// callback is called, so that replication settles what was applied until then.
type Network interface {
	Open(region, acl string) bool
	BeforeChange(f func())
}

// Metrics takes the data points of AWS/RDS: one dimension a point.
type Metrics interface {
	Publish(region, namespace, metric, dimension, value string, point float64)
}

// Span is a duration that is drawn between two bounds; equal bounds fix it.
type Span struct{ Low, High time.Duration }

// Durations are how long RDS takes. Ranges marked as guesses have no published figure.
type Durations struct {
	// PromotionQuiet is how long a promoting replica still says available. A guess; that it does is what operators report.
	PromotionQuiet Span
	// PromotionModify follows. "The promotion process can take several minutes or longer to complete, depending on the
	// size of the read replica": docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_ReadRepl.Promote.html.
	PromotionModify Span
	// Reboot is the restart at the end of a promotion, of RebootDBInstance, and after the region was dead. A guess.
	Reboot Span
	// FirstBackup runs after a promotion; writes are accepted meanwhile. A guess.
	FirstBackup Span
	// SnapshotBase and SnapshotPerGiB make a snapshot's time; CopyPerGiB is added for a copy between regions. Guesses.
	SnapshotBase, SnapshotPerGiB, CopyPerGiB Span
	// Create, Restore and Delete are for instances. Guesses around common experience; PerGiB is added to a restore.
	Create, Restore, Delete Span
	// Rename: "the new DNS name becomes effective in about 10 minutes. The renamed DB instance is not available until the
	// new name becomes effective": docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_RenameInstance.html.
	// Modify is for the other changes, a guess.
	Rename, Modify Span
	// FirstShipping is until another region has the first of an instance's automated backups. A guess.
	FirstShipping Span
	// Lag is how far a connected replica is behind, drawn anew each minute. A guess: usually a few seconds across regions.
	Lag Span
}

// Defaults are the durations of a world that nobody changed.
func Defaults() Durations {
	return Durations{
		PromotionQuiet:  Span{10 * time.Second, 60 * time.Second},
		PromotionModify: Span{2 * time.Minute, 8 * time.Minute},
		Reboot:          Span{30 * time.Second, 90 * time.Second},
		FirstBackup:     Span{1 * time.Minute, 4 * time.Minute},
		SnapshotBase:    Span{1 * time.Minute, 3 * time.Minute},
		SnapshotPerGiB:  Span{1 * time.Second, 2 * time.Second},
		CopyPerGiB:      Span{3 * time.Second, 6 * time.Second},
		Create:          Span{8 * time.Minute, 20 * time.Minute},
		Restore:         Span{8 * time.Minute, 20 * time.Minute},
		Delete:          Span{2 * time.Minute, 6 * time.Minute},
		Rename:          Span{8 * time.Minute, 12 * time.Minute},
		Modify:          Span{15 * time.Second, 60 * time.Second},
		FirstShipping:   Span{5 * time.Minute, 20 * time.Minute},
		Lag:             Span{200 * time.Millisecond, 3 * time.Second},
	}
}

// Service is RDS in all regions.
type Service struct {
	Durations Durations

	cloud   *cloud.Cloud
	tables  []string // that the database has besides
	sim     *sim.Sim
	keys    Keys
	network Network
	metrics Metrics
	regions map[string]*region
	dead    map[string]bool // regions that are, as far as the engines noticed
	serial  int

	replicated []*replicated
	restoring  string // status in which restores end; "" for available
}

type region struct {
	instances []*Instance
	snapshots []*Snapshot
	quota     int
}

// New models RDS in every region of the cloud.
func New(c *cloud.Cloud, keys Keys, network Network, metrics Metrics) *Service {
	s := &Service{Durations: Defaults(), cloud: c, sim: c.Sim, keys: keys, network: network, metrics: metrics, regions: map[string]*region{}, dead: map[string]bool{}}
	for _, name := range c.Regions() {
		// 100 manual snapshots a region: docs.aws.amazon.com/AmazonRDS/latest/UserGuide/CHAP_Limits.html.
		s.regions[name] = &region{quota: 100}
	}
	c.BeforeChange(func() {
		s.settle()
		c.Sim.After(0, s.crash)
	})
	network.BeforeChange(s.settle)
	c.Sim.Every(time.Minute, time.Minute, s.minute)
	s.registerInstances()
	s.registerSnapshots()
	s.registerRestores()
	s.registerAccount()
	s.registerReplicated()
	return s
}

// SetSnapshotQuota changes how many manual snapshots a region holds.
func (s *Service) SetSnapshotQuota(region string, quota int) { s.regions[region].quota = quota }

func (s *Service) draw(purpose string, span Span) time.Duration {
	return s.sim.Between("rds "+purpose, span.Low, span.High)
}

// later does something by itself in a region: if the region is dead when it is due, it waits.
func (s *Service) later(region string, d time.Duration, f func()) {
	s.sim.After(d, func() { s.cloud.WhenAlive(region, f) })
}

// crash stops the engines of a region that died, and lets them recover when it returns: sessions do not survive, the
// data do. The status of an instance does not tell (a guess).
func (s *Service) crash() {
	for _, name := range s.cloud.Regions() {
		dead := !s.cloud.Alive(name)
		if dead == s.dead[name] {
			continue
		}
		s.dead[name] = dead
		for _, i := range s.regions[name].instances {
			if dead {
				i.crashed = i.crashed || i.serving
				i.serving = false
				i.boot++
				continue
			}
			s.recover(i)
		}
	}
}

func (s *Service) recover(i *Instance) {
	boot := i.boot
	s.later(i.Region, s.draw("recovery", s.Durations.Reboot), func() {
		if i.crashed && i.boot == boot && !i.deleted {
			s.settle()
			i.crashed, i.serving = false, true
		}
	})
}
