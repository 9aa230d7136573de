package verifychecksums_test

import (
	"strings"
	"testing"

	"github.com/acso/disaster-recovery/internal/backup"
	"github.com/acso/disaster-recovery/lab/asl"
	"github.com/acso/disaster-recovery/lab/cloud"
	"github.com/acso/disaster-recovery/lab/cloud/cloudwatch"
	"github.com/acso/disaster-recovery/lab/cloud/kms"
	"github.com/acso/disaster-recovery/lab/cloud/s3"
	"github.com/acso/disaster-recovery/lab/cloud/sns"
)

// TestTheLabsS3IsVerifiedAlike runs the machine against the lab's own S3, with real versions behind S3's back spoilt.
func TestTheLabsS3IsVerifiedAlike(t *testing.T) {
	spoilt := func(spoil func(*s3.Service, *world, string)) (*world, string, asl.Status, string) {
		var storage *s3.Service
		w := beginOn(t, func(w *world, c *cloud.Cloud, bucket string) {
			cloudwatch.New(c, sns.New(c))
			storage = s3.New(c, kms.New(c))
			storage.Create(s3.Bucket{Name: bucket, Region: east, Versioned: true, Lock: true})
			w.fill(20, func(key string, body []byte) string { return storage.Put(bucket, key, body) })
		})
		bucket := w.e.Buckets.Backups
		spoil(storage, w, bucket)
		x := w.verify(`{}`)
		report := ""
		for _, o := range storage.Objects(bucket) {
			if strings.HasSuffix(o.Key, "/report.json") {
				report = string(o.Body)
			}
		}
		return w, report, x.Status(), x.Cause()
	}
	if _, report, status, cause := spoilt(func(*s3.Service, *world, string) {}); status != asl.Succeeded || !strings.Contains(report, `"pass":20`) {
		t.Errorf("whole: %s: %s; report %s", status, cause, report)
	}
	w, _, status, cause := spoilt(func(storage *s3.Service, w *world, bucket string) {
		storage.Corrupt(bucket, w.object(3))
		storage.Truncate(bucket, w.object(4), 10)
		storage.Remove(bucket, w.object(5))
		storage.Put(bucket, w.prefix+"nobody listed me", []byte("extra"))
	})
	if status != asl.Failed {
		t.Errorf("spoilt: %s", status)
	}
	for key, verdict := range map[string]backup.Verdict{
		w.object(3): backup.Mismatch, w.object(4): backup.Mismatch, w.object(5): backup.Missing,
		w.prefix + "nobody listed me": backup.Extra,
	} {
		if !strings.Contains(cause, string(verdict)+": "+key+": ") {
			t.Errorf("the cause does not name %s as %s: %s", key, verdict, cause)
		}
	}
}
