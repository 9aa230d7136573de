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
)

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
	r.world.RDS.Mark(r.liveDatabase(), mark)
	r.markMoment()
	r.breaks(r.where(), "a table of the database is corrupted")
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
	r.breaks(r.where(), "files are deleted and changed")
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
	region, path := r.where(), r.env.Parameters
	r.world.SSM.Put(region, path+"/supervisor/log-level", "off", types.ParameterTypeString, "")
	r.world.SSM.Put(region, path+"/supervisor/token", "stolen", types.ParameterTypeSecureString, r.env.KeyAlias())
	r.world.SSM.Drop(region, path+"/threat-hunter/token")
	r.world.SSM.Put(region, path+"/backdoor", "open", types.ParameterTypeString, "")
	r.world.SSM.Put(region, path+"/region", "elsewhere", types.ParameterTypeString, "")
	r.breaks(region, "parameters are changed, deleted and added")
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

// rotNewest damages an object that the newest point alone has.
func (r *run) rotNewest() {
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
