package drill

import (
	"encoding/json"
	"strings"
	"time"

	"github.com/acso/disaster-recovery/lab/asl"
	"github.com/acso/disaster-recovery/lab/cloud"
	"github.com/acso/disaster-recovery/lab/cloud/stepfunctions"
)

// passage is what the lab sees of the failovers in a run that judges another machine: out, and back again.
type passage struct {
	validated map[string]time.Time // by region: a failover into it had validated it, the last time
	left      map[string]time.Time // by region: the name servers stopped giving it, the last time
	answer    string               // the region that the name servers give now
	needless  []string             // promotions while the other region served its clients, and nobody had approved
	astray    string               // the first client who was sent to a region that was not validated, or that was left
}

// watchLoop looks at every failover, in either direction.
func (r *run) watchLoop() {
	l, w, e := &r.passage, r.world, r.env
	l.validated, l.left, l.answer = map[string]time.Time{}, map[string]time.Time{}, r.active()
	w.States.OnEvent(func(x *stepfunctions.Execution, event asl.Event) {
		if x.Machine == e.MachineName("failover") && strings.HasSuffix(event.Type, "StateEntered") && event.State() == "ChooseFlip" {
			l.validated[x.Region] = w.Sim.Now()
		}
	})
	w.Cloud.Observe(func(c cloud.Record) {
		if c.Effect && c.Operation == "RDS.PromoteReadReplica" && w.ServesClients(e.Pair(c.To)) && !w.Approved() {
			l.needless = append(l.needless, "promoted in "+c.To+" at "+stamp(c.At)+" while "+e.Pair(c.To)+" served")
		}
	})
	look := func() {
		for _, region := range w.Cloud.Regions() {
			if region != l.answer && w.DNS.Answer(e.Domain.Name) == e.RegionalName(region) {
				l.left[l.answer], l.answer = w.Sim.Now(), region
			}
		}
	}
	w.Sim.Every(lookInterval, lookInterval, look)
	longest := e.Domain.TTL.Std() + 5*time.Second
	before := w.Traffic.OnRoute
	w.Traffic.OnRoute = func(at time.Time, client int32, region string, acknowledged bool) {
		before(at, client, region, acknowledged)
		if region != l.answer {
			look() // the name servers may have moved since the last look
		}
		if region == l.answer && l.left[region].IsZero() && region == r.active() || l.astray != "" {
			return // where all of them were from the beginning
		}
		left, seen := l.left[region], l.validated[region]
		switch {
		case region != l.answer && at.Sub(left) > longest:
			l.astray = "a client was sent to " + region + " at " + stamp(at) + ", which the name servers had left at " + stamp(left)
		case region == l.answer && seen.IsZero(), region == l.answer && seen.Before(left):
			l.astray = "a client was sent to " + region + " at " + stamp(at) + ", which no failover had validated"
		}
	}
}

// loopHolds is what must hold of every failover in the way out and back.
func (r *run) loopHolds() []Invariant {
	l := &r.passage
	return []Invariant{
		verdict("no promotion of a healthy system without approval", len(l.needless) == 0, "%s; %s", counted(len(r.observed.promotions), "promotion"), orNone(strings.Join(l.needless, "; "))),
		verdict("traffic only to a validated region", l.astray == "", "%s", orNone(l.astray)),
		r.lossCovered(),
	}
}

// lossCovered: what the first failover reported as lost is no less than what clients lost by it.
func (r *run) lossCovered() Invariant {
	const name = "reported loss covers the real loss"
	live := r.activeDatabase()
	if len(r.observed.promotions) == 0 || live == nil {
		return verdict(name, true, "nothing was promoted")
	}
	real := r.world.Traffic.LossUntil(live, r.observed.promotions[0].at)
	for _, x := range r.world.States.Executions() {
		if x.Machine != r.env.MachineName("failover") || outcomeOf(x) != Recovered || x.Region != r.env.Regions.Recovery {
			continue
		}
		var reported struct {
			LossBoundSeconds *float64 `json:"lossBoundSeconds"`
		}
		if json.Unmarshal(x.Output(), &reported) != nil || reported.LossBoundSeconds == nil {
			return Invariant{Name: name, Result: Unknown, Detail: "the failover reported no loss"}
		}
		return verdict(name, *reported.LossBoundSeconds >= real.Span.Seconds(), "reported at most %.0f s, clients lost %.0f s in %s", *reported.LossBoundSeconds, real.Span.Seconds(), counted(real.Rows, "write"))
	}
	return verdict(name, true, "no failover reported to have recovered")
}
