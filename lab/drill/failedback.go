package drill

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/acso/disaster-recovery/internal/readiness"
	"github.com/acso/disaster-recovery/lab/cloud/rds"
	"github.com/acso/disaster-recovery/lab/traffic"
)

// failedBack judges a failback by the world that it left: as before the outage when it is done, and safe in any case.
func (r *run) failedBack() []Invariant {
	list := append([]Invariant{r.oneWriter(), r.nothingDropped(), r.honestReport(), r.locksFree(), r.someoneServes()}, r.loopHolds()...)
	if r.outcome() != Recovered {
		return list
	}
	return append(list, r.servedHere(), r.zeroLossBack(), r.replicaFollows(), r.sizesAsBefore(), r.rolesAgree(), r.filesFollow(), r.backupsFollow())
}

// active is the region that the newest role names.
func (r *run) activeRegion() string {
	role := r.world.Role(r.env.Regions.Recovery)
	if other := r.world.Role(r.env.Regions.Primary); other.Epoch > role.Epoch {
		role = other
	}
	return role.ActiveRegion
}

func (r *run) activeDatabase() *rds.Instance {
	return r.world.RDS.Instance(r.activeRegion(), r.env.DatabaseIn(r.activeRegion()))
}

// nothingDropped: every write that was ever acknowledged is in the database that serves, or in one that was put aside.
func (r *run) nothingDropped() Invariant {
	const name = "no acknowledged row is dropped"
	var all []*rds.Instance
	for _, region := range r.world.Cloud.Regions() {
		all = append(all, r.world.RDS.Instances(region)...)
	}
	for _, a := range r.world.Traffic.Acks() {
		held := false
		for _, i := range all {
			if held = r.world.RDS.Holds(i, a.Receipt); held {
				break
			}
		}
		if !held {
			return verdict(name, false, "row %d/%d of %s is in no database", a.Client, a.Number, stamp(a.At))
		}
	}
	return verdict(name, true, "%s hold all of them", counted(len(all), "database"))
}

// lost are the acknowledged writes that the serving database lacks.
func (r *run) lost() []traffic.Ack {
	live := r.activeDatabase()
	if live == nil {
		return nil
	}
	var list []traffic.Ack
	for _, a := range r.world.Traffic.Acks() {
		if !r.world.RDS.Holds(live, a.Receipt) {
			list = append(list, a)
		}
	}
	return list
}

// report is the newest list of missing transactions, as it lies in the bucket.
func (r *run) report() (text []byte, found bool) {
	bucket := r.env.BucketIn(r.env.Regions.Primary, r.env.Buckets.Compliance)
	for _, object := range r.world.S3.Objects(bucket) {
		if strings.HasSuffix(object.Key, "/missing-transactions.json") {
			text, found = object.Body, true
		}
	}
	return text, found
}

// honestReport: before a replica takes the place of the old database, each row that clients lost is in the list.
func (r *run) honestReport() Invariant {
	const name = "every lost row is in the report"
	text, found := r.report()
	if !found {
		return verdict(name, r.outcome() != Recovered || r.observedAcceptance(), "there is no report")
	}
	var report struct {
		Complete   bool
		ComparedAt time.Time
		Rows       []struct{ Table, Key string }
	}
	if err := json.Unmarshal(text, &report); err != nil {
		return verdict(name, false, "it does not decode: %v", err)
	}
	listed := map[string]bool{}
	for _, row := range report.Rows {
		listed[row.Table+" "+row.Key] = true
	}
	lost := r.lost()
	for _, a := range lost {
		if a.Region != r.env.Regions.Primary || a.At.After(report.ComparedAt) {
			continue // of a later loss
		}
		if key := fmt.Sprintf("case_events %d/%d", a.Client, a.Number); report.Complete && !listed[key] {
			return verdict(name, false, "%s of %s is not in it", key, stamp(a.At))
		}
	}
	return verdict(name, report.Complete || r.observedAcceptance(), "%d rows listed, %s lost by clients, complete %v", len(report.Rows), counted(len(lost), "row"), report.Complete)
}

// observedAcceptance tells whether a person said yes.
func (r *run) observedAcceptance() bool { return r.world.Approved() }

func (r *run) locksFree() Invariant {
	for _, region := range r.world.Cloud.Regions() {
		if i, ok := r.world.Incident(region); ok && i.State == "open" {
			return verdict("both locks are free", false, "incident %d of %s belongs to %s", i.Epoch, region, i.Owner)
		}
	}
	return verdict("both locks are free", true, "no incident is open")
}

// someoneServes: whatever became of the failback, clients are served, unless the region that served is gone.
func (r *run) someoneServes() Invariant {
	const name = "clients are served by the active region"
	active := r.activeRegion()
	if !r.world.Cloud.Alive(active) {
		return verdict(name, true, "%s is dead", active)
	}
	since := r.world.Sim.Now().Sub(r.world.Traffic.LastAck(active))
	return verdict(name, since <= 5*time.Second, "the last write in %s was acknowledged %s before the end", active, since)
}

// zeroLossBack: nothing that the other region acknowledged was lost by coming back.
func (r *run) zeroLossBack() Invariant {
	const name = "coming back lost nothing"
	for _, a := range r.lost() {
		if a.Region == r.env.Regions.Recovery {
			return verdict(name, false, "row %d/%d, acknowledged in %s at %s, is not there", a.Client, a.Number, a.Region, stamp(a.At))
		}
	}
	return verdict(name, true, "every row that %s acknowledged is there", r.env.Regions.Recovery)
}

