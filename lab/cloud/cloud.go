// Package cloud is the seam between the AWS SDK and the lab: every call of every client that was made from Config is
// answered here, on virtual time, with permissions, reachability and faults applied.
//
// It knows no service. The folders below it register the operations that they model; a call of any other operation
// fails loudly, because an answer that AWS would not give is worse than none. Nothing ever reaches the network.
package cloud

import (
	"fmt"
	"reflect"
	"sort"
	"time"

	"github.com/acso/disaster-recovery/internal/grant"
	"github.com/acso/disaster-recovery/lab/sim"
)

// Cloud is the account: its regions, who can reach whom, what is broken, and what was called.
type Cloud struct {
	Sim     *sim.Sim
	Account string

	operations map[string]*operation
	regions    map[string]*region
	cuts       map[[2]string]bool
	faults     []*activeFault
	observers  []func(Record)
	changes    []func()
	calls      int
	mutations  int
	stale      map[string]any
	unions     map[string]map[string]reflect.Type // by the name of the union and, in small letters, of the member
}

type region struct {
	alive   bool
	skew    time.Duration
	waiting []func()
}

// Clients and Checkers are the places outside of the regions from which regions are reached.
const (
	Clients  = "clients"  // the people who use the public name
	Checkers = "checkers" // Route 53's health checkers
)

// New makes an account with the regions, all alive and reachable.
func New(s *sim.Sim, account string, regions ...string) *Cloud {
	c := &Cloud{
		Sim: s, Account: account,
		operations: map[string]*operation{}, regions: map[string]*region{}, cuts: map[[2]string]bool{}, stale: map[string]any{},
	}
	for _, name := range regions {
		c.regions[name] = &region{alive: true}
	}
	return c
}

// Regions are the names of the regions, sorted.
func (c *Cloud) Regions() []string {
	names := make([]string, 0, len(c.regions))
	for name := range c.regions {
		names = append(names, name)
	}
	sort.Strings(names)
	return names
}

// Kill makes a region dead: nothing in it runs and nobody reaches it. What it has stored stays.
func (c *Cloud) Kill(name string) {
	c.changing()
	c.regions[name].alive = false
}

// Revive brings a region back as it was. What waited for it goes on in later events, in the order in which it came.
func (c *Cloud) Revive(name string) {
	c.changing()
	r := c.regions[name]
	r.alive = true
	for _, f := range r.waiting {
		c.Sim.After(0, f)
	}
	r.waiting = nil
}

// WhenAlive calls f now if the region is alive, and otherwise when it comes back.
func (c *Cloud) WhenAlive(name string, f func()) {
	if r := c.regions[name]; !r.alive {
		r.waiting = append(r.waiting, f)
		return
	}
	f()
}

// Alive tells whether a region is alive: services in it may only act while it is.
func (c *Cloud) Alive(name string) bool { return c.regions[name] != nil && c.regions[name].alive }

// Cut makes to unreachable from from, in that direction only. Each is a region, Clients or Checkers.
func (c *Cloud) Cut(from, to string) {
	c.changing()
	c.cuts[[2]string{from, to}] = true
}

// Heal undoes Cut.
func (c *Cloud) Heal(from, to string) {
	c.changing()
	delete(c.cuts, [2]string{from, to})
}

// BeforeChange has f called just before a region dies or returns, or a way between places is cut or healed. What goes on
// continuously (replication) settles its account up to that moment there, instead of taking an event for every step.
func (c *Cloud) BeforeChange(f func()) { c.changes = append(c.changes, f) }

func (c *Cloud) changing() {
	for _, f := range c.changes {
		f()
	}
}

// Reachable tells whether something at from gets through to something in the region to.
func (c *Cloud) Reachable(from, to string) bool {
	if c.dead(from) {
		return false
	}
	return c.Alive(to) && !c.cuts[[2]string{from, to}]
}

// dead tells whether a place is a region that is dead; places outside of the regions never are.
func (c *Cloud) dead(place string) bool {
	r, ok := c.regions[place]
	return ok && !r.alive
}

// Skew makes the clocks of the functions of a region wrong by d. AWS's own clocks stay right.
func (c *Cloud) Skew(name string, d time.Duration) { c.regions[name].skew = d }

// SkewOf is how wrong the clocks of the functions of a region are.
func (c *Cloud) SkewOf(name string) time.Duration { return c.regions[name].skew }

// ARN is an ARN in this account.
func (c *Cloud) ARN(service, region, resource string) string {
	return fmt.Sprintf("arn:aws:%s:%s:%s:%s", service, region, c.Account, resource)
}

// Calls is the number of attempts that reached the cloud, and Mutations how many of them could change something.
func (c *Cloud) Calls() int { return c.calls }

// Mutations is how many attempts reached an operation that changes something.
func (c *Cloud) Mutations() int { return c.mutations }

// Record is what an observer sees of one attempt after it ended.
type Record struct {
	At        time.Time
	Caller    string // function, machine or scenario
	From, To  string // regions of the caller and of the endpoint
	Operation string // RDS.PromoteReadReplica
	Mutating  bool
	Actions   []grant.Action
	Effect    bool  // the service did what was asked, whatever the caller heard of it
	Err       error // what the caller heard; nil as well when it died in the call
}

// Observe has f called after every attempt.
func (c *Cloud) Observe(f func(Record)) { c.observers = append(c.observers, f) }

// Note tells the observers of an attempt that did not come through the SDK, such as a login to a database.
func (c *Cloud) Note(r Record) {
	r.At = c.Sim.Now()
	for _, f := range c.observers {
		f(r)
	}
}
