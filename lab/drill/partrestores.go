package drill

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"github.com/acso/disaster-recovery/internal/restore"
	"github.com/acso/disaster-recovery/internal/retention"
	"github.com/acso/disaster-recovery/lab/cloud"
	"github.com/acso/disaster-recovery/lab/world"
)

// partRestores: application data and configuration are restored, alone or with the database, from verified points.
var partRestores = []Scenario{
	{
		Name: "restore-everything", Expected: Recovered, machine: restoreMachine, everywhere: true,
		Sentence: "Database, files and parameters are damaged: all three are restored to the moment before, at the same time, and the other region follows.",
		prepare: func(r *run) {
			at := r.protect(r.moment())
			r.at(at, func() {
				r.damageDatabase()
				r.damageFiles()
				r.damageParameters()
			})
			r.restoreAt(at+9*time.Minute, func() string { return r.before("replace") })
			r.operator(time.Minute, world.Answer{Approved: true})
			r.when("CloseRestore", r.noteSync)
		},
		judge: func(r *run) []Invariant {
			return append(r.restoredInPlace(), r.filesRestored(), r.filesKept(), r.parametersRestored(), r.parametersKept(), r.lossesCover(), r.backupsFollow(), r.filesFollow())
		},
	},
	{
		Name: "restore-data-deleted", Expected: Recovered, machine: restoreMachine, everywhere: true,
		Sentence: "Files are deleted by mistake: the point before brings them back, and what was written since is in the safety point.",
		prepare: func(r *run) {
			at := r.protect(r.moment())
			r.at(at, r.damageFiles)
			r.restoreAt(at+time.Minute, func() string { return r.before("replace", restore.Data) })
			r.operator(time.Minute, world.Answer{Approved: true})
		},
		judge: (*run).dataRestored,
	},
	{
		Name: "restore-configuration-damaged", Expected: Recovered, machine: restoreMachine, everywhere: true,
		Sentence: "Parameters are changed, deleted and added, a secret among them: those that differ are put back, the others get no new version.",
		prepare: func(r *run) {
			at := r.protect(r.moment())
			r.at(at, r.damageParameters)
			r.restoreAt(at+2*time.Minute, func() string { return r.before("replace", restore.Configuration) })
			r.operator(time.Minute, world.Answer{Approved: true})
		},
		judge: func(r *run) []Invariant {
			return append(r.aside(), r.parametersRestored(), r.parametersKept(), r.lossesCover())
		},
	},
	{
		Name: "restore-data-beside", Expected: Recovered, machine: restoreMachine,
		Sentence: "Somebody wants to compare: data and configuration are restored beside the live ones, which nothing touches, and no service stops.",
		prepare: func(r *run) {
			at := r.protect(r.moment())
			r.restoreAt(at, func() string { return inputOf("latest", "beside", restore.Data, restore.Configuration) })
		},
		judge: func(r *run) []Invariant {
			return append(r.aside(), r.besideHolds(), r.untouched())
		},
	},
	{
		Name: "restore-newest-corrupt", Expected: Recovered, machine: restoreMachine,
		Sentence: "The newest point was verified and is corrupt since: reading it once more before use finds that, the one before is taken, and the plan says so.",
		prepare: func(r *run) {
			first := r.protect(r.moment())
			r.at(first, func() { r.world.Files.Put("cases/01/case-0001.json", "a case that went on, in many words") })
			at := r.protect(first + time.Minute)
			r.at(at, func() {
				r.corruptNewest()
				r.damageFiles()
			})
			r.restoreAt(at+time.Minute, func() string { return r.before("replace", restore.Data) })
			r.operator(time.Minute, world.Answer{Approved: true})
		},
		judge: func(r *run) []Invariant {
			return append(r.dataRestored(), r.pointUsed(0), r.questionNames("failed its verification"))
		},
	},
	{
		Name: "restore-none-verified", Expected: FailedClean, machine: restoreMachine,
		Sentence: "There is a point and nobody verified it: a restore from it is refused before anything is touched.",
		prepare: func(r *run) {
			at := r.moment()
			r.at(at, func() { r.start("backup-data", `{"reason":"the only backup"}`) })
			r.restoreAt(at+3*time.Minute, func() string { return inputOf("latest", "replace", restore.Data) })
		},
		judge: func(r *run) []Invariant {
			return append(r.asBefore(), r.untouched(), r.causeNames("are not verified"), r.causeNames("no verified point of it exists"))
		},
	},
	{
		Name: "restore-between-points", Expected: Recovered, machine: restoreMachine,
		Sentence: "A time between two points, written in another time zone: the earlier of the two serves it.",
		prepare: func(r *run) {
			first := r.protect(r.moment())
			at := r.protect(first + 2*time.Minute)
			r.at(first+time.Minute, r.markMoment)
			r.at(at, r.damageFiles)
			r.restoreAt(at+time.Minute, func() string { return r.zoned("replace", restore.Data) })
			r.operator(time.Minute, world.Answer{Approved: true})
		},
		judge: func(r *run) []Invariant { return append(r.dataRestored(), r.pointUsed(0)) },
	},
	{
		Name: "restore-on-a-point", Expected: Recovered, machine: restoreMachine,
		Sentence: "The very second at which the newer of two points was taken: that point serves it.",
		prepare: func(r *run) {
			first := r.protect(r.moment())
			at := r.protect(first + 2*time.Minute)
			r.at(at, r.damageFiles)
			r.restoreAt(at+time.Minute, func() string {
				r.restoring.to = r.newestPoint(retention.ApplicationData).taken
				return r.zoned("replace", restore.Data)
			})
			r.operator(time.Minute, world.Answer{Approved: true})
		},
		judge: func(r *run) []Invariant { return append(r.dataRestored(), r.pointUsed(1)) },
	},
	{
		Name: "restore-before-points", Expected: FailedClean, machine: restoreMachine,
		Sentence: "A time before the first point is refused, and the nearest that can be restored is named.",
		prepare: func(r *run) {
			at := r.protect(r.moment())
			r.restoreAt(at, func() string { return inputOf("2024-02-29T23:59:59-05:00", "replace", restore.Data) })
		},
		judge: func(r *run) []Invariant {
			return append(r.asBefore(), r.untouched(), r.causeNames("the nearest that can be restored is "+stampZone(r.newestPoint(retention.ApplicationData).taken, time.UTC)))
		},
	},
	{
		Name: "restore-ransomware", Expected: Recovered, machine: restoreMachine,
		Sentence: "Files are encrypted, and whoever did it overwrites and deletes the backups: Object Lock keeps every version, the last verified point is found below, and restored.",
		prepare: func(r *run) {
			at := r.protect(r.moment())
			r.at(at, func() {
				r.encryptFiles()
				r.attackBackups()
			})
			r.restoreAt(at+2*time.Minute, func() string { return r.before("replace", restore.Data, restore.Configuration) })
			r.operator(time.Minute, world.Answer{Approved: true})
		},
		judge: func(r *run) []Invariant {
			return append(r.dataRestored(), r.parametersRestored(), r.attackHeld(), r.questionNames("somebody wrote over or deleted"))
		},
	},
	{
		Name: "restore-data-fails", Expected: FailedClean, machine: restoreMachine, everywhere: true,
		Sentence: "The database ends as incompatible-restore while files and parameters are restored: those are put back as they were, and the services run on what was there.",
		prepare: func(r *run) {
			at := r.protect(r.moment())
			r.at(at, func() {
				r.damageFiles()
				r.damageParameters()
				r.markMoment()
			})
			r.restoreAt(at+9*time.Minute, func() string { return r.before("replace") })
			r.operator(time.Minute, world.Answer{Approved: true})
			r.world.RDS.EndRestores("incompatible-restore")
		},
		judge: func(r *run) []Invariant { return append(r.asBefore(), r.untouched()) },
	},
	{
		Name: "restore-mount-lost", Expected: FailedDirty, machine: restoreMachine,
		Sentence: "The file system stops answering while the files are restored, and stays so: the services stay stopped, and the report names the command that puts the files back.",
		prepare: func(r *run) {
			at := r.protect(r.moment())
			r.at(at, r.damageFiles)
			r.restoreAt(at+time.Minute, func() string { return r.before("replace", restore.Data) })
			r.operator(time.Minute, world.Answer{Approved: true})
			r.when("RestoreData", func() {
				r.after(200*time.Millisecond, func() {
					r.say("fault", r.env.Regions.Primary, "the mount is stale")
					r.world.Files.Unmount()
				})
			})
		},
		judge: func(r *run) []Invariant {
			return []Invariant{r.filesKept(), r.causeNames(`"action":"back"`), r.causeNames("application data were made those of")}
		},
	},
}

