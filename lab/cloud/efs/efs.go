// Package efs models EFS file systems and their replication between regions.
//
// It refuses to hold files: what matters here is whether a file system can be written to, and how old its last sync is.
package efs

import (
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/efs/types"

	"github.com/acso/disaster-recovery/lab/cloud"
	"github.com/acso/disaster-recovery/lab/sim"
)

// Span is a duration that is drawn between two bounds; equal bounds fix it.
type Span struct{ Low, High time.Duration }

// Durations are how long EFS takes.
type Durations struct {
	// Delete is until a destination is writable: "several minutes":
	// docs.aws.amazon.com/efs/latest/ug/delete-replications.html. The bounds are a guess.
	Delete Span
	// Enable is the first sync of a new replication. A guess; it depends on the data.
	Enable Span
	// SyncLag is how old a finished sync's data are, drawn each minute. "RPO of 15 minutes for most file systems":
	// docs.aws.amazon.com/efs/latest/ug/efs-replication.html; within it, a guess.
	SyncLag Span
}

// Defaults are the durations of a world that nobody changed.
func Defaults() Durations {
	return Durations{
		Delete: Span{2 * time.Minute, 6 * time.Minute}, Enable: Span{5 * time.Minute, 20 * time.Minute},
		SyncLag: Span{20 * time.Second, 2 * time.Minute},
	}
}

// Service is EFS in all regions.
type Service struct {
	Durations Durations

	cloud        *cloud.Cloud
	sim          *sim.Sim
	copied       Copied
	systems      []*FileSystem
	replications []*Replication
}

// FileSystem is one file system.
type FileSystem struct {
	ID, Region, Token string
	key               string
	created           time.Time
	available         bool
	protection        types.ReplicationOverwriteProtection
}

// Replication is the one-way copy of a file system to another.
type Replication struct {
	Source, Destination *FileSystem
	Status              types.ReplicationStatus
	LastSync            time.Time // everything written before it is on the destination

	created              time.Time
	sourceSide, destSide bool            // each region keeps its own record of the configuration
	deletedBy            map[string]bool // regions from which it was deleted
	stalled              bool
}

// New models EFS in every region of the cloud.
func New(c *cloud.Cloud) *Service {
	s := &Service{Durations: Defaults(), cloud: c, sim: c.Sim}
	c.Sim.Every(30*time.Second, time.Minute, s.sync)
	s.register()
	s.registerChanges()
	return s
}

// Copied is told of every finished sync: the file system in a region has what that of another one held at a moment.
type Copied func(from, to string, at time.Time)

// OnCopied has f called after every sync.
func (s *Service) OnCopied(f Copied) { s.copied = f }

func (s *Service) synced(r *Replication, at time.Time) {
	r.LastSync = at
	if s.copied != nil {
		s.copied(r.Source.Region, r.Destination.Region, at)
	}
}

// Create puts an available, writable file system into the world.
func (s *Service) Create(region, token, key string) *FileSystem {
	f := &FileSystem{ID: fmt.Sprintf("fs-%017x", len(s.systems)+1), Region: region, Token: token, key: key, created: s.sim.Now(), available: true, protection: types.ReplicationOverwriteProtectionEnabled}
	if strings.HasPrefix(token, "fs-") {
		f.ID, f.Token = token, "made by its owner"
	}
	s.systems = append(s.systems, f)
	return f
}

// Replicate puts a healthy replication between two file systems into the world.
func (s *Service) Replicate(source, destination *FileSystem) *Replication {
	destination.protection = types.ReplicationOverwriteProtectionReplicating
	r := &Replication{Source: source, Destination: destination, Status: types.ReplicationStatusEnabled, created: s.sim.Now(), sourceSide: true, destSide: true}
	r.LastSync = s.sim.Now().Add(-s.draw("sync lag", s.Durations.SyncLag))
	s.replications = append(s.replications, r)
	return r
}

// Find finds a file system by its creation token, or gives nil.
func (s *Service) Find(region, token string) *FileSystem {
	for _, f := range s.systems {
		if f.Region == region && (f.Token == token || f.ID == token) {
			return f
		}
	}
	return nil
}

// Of is the replication that the file system is part of as its region knows it, or nil.
func (s *Service) Of(f *FileSystem) *Replication {
	for _, r := range s.replications {
		if r.Source == f && r.sourceSide || r.Destination == f && r.destSide {
			return r
		}
	}
	return nil
}

// Writable tells whether a file system takes writes: it is available and the destination of no replication.
func (s *Service) Writable(f *FileSystem) bool {
	if f == nil {
		return false // it was deleted
	}
	r := s.Of(f)
	return f.available && (r == nil || r.Destination != f)
}

// Stall stops or resumes the syncs of a replication without changing its status.
func (s *Service) Stall(r *Replication, stalled bool) { r.stalled = stalled }

func (s *Service) sync() {
	for _, r := range s.replications {
		if r.Status != types.ReplicationStatusEnabled || r.stalled || !r.sourceSide || !r.destSide || !s.connected(r) {
			continue
		}
		if at := s.sim.Now().Add(-s.draw("sync lag", s.Durations.SyncLag)); at.After(r.LastSync) {
			s.synced(r, at)
		}
	}
}

func (s *Service) connected(r *Replication) bool {
	return s.cloud.Reachable(r.Source.Region, r.Destination.Region) && s.cloud.Reachable(r.Destination.Region, r.Source.Region)
}

func (s *Service) draw(purpose string, span Span) time.Duration {
	return s.sim.Between("efs "+purpose, span.Low, span.High)
}

func (s *Service) later(region string, d time.Duration, f func()) {
	s.sim.After(d, func() { s.cloud.WhenAlive(region, f) })
}

func (s *Service) byID(region, id string) *FileSystem {
	for _, f := range s.systems {
		if f.ID == id && (region == "" || f.Region == region) {
			return f
		}
	}
	return nil
}

func (s *Service) arn(f *FileSystem) string {
	return s.cloud.ARN("elasticfilesystem", f.Region, "file-system/"+f.ID)
}

func noSystem(id string) error {
	return &types.FileSystemNotFound{ErrorCode_: aws.String("FileSystemNotFound"), Message: aws.String("File system '" + id + "' does not exist.")}
}

func noReplication(id string) error {
	return &types.ReplicationNotFound{ErrorCode_: aws.String("ReplicationNotFound"), Message: aws.String("File system '" + id + "' is in no replication configuration.")}
}
