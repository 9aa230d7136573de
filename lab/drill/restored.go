package drill

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/acso/disaster-recovery/lab/asl"
	"github.com/acso/disaster-recovery/lab/cloud/rds"
)

// restoring is what the lab knows of a restore by itself.
type restoring struct {
	to     time.Time     // the moment; zero for the newest
	old    *rds.Instance // that was live
	region string        // that is restored; the primary unless it says otherwise

	began      time.Time
	files      map[string]string // as they were when the restore began
	parameters map[string]string
	refused    int       // versions that an intruder could not delete
	synced     time.Time // of the file system's replication, when the restore was about to end
	before     []string  // instances, services and their sizes, as they were
}

func (r *run) remember() {
	primary := r.where()
	r.restoring.old = r.world.RDS.Instance(primary, r.env.DatabaseIn(primary))
	r.restoring.before = r.present()
	r.restoring.began, r.restoring.files, r.restoring.parameters = r.world.Sim.Now(), r.liveFiles(), r.tree()
}

// present is what a restore may touch, as it is now.
func (r *run) present() []string {
	list := r.sizes()
	for _, region := range r.world.Cloud.Regions() {
		for _, i := range r.world.RDS.Instances(region) {
			list = append(list, fmt.Sprintf("%s: %s is %s", region, i.ID, i.Resource()))
		}
	}
	return list
}

func (r *run) sizes() []string {
	var list []string
	for _, region := range r.world.Cloud.Regions() {
		for _, w := range r.world.ECS.Workloads(region) {
			low, high, _ := r.world.ECS.Bounds(region, w.Name)
			list = append(list, fmt.Sprintf("%s: %s wants %d tasks, scales %d to %d", region, w.Name, w.Desired(), low, high))
		}
	}
	return list
}

func (r *run) liveDatabase() *rds.Instance {
	return r.world.RDS.Instance(r.where(), r.env.DatabaseIn(r.where()))
}

// restoredInPlace judges a restore that took the place of what was there.
func (r *run) restoredInPlace() []Invariant {
	return append(r.content(), r.nothingLost(), r.exactLoss(), r.oneWriter(), r.sizesAsBefore(), r.replicaFollows(), r.servedHere(), r.nearCriticalPath(), r.reportsItself())
}

// content: the live database holds every acknowledged row up to the moment and none after it, until the services started
// again.
func (r *run) content() []Invariant {
	const name = "what was restored is the moment, row by row"
	live, old := r.liveDatabase(), r.restoring.old
	if live == nil || live == old {
		return []Invariant{verdict(name, false, "%s is not a restored database", r.env.Database.Identifier)}
	}
	kept, given := 0, 0
	for _, a := range r.world.Traffic.Acks() {
		if !r.world.RDS.Holds(old, a.Receipt) {
			continue // written after the restore
		}
		wanted := !a.Receipt.At.After(r.restoring.to)
		if r.world.RDS.Holds(live, a.Receipt) != wanted {
			return []Invariant{verdict(name, false, "a row of %s: on the restored database %v, wanted %v", a.Receipt.At.Format(time.RFC3339Nano), !wanted, wanted)}
		}
		if wanted {
			kept++
		} else {
			given++
		}
	}
	return []Invariant{
		verdict(name, kept > 0, "%d rows are there, %d are given up, the moment is %s", kept, given, r.restoring.to.Format(time.RFC3339)),
		verdict("the damage is gone", !r.world.RDS.Marked(live, mark) && r.world.RDS.Marked(old, mark), "restored database damaged: %v", r.world.RDS.Marked(live, mark)),
	}
}

// nothingLost: the database that was there is there, under another name, with every acknowledged row; and a snapshot of it.
func (r *run) nothingLost() Invariant {
	const name = "nothing that was there is lost"
	old := r.restoring.old
	if !slices.Contains(r.world.RDS.Instances(r.where()), old) || !strings.Contains(old.ID, "-before-") {
		return verdict(name, false, "the old database is %s", old.ID)
	}
	for _, p := range r.world.RDS.Snapshots(r.where()) {
		if p.Status == "available" && strings.HasPrefix(p.ID, r.env.DatabaseIn(r.where())+"-2") {
			return verdict(name, true, "kept as %s, with snapshot %s", old.ID, p.ID)
		}
	}
	return verdict(name, false, "kept as %s, and there is no safety snapshot", old.ID)
}