// start starts a machine beside the judged one, as a schedule does.
func (r *run) start(machine, text string) {
	if _, err := r.world.States.Start(r.where(), r.env.MachineName(machine), "", json.RawMessage(text)); err != nil {
		panic(fmt.Sprintf("lab: start %s: %v", machine, err))
	}
}

// protect takes a point of the files and one of the parameters, has both verified as the schedules do, and says when the
// scenario may go on.
func (r *run) protect(at time.Duration) time.Duration {
	r.at(at, func() {
		r.start("backup-data", `{"reason":"the backup before"}`)
		r.start("backup-configuration", `{"reason":"the backup before"}`)
	})
	r.at(at+2*time.Minute, func() {
		r.start("verify-backup", `{"kind":"application-data"}`)
		r.start("verify-backup", `{"kind":"configuration"}`)
	})
	return at + 5*time.Minute
}

// markMoment takes the last whole second for the one to restore to.
func (r *run) markMoment() {
	r.restoring.to = r.world.Sim.Now().Truncate(time.Second).Add(-time.Second)
}

// before is the input of a restore to the second before the first damage.
func (r *run) before(mode string, parts ...restore.Part) string {
	return inputOf(stampZone(r.restoring.to, time.UTC), mode, parts...)
}

// zoned is the same, as somebody writes it elsewhere.
func (r *run) zoned(mode string, parts ...restore.Part) string {
	return inputOf(stampZone(r.restoring.to, time.FixedZone("operator", int(between.Seconds()))), mode, parts...)
}

