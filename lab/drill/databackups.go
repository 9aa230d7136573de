package drill

import (
	"fmt"
	"strings"
	"time"

	"github.com/acso/disaster-recovery/internal/backup"
	"github.com/acso/disaster-recovery/lab/cloud"
)

// dataBackups: the files of the application, backed up while it goes on writing and while what it needs does not answer.
var dataBackups = []Scenario{
	{
		Name: "backup-data", Expected: Recovered, machine: "backup-data",
		Sentence: "Files are backed up in full, some change, and the incremental backup sends those alone; both points restore.",
		prepare: func(r *run) {
			at := r.backUpFirst()
			r.at(at, func() {
				r.changeFiles()
				r.startIn(r.env.Regions.Primary, `{"reason":"drill"}`)
			})
		},
		judge: func(r *run) []Invariant { return r.filesHold(2) },
	},
	{
		Name: "backup-data-from-bucket", Expected: Recovered, machine: "backup-data",
		Sentence: "The application keeps its data in a bucket: its objects are the recovery point, byte for byte.",
		prepare: func(r *run) {
			r.at(r.moment(), func() {
				for n := range 12 {
					r.world.S3.Put(r.dataBucket(), fmt.Sprintf("evidence/%02d/report (%d).pdf", n%3, n), fmt.Appendf(nil, "report %d", n))
				}
				r.startIn(r.env.Regions.Primary, `{"from":"bucket"}`)
			})
		},
		judge: (*run).objectsHold,
	},
	{
		Name: "backup-data-changing", Expected: Recovered, machine: "backup-data",
		Sentence: "Files are written and removed while they are being backed up: the point restores what each of them held meanwhile.",
		prepare: func(r *run) {
			at := r.backUpFirst()
			r.at(at, func() { r.startIn(r.env.Regions.Primary, `{"full":true}`) })
			for n := range 40 {
				r.at(at+time.Duration(n)*150*time.Millisecond, func() {
					r.world.Files.Put(fmt.Sprintf("cases/%02d/case-%04d.json", n%7, n%24), fmt.Sprintf("written for the %d. time", n))
					if n%5 == 0 {
						r.world.Files.Drop(fmt.Sprintf("cases/%02d/case-%04d.json", (23-n/5)%7, 23-n/5))
					}
				})
			}
		},
		judge: func(r *run) []Invariant { return r.filesHold(2) },
	},
	{
		Name: "backup-data-unreachable", Expected: FailedDirty, machine: "backup-data",
		Sentence: "The file system does not answer: the backup fails and says so, and the older point is whole.",
		prepare: func(r *run) {
			at := r.backUpFirst()
			r.at(at, func() {
				r.say("fault", r.env.Regions.Primary, "the mount is stale")
				r.world.Files.Unmount()
				r.startIn(r.env.Regions.Primary, "{}")
			})
		},
		judge: func(r *run) []Invariant { return append(r.filesHold(1), r.teamTold("Application data backup failed")) },
	},
	{
		Name: "backup-data-denied", Expected: FailedDirty, machine: "backup-data",
		Sentence: "The bucket's policy denies every write: the backup fails and says so, and the older point is whole.",
		prepare: func(r *run) {
			at := r.backUpFirst()
			r.at(at, func() {
				r.refuseBackups()
				r.changeFiles()
				r.startIn(r.env.Regions.Primary, "{}")
			})
		},
		judge: func(r *run) []Invariant { return append(r.filesHold(1), r.teamTold("Application data backup failed")) },
	},
	{
		Name: "backup-data-throttled", Expected: Recovered, machine: "backup-data",
		Sentence: "S3 refuses its first calls of each kind: patience, not failure.",
		prepare: func(r *run) {
			r.at(r.moment(), func() {
				r.world.Cloud.Inject(cloud.Fault{Region: r.env.Regions.Primary, Operation: "S3.*", First: 1, Count: 8, PerName: true, Effect: cloud.Throttled})
				r.startIn(r.env.Regions.Primary, "{}")
			})
		},
		judge: func(r *run) []Invariant { return r.filesHold(1) },
	},
	{
		Name: "backup-data-long", Expected: Recovered, machine: "backup-data",
		Sentence: "S3 is so slow that the first backup takes longer than a function may run: it goes on where it stopped, and nothing is sent twice.",
		prepare: func(r *run) {
			at := r.moment()
			r.at(at, func() {
				for n := range 120 {
					r.world.Files.Put(fmt.Sprintf("evidence/%03d", n), fmt.Sprintf("evidence number %d", n))
				}
				r.say("fault", r.env.Regions.Primary, "every write to S3 takes 10 s")
				r.world.Cloud.Inject(cloud.Fault{Region: r.env.Regions.Primary, Operation: "S3.PutObject", Effect: cloud.Slow})
				r.startIn(r.env.Regions.Primary, "{}")
			})
		},
		judge: func(r *run) []Invariant { return append(r.filesHold(1), r.sentOnce()) },
	},
	{
		Name: "backup-data-twice", Expected: Recovered, machine: "backup-data",
		Sentence: "Two backups start in the same second: each makes its own point, one after the other, and both restore.",
		prepare: func(r *run) {
			at := r.moment()
			r.at(at, func() {
				r.startIn(r.env.Regions.Primary, "{}")
				r.startIn(r.env.Regions.Primary, "{}")
			})
		},
		judge: func(r *run) []Invariant { return r.filesHold(2) },
	},
	{
		Name: "backup-data-skew", Expected: Recovered, machine: "backup-data",
		Sentence: "A backup was taken by a clock 40 s ahead: the next one waits until its own time is later, and the chain holds.",
		prepare: func(r *run) {
			at := r.moment()
			r.at(at, func() {
				r.world.Cloud.Skew(r.env.Regions.Primary, 40*time.Second)
				r.startIn(r.env.Regions.Primary, "{}")
			})
			r.at(at+20*time.Second, func() {
				r.world.Cloud.Skew(r.env.Regions.Primary, 0)
				r.changeFiles()
				r.startIn(r.env.Regions.Primary, "{}")
			})
		},
		judge: func(r *run) []Invariant { return r.filesHold(2) },
	},
}

