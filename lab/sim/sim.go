// Package sim is the one clock of the lab: a discrete-event simulation on virtual time.
//
// Everything happens in one thread, one callback after the other, ordered by (time, sequence). The same seed gives
// the same history. Nothing sleeps, nothing reads the real clock, and nothing may start a goroutine of its own: the
// body of a simulated Lambda runs on one only while the simulation waits for it (see Go).
package sim

import (
	"container/heap"
	"hash/fnv"
	"math/rand/v2"
	"time"
)

// Epoch is when every simulation begins: a Tuesday, outside leap days and month ends.
var Epoch = time.Date(2026, time.March, 3, 9, 0, 0, 0, time.UTC)

// Sim is one simulation.
type Sim struct {
	now      time.Time
	seed     uint64
	sequence uint64
	queue    queue
	streams  map[string]*rand.Rand
}

// New begins a simulation at Epoch.
func New(seed uint64) *Sim { return NewAt(seed, Epoch) }

// NewAt begins a simulation at another moment: on a day that is like no other.
func NewAt(seed uint64, begin time.Time) *Sim {
	return &Sim{now: begin, seed: seed, streams: map[string]*rand.Rand{}}
}

// Now is the virtual time.
func (s *Sim) Now() time.Time { return s.now }

// Seed is what the simulation was made from.
func (s *Sim) Seed() uint64 { return s.seed }

// After calls f once, d from now (at once, but not before the present callback ends, when d is 0 or less).
// The returned cancel is safe to call at any time.
func (s *Sim) After(d time.Duration, f func()) (cancel func()) {
	if d < 0 {
		d = 0
	}
	s.sequence++
	e := &event{at: s.now.Add(d), sequence: s.sequence, call: f}
	heap.Push(&s.queue, e)
	return func() { e.call = nil }
}

// Every calls f each interval, the first time after first, until cancelled.
func (s *Sim) Every(first, interval time.Duration, f func()) (cancel func()) {
	stopped := false
	var tick func()
	tick = func() {
		if stopped {
			return
		}
		s.After(interval, tick)
		f()
	}
	s.After(first, tick)
	return func() { stopped = true }
}

// Run lets virtual time pass until nothing is left to do, until is reached, or done (which may be nil) says so.
// It reports whether done said so.
func (s *Sim) Run(until time.Time, done func() bool) bool {
	for s.queue.Len() > 0 && !s.queue[0].at.After(until) {
		next := heap.Pop(&s.queue).(*event)
		if next.call == nil {
			continue
		}
		s.now = next.at
		next.call()
		if done != nil && done() {
			return true
		}
	}
	if until.After(s.now) {
		s.now = until
	}
	return false
}

// Rand is the stream of random numbers of one purpose. Each purpose has its own, so that a draw added in one place
// leaves every other history as it was.
func (s *Sim) Rand(purpose string) *rand.Rand {
	stream, ok := s.streams[purpose]
	if !ok {
		h := fnv.New64a()
		_, _ = h.Write([]byte(purpose)) // a hash never returns an error
		stream = rand.New(rand.NewPCG(s.seed, h.Sum64()))
		s.streams[purpose] = stream
	}
	return stream
}

// Between draws a duration from [low, high] in the purpose's stream, in whole milliseconds.
func (s *Sim) Between(purpose string, low, high time.Duration) time.Duration {
	if high <= low {
		return low
	}
	steps := int64((high - low) / time.Millisecond)
	return low + time.Duration(s.Rand(purpose).Int64N(steps+1))*time.Millisecond
}

type event struct {
	at       time.Time
	sequence uint64
	call     func()
}

type queue []*event

func (q queue) Len() int { return len(q) }
func (q queue) Less(i, j int) bool {
	if q[i].at.Equal(q[j].at) {
		return q[i].sequence < q[j].sequence
	}
	return q[i].at.Before(q[j].at)
}
func (q queue) Swap(i, j int) { q[i], q[j] = q[j], q[i] }
func (q *queue) Push(x any)   { *q = append(*q, x.(*event)) }
func (q *queue) Pop() any {
	old := *q
	last := old[len(old)-1]
	old[len(old)-1] = nil
	*q = old[:len(old)-1]
	return last
}
