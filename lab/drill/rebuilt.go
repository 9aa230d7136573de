package drill

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/acso/disaster-recovery/lab/cloud"
)

// gone is what the lab knows of a system that was lost, and when what of it came back.
type gone struct {
	files, parameters []string // as they were
	row               string   // key of a row that was deleted
	asked             time.Time
	restoreCalled     time.Time // the snapshot that became the database was asked for
	database          time.Time // it was available
	startCalled       time.Time // the services were given their sizes
	healthy           time.Time // every critical service had its tasks behind the load balancer
	moved             time.Time // the name servers give the region
}

// watch looks once a second at what a rebuilding is made of.
func (l *gone) watch(r *run, region string) {
	e, w := r.env, r.world
	w.Cloud.Observe(func(c cloud.Record) {
		if !c.Effect || c.To != region {
			return
		}
		switch c.Operation {
		case "RDS.RestoreDBInstanceFromDBSnapshot":
			l.restoreCalled, l.database = c.At, time.Time{} // a later one stands in for it
		case "ECS.UpdateService":
			first(&l.startCalled, c.At)
		}
	})
	w.Sim.Every(lookInterval, lookInterval, func() {
		now := w.Sim.Now()
		if i := w.RDS.Instance(region, e.DatabaseIn(region)); i != nil && i.Status == "available" && !l.restoreCalled.IsZero() {
			first(&l.database, now)
		}
		if !l.startCalled.IsZero() && w.ServesClients(region) && l.criticalHealthy(r, region) {
			first(&l.healthy, now)
		}
		if !l.healthy.IsZero() && w.DNS.Answer(e.Domain.Name) == e.RegionalName(region) {
			first(&l.moved, now)
		}
	})
}

func (l *gone) criticalHealthy(r *run, region string) bool {
	for _, s := range r.env.Services {
		w := r.world.ECS.Workload(region, r.env.Service(region, s.Name))
		if w == nil || s.Tier == "critical" && w.Healthy() < s.Desired {
			return false
		}
	}
	return true
}

func (r *run) filesNow() []string {
	var list []string
	for _, name := range r.world.Files.Names() {
		if text, there := r.world.Files.Text(name); there {
			list = append(list, fmt.Sprintf("%s: %q", name, text))
		}
	}
	return list
}

// parametersNow are those that both regions may have.
func (r *run) parametersNow(region string) []string {
	var list []string
	for _, name := range r.world.SSM.Names(region) {
		rest, ours := strings.CutPrefix(name, r.env.Parameters+"/")
		if value, _ := r.world.SSM.Value(region, name); ours && !slices.Contains(r.env.RegionalParameters, rest) {
			list = append(list, fmt.Sprintf("%s: %q", name, value))
		}
	}
	return list
}

// rebuilt judges a system that was restored from nothing.
func (r *run) rebuilt(region string) []Invariant {
	return []Invariant{
		r.databaseRebuilt(region), r.same("files are those of the point, byte for byte", r.gone.files, r.filesNow()),
		r.same("the configuration is that of the point", r.gone.parameters, r.parametersNow(region)),
		r.digestsRun(region), r.servedFrom(region), r.rebuildLoss(region), r.withinCriticalPath(region), r.dependenciesSaid(), r.neitherLocked(), r.oneWriter(), r.reportsItself(),
		r.together("RestoreDatabase", "RestoreData", "RestoreConfiguration"),
	}
}

func (r *run) same(name string, want, got []string) Invariant {
	var differ []string
	for _, line := range want {
		if !slices.Contains(got, line) {
			differ = append(differ, "missing "+line)
		}
	}
	for _, line := range got {
		if !slices.Contains(want, line) {
			differ = append(differ, "surplus "+line)
		}
	}
	return verdict(name, len(want) > 0 && len(differ) == 0, "%d of %d; %s", len(got), len(want), orNone(strings.Join(differ, "; ")))
}

// databaseRebuilt: the live database holds every acknowledged row up to the cut of its snapshot and none between that and
// its own beginning.
func (r *run) databaseRebuilt(region string) Invariant {
	const name = "the database is its snapshot, row by row"
	live := r.world.RDS.Instance(region, r.env.DatabaseIn(region))
	out, ok := r.rebuildOutput()
	if live == nil || !ok || len(out.Parts) == 0 {
		return verdict(name, false, "there is no database, or no output")
	}
	p := r.world.RDS.Snapshot(region, out.Parts[0].From)
	if p == nil {
		return verdict(name, false, "there is no snapshot %q", out.Parts[0].From)
	}
	kept, given := 0, 0
	for _, a := range r.world.Traffic.Acks() {
		if !r.world.RDS.Holds(r.restoring.old, a.Receipt) {
			continue // written after the restore
		}
		wanted := !a.Receipt.At.After(p.Cut())
		if r.world.RDS.Holds(live, a.Receipt) != wanted {
			return verdict(name, false, "a row of %s: there %v, wanted %v", a.Receipt.At.Format(time.RFC3339Nano), !wanted, wanted)
		}
		if wanted {
			kept++
		} else {
			given++
		}
	}
	return verdict(name, kept > 0 && live.Retention == r.env.Database.BackupRetention.Days(), "%d rows of snapshot %s are there, %d are given up; backups kept %d days", kept, p.ID, given, live.Retention)
}