// exactLoss: the transactions that were reported as given up are those that the old database has after the moment, to the
// last one; the time covers what clients lost, and no more than the draining of tasks beyond it.
func (r *run) exactLoss() Invariant {
	const name = "the reported loss is the real one"
	x := r.recovery()
	if x == nil {
		return verdict(name, false, "nothing was restored")
	}
	var said struct {
		LossSeconds      *float64 `json:"lossSeconds"`
		LostTransactions *int64   `json:"lostTransactions"`
	}
	if err := json.Unmarshal(x.Output(), &said); err != nil || said.LossSeconds == nil || said.LostTransactions == nil {
		return verdict(name, false, "the output reports no loss: %s", x.Output())
	}
	real := r.world.RDS.History(r.restoring.old, r.restoring.to)
	var last time.Time
	for _, a := range r.world.Traffic.Acks() {
		if r.world.RDS.Holds(r.restoring.old, a.Receipt) {
			last = a.Receipt.At
		}
	}
	for _, loss := range r.said().Losses {
		if loss.Part == "database" { // of several parts, the largest loss is the one of the whole
			said.LossSeconds = &loss.Seconds
		}
	}
	span := last.Sub(r.restoring.to)
	covered := *said.LossSeconds >= span.Seconds() && *said.LossSeconds <= (span+r.draining()).Seconds()
	return verdict(name, *said.LostTransactions == real && covered, "reported %d transactions and %.0f s; %d were given up, the last row of a client %.0f s after the moment",
		*said.LostTransactions, *said.LossSeconds, real, span.Seconds())
}

// draining is the most that may pass from the last write of a client to the look that finds no task: longer when the
// execution was killed meanwhile, or calls failed.
func (r *run) draining() time.Duration {
	if r.options.Kill != nil || r.options.Random {
		return 2*drained + redriveAfter
	}
	return drained
}

func (r *run) oneWriter() Invariant {
	duals := r.world.Traffic.DualWriters()
	return verdict("single writer", len(duals) == 0, "%d times two databases took writes at once", len(duals))
}

func (r *run) sizesAsBefore() Invariant {
	var differ []string
	for _, line := range r.sizes() {
		if !slices.Contains(r.restoring.before, line) {
			differ = append(differ, line)
		}
	}
	return verdict("the services are as they were", len(differ) == 0, "%s", orNone(strings.Join(differ, "; ")))
}

func (r *run) replicaFollows() Invariant {
	const name = "the replica follows the restored database"
	recovery := r.env.Regions.Recovery
	i := r.world.RDS.Instance(recovery, r.env.DatabaseIn(recovery))
	if i == nil || i.Source() == nil {
		return verdict(name, false, "there is no replica in %s", recovery)
	}
	return verdict(name, i.Source() == r.liveDatabase() && i.Status == "available" && i.Retention > 0, "it is %s, follows %s, keeps backups %d days", i.Status, i.Source().ID, i.Retention)
}

func (r *run) servedHere() Invariant {
	since := r.world.Sim.Now().Sub(r.world.Traffic.LastAck(r.where()))
	return verdict("clients are served at the end", since <= 5*time.Second, "the last write was acknowledged %s before the end", since)
}

func (r *run) originalLive() Invariant {
	return verdict("the database that was there is in its place", r.liveDatabase() == r.restoring.old, "%s", orNone(r.restoring.old.ID))
}

// asBefore judges a restore that changed nothing, or took everything back.
func (r *run) asBefore() []Invariant {
	var differ []string
	for _, line := range r.present() {
		if !slices.Contains(r.restoring.before, line) {
			differ = append(differ, line)
		}
	}
	same := len(differ) == 0 && len(r.present()) == len(r.restoring.before)
	return []Invariant{verdict("everything is as it was", same, "%s", orNone(strings.Join(differ, "; "))), r.originalLive(), r.oneWriter(), r.servedHere()}
}

// restoredBeside: a database more, of the moment, and nothing else touched.
func (r *run) restoredBeside() []Invariant {
	const name = "what was restored is the moment, row by row"
	list := []Invariant{r.originalLive(), r.sizesAsBefore(), r.servedHere()}
	for _, i := range r.world.RDS.Instances(r.where()) {
		if i == r.restoring.old {
			continue
		}
		to := r.restoring.to
		if x := r.recovery(); to.IsZero() && x != nil {
			var said struct{ To time.Time }
			if json.Unmarshal(x.Output(), &said) == nil {
				to = said.To
			}
		}
		for _, a := range r.world.Traffic.Acks() {
			if r.world.RDS.Holds(i, a.Receipt) != !a.Receipt.At.After(to) {
				return append(list, verdict(name, false, "a row of %s, the moment is %s", a.Receipt.At.Format(time.RFC3339Nano), to.Format(time.RFC3339)))
			}
		}
		return append(list, verdict(name, strings.Contains(i.ID, "-restored-"), "%s is as of %s", i.ID, to.Format(time.RFC3339)))
	}
	return append(list, verdict(name, false, "there is no restored database"))
}

// causeNames: the failure says so.
func (r *run) causeNames(words string) Invariant {
	for _, x := range r.judged() {
		if strings.Contains(x.Cause(), words) {
			return verdict("the cause says: "+words, true, "it does")
		}
	}
	return verdict("the cause says: "+words, false, "no execution does")
}

// refused: so many executions of a machine met the lock and changed nothing.
func (r *run) refused(machine string, wanted int) Invariant {
	met := 0
	for _, x := range r.world.States.Executions() {
		text := string(x.Output()) + x.Cause()
		if x.Machine == r.env.MachineName(machine) && x.Status() != asl.Running && strings.Contains(text, "AlreadyRunning") {
			met++
		}
	}
	return verdict("the lock holds against "+machine, met >= wanted, "%d executions met it", met)
}
