package drill

import (
	"slices"
	"strings"
	"time"

	"github.com/acso/disaster-recovery/internal/retention"
)

// away is when the primary region was not active: from its death to the end of the failover, and to that of the failback's
// switchover. The zero times when one of them did not end as recovered.
func (r *run) away() (dead, there, back time.Time) {
	for _, x := range r.world.States.Executions() {
		if x.Machine != r.env.MachineName("failover") || outcomeOf(x) != Recovered {
			continue
		}
		if x.Region == r.env.Regions.Recovery {
			there = x.StoppedAt()
		} else {
			back = x.StoppedAt()
		}
	}
	return r.broken, there, back
}

// slotsThereAndBack: every quarter of an hour has its point of application data, taken in whichever region was active, but for
// those in which none was: the RPO clock stops for nobody.
func (r *run) slotsThereAndBack() Invariant {
	const name = "no slot is missed but those of the outage"
	const quarter = 15 * time.Minute
	dead, there, back := r.away()
	if there.IsZero() || back.IsZero() {
		return verdict(name, false, "it did not go there and back")
	}
	filled := map[time.Time]bool{}
	for _, region := range r.world.Cloud.Regions() {
		points, err := r.points(region, retention.ApplicationData)
		if err != nil {
			return verdict(name, false, "%v", err)
		}
		for _, p := range points {
			filled[p.taken.Truncate(quarter)] = true
		}
	}
	slots, missed := 0, 0
	for slot := dead.Add(-2 * warmUp).Truncate(quarter).Add(quarter); slot.Add(5 * time.Minute).Before(r.world.Sim.Now()); slot = slot.Add(quarter) {
		slots++
		// A schedule fires within the minute of its slot, and what follows the role looks once a minute.
		outage := slot.Add(time.Minute).After(dead) && slot.Before(there.Add(2*time.Minute))
		switch {
		case filled[slot]:
		case outage:
			missed++
		default:
			return verdict(name, false, "the slot of %s has no point; the outage was from %s to %s", slot.Format(time.TimeOnly), stamp(dead), stamp(there))
		}
	}
	return verdict(name, slots > 12 && back.After(there), "%d slots, of which %d were in the outage; away from %s to %s", slots, missed, stamp(there), stamp(back))
}

// silentWhileAway: no alarm pages anybody from a region that is not active. What an alarm does is judged where it arrives.
func (r *run) silentWhileAway() Invariant {
	const name = "nobody is paged for the region that is not active"
	dead, _, back := r.away()
	end := r.world.Sim.Now()
	paged := 0
	for _, span := range []struct {
		region   string
		from, to time.Time
	}{{r.env.Regions.Primary, dead, back}, {r.env.Regions.Recovery, back.Add(2 * time.Minute), end}} {
		for _, topic := range r.env.Topics() {
			for _, m := range r.world.SNS.Messages(span.region, topic) {
				alarm := strings.Contains(m.Subject, "ALARM")
				if alarm && m.At.After(span.from) && m.At.Before(span.to) {
					return verdict(name, false, "%s in %s was told at %s: %s", topic, span.region, stamp(m.At), m.Subject)
				}
				if alarm {
					paged++
				}
			}
		}
	}
	raised := slices.ContainsFunc(r.timeline, func(e Event) bool { return e.Kind == "alarm" && strings.Contains(e.Text, "to ALARM") })
	return verdict(name, raised, "%s from where the system was active; alarms were raised meanwhile", counted(paged, "page"))
}
