package world

import (
	"bytes"
	"crypto/md5" // #nosec G501 -- the owner's scripts compare MD5; nothing is protected by it
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"time"

	"github.com/acso/disaster-recovery/internal/manifest"
	"github.com/acso/disaster-recovery/lab/cloud/s3"
)

// layBuckets makes the buckets of both regions: recovery points, reports and application data, each replicated to the other
// region's. Deletions are replicated of the data only.
func (w *World) layBuckets() {
	e := w.Env
	for _, region := range w.Cloud.Regions() {
		b := s3.Bucket{Name: e.BucketIn(region, e.Buckets.Backups), Region: region, Versioned: true, Lock: true, Lifecycle: w.lifecycle()}
		other, rule := e.Pair(region), e.ReplicationRule(region)
		b.Replication = []s3.Replication{{ID: rule, To: e.BucketIn(other, e.Buckets.Backups), Key: e.KeyAlias()}}
		w.S3.Create(b)
		w.S3.Create(s3.Bucket{
			Name: e.BucketIn(region, e.Buckets.Compliance), Region: region, Versioned: true, Lock: true,
			Replication: []s3.Replication{{ID: rule, To: e.BucketIn(other, e.Buckets.Compliance)}},
		})
		w.S3.Create(s3.Bucket{
			Name: e.BucketIn(region, e.Buckets.Data), Region: region, Versioned: true,
			Replication: []s3.Replication{{ID: rule, To: e.BucketIn(other, e.Buckets.Data), DeleteMarkers: true}},
		})
		w.S3.Create(s3.Bucket{Name: e.RestoreTestBucket(region), Region: region}) // for what lives minutes: no versions, no lock
		w.EC2.CreateGroup(region, e.RestoreTest())
	}
}

// Backup is a recovery point that lies in the primary's backup bucket.
type Backup struct {
	Bucket, Manifest string
	Keys             []string
}

// PutBackup lays down a recovery point of application data, as the backup of last midnight left it.
func (w *World) PutBackup(objects int) Backup {
	taken := w.Sim.Now().Truncate(24 * time.Hour)
	b := Backup{Bucket: w.Env.BucketIn(w.Env.Regions.Primary, w.Env.Buckets.Backups), Manifest: manifest.Key(taken)}
	prefix := taken.Format("2006/01/02/") + "application-data/"
	var text bytes.Buffer
	list, err := manifest.NewWriter(&text, manifest.Header{Environment: w.Env.Name, Kind: "application-data", Prefix: prefix, Taken: taken})
	if err != nil {
		panic(fmt.Sprintf("lab: write a manifest: %v", err))
	}
	random := w.Sim.Rand("backup")
	for n := range objects {
		body := make([]byte, 64+random.IntN(4096))
		for i := range body {
			body[i] = byte(random.Uint32())
		}
		key := fmt.Sprintf("%scase-%04d.json", prefix, n)
		sha, sum := sha256.Sum256(body), md5.Sum(body) // #nosec G401 -- as above
		object := manifest.Object{
			Key: key, VersionID: w.S3.Put(b.Bucket, key, body), Size: int64(len(body)),
			SHA256: hex.EncodeToString(sha[:]), MD5: hex.EncodeToString(sum[:]), Modified: taken.Add(-time.Hour),
		}
		if err := list.Add(object); err != nil {
			panic(fmt.Sprintf("lab: write a manifest: %v", err))
		}
		b.Keys = append(b.Keys, key)
	}
	if _, err := list.Seal(); err != nil {
		panic(fmt.Sprintf("lab: seal a manifest: %v", err))
	}
	w.S3.Put(b.Bucket, b.Manifest, text.Bytes())
	return b
}

// Damage is what was done to a recovery point: the key of an object each.
type Damage struct{ Corrupted, Missing, Extra, Truncated string }

// DamageBackup corrupts, removes, adds and truncates one object each, behind S3's back.
func (w *World) DamageBackup(b Backup) Damage {
	d := Damage{Corrupted: b.Keys[1], Missing: b.Keys[3], Truncated: b.Keys[5], Extra: b.Keys[0] + ".copy"}
	w.S3.Corrupt(b.Bucket, d.Corrupted)
	w.S3.Remove(b.Bucket, d.Missing)
	w.S3.Truncate(b.Bucket, d.Truncated, 10)
	w.S3.Put(b.Bucket, d.Extra, []byte("nobody listed this"))
	return d
}
