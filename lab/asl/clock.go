package asl

import (
	"container/heap"
	"time"
)

// Clock is the virtual clock of a run: one thread, callbacks run one after the other, those of the
// same instant in the order in which they were asked for.
type Clock interface {
	Now() time.Time
	// After calls f after d; cancel keeps a call that has not happened from happening.
	After(d time.Duration, f func()) (cancel func())
}

// SimulatedClock is a Clock that jumps from one callback to the next.
type SimulatedClock struct {
	now   time.Time
	order int64
	queue alarms
}

// NewClock makes a clock that stands at start.
func NewClock(start time.Time) *SimulatedClock { return &SimulatedClock{now: start.UTC()} }

// Now implements Clock.
func (c *SimulatedClock) Now() time.Time { return c.now }

// After implements Clock.
func (c *SimulatedClock) After(d time.Duration, f func()) func() {
	c.order++
	a := &alarm{at: c.now.Add(max(0, d)), order: c.order, call: f}
	heap.Push(&c.queue, a)
	return func() { a.call = nil }
}

// Run makes calls until none is left.
func (c *SimulatedClock) Run() {
	for c.queue.Len() > 0 {
		c.step()
	}
}

// RunUntil makes the calls up to an instant and leaves the clock there.
func (c *SimulatedClock) RunUntil(t time.Time) {
	for c.queue.Len() > 0 && !c.queue[0].at.After(t) {
		c.step()
	}
	if t.After(c.now) {
		c.now = t
	}
}

func (c *SimulatedClock) step() {
	a := heap.Pop(&c.queue).(*alarm)
	if a.call == nil {
		return // cancelled: time does not pass for it
	}
	c.now = a.at
	a.call()
}

type alarm struct {
	at    time.Time
	order int64
	call  func()
}

type alarms []*alarm

func (q alarms) Len() int { return len(q) }
func (q alarms) Less(i, j int) bool {
	return q[i].at.Before(q[j].at) || q[i].at.Equal(q[j].at) && q[i].order < q[j].order
}
func (q alarms) Swap(i, j int) { q[i], q[j] = q[j], q[i] }
func (q *alarms) Push(x any)   { *q = append(*q, x.(*alarm)) }
func (q *alarms) Pop() any {
	old := *q
	a := old[len(old)-1]
	old[len(old)-1] = nil
	*q = old[:len(old)-1]
	return a
}
