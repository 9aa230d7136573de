package drill

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/acso/disaster-recovery/internal/catalog"
	"github.com/acso/disaster-recovery/internal/manifest"
	"github.com/acso/disaster-recovery/internal/retention"
	"github.com/acso/disaster-recovery/lab/world"
)

// today is the input with the date of now: what an operator types.
func (r *run) today() string {
	return fmt.Sprintf(`{"date":%q}`, r.world.Sim.Now().UTC().Format(time.DateOnly))
}

// loseSystem backs everything up and deletes the workload of both regions. The
// failover that the alarm starts finds no replica and ends; then the operator acts.
func (r *run) loseSystem(then func()) {
	r.afterBackups(func() {
		r.gone.files, r.gone.parameters = r.filesNow(), r.parametersNow(r.env.Regions.Primary)
		r.lose(then)
	})
}

// lose deletes the workload of both regions, and lets somebody act when it was noticed.
func (r *run) lose(then func()) {
	r.remember()
	r.breaks(r.env.Regions.Primary, "the workload of both regions is deleted")
	r.world.LoseSystem()
	r.after(world.Noticed, then)
}

// layOlderSnapshot puts in a verified snapshot of now, which is older than that of the daily backup.
func (r *run) layOlderSnapshot() {
	primary, recovery, now := r.env.Regions.Primary, r.env.Regions.Recovery, r.world.Sim.Now()
	name := r.env.Database.Identifier + "-" + now.UTC().Add(-time.Minute).Format("20060102-150405") + "-01234567" // as function snapshot names them
	r.world.RDS.PutSnapshot(primary, name, r.env.DatabaseIn(primary), now)
	r.world.RDS.PutSnapshot(recovery, name+catalog.CopySuffix, r.env.DatabaseIn(recovery), now)
}

func (r *run) rebuildIn(region, input string) {
	r.gone.asked, r.restoring.region = r.world.Sim.Now(), region
	r.gone.watch(r, region)
	r.startIn(region, input)
}

// corruptArchive damages the archive of the newest infrastructure point behind S3's back.
func (r *run) corruptArchive() {
	primary := r.env.Regions.Primary
	list, err := r.points(primary, retention.Infrastructure)
	if err != nil || len(list) == 0 {
		panic(fmt.Sprintf("lab: no infrastructure to damage: %v", err))
	}
	for _, o := range list[len(list)-1].objects {
		if strings.HasSuffix(o.Key, ".tar.gz") {
			r.world.S3.Corrupt(r.env.BucketIn(primary, r.env.Buckets.Backups), o.Key)
			r.say("fault", primary, "%s is replaced behind S3's back", o.Key)
		}
	}
}

// failNewest adds a point of a kind that is newer than every other and failed its verification.
func (r *run) failNewest(kind string) {
	primary := r.env.Regions.Primary
	list, err := r.points(primary, kind)
	if err != nil || len(list) == 0 {
		panic(fmt.Sprintf("lab: no point of %s: %v", kind, err))
	}
	bucket, key := r.env.BucketIn(primary, r.env.Buckets.Backups), manifest.KeyOf(kind, r.world.Sim.Now())
	for _, o := range r.world.S3.Objects(bucket) {
		if o.Key == list[len(list)-1].key {
			r.world.S3.Put(bucket, key, o.Body)
		}
	}
	r.world.S3.Put(bucket, catalog.ProofKey(key, retention.Content, false), []byte("{}"))
	r.say("fault", primary, "%s is the newest of %s, and fails its verification", key, kind)
}

// passedOver: the output names what was not used, and why.
func (r *run) passedOver(words string) Invariant {
	const name = "what was passed over is said"
	x := r.recovery()
	if x == nil {
		return verdict(name, false, "nothing recovered")
	}
	var out struct{ Passed []string }
	if err := json.Unmarshal(x.Output(), &out); err != nil {
		return verdict(name, false, "the output is %s", x.Output())
	}
	for _, line := range out.Passed {
		if strings.Contains(line, words) {
			return verdict(name, true, "%s", line)
		}
	}
	return verdict(name, false, "%q is not among %q", words, out.Passed)
}
