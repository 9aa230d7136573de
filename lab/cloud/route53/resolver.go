package route53

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/acso/disaster-recovery/internal/platform"
	"github.com/acso/disaster-recovery/lab/sim"
)

// Latency of one question to a name server. A guess.
const questionLow, questionHigh = 5 * time.Millisecond, 30 * time.Millisecond

// Resolver asks the zone's name servers directly, from a region.
func (s *Service) Resolver(from string) platform.Resolver { return resolver{s, from} }

type resolver struct {
	s    *Service
	from string
}

// CNAME is the present target of the name's record.
func (r resolver) CNAME(ctx context.Context, name string) (string, error) {
	value, err := r.ask(ctx, name, "CNAME")
	return plain(value), err
}

// TXT is the present text of the name's record, without its quotes.
func (r resolver) TXT(ctx context.Context, name string) (string, error) {
	value, err := r.ask(ctx, name, "TXT")
	return strings.Trim(value, `"`), err
}

func (r resolver) ask(ctx context.Context, name, kind string) (string, error) {
	sim.Sleep(ctx, r.s.sim.Between("dns", questionLow, questionHigh))
	if !r.s.cloud.Alive(r.from) {
		sim.Die(ctx)
	}
	if err := context.Cause(ctx); err != nil {
		return "", fmt.Errorf("ask for %s %s: %w", kind, name, err)
	}
	value, _, ok := r.s.answer(plain(name), kind)
	if !ok {
		return "", fmt.Errorf("ask for %s %s: NXDOMAIN", kind, name)
	}
	return value, nil
}

// Cache is a resolver that keeps CNAME answers for their TTL, as a client's or a VPC's does. It takes no virtual time.
type Cache struct {
	s       *Service
	entries []entry
}

type entry struct {
	name, target string
	found        bool
	expires      time.Time
}

// negative is how long a missing name is remembered. A guess; the zone's SOA says 900 s by default, which nobody here waits for.
const negative = 60 * time.Second

// NewCache makes an empty cache: each client has its own.
func (s *Service) NewCache() *Cache { return &Cache{s: s} }

// CNAME is the target of a name as far as this cache knows. The name is written without the trailing dot, in lower case.
func (c *Cache) CNAME(name string) (target string, ok bool) {
	now := c.s.sim.Now()
	for i := range c.entries {
		if e := &c.entries[i]; e.name == name {
			if !now.Before(e.expires) {
				c.fill(e, now)
			}
			return e.target, e.found
		}
	}
	c.entries = append(c.entries, entry{name: name})
	e := &c.entries[len(c.entries)-1]
	c.fill(e, now)
	return e.target, e.found
}

func (c *Cache) fill(e *entry, now time.Time) {
	value, ttl, ok := c.s.answer(e.name, "CNAME")
	if !ok {
		ttl = negative
	}
	e.target, e.found, e.expires = plain(value), ok, now.Add(ttl)
}

// Age lets what the cache holds expire d earlier, so that clients do not all ask at the same moment.
func (c *Cache) Age(d time.Duration) {
	for i := range c.entries {
		c.entries[i].expires = c.entries[i].expires.Add(-d)
	}
}

// CNAME is the target of a name as something in a place sees it: through the resolver that the place shares.
func (s *Service) CNAME(from, name string) (target string, ok bool) {
	cache := s.caches[from]
	if cache == nil {
		cache = s.NewCache()
		s.caches[from] = cache
	}
	return cache.CNAME(name)
}
