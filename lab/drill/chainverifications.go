package drill

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/acso/disaster-recovery/internal/manifest"
	"github.com/acso/disaster-recovery/lab/cloud"
	"github.com/acso/disaster-recovery/lab/cloud/s3"
)

// chainVerifications: recovery points that somebody removed or altered, and verifications whose functions cannot work.
var chainVerifications = []Scenario{
	{
		Name: "verify-backup-point-removed", Expected: FailedClean, machine: "verify-backup",
		Sentence: "One of three recovery points was removed behind S3's back: the newest is whole, and the chain says what is missing.",
		prepare: func(r *run) {
			r.verifyChain(`{}`, func(bucket string, points []s3.Object) {
				r.say("fault", r.env.Regions.Primary, "%s is removed", points[1].Key)
				r.world.S3.Remove(bucket, points[1].Key)
			})
		},
		judge: func(r *run) []Invariant { return r.chainBroken("missing", 1) },
	},
	{
		Name: "verify-backup-point-altered", Expected: FailedClean, machine: "verify-backup",
		Sentence: "One of three recovery points was replaced by one that lists less and is whole in itself: the point after it says what it was.",
		prepare: func(r *run) {
			r.verifyChain(`{}`, func(bucket string, points []s3.Object) {
				r.say("fault", r.env.Regions.Primary, "%s is replaced", points[1].Key)
				r.world.S3.Put(bucket, points[1].Key, forged(points[1].Body))
			})
		},
		judge: func(r *run) []Invariant { return append(r.chainBroken("mismatch", 1), r.judgedBad(1)) },
	},
	{
		Name: "verify-backup-manifest-altered", Expected: FailedClean, machine: "verify-backup",
		Sentence: "One byte of the newest manifest was altered: it is found before any object is read.",
		prepare: func(r *run) {
			r.verifyChain(`{}`, func(bucket string, points []s3.Object) {
				r.say("fault", r.env.Regions.Primary, "a bit of %s is flipped", points[2].Key)
				r.world.S3.Corrupt(bucket, points[2].Key)
			})
		},
		judge: func(r *run) []Invariant {
			return []Invariant{r.teamTold("Backup verification failed"), r.causeHas("it is found by its seal", "treat this recovery point as lost")}
		},
	},
	{
		Name: "verify-backup-function-dies", Expected: FailedClean, machine: "verify-backup",
		Sentence: "Every function that reads objects dies, however often it is tried: the objects are unknown, which is no pass.",
		prepare: func(r *run) {
			r.at(0, func() { r.world.PutBackup(objectsOfABackup) })
			r.at(r.moment(), func() { r.startIn(r.env.Regions.Primary, "{}") })
			r.when("VerifyItems", func() {
				// The first call is the map's own, for the work list.
				heal := r.world.Cloud.Inject(cloud.Fault{Region: r.env.Regions.Primary, Operation: "S3.GetObject", First: 2, Effect: cloud.KillBefore})
				r.when("FindExtras", heal)
			})
		},
		judge: func(r *run) []Invariant {
			return []Invariant{r.teamTold("Backup verification failed"), r.causeHas("what nobody read is unknown", "0 of 120 objects passed"), r.causeHas("the reason is told", "its batch failed: Runtime.ExitError")}
		},
	},
	{
		Name: "verify-backup-throttled", Expected: Recovered, machine: "verify-backup",
		Sentence: "S3 refuses its first calls of each kind: patience, not failure.",
		prepare: func(r *run) {
			r.at(0, func() { r.world.PutBackup(objectsOfABackup) })
			r.at(r.moment(), func() {
				r.world.Cloud.Inject(cloud.Fault{Region: r.env.Regions.Primary, Operation: "S3.*", First: 1, Count: 4, PerName: true, Effect: cloud.Throttled})
				r.startIn(r.env.Regions.Primary, "{}")
			})
		},
		judge: func(*run) []Invariant { return nil },
	},
	{
		Name: "verify-backup-denied", Expected: FailedClean, machine: "verify-backup",
		Sentence: "The bucket's policy denies every write: without a stored report nothing is proven, and the verification fails.",
		prepare: func(r *run) {
			r.at(0, func() { r.world.PutBackup(objectsOfABackup) })
			r.at(r.moment(), func() {
				r.refuseBackups()
				r.startIn(r.env.Regions.Primary, "{}")
			})
		},
		judge: func(r *run) []Invariant { return []Invariant{r.teamTold("Backup verification failed")} },
	},
	{
		Name: "verify-backup-twice", Expected: Recovered, machine: "verify-backup",
		Sentence: "Two verifications of one point run at once: each has its own folder, and both say the same.",
		prepare: func(r *run) {
			r.at(0, func() { r.world.PutBackup(objectsOfABackup) })
			r.at(r.moment(), func() {
				r.startIn(r.env.Regions.Primary, "{}")
				r.startIn(r.env.Regions.Primary, `{"depth":"content","chainDays":31}`)
			})
		},
		judge: func(*run) []Invariant { return nil },
	},
	{
		Name: "verify-backup-skew", Expected: Recovered, machine: "verify-backup",
		Sentence: "The clock of the functions is three minutes slow, behind the point that they verify: the verdict is the same.",
		prepare: func(r *run) {
			r.verifyChain(`{}`, func(string, []s3.Object) { r.world.Cloud.Skew(r.env.Regions.Primary, -3*time.Minute) })
		},
		judge: func(r *run) []Invariant { return r.filesHold(3) },
	},
}

