package drill

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/acso/disaster-recovery/internal/manifest"
	"github.com/acso/disaster-recovery/internal/retention"
	"github.com/acso/disaster-recovery/internal/writeback"
)

// lossesCover: what is reported as lost of each part is what lies between its point and the last write of a client before
// the services stopped, and no more than the draining of tasks beyond it.
func (r *run) lossesCover() Invariant {
	const name = "the reported losses are the real ones"
	x, s := r.recovery(), r.said()
	if x == nil || len(s.Losses) == 0 {
		return verdict(name, false, "no loss is reported")
	}
	var stopped, last time.Time
	for _, v := range x.StateVisits() {
		if v.Name == "JudgeStopped" {
			stopped = v.Entered
		}
	}
	for _, a := range r.world.Traffic.Acks() {
		if a.Receipt.At.Before(stopped) {
			last = a.Receipt.At
		}
	}
	for _, loss := range s.Losses {
		from := s.To
		if _, taken, ok := manifest.ParseKey(loss.From); ok {
			from = taken
		}
		if span := last.Sub(from); loss.Seconds < span.Seconds() || loss.Seconds > (span+r.draining()).Seconds() {
			return verdict(name, false, "%s: reported %.0f s, and the last write was %.0f s after %s", loss.Part, loss.Seconds, span.Seconds(), loss.From)
		}
	}
	return verdict(name, true, "%d parts, the last write at %s", len(s.Losses), stamp(last))
}

// backupsFollow: the other region has automated backups of the restored database.
func (r *run) backupsFollow() Invariant {
	latest, ok := r.world.RDS.BackedUpIn(r.env.Pair(r.where()), r.liveDatabase())
	return verdict("the other region has backups of the restored database", ok, "up to %s", stamp(latest))
}

// restoredFilesFollow: when the restore said that it was done, the other region had the restored files.
func (r *run) restoredFilesFollow() Invariant {
	const name = "the other region has the restored files"
	x := r.recovery()
	if x == nil {
		return verdict(name, false, "nothing was restored")
	}
	var done time.Time
	for _, v := range x.StateVisits() {
		if v.Name == "RestoreData" {
			done = v.Exited
		}
	}
	return verdict(name, r.restoring.synced.After(done.Add(-time.Second)), "restored by %s, the last sync at the end was of %s", stamp(done), stamp(r.restoring.synced))
}

// besideHolds: the folder and the path beside the live ones are the points, and no service stopped.
func (r *run) besideHolds() Invariant {
	const name = "what lies beside is the recovery points"
	s := r.said()
	p, err := r.pointOf(s.Data)
	if err != nil {
		return verdict(name, false, "%v", err)
	}
	got := map[string]string{}
	for path, text := range r.world.Files.Shape() {
		if rest, ok := strings.CutPrefix(path, writeback.Beside+"/"+s.Folder+"/"); ok {
			got[rest] = text
		}
	}
	differ := differences(got, shapeOf(p))
	want, err := r.opened(s.Configuration)
	if err != nil {
		return verdict(name, false, "%v", err)
	}
	for _, path := range slices.Sorted(maps.Keys(want)) {
		beside := r.env.Parameters + "-restored/" + s.Folder + strings.TrimPrefix(path, r.env.Parameters)
		value, _ := r.world.SSM.Value(r.where(), beside)
		if secret := slices.Contains(r.world.SSM.Secrets(r.where()), beside); fmt.Sprintf("%v %s", secret, value) != want[path] {
			differ += " " + beside
		}
	}
	return verdict(name, differ == "", "%d files, %d parameters: %s", len(got), len(want), orNone(differ))
}

// pointUsed: the n-th point of the files, from 0, is the one that was restored.
func (r *run) pointUsed(n int) Invariant {
	keys := r.keys(retention.ApplicationData)
	return verdict("the right point serves the moment", n < len(keys) && keys[n] == r.said().Data, "%s of %d points", r.said().Data, len(keys))
}

// questionNames: whoever was asked was told so.
func (r *run) questionNames(words string) Invariant {
	for _, m := range r.world.SNS.Messages(r.where(), r.env.Contacts.OnCall.Topic) {
		if strings.Contains(m.Subject, "Approval") && strings.Contains(m.Body, words) {
			return verdict("the question says: "+words, true, "it does")
		}
	}
	return verdict("the question says: "+words, false, "no message does")
}

// attackHeld: of what was stored before the attack, every version is there.
func (r *run) attackHeld() Invariant {
	const name = "Object Lock kept every version of the points"
	for _, kind := range []string{retention.ApplicationData, retention.Configuration} {
		for _, key := range r.keys(kind) {
			if _, err := r.pointOf(key); err != nil {
				return verdict(name, false, "%v", err)
			}
		}
	}
	return verdict(name, r.restoring.refused > 0, "S3 refused to delete %d versions", r.restoring.refused)
}

// nothingBeside: no file and no parameter lies beside the live ones.
func (r *run) nothingBeside() Invariant {
	var left []string
	for name := range r.world.Files.Shape() {
		if strings.HasPrefix(name, writeback.Beside) {
			left = append(left, name)
		}
	}
	for _, name := range r.world.SSM.Names(r.where()) {
		if strings.HasPrefix(name, r.env.Parameters+"-restored") {
			left = append(left, name)
		}
	}
	slices.Sort(left)
	return verdict("nothing is left beside", len(left) == 0, "%s", orNone(strings.Join(left, ", ")))
}

// bucketRestored: the data bucket holds the point and nothing else, and what was there before as older versions.
func (r *run) bucketRestored() Invariant {
	const name = "the bucket is the recovery point, byte for byte"
	p, err := r.pointOf(r.said().Data)
	if err != nil {
		return verdict(name, false, "%v", err)
	}
	objects := r.world.S3.Objects(r.dataBucket())
	for _, o := range objects {
		if body, ok := p.bodies[o.Key]; !ok || string(body) != string(o.Body) {
			return verdict(name, false, "%s is %.40q", o.Key, o.Body)
		}
	}
	kept := len(r.world.S3.Versions(r.dataBucket(), "READ ME.txt")) > 0 && len(r.world.S3.Versions(r.dataBucket(), "evidence/00/report (0).pdf")) == 3
	return verdict(name, len(objects) == len(p.bodies) && kept, "%d objects, %d in the point; what was there is below: %v", len(objects), len(p.bodies), kept)
}

// oldPrimaryStays: the database of the region that died is what it was: a failback needs it.
func (r *run) oldPrimaryStays() Invariant {
	old := r.world.RDS.Instance(r.env.Regions.Primary, r.env.Database.Identifier)
	return verdict("the old primary was left alone", old != nil && old.Source() == nil, "%v", old != nil)
}

func (r *run) lockFreeIn(region string) Invariant {
	i, ok := r.world.Incident(region)
	return verdict("the lock in "+region+" is free", ok && i.State != "open", "incident %d is %s", i.Epoch, orNone(string(i.State)))
}