func (r *run) damageDatabase() {
	primary := r.env.Regions.Primary
	r.world.RDS.Mark(r.world.RDS.Instance(primary, r.env.DatabaseIn(primary)), mark)
	r.markMoment()
	r.breaks(primary, "a table of the database is corrupted")
}

// damageFiles deletes, changes and adds, and puts a folder where a file was.
func (r *run) damageFiles() {
	if r.restoring.to.IsZero() {
		r.markMoment()
	}
	f := r.world.Files
	for _, name := range f.Names() {
		if strings.HasPrefix(name, "cases/03/") || name == "empty" {
			f.Drop(name)
		}
	}
	f.Put("cases/05/case-0005.json", "changed by mistake")
	f.Put("empty/is a folder now", "x")
	f.Put("written since.txt", "and given up")
	f.Drop("reports/latest")
	r.breaks(r.env.Regions.Primary, "files are deleted and changed")
}

func (r *run) encryptFiles() {
	r.markMoment()
	for _, name := range r.world.Files.Names() {
		if text, ok := r.world.Files.Text(name); ok {
			r.world.Files.Put(name, fmt.Sprintf("%x", text))
		}
	}
	r.world.Files.Put("READ ME.txt", "pay")
	r.breaks(r.env.Regions.Primary, "all files are encrypted")
}

func (r *run) damageParameters() {
	if r.restoring.to.IsZero() {
		r.markMoment()
	}
	primary, path := r.env.Regions.Primary, r.env.Parameters
	r.changeParameter("supervisor/log-level", "off")
	r.changeSecret("supervisor/token", "stolen")
	r.world.SSM.Drop(primary, path+"/threat-hunter/token")
	r.world.SSM.Put(primary, path+"/backdoor", "open", types.ParameterTypeString, "")
	r.world.SSM.Put(primary, path+"/region", "elsewhere", types.ParameterTypeString, "")
}

// attackBackups does what stolen rights without the right to bypass Object Lock can do: write over, delete, and try to
// delete the versions.
func (r *run) attackBackups() {
	bucket := r.backups()
	client := awss3.NewFromConfig(r.world.Cloud.Config(cloud.Principal{Name: "intruder", Region: r.env.Regions.Primary, Unlimited: true}))
	refused := 0
	for n, o := range r.world.S3.Objects(bucket) {
		for _, v := range r.world.S3.Versions(bucket, o.Key) {
			_, err := client.DeleteObject(context.Background(), &awss3.DeleteObjectInput{Bucket: aws.String(bucket), Key: aws.String(o.Key), VersionId: aws.String(v.Version)})
			if err != nil {
				refused++
			}
		}
		if n%2 == 0 {
			r.world.S3.Put(bucket, o.Key, []byte("gone"))
			continue
		}
		if _, err := client.DeleteObject(context.Background(), &awss3.DeleteObjectInput{Bucket: aws.String(bucket), Key: aws.String(o.Key)}); err != nil {
			panic("lab: a delete marker: " + err.Error())
		}
	}
	r.restoring.refused = refused
	r.say("fault", r.env.Regions.Primary, "every object of %s is written over or deleted; S3 refuses to delete %d versions", bucket, refused)
}

func (r *run) backups() string { return r.env.BucketIn(r.where(), r.env.Buckets.Backups) }

// corruptNewest damages an object that the newest point alone has.
func (r *run) corruptNewest() {
	p := r.newestPoint(retention.ApplicationData)
	for _, o := range p.objects {
		if o.Stored.IsZero() && o.Size > 20 {
			r.world.S3.Corrupt(r.backups(), o.Key)
			r.say("fault", r.env.Regions.Primary, "%s rots", o.Key)
			return
		}
	}
	panic("lab: the newest point stored nothing of its own")
}

// noteSync remembers how old the other region's files are when the restore is about to say that it is done.
func (r *run) noteSync() {
	if f := r.world.EFS.Find(r.where(), r.env.FileSystem(r.where())); f != nil {
		if replication := r.world.EFS.Of(f); replication != nil {
			r.restoring.synced = replication.LastSync
		}
	}
}

// where is the region that is restored.
func (r *run) where() string {
	if r.restoring.region != "" {
		return r.restoring.region
	}
	return r.env.Regions.Primary
}
