package rds

import (
	"errors"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/rds/types"

	"github.com/acso/disaster-recovery/internal/platform"
)

// Receipt is what a client knows of a write that was acknowledged.
type Receipt struct {
	Timeline *Timeline
	At       time.Time
}

// The ways in which a client's row is not written.
var (
	ErrNoAnswer = errors.New("the database does not answer")
	ErrRefused  = errors.New("the database refuses connections")
)

func (i *Instance) writable() bool { return i.link == nil && !i.promoting && i.serving }

// Write inserts a numbered row of a client, by a service in the region from. It takes no virtual time and does not park.
func (s *Service) Write(from string, i *Instance, client int32, number int64) (Receipt, error) {
	switch {
	case !s.passes(from, i):
		return Receipt{}, ErrNoAnswer
	case !i.serving:
		return Receipt{}, ErrRefused
	case !i.writable():
		return Receipt{}, platform.ErrReadOnly
	}
	return Receipt{i.timeline, i.timeline.write(s.sim.Now(), client, number)}, nil
}

// Read is the newest row of a client on an instance, or -1.
func (s *Service) Read(from string, i *Instance, client int32) (int64, error) {
	switch {
	case !s.passes(from, i):
		return 0, ErrNoAnswer
	case !i.serving:
		return 0, ErrRefused
	}
	timeline, through := s.through(i)
	return timeline.lastRow(through, client), nil
}

// Writable tells whether a service in the region from can write to the instance.
func (s *Service) Writable(from string, i *Instance) bool {
	return i != nil && i.writable() && s.passes(from, i)
}

// Holds tells whether an acknowledged row is in what the instance holds now.
func (s *Service) Holds(i *Instance, r Receipt) bool {
	timeline, through := s.through(i)
	return timeline.holds(through, r.Timeline, r.At)
}

// Rows is how many client rows the instance holds now.
func (s *Service) Rows(i *Instance) int {
	timeline, through := s.through(i)
	return timeline.count(through)
}

// LastHeartbeat is the newest heartbeat on the instance, or zero.
func (s *Service) LastHeartbeat(i *Instance) time.Time {
	timeline, through := s.through(i)
	return timeline.lastHeartbeat(through)
}

// Resource is the identifier that an instance keeps through every renaming.
func (i *Instance) Resource() string { return i.resource }

// Source is what a replica follows, or nil.
func (i *Instance) Source() *Instance {
	if i.link == nil {
		return nil
	}
	return i.link.source
}

// Mark leaves a canary of a name, as a client that damages a table leaves its damage; Marked tells whether an instance
// has it now.
func (s *Service) Mark(i *Instance, name string) { i.timeline.canary(s.sim.Now(), name, s.sim.Now()) }

// Marked tells whether an instance holds the mark of a name now.
func (s *Service) Marked(i *Instance, name string) bool {
	timeline, through := s.through(i)
	_, marked := timeline.readCanary(through, name)
	return marked
}

// Tag puts a tag on an instance, as somebody who did so before a scenario looks.
func (s *Service) Tag(i *Instance, key, value string) {
	i.tags = append(i.tags, types.Tag{Key: aws.String(key), Value: aws.String(value)})
}

// Protected tells whether the instance cannot be deleted as it is.
func (i *Instance) Protected() bool { return i.protected }
