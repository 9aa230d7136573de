// Package traffic is the people who use the system: a few clients that resolve the public name through their own caches
// once a second, write a numbered row through the services of the region they are sent to, and read it back.
//
// What they saw is the measure of outage and loss. It refuses to know anything that a client could not see: no alarms,
// no incident, no status of any service.
package traffic

import (
	"errors"
	"time"

	"github.com/acso/disaster-recovery/lab/cloud"
	"github.com/acso/disaster-recovery/lab/cloud/ecs"
	"github.com/acso/disaster-recovery/lab/cloud/rds"
	"github.com/acso/disaster-recovery/lab/cloud/route53"
	"github.com/acso/disaster-recovery/lab/sim"
)

// Default is how many clients there are when nobody says.
const Default = 5

// phases is the span over which the clients' caches expire: the longest TTL that an environment may have.
const phases = 60 * time.Second

// Ack is a write that was acknowledged to a client.
type Ack struct {
	Receipt rds.Receipt
	At      time.Time
	Number  int64
	Region  string // that took it
	Client  int32
}

// ack is an Ack without pointers: there are many, and the collector does not look into them.
type ack struct {
	at, committed, number int64 // times in unix nanoseconds
	writer, client        int32
}

const chunk = 4096

func (t *Traffic) keep(a ack) {
	if n := len(t.acks); n == 0 || len(t.acks[n-1]) == chunk {
		t.acks = append(t.acks, make([]ack, 0, chunk))
	}
	last := &t.acks[len(t.acks)-1]
	*last = append(*last, a)
}

func (t *Traffic) open(a *ack) Ack {
	w := &t.writers[a.writer]
	return Ack{rds.Receipt{Timeline: w.timeline, At: time.Unix(0, a.committed).UTC()}, time.Unix(0, a.at).UTC(), a.number, w.region, a.client}
}

// Failure is how often something went wrong for a client.
type Failure struct {
	Err   error
	Count int
}

// Traffic is the clients and what they saw.
type Traffic struct {
	// OnRoute, if set, is called for every client and second with the region that the client was sent to and whether its
	// write was acknowledged there.
	OnRoute func(at time.Time, client int32, region string, acknowledged bool)

	sim       *sim.Sim
	services  *ecs.Service
	databases *rds.Service
	name      string
	clients   []client
	acks      [][]ack // in chunks, in the order of time: a long run never copies them
	writers   []writer
	failures  []Failure
	stop      func()
	began     time.Time
}

type client struct {
	cache   *route53.Cache
	number  int64
	failing bool
	since   time.Time // of the first failure
	outages []Interval
}

// writer is a database timeline that acknowledged writes.
type writer struct {
	timeline    *rds.Timeline
	region      string
	first, last time.Time
}

// The ways in which a client fails before or after the services; the others are those of packages ecs and rds.
var (
	ErrName  = errors.New("the public name does not resolve to a region")
	ErrStale = errors.New("the row was acknowledged and could not be read back")
)

// Start has n clients work from now on, until Stop.
func Start(s *sim.Sim, dns *route53.Service, services *ecs.Service, databases *rds.Service, name string, n int) *Traffic {
	t := &Traffic{sim: s, services: services, databases: databases, name: name, clients: make([]client, n), began: s.Now()}
	for i := range t.clients {
		c := &t.clients[i]
		c.cache = dns.NewCache()
		c.cache.CNAME(name)
		c.cache.Age(phases * time.Duration(i) / time.Duration(n))
	}
	t.stop = s.Every(time.Second, time.Second, t.second)
	return t
}

// Stop ends the clients. What they saw stays.
func (t *Traffic) Stop() { t.stop() }

func (t *Traffic) second() {
	now := t.sim.Now()
	for i := range t.clients {
		c := &t.clients[i]
		region, err := t.once(c, int32(i), now)
		if t.OnRoute != nil && region != "" {
			t.OnRoute(now, int32(i), region, err == nil || errors.Is(err, ErrStale))
		}
		switch {
		case err != nil:
			t.failed(err)
			if !c.failing {
				c.failing, c.since = true, now
			}
		case c.failing:
			c.failing = false
			c.outages = append(c.outages, Interval{c.since, now})
		}
	}
}

func (t *Traffic) once(c *client, id int32, now time.Time) (region string, err error) {
	target, ok := c.cache.CNAME(t.name)
	if !ok {
		return "", ErrName
	}
	if region, ok = t.services.RegionOf(cloud.Clients, target); !ok {
		return "", ErrName
	}
	c.number++
	receipt, instance, err := t.services.Write(cloud.Clients, region, id, c.number)
	if err != nil {
		return region, err
	}
	t.keep(ack{now.UnixNano(), receipt.At.UnixNano(), c.number, t.acknowledged(receipt.Timeline, region, now), id})
	if back, err := t.databases.Read(region, instance, id); err != nil || back != c.number {
		return region, ErrStale
	}
	return region, nil
}

func (t *Traffic) acknowledged(timeline *rds.Timeline, region string, now time.Time) int32 {
	for i := len(t.writers) - 1; i >= 0; i-- {
		if w := &t.writers[i]; w.timeline == timeline {
			w.last = now
			return int32(i)
		}
	}
	t.writers = append(t.writers, writer{timeline, region, now, now})
	return int32(len(t.writers) - 1)
}

func (t *Traffic) failed(err error) {
	for i := range t.failures {
		if errors.Is(err, t.failures[i].Err) {
			t.failures[i].Count++
			return
		}
	}
	t.failures = append(t.failures, Failure{err, 1})
}
