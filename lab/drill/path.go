package drill

import (
	"time"

	"github.com/acso/disaster-recovery/internal/environment"
	"github.com/acso/disaster-recovery/lab/cloud"
	"github.com/acso/disaster-recovery/lab/cloud/stepfunctions"
)

// milestones are the moments of a recovery that the lab saw with its own eyes, to the second.
type milestones struct {
	drainCalled               time.Time // the first service of the old primary was changed
	promoteCalled, writable   time.Time
	dataCalled, dataWritable  time.Time
	scaleCalled, tasksHealthy time.Time
	lastServed                time.Time // the primary served its clients
	servedUntilChange         bool      // and did so when the first thing was changed
	moved                     time.Time // the name servers give the recovery region
	firstRouted               time.Time // a client was sent to the recovery region
	validated                 time.Time // the machine had validated it
	early                     bool      // and its database took no writes at that moment
	backAgain                 int       // requests to the old primary after the move and the longest time to live
}

// lookInterval is how often the lab looks.
const lookInterval = time.Second

func first(t *time.Time, now time.Time) {
	if t.IsZero() {
		*t = now
	}
}

// watch looks once a second at what the recovery is made of.
func (r *run) watch() {
	e, w, seen := r.env, r.world, &r.observed.milestones
	primary, recovery := r.active(), r.standby()
	standby := e.RegionalName(recovery)
	files := w.EFS.Find(recovery, e.FileSystem(recovery))
	var wanted []serviceSize
	for _, s := range e.Services {
		if s.Tier == environment.Critical {
			wanted = append(wanted, serviceSize{e.Service(recovery, s.Name), s.Desired})
		}
	}
	w.Sim.Every(lookInterval, lookInterval, func() {
		now := w.Sim.Now()
		if w.ServesClients(primary) {
			seen.lastServed = now
		}
		if seen.writable.IsZero() && !seen.promoteCalled.IsZero() && w.RDS.Writable(recovery, w.RDS.Instance(recovery, e.DatabaseIn(recovery))) {
			seen.writable = now
		}
		if seen.dataWritable.IsZero() && !seen.dataCalled.IsZero() && w.EFS.Writable(files) {
			seen.dataWritable = now
		}
		if seen.tasksHealthy.IsZero() && !seen.scaleCalled.IsZero() && r.allHealthy(wanted) {
			seen.tasksHealthy = now
		}
		if seen.moved.IsZero() && w.DNS.Answer(e.Domain.Name) == standby {
			seen.moved = now
			r.say("dns", recovery, "the name servers send clients here")
		}
	})
	w.Cloud.Observe(func(c cloud.Record) {
		if c.Effect && c.To == primary && (c.Operation == "ECS.UpdateService" || c.Operation == "Application Auto Scaling.RegisterScalableTarget") {
			first(&seen.drainCalled, c.At)
		}
		if !c.Effect || c.To != recovery {
			return
		}
		switch c.Operation {
		case "RDS.PromoteReadReplica":
			first(&seen.promoteCalled, c.At)
		case "EFS.DeleteReplicationConfiguration":
			first(&seen.dataCalled, c.At)
		case "ECS.UpdateService", "Application Auto Scaling.RegisterScalableTarget":
			first(&seen.scaleCalled, c.At)
		}
	})
	longest := e.Domain.TTL.Std() + 5*time.Second
	w.Traffic.OnRoute = func(at time.Time, _ int32, region string, _ bool) {
		switch {
		case region == recovery && seen.firstRouted.IsZero():
			seen.firstRouted = at
			seen.early = !w.ECS.Serves(recovery)
		case region == primary && !seen.moved.IsZero() && at.Sub(seen.moved) > longest:
			seen.backAgain++
		}
	}
}

type serviceSize struct {
	name  string
	tasks int
}

func (r *run) allHealthy(wanted []serviceSize) bool {
	for _, s := range wanted {
		if r.world.ECS.Workload(r.standby(), s.name).Healthy() < s.tasks {
			return false
		}
	}
	return true
}

// criticalPath is the shortest time in which this run could have recovered, from its own durations. It begins where clients
// began to wait, which a planned move lets them do only when it drains. It is nil when no such moment is known, or when
// clients were served again before they were moved: by the old primary, which no path of ours made faster.
func (r *run) criticalPath(result *Result) *CriticalPath {
	x, seen := r.recovery(), r.observed.milestones
	if r.broken.IsZero() || seen.moved.IsZero() || seen.writable.IsZero() {
		return nil
	}
	outage := r.world.Traffic.Outage().Longest
	if outage.To.Before(seen.moved) {
		return nil
	}
	waited := func(begin, end time.Time) float64 { return overlap(outage.From, begin, end) }
	p := &CriticalPath{
		Detection:    waited(r.broken, x.StartedAt()),
		Confirmation: waited(x.StartedAt(), entered(x, "CheckReplica")),
		Waiting:      waited(entered(x, "CheckReplica"), entered(x, "FencePrimary")),
		Promotion:    waited(seen.promoteCalled, seen.writable),
		FileSystem:   waited(seen.dataCalled, seen.dataWritable),
		TaskStart:    waited(seen.scaleCalled, seen.tasksHealthy),
		Switch:       waited(entered(x, "FlipDns"), seen.moved),
		TTL:          r.env.Domain.TTL.Std().Seconds(),
		Validation:   (visit(x, "ValidateStandby") + visit(x, "ValidatePublic")).Seconds(),
	}
	if p.Waiting < decided {
		p.Waiting = 0 // nobody was waited for: that is orchestration
	}
	before := p.Detection + p.Confirmation + p.Waiting + max(p.Promotion, p.FileSystem, p.TaskStart) + p.Switch
	p.Total = before + p.TTL + p.Validation
	p.Overhead = seen.moved.Sub(outage.From).Seconds() - before - visit(x, "ValidateStandby").Seconds()
	if result.RTO.ClientSeconds != nil {
		p.Ratio = *result.RTO.ClientSeconds / p.Total
	}
	return p
}

// decided is how long the checks before the point of no return take at most when nothing has to be waited for, in seconds.
const decided = 15

// overlap is how much of the time between two moments lies behind a third, in seconds; 0 when one of them never came.
func overlap(since, begin, end time.Time) float64 {
	if begin.IsZero() || end.IsZero() {
		return 0
	}
	if begin.Before(since) {
		begin = since
	}
	return max(0, end.Sub(begin).Seconds())
}

// entered is when an execution first entered a state, or zero.
func entered(x *stepfunctions.Execution, state string) time.Time {
	for _, v := range x.StateVisits() {
		if v.Name == state {
			return v.Entered
		}
	}
	return time.Time{}
}

// visit is how long the last visit of a state took: the one that was answered as hoped.
func visit(x *stepfunctions.Execution, state string) (length time.Duration) {
	for _, v := range x.StateVisits() {
		if v.Name == state && !v.Exited.IsZero() {
			length = v.Exited.Sub(v.Entered)
		}
	}
	return length
}
