package drill

import (
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/acso/disaster-recovery/lab/asl"
	"github.com/acso/disaster-recovery/lab/cloud"
	"github.com/acso/disaster-recovery/lab/cloud/stepfunctions"
)

// RestorePath is what a restore's time went into, in seconds, as the lab saw it by looking once a second. A restore has
// stages that cannot begin before the one in front of them is done; in each the longest of what was under way in the world is
// what the stage takes at best. Doing one thing after the other that could be done at once is thus seen, and so is waiting
// for nothing.
type RestorePath struct {
	Seconds          float64 `json:"seconds"`          // from the answer of the person, or the start without one, to the end
	ObjectiveSeconds float64 `json:"objectiveSeconds"` // of the environment, for this procedure
	Legs             []Leg   `json:"legs"`             // the longest of each stage
	Total            float64 `json:"total"`            // of the legs: the critical path
	Overhead         float64 `json:"overhead"`         // what the orchestration added
	Ratio            float64 `json:"ratio"`            // seconds / total
}

// Leg is a stretch of a path.
type Leg struct {
	Name    string  `json:"name"`
	Seconds float64 `json:"seconds"`
}

// tick is what was under way at one look.
type tick struct {
	at, synced time.Time // synced: when the file system's replication was last complete
	doing      []string
}

// stages are the states with which a new stage begins.
var stages = map[string][]string{
	restoreMachine: {"TakeSafety", "StopServices", "RestoreParts", "KeepOld", "PutInPlace", "StartCritical", "RebuildParts"},
	rebuildMachine: {"DeployInfrastructure", "RestoreEverything", "StartServices", "ActivateRegion"},
}

// worker tells whether a function moves the bytes of a restore.
func worker(function string) bool {
	return slices.Contains([]string{"restoredata", "restoreconfig", "backupdata", "backupconfig", "verifychecksums", "planverification", "comparefiles"}, function)
}

// watchRestore looks at what a restore waits for.
func (r *run) watchRestore() {
	var worked time.Time
	r.world.Cloud.Observe(func(c cloud.Record) {
		if worker(c.Caller) {
			worked = c.At
		}
	})
	r.world.Sim.Every(lookInterval, lookInterval, func() {
		if !r.running() {
			return
		}
		t := tick{at: r.world.Sim.Now(), doing: r.underWay()}
		if t.at.Sub(worked) <= 2*lookInterval {
			t.doing = append(t.doing, "read, verify and write recovery points")
		}
		if f := r.world.EFS.Find(r.where(), r.env.FileSystem(r.where())); f != nil {
			if replication := r.world.EFS.Of(f); replication != nil && replication.Source == f {
				t.synced = replication.LastSync
			}
		}
		r.ticks = append(r.ticks, t)
	})
}

// running tells whether the judged machine runs.
func (r *run) running() bool {
	return slices.ContainsFunc(r.judged(), func(x *stepfunctions.Execution) bool { return x.Status() == asl.Running })
}