// backUpFirst makes a point before anything is broken and says when the scenario may go on.
func (r *run) backUpFirst() time.Duration {
	at := r.moment()
	r.at(at, func() { r.startIn(r.env.Regions.Primary, `{"reason":"the backup before"}`) })
	return at + 3*time.Minute
}

func (r *run) changeFiles() {
	f := r.world.Files
	f.Put("cases/03/case-0003.json", "changed")
	f.Put("cases/new case.json", "new")
	f.Drop("cases/04/case-0004.json")
}

// sentOnce: what an invocation has stored, the next one does not store again.
func (r *run) sentOnce() Invariant {
	const name = "it took several invocations, and no file was sent twice"
	bucket := r.env.BucketIn(r.env.Regions.Primary, r.env.Buckets.Backups)
	notes := 0
	for _, o := range r.world.S3.Objects(bucket) {
		if n := len(r.world.S3.Versions(bucket, o.Key)); strings.Contains(o.Key, "/application-data/evidence/") && n > 1 && r.options.Kill == nil {
			return verdict(name, false, "%s was sent %d times", o.Key, n)
		}
		if _, _, ok := backup.ParseNote(o.Key); ok {
			notes += len(r.world.S3.Versions(bucket, o.Key))
		}
	}
	return verdict(name, notes > 0, "%d notes were left", notes)
}

func (r *run) dataBucket() string { return r.env.BucketIn(r.env.Regions.Primary, r.env.Buckets.Data) }

// objectsHold judges the point of the data bucket: it has each object as it is, and no other.
func (r *run) objectsHold() []Invariant {
	const name = "a restore gives what the bucket holds"
	list, holds := r.pointsHold("application-data", 1)
	for _, p := range list {
		objects := r.world.S3.Objects(r.dataBucket())
		for _, o := range objects {
			if string(p.bodies[o.Key]) != string(o.Body) {
				return []Invariant{holds, verdict(name, false, "%s gives %q for %s", p.key, p.bodies[o.Key], o.Key)}
			}
		}
		if len(objects) != len(p.bodies) {
			return []Invariant{holds, verdict(name, false, "%s has %d objects and the bucket %d", p.key, len(p.bodies), len(objects))}
		}
	}
	return []Invariant{holds, verdict(name, true, "%d points", len(list))}
}

func (r *run) refuseBackups() {
	bucket := r.env.BucketIn(r.env.Regions.Primary, r.env.Buckets.Backups)
	r.say("fault", r.env.Regions.Primary, "the policy of %s denies every write", bucket)
	r.world.S3.Refuse(bucket, true)
}

// filesHold judges the points of the files: each restores, and gives for every path what it held while the point was made.
func (r *run) filesHold(want int) []Invariant {
	const name = "a restore gives what the files held"
	list, holds := r.pointsHold("application-data", want)
	for _, p := range list {
		// Taken by a clock that may be wrong, to the second; and what is unchanged was read by an earlier run.
		from, to := p.taken.Add(-time.Minute), p.stored
		for path, body := range p.bodies {
			if !r.world.Files.Held(path, string(body), from, to) {
				return []Invariant{holds, verdict(name, false, "%s gives %.40q for %s, which it did not hold", p.key, body, path)}
			}
		}
		for _, path := range r.world.Files.Names() {
			if _, restored := p.bodies[path]; !restored && !r.world.Files.Missing(path, from, to) {
				return []Invariant{holds, verdict(name, false, "%s lacks %s", p.key, path)}
			}
		}
	}
	return []Invariant{holds, verdict(name, true, "%d points", len(list))}
}

// teamTold: somebody was told of a failure, in so many words.
func (r *run) teamTold(subject string) Invariant {
	for _, m := range r.world.SNS.Messages(r.env.Regions.Primary, r.env.Contacts.OnCall.Topic) {
		if m.Subject == subject {
			return verdict("the team was told", true, "%s", subject)
		}
	}
	return verdict("the team was told", false, "no message says %q", subject)
}