// verifyChain makes three recovery points, lets a scenario do something to their manifests, and verifies the newest.
func (r *run) verifyChain(input string, spoil func(bucket string, points []s3.Object)) {
	primary, at := r.env.Regions.Primary, r.moment()
	for n := range 3 {
		r.at(at+time.Duration(n)*3*time.Minute, func() {
			r.world.Files.Put("cases/changed.json", fmt.Sprintf("changed for the %d. time", n))
			if _, err := r.world.States.Start(primary, r.env.MachineName("backup-data"), "", json.RawMessage("{}")); err != nil {
				panic("lab: start backup-data: " + err.Error())
			}
		})
	}
	r.at(at+9*time.Minute, func() {
		bucket := r.env.BucketIn(primary, r.env.Buckets.Backups)
		spoil(bucket, r.manifests(bucket))
		r.startIn(primary, input)
	})
}

func (r *run) manifests(bucket string) (points []s3.Object) {
	for _, o := range r.world.S3.Objects(bucket) {
		if kind, _, ok := manifest.ParseKey(o.Key); ok && kind == manifest.ApplicationData {
			points = append(points, o)
		}
	}
	return points
}

// forged is a manifest that is whole in itself and lacks the last object of the one that was made.
func forged(body []byte) []byte {
	reader, err := manifest.NewReader(bytes.NewReader(body))
	if err != nil {
		panic(fmt.Sprintf("lab: forge a manifest: %v", err))
	}
	var out bytes.Buffer
	w, err := manifest.NewWriter(&out, reader.Header)
	var last *manifest.Object
	for err == nil {
		var o manifest.Object
		if o, err = reader.Next(); err == nil && last != nil {
			err = w.Add(*last)
		}
		last = &o
	}
	if !errors.Is(err, io.EOF) {
		panic(fmt.Sprintf("lab: forge a manifest: %v", err))
	}
	if _, err := w.Seal(); err != nil {
		panic(fmt.Sprintf("lab: forge a manifest: %v", err))
	}
	return out.Bytes()
}

// chainBroken: the failure names the manifest that is not what it was, and the team was told.
func (r *run) chainBroken(word string, point int) []Invariant {
	taken := r.chainPoint(point)
	return []Invariant{r.teamTold("Backup verification failed"), r.causeHas("the point of the chain is named", "the chain: "+word+": "+taken)}
}

// chainPoint is the key of one of the manifests that verifyChain made, from what its execution reported.
func (r *run) chainPoint(n int) string {
	var keys []string
	for _, x := range r.world.States.Executions() {
		var out struct{ Point struct{ Manifest string } }
		if x.Machine == r.env.MachineName("backup-data") && json.Unmarshal(x.Output(), &out) == nil && out.Point.Manifest != "" {
			keys = append(keys, out.Point.Manifest)
		}
	}
	if n >= len(keys) {
		return "no such point"
	}
	return keys[n]
}

func (r *run) causeHas(name, text string) Invariant {
	cause := ""
	for _, x := range r.judged() {
		cause += x.Cause()
	}
	return verdict(name, strings.Contains(cause, text), "%q in: %s", text, cause)
}

// judgedBad: the verdict on a point of the chain lies beside it, so that nobody restores from it unwarned.
func (r *run) judgedBad(point int) Invariant {
	const name = "the altered point is no longer proven"
	key := r.chainPoint(point)
	for _, o := range r.world.S3.Objects(r.env.BucketIn(r.env.Regions.Primary, r.env.Buckets.Backups)) {
		if strings.Contains(o.Key, "/verified/"+strings.TrimSuffix(key[strings.LastIndex(key, "/")+1:], ".json")+".") && strings.HasSuffix(o.Key, ".fail.json") {
			return verdict(name, true, "%s", o.Key)
		}
	}
	return verdict(name, false, "no verdict on %s", key)
}