type rebuildOutput struct {
	RTOSeconds, LossBoundSeconds float64
	ControlPlanes                []string
	Parts                        []struct {
		Part, From  string
		LossSeconds float64
	}
}

func (r *run) rebuildOutput() (out rebuildOutput, ok bool) {
	x := r.recovery()
	return out, x != nil && json.Unmarshal(x.Output(), &out) == nil
}

// digestsRun: every container of every service runs an image by its digest, the one that the registry had when it was backed up.
func (r *run) digestsRun(region string) Invariant {
	const name = "services run their recorded digests"
	var wrong []string
	for _, s := range r.env.Services {
		w := r.world.ECS.Workload(region, r.env.Service(region, s.Name))
		if w == nil || w.Running() < s.Desired {
			wrong = append(wrong, s.Name+" does not run")
			continue
		}
		for _, image := range r.world.ECS.Images(region, w.Name) {
			if !strings.Contains(image, "@sha256:") {
				wrong = append(wrong, s.Name+" runs "+image)
			}
		}
	}
	return verdict(name, len(wrong) == 0, "%s", orNone(strings.Join(wrong, "; ")))
}

func (r *run) servedFrom(region string) Invariant {
	since := r.world.Sim.Now().Sub(r.world.Traffic.LastAck(region))
	return verdict("clients are served from "+region, since <= 5*time.Second, "the last write was acknowledged %s before the end", since)
}

// rebuildLoss: the reported loss of the database covers what clients lost.
func (r *run) rebuildLoss(region string) Invariant {
	const name = "reported loss covers the real loss"
	out, ok := r.rebuildOutput()
	live := r.world.RDS.Instance(region, r.env.DatabaseIn(region))
	if !ok || live == nil {
		return verdict(name, false, "nothing recovered")
	}
	var last, kept time.Time
	for _, a := range r.world.Traffic.Acks() {
		if !r.world.RDS.Holds(r.restoring.old, a.Receipt) {
			continue
		}
		last = a.Receipt.At
		if r.world.RDS.Holds(live, a.Receipt) {
			kept = a.Receipt.At
		}
	}
	real := last.Sub(kept).Seconds()
	return verdict(name, out.LossBoundSeconds >= real, "reported at most %.0f s, clients lost %.0f s", out.LossBoundSeconds, real)
}

// withinCriticalPath: from the approval on, no more than 1.10 of the shortest time that this run's own durations allow, and
// all of it within the objective of four hours.
func (r *run) withinCriticalPath(region string) Invariant {
	const name = "the recovery time is near its critical path"
	x, l := r.recovery(), r.gone
	if x == nil || l.database.IsZero() || l.healthy.IsZero() {
		return verdict(name, false, "nothing recovered")
	}
	var build time.Duration
	for _, b := range r.world.Builds.Builds() {
		if b.Region == region && b.Status == "SUCCEEDED" {
			build = b.Ended.Sub(b.Began)
		}
	}
	restored := l.database.Sub(l.restoreCalled)
	if failed := l.restoreCalled.Sub(entered(x, "RestoreDatabase")); failed > time.Minute {
		restored += failed // snapshots that did not restore came before: they are this run's own durations
	}
	start, public := l.healthy.Sub(l.startCalled), l.moved.Sub(l.healthy)
	best := build + restored + start + max(0, public)
	took := l.moved.Sub(entered(x, "RecordDeployment"))
	whole := x.StoppedAt().Sub(x.StartedAt())
	ratio := took.Seconds() / best.Seconds()
	return verdict(name, !r.undisturbed() || ratio <= nearly && whole < 4*time.Hour,
		"%s of at best %s (%.2f times): deployment %s + database %s + tasks %s + public name %s; the whole execution %s of 4h",
		took.Round(time.Second), best.Round(time.Second), ratio, build.Round(time.Second), restored.Round(time.Second), start.Round(time.Second), max(0, public).Round(time.Second), whole.Round(time.Second))
}

func (r *run) dependenciesSaid() Invariant {
	out, ok := r.rebuildOutput()
	return verdict("what leans on us-east-1 is listed", ok && len(out.ControlPlanes) > 0, "%s", orNone(strings.Join(out.ControlPlanes, "; ")))
}

// neitherLocked: neither region's table is held.
func (r *run) neitherLocked() Invariant {
	for _, region := range r.world.Cloud.Regions() {
		if i, ok := r.world.Incident(region); ok && i.State == "open" && r.world.Cloud.Alive(region) {
			return verdict("both locks are free", false, "%s: incident %d is held by %s", region, i.Epoch, i.Owner)
		}
	}
	return verdict("both locks are free", true, "they are")
}
