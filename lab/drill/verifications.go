package drill

import (
	"encoding/json"
	"time"

	"github.com/acso/disaster-recovery/internal/catalog"
	"github.com/acso/disaster-recovery/internal/retention"
	"github.com/acso/disaster-recovery/lab/cloud/s3"
)

// verifications: recovery points that a real backup made, at the depth that reads nothing.
var verifications = []Scenario{
	{
		Name: "verify-backup-attributes", Expected: Recovered, machine: "verify-backup",
		Sentence: "A backup is compared with what S3 states of its objects: all of it is as the manifest says, and nothing is read.",
		prepare:  func(r *run) { r.verifyAfterBackup(nil) },
		judge: func(r *run) []Invariant {
			return append(r.filesHold(1), r.proof(true))
		},
	},
	{
		Name: "verify-backup-attributes-damaged", Expected: FailedClean, machine: "verify-backup",
		Sentence: "One object of a backup was cut off and one is gone: what S3 states of them shows it.",
		prepare: func(r *run) {
			r.verifyAfterBackup(func(bucket string, objects []s3.Object) {
				r.world.S3.Truncate(bucket, objects[0].Key, 10)
				r.world.S3.Remove(bucket, objects[1].Key)
			})
		},
		judge: func(r *run) []Invariant { return []Invariant{r.teamTold("Backup verification failed"), r.proof(false)} },
	},
}

// verifyAfterBackup backs files up, lets a scenario damage objects of cases, and verifies by attributes.
func (r *run) verifyAfterBackup(damage func(bucket string, objects []s3.Object)) {
	primary := r.env.Regions.Primary
	at := r.moment()
	r.at(at, func() {
		if _, err := r.world.States.Start(primary, r.env.MachineName("backup-data"), "", json.RawMessage("{}")); err != nil {
			panic("lab: start backup-data: " + err.Error())
		}
	})
	r.at(at+3*time.Minute, func() {
		bucket := r.env.BucketIn(primary, r.env.Buckets.Backups)
		if damage != nil {
			var objects []s3.Object
			for _, o := range r.world.S3.Objects(bucket) {
				if len(o.Body) > 20 && len(objects) < 2 {
					objects = append(objects, o)
				}
			}
			r.say("fault", primary, "%s and %s are damaged", objects[0].Key, objects[1].Key)
			damage(bucket, objects)
		}
		r.startIn(primary, `{"depth":"attributes"}`)
	})
}

// proof: the verdict lies beside the manifest, for whoever asks what is proven.
func (r *run) proof(passed bool) Invariant {
	const name = "the verdict lies beside the manifest"
	bucket := r.env.BucketIn(r.env.Regions.Primary, r.env.Buckets.Backups)
	list, err := r.points(r.env.Regions.Primary, "application-data")
	if passed && (err != nil || len(list) != 1) {
		return verdict(name, false, "%d points: %v", len(list), err)
	}
	for _, o := range r.world.S3.Objects(bucket) {
		for _, m := range r.world.S3.Objects(bucket) {
			if o.Key == catalog.ProofKey(m.Key, retention.Attributes, passed) {
				return verdict(name, true, "%s", o.Key)
			}
		}
	}
	return verdict(name, false, "there is none")
}
