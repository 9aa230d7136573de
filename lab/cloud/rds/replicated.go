package rds

import (
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/rds/types"
)

// replicated is automated backups of an instance that another region has, too: snapshots and transaction logs.
// docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_ReplicateBackups.html
type replicated struct {
	source *Instance
	region string // of the copies
	key    string
	days   int32
	late   time.Duration // how far behind the source's own backups
	begins time.Time     // the first of them has arrived
	latest time.Time     // as of the last settlement
}

// shipping is how far replicated logs are behind the source's own. A guess: AWS says only that it is asynchronous.
const shipping = 2 * time.Minute

// ReplicateBackups has a region hold the automated backups of an instance of another one, under its own key.
func (s *Service) ReplicateBackups(sourceRegion, id, region, key string, days int32) {
	i := s.Instance(sourceRegion, id)
	if i == nil {
		panic(fmt.Sprintf("lab: no instance %s in %s", id, sourceRegion))
	}
	p := &replicated{source: i, region: region, key: key, days: days, late: shipping}
	s.replicated = append(s.replicated, p)
	s.cloud.BeforeChange(func() { s.ship(p) })
}

// DelayBackups makes the replication of an instance's automated backups fall behind by d.
func (s *Service) DelayBackups(region, id string, d time.Duration) {
	for _, p := range s.replicated {
		if p.region == region && p.source.ID == id {
			s.ship(p)
			p.late = d
		}
	}
}

// StopBackups ends the replication of an instance's automated backups: nobody is told.
func (s *Service) StopBackups(region, id string) {
	for n, p := range s.replicated {
		if p.region == region && p.source.ID == id {
			s.replicated = append(s.replicated[:n:n], s.replicated[n+1:]...)
			return
		}
	}
}

// BackedUpIn is up to when a region of another one's could restore an instance; ok is false when it has nothing of it.
func (s *Service) BackedUpIn(region string, i *Instance) (latest time.Time, ok bool) {
	for _, p := range s.replicated {
		if p.region == region && p.source == i {
			s.ship(p)
			return p.latest, !p.latest.IsZero()
		}
	}
	return time.Time{}, false
}

// ship settles up to which time a region can restore. While one of the two regions is gone, nothing is added.
func (s *Service) ship(p *replicated) {
	if !s.cloud.Reachable(p.source.Region, p.region) || s.sim.Now().Before(p.begins) {
		return
	}
	if at := s.latestRestorable(p.source).Add(-p.late); at.After(p.latest) {
		p.latest = at
	}
}

// replicatedTo describes what a region has of other regions' automated backups.
func (s *Service) replicatedTo(region string, id, resource *string) (list []types.DBInstanceAutomatedBackup) {
	for _, p := range s.replicated {
		if p.region != region || id != nil && *id != p.source.ID || resource != nil && *resource != p.source.resource {
			continue
		}
		s.ship(p)
		i := p.source
		b := types.DBInstanceAutomatedBackup{
			DBInstanceIdentifier: aws.String(i.ID), DBInstanceArn: aws.String(s.arn(i)), DbiResourceId: aws.String(i.resource), Region: aws.String(i.Region),
			Engine: aws.String("postgres"), Encrypted: aws.Bool(true), KmsKeyId: aws.String(p.key), BackupRetentionPeriod: aws.Int32(p.days),
			AllocatedStorage: aws.Int32(i.storage), InstanceCreateTime: aws.Time(i.created), Status: aws.String("replicating"),
		}
		if !p.latest.IsZero() {
			b.RestoreWindow = &types.RestoreWindow{EarliestTime: aws.Time(i.earliest), LatestTime: aws.Time(p.latest)}
		}
		list = append(list, b)
	}
	return list
}