func (r *run) rolesAgree() Invariant {
	primary, recovery := r.world.Role(r.env.Regions.Primary), r.world.Role(r.env.Regions.Recovery)
	return verdict("both regions know who serves", primary.ActiveRegion == r.env.Regions.Primary && recovery.ActiveRegion == r.env.Regions.Primary && recovery.Switch == 0,
		"%s says %s, %s says %s with the switch at %d", r.env.Regions.Primary, primary.ActiveRegion, r.env.Regions.Recovery, recovery.ActiveRegion, recovery.Switch)
}

// filesFollow: the file system of the primary takes writes, and that of the recovery region is its copy again.
func (r *run) filesFollow() Invariant {
	const name = "the file system follows again"
	w, e := r.world, r.env
	own := w.EFS.Find(e.Regions.Primary, e.FileSystem(e.Regions.Primary))
	other := w.EFS.Find(e.Regions.Recovery, e.FileSystem(e.Regions.Recovery))
	link := w.EFS.Of(own)
	if link == nil || link.Source != own || link.Destination != other {
		return verdict(name, false, "%s is not replicated to %s", own.ID, other.ID)
	}
	return verdict(name, w.EFS.Writable(own) && !link.LastSync.IsZero(), "%s is %s, last sync %s", own.ID, link.Status, stamp(link.LastSync))
}

// readinessAgrees: asked when the failback had ended, readiness finds the replica, the files and the backups of the standby
// as they have to be. What a lab without backups of its own lacks is not the failback's.
func (r *run) readinessAgrees() Invariant {
	const name = "readiness agrees"
	var report readiness.Report
	if len(r.answers) == 0 || json.Unmarshal([]byte(r.answers[len(r.answers)-1]), &report) != nil {
		return verdict(name, false, "it did not answer")
	}
	var wrong []string
	for _, c := range report.Findings() {
		if c.Part == "database" || c.Part == "files" || c.Part == "services" || c.Part == "dns" || c.Part == "network" || c.Name == "automated-backups" {
			wrong = append(wrong, c.Name+": "+c.Evidence)
		}
	}
	return verdict(name, len(wrong) == 0 && report.RecoveryTimeSeconds != nil, "%d checks; %s", len(report.Checks), orNone(strings.Join(wrong, "; ")))
}

// untouched: the old primary is as the fence left it, and has its name.
func (r *run) untouched() Invariant {
	return verdict("nothing was renamed", r.liveDatabase() == r.restoring.old, "%s", r.restoring.old.ID)
}

// failedOverAgain judges the second outage after a failback.
func (r *run) failedOverAgain() []Invariant {
	recovery := r.env.Regions.Recovery
	since := r.world.Sim.Now().Sub(r.world.Traffic.LastAck(recovery))
	return append([]Invariant{
		r.oneWriter(), r.nothingDropped(), r.honestReport(), r.locksFree(),
		verdict("the standby took over", r.activeRegion() == recovery && since <= 5*time.Second, "%s is active, the last write in %s was acknowledged %s before the end", r.activeRegion(), recovery, since),
		verdict("promoted three times", len(r.observed.promotions) == 3, "%s", counted(len(r.observed.promotions), "promotion")),
	}, r.loopHolds()...)
}

// conflictsListed: what differed on both sides is in the lists, the old side's files lie in the bucket, and a parameter that
// was changed on both sides was not overwritten.
func (r *run) conflictsListed() []Invariant {
	bucket := r.env.BucketIn(r.env.Regions.Primary, r.env.Buckets.Compliance)
	objects := map[string]string{}
	for _, o := range r.world.S3.Objects(bucket) {
		if _, name, found := strings.Cut(o.Key, "-before-"); found {
			_, name, _ = strings.Cut(name, "/")
			objects[name] = string(o.Body)
		}
	}
	list := objects["files.json"]
	inPlace, _ := r.world.Files.Text(both)
	brought, _ := r.world.Files.Text("cases/new.json")
	value, _ := r.world.SSM.Value(r.env.Regions.Primary, r.env.Parameters+parameter)
	secret, _ := r.world.SSM.Value(r.env.Regions.Primary, r.env.Parameters+newSecret)
	var rows struct {
		NotCompared []string
		Rows        []struct{ Key, What string }
	}
	text, _ := r.report()
	deleted := json.Unmarshal(text, &rows) == nil && slices.ContainsFunc(rows.Rows, func(row struct{ Key, What string }) bool { return row.Key == r.gone.row && row.What == "deleted" })
	return []Invariant{
		verdict("a deletion that never arrived is listed", deleted && r.gone.row != "", "row %s", orNone(r.gone.row)),
		verdict("what was not compared is named as unknown", slices.Equal(rows.NotCompared, []string{unnamed}), "%s", orNone(strings.Join(rows.NotCompared, ", "))),
		verdict("conflicts of files are listed", strings.Contains(list, `"what": "conflict"`) && strings.Contains(list, `"what": "missing"`), "%d bytes of list", len(list)),
		verdict("the old side's files are kept", objects["files/"+both] == ours && objects["files/"+onlyHere] == ours, "%q", objects["files/"+both]),
		verdict("what was written since was copied back", inPlace == theirs && brought == theirs, "%q and %q", inPlace, brought),
		verdict("a parameter changed on both sides is left and listed", value == "debug" && strings.Contains(objects["configuration.json"], `"what": "conflict"`), "it is %q", value),
		verdict("a secret written since was brought back", secret == theirs && !strings.Contains(objects["configuration.json"], theirs), "brought: %v", secret == theirs),
	}
}
