package traffic

import (
	"slices"
	"time"

	"github.com/acso/disaster-recovery/lab/cloud/rds"
)

// Interval is a span of virtual time.
type Interval struct{ From, To time.Time }

// Length is how long it lasts.
func (i Interval) Length() time.Duration { return i.To.Sub(i.From) }

// Outage is what clients saw of outages: from a client's first failure to its first success afterwards, or to now when
// there is none yet.
type Outage struct {
	Longest Interval      // of one client
	Total   time.Duration // during which at least one client failed
	Any     []Interval    // those times, merged
	Ongoing bool          // some client still fails
}

// Outage sums up what the clients saw up to now.
func (t *Traffic) Outage() Outage {
	var all []Interval
	var o Outage
	for i := range t.clients {
		c := &t.clients[i]
		all = append(all, c.outages...)
		if c.failing {
			o.Ongoing = true
			all = append(all, Interval{c.since, t.sim.Now()})
		}
	}
	slices.SortStableFunc(all, func(a, b Interval) int { return a.From.Compare(b.From) })
	for _, i := range all {
		if i.Length() > o.Longest.Length() {
			o.Longest = i
		}
		if n := len(o.Any); n > 0 && !i.From.After(o.Any[n-1].To) {
			if i.To.After(o.Any[n-1].To) {
				o.Any[n-1].To = i.To
			}
			continue
		}
		o.Any = append(o.Any, i)
	}
	for _, i := range o.Any {
		o.Total += i.Length()
	}
	return o
}

// Loss is what clients lost: writes that were acknowledged to them and that the surviving database does not hold.
type Loss struct {
	Rows int
	// Span is from the newest acknowledged write that survived and was made before the first lost one, to the newest lost
	// one: the stretch of acknowledged work that is gone. It is zero when nothing was lost, and counts from the first lost
	// write when nothing before it survived.
	Span        time.Duration
	First, Last time.Time // acknowledgements of the first and the newest lost write
}

// Loss compares all acknowledged writes with what the surviving database holds now.
func (t *Traffic) Loss(survivor *rds.Instance) Loss { return t.LossUntil(survivor, t.sim.Now()) }

// LossUntil does so with the writes acknowledged until a moment, for example that of the promotion; what the old side
// took later is in Elsewhere.
func (t *Traffic) LossUntil(survivor *rds.Instance, until time.Time) Loss {
	var l Loss
	var before time.Time
	for a := range t.each {
		if a.At.After(until) {
			break // they are in the order of time
		}
		if t.databases.Holds(survivor, a.Receipt) {
			if l.Rows == 0 {
				before = a.At
			}
			continue
		}
		if l.Rows++; l.Rows == 1 {
			l.First = a.At
		}
		l.Last = a.At
	}
	if l.Rows == 0 {
		return l
	}
	if before.IsZero() {
		before = l.First
	}
	l.Span = l.Last.Sub(before)
	return l
}

// Elsewhere lists the writes that were acknowledged after a moment by another database than the survivor's.
func (t *Traffic) Elsewhere(survivor *rds.Instance, after time.Time) []Ack {
	var out []Ack
	for a := range t.each {
		if a.At.After(after) && !t.databases.Holds(survivor, a.Receipt) {
			out = append(out, a)
		}
	}
	return out
}

// Dual is a time in which two databases acknowledged writes of clients that use the public name.
type Dual struct {
	Interval
	Regions   [2]string
	Timelines [2]string
}

// DualWriters lists them: none is what a failover owes its clients.
func (t *Traffic) DualWriters() []Dual {
	var out []Dual
	for i, a := range t.writers {
		for _, b := range t.writers[i+1:] {
			from, to := a.first, a.last
			if b.first.After(from) {
				from = b.first
			}
			if b.last.Before(to) {
				to = b.last
			}
			if !to.Before(from) {
				out = append(out, Dual{Interval{from, to}, [2]string{a.region, b.region}, [2]string{a.timeline.ID, b.timeline.ID}})
			}
		}
	}
	return out
}

// Acks are all acknowledged writes in the order of time.
func (t *Traffic) Acks() []Ack { return slices.Collect(t.each) }

func (t *Traffic) each(yield func(Ack) bool) {
	for _, part := range t.acks {
		for i := range part {
			if !yield(t.open(&part[i])) {
				return
			}
		}
	}
}

// Failures are the causes of failed attempts in the order of their first appearance.
func (t *Traffic) Failures() []Failure { return slices.Clone(t.failures) }

// LastAck is the newest acknowledged write that a region took, or zero.
func (t *Traffic) LastAck(region string) time.Time {
	var last time.Time
	for _, w := range t.writers {
		if w.region == region && w.last.After(last) {
			last = w.last
		}
	}
	return last
}
