package world

import (
	"bytes"
	"fmt"
	"time"

	"github.com/acso/disaster-recovery/internal/catalog"
	"github.com/acso/disaster-recovery/internal/manifest"
	"github.com/acso/disaster-recovery/internal/retention"
	"github.com/acso/disaster-recovery/lab/cloud/s3"
)

// Mature makes the world what it is after some days of backups, without living through them: the configuration is copied,
// a fresh and verified recovery point of each kind is in both regions, and the quotas are raised as docs/quotas.md says.
func (w *World) Mature() {
	e := w.Env
	vCPUs := 0
	for _, s := range e.Services {
		vCPUs += 2 * s.Desired
	}
	w.layShared(e.Regions.Recovery)
	for _, region := range w.Cloud.Regions() {
		w.RDS.SetSnapshotQuota(region, e.Backup.SnapshotQuota)
		w.Quotas.Set(region, "fargate", "L-3032A538", float64(vCPUs))
	}
	now := w.Sim.Now()
	midnight := now.Truncate(24 * time.Hour)
	for _, kind := range []string{retention.Configuration, retention.Infrastructure, retention.Logs} {
		w.putVerified(kind, midnight)
	}
	w.putVerified(retention.ApplicationData, now.Truncate(e.Backup.Data.Incremental.Std()))
	taken := now.Add(-time.Hour).Truncate(time.Hour)
	name := e.Database.Identifier + "-" + taken.UTC().Format("20060102-150405") + "-00000000" // as function snapshot names them
	w.RDS.PutSnapshot(e.Regions.Primary, name, e.Database.Identifier, taken)
	w.RDS.PutSnapshot(e.Regions.Recovery, name+catalog.CopySuffix, e.Database.Replica, taken)
}

// putVerified lays an empty recovery point with its proof into the buckets of both regions.
func (w *World) putVerified(kind string, taken time.Time) {
	var text bytes.Buffer
	m, err := manifest.NewWriter(&text, manifest.Header{Environment: w.Env.Name, Kind: kind, Prefix: manifest.Day(taken) + kind + "/", Taken: taken})
	if err == nil {
		_, err = m.Seal()
	}
	if err != nil {
		panic(fmt.Sprintf("lab: write a manifest: %v", err))
	}
	key := manifest.KeyOf(kind, taken)
	for _, region := range w.Cloud.Regions() {
		bucket := w.Env.BucketIn(region, w.Env.Buckets.Backups)
		w.S3.Put(bucket, key, text.Bytes())
		w.S3.Put(bucket, catalog.ProofKey(key, retention.Attributes, true), []byte("{}"))
	}
}

// LosePoints deletes every recovery point of a kind, and its proofs, from the bucket of a region.
func (w *World) LosePoints(region, kind string) {
	bucket := w.Env.BucketIn(region, w.Env.Buckets.Backups)
	for _, o := range w.S3.Objects(bucket) {
		if k, _, ok := manifest.ParseKey(o.Key); ok && k == kind {
			w.S3.Remove(bucket, o.Key)
		}
	}
}

// StopReplication ends the replication of the backup bucket of a region.
func (w *World) StopReplication(from string) {
	w.S3.Configure(w.Env.BucketIn(from, w.Env.Buckets.Backups), []s3.Replication{}, w.lifecycle())
}