// underWay is what AWS is at.
func (r *run) underWay() (list []string) {
	here, there := r.where(), r.env.Pair(r.where())
	for _, b := range r.world.Builds.Builds() {
		if b.Ended.IsZero() {
			list = append(list, "deploy the infrastructure")
		}
	}
	for _, i := range r.world.RDS.Instances(here) {
		switch i.Status {
		case "available":
		case "renaming":
			list = append(list, "rename a database")
		default:
			list = append(list, "restore the database")
		}
	}
	for _, p := range r.world.RDS.Snapshots(here) {
		if p.Status == "creating" {
			list = append(list, "take the safety snapshot")
		}
	}
	for _, w := range r.world.ECS.Workloads(here) {
		switch {
		case w.Running() > w.Desired():
			list = append(list, "stop the services")
		case w.Healthy() < w.Desired():
			list = append(list, "start the services")
		}
	}
	if r.scenario.machine == rebuildMachine && r.world.DNS.Answer(r.env.Domain.Name) != r.env.RegionalName(here) {
		list = append(list, "move the public name")
	}
	for _, i := range r.world.RDS.Instances(there) {
		if i.Status != "available" {
			list = append(list, "rebuild the replica")
		}
	}
	if live := r.liveDatabase(); r.scenario.machine == restoreMachine && live != nil && live != r.restoring.old {
		if _, ok := r.world.RDS.BackedUpIn(there, live); !ok {
			list = append(list, "replicate the backups")
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// restorePath sums up what was seen; nil when nothing was restored.
func (r *run) restorePath() *RestorePath {
	x := r.recovery()
	if x == nil || len(r.ticks) == 0 {
		return nil
	}
	objective := r.env.Objectives.RecoveryTime.Standard
	if r.scenario.machine == rebuildMachine {
		objective = r.env.Objectives.RecoveryTime.NonCritical
	}
	from, written := x.StartedAt(), time.Time{}
	var begins []stage
	for _, v := range x.StateVisits() {
		switch {
		case v.Name == "JudgeAnswer":
			from = v.Entered
		case v.Name == "RestoreData":
			written = v.Exited
		case slices.Contains(stages[r.scenario.machine], v.Name) && (len(begins) == 0 || begins[len(begins)-1].name != v.Name):
			begins = append(begins, stage{v.Name, v.Entered})
		}
	}
	p := &RestorePath{Seconds: x.StoppedAt().Sub(from).Seconds(), ObjectiveSeconds: objective.Std().Seconds()}
	for n, begun := range begins {
		end := x.StoppedAt()
		if n+1 < len(begins) {
			end = begins[n+1].entered
		}
		if leg := longest(r.ticks, begun, end, written); leg.Seconds > 0 {
			p.Legs = append(p.Legs, leg)
			p.Total += leg.Seconds
		}
	}
	p.Total = min(max(1, p.Total), p.Seconds) // a look a second counts a begun second as a whole one
	p.Overhead = p.Seconds - p.Total
	p.Ratio = p.Seconds / p.Total
	return p
}

type stage struct {
	name    string
	entered time.Time
}

// owed is not done yet from the beginning on: it is under way in the stage that does it.
var owed = map[string]string{"replicate the backups": "RebuildParts", "replicate the files": "RebuildParts", "move the public name": "ActivateRegion"}

// longest is what took the most of a stage. Files that were written are replicated until a sync that began after them.
func longest(ticks []tick, of stage, to, written time.Time) (leg Leg) {
	took := map[string]float64{}
	for _, t := range ticks {
		if t.at.Before(of.entered) || !t.at.Before(to) {
			continue
		}
		doing := t.doing
		if !written.IsZero() && t.at.After(written) && !t.synced.IsZero() && !t.synced.After(written) {
			doing = append(slices.Clone(doing), "replicate the files")
		}
		for _, name := range doing {
			if at, waits := owed[name]; waits && at != of.name {
				continue
			}
			took[name] += lookInterval.Seconds()
			if took[name] > leg.Seconds || took[name] == leg.Seconds && strings.Compare(name, leg.Name) < 0 {
				leg = Leg{name, took[name]}
			}
		}
	}
	return leg
}

// nearCriticalPath: undisturbed, a restore takes at most 1.10 of its critical path, and no longer than its objective.
func (r *run) nearCriticalPath() Invariant {
	const name = "the restore time is near its critical path"
	p := r.restorePath()
	if p == nil {
		return verdict(name, false, "nothing was restored")
	}
	return verdict(name, !r.undisturbed() || p.Ratio <= nearly && p.Seconds <= p.ObjectiveSeconds, "%s of at best %s (%.2f times), the objective is %s",
		brief(p.Seconds), brief(p.Total), p.Ratio, brief(p.ObjectiveSeconds))
}

// reportsItself: the output holds what the restore took against its objective, and says rightly whether it is met. It counts
// from the opening of the incident, the time that a person took to answer included.
func (r *run) reportsItself() Invariant {
	const name = "the restore reports itself against its objective"
	p, x := r.restorePath(), r.recovery()
	var said struct {
		RTOSeconds, RTOObjectiveSeconds float64
		RTOMet                          *bool
	}
	if p == nil || json.Unmarshal(x.Output(), &said) != nil || said.RTOMet == nil {
		return verdict(name, false, "it reports nothing")
	}
	whole := x.StoppedAt().Sub(x.StartedAt()).Seconds()
	right := said.RTOSeconds > 0 && said.RTOSeconds <= whole && (!r.undisturbed() || whole-said.RTOSeconds < r.draining().Seconds())
	return verdict(name, right && said.RTOObjectiveSeconds == p.ObjectiveSeconds && *said.RTOMet == (said.RTOSeconds <= p.ObjectiveSeconds),
		"%s of %s, the execution took %s", brief(said.RTOSeconds), brief(said.RTOObjectiveSeconds), brief(whole))
}

// together: parts that do not need one another begin at the same time, and none waits for another's end.
func (r *run) together(states ...string) Invariant {
	name := "at the same time: " + strings.Join(states, ", ")
	x := r.recovery()
	if x == nil {
		return verdict(name, false, "nothing was restored")
	}
	first, last := entered(x, states[0]), entered(x, states[0])
	for _, state := range states {
		at := entered(x, state)
		if at.IsZero() {
			return verdict(name, false, "%s was never entered", state)
		}
		if at.Before(first) {
			first = at
		}
		if at.After(last) {
			last = at
		}
	}
	return verdict(name, !r.undisturbed() || last.Sub(first) <= lookInterval, "begun within %s", last.Sub(first))
}

// nearly is how many times its critical path a restore may take.
const nearly = 1.10

func brief(seconds float64) time.Duration {
	return (time.Duration(seconds * float64(time.Second))).Round(time.Second)
}
