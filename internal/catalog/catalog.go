// Package catalog lists the recovery points that exist: manifests in a backup bucket and snapshots in RDS.
//
// It believes no record of jobs: without its manifest a backup is no point, and what has no proof that is newer than its
// last failure is not verified. It changes nothing but the proofs that it is told to write, and it never asks two regions
// at once: who needs both asks each, and has to say what it means when one does not answer.
package catalog

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"path"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/acso/disaster-recovery/internal/failure"
	"github.com/acso/disaster-recovery/internal/manifest"
	"github.com/acso/disaster-recovery/internal/retention"
)

// Point is a recovery point with what is known of it.
type Point struct {
	retention.Point
	Finished time.Time // when it became one: its manifest was written; zero for snapshots, of which RDS does not tell
	Failed   time.Time // when its last verification failed; zero when it passed or there was none
	Objects  int       // see Bucket.Describe; 0 for snapshots
	Bytes    int64     // see Bucket.Describe; of a snapshot, the storage that was allocated
	Regions  []string  // of a snapshot: where it is available
	Version  string    // of a manifest, from Versions; "" is the newest
	Name     string    // of a snapshot: its identifier in the region that was listed; a copy's is not that of its original
}

// Bucket is a backup bucket.
type Bucket struct {
	Client *s3.Client
	Name   string
}

// Day lists the points of a day (UTC) by time, with their verifications.
func (b Bucket) Day(ctx context.Context, day time.Time) ([]Point, error) {
	var points []Point
	at := map[string]int{}
	err := b.list(ctx, manifest.Folder(day), func(o types.Object) {
		key := aws.ToString(o.Key)
		if kind, taken, ok := manifest.ParseKey(key); ok {
			at[nameOf(key)] = len(points)
			points = append(points, Point{Point: retention.Point{ID: key, Kind: kind, Taken: taken}, Finished: aws.ToTime(o.LastModified)})
		}
	})
	if err != nil {
		return nil, err
	}
	err = b.list(ctx, manifest.Day(day)+proofs, func(o types.Object) {
		name, depth, passed, ok := parseProof(aws.ToString(o.Key))
		if i, there := at[name]; ok && there {
			points[i].judge(depth, passed, aws.ToTime(o.LastModified))
		}
	})
	return points, err
}

// judge takes in one verdict: the newest one counts, and of two good ones the deeper.
func (p *Point) judge(depth retention.Depth, passed bool, when time.Time) {
	switch {
	case !passed && !when.Before(p.Verified):
		p.Failed, p.Verified, p.Depth = when, time.Time{}, ""
	case passed && when.After(p.Failed) && (p.Verified.IsZero() || depth.AtLeast(p.Depth)):
		p.Failed, p.Verified, p.Depth = time.Time{}, when, depth
	}
}

// First is the day of the first object in the bucket: since when there are backups; zero for an empty bucket.
func (b Bucket) First(ctx context.Context) (time.Time, error) {
	out, err := b.Client.ListObjectsV2(ctx, &s3.ListObjectsV2Input{Bucket: aws.String(b.Name), Prefix: aws.String("2"), MaxKeys: aws.Int32(1)})
	if err != nil {
		return time.Time{}, failure.FromAWS(err, "list s3://%s", b.Name)
	}
	const layout = "2006/01/02/"
	for _, o := range out.Contents {
		if key := aws.ToString(o.Key); len(key) > len(layout) {
			if day, err := time.Parse(layout, key[:len(layout)]); err == nil {
				return day, nil
			}
		}
	}
	return time.Time{}, nil
}

// Describe reads the end of a point's manifest and its tags: how much it holds, what Object Lock lies on it, and its class.
func (b Bucket) Describe(ctx context.Context, p *Point) error {
	op := "read manifest s3://" + b.Name + "/" + p.ID
	in := &s3.GetObjectInput{Bucket: aws.String(b.Name), Key: aws.String(p.ID), Range: aws.String("bytes=-512")}
	if p.Version != "" {
		in.VersionId = aws.String(p.Version)
	}
	out, err := b.Client.GetObject(ctx, in)
	if err != nil {
		return failure.FromAWS(err, "%s", op)
	}
	defer func() { _ = out.Body.Close() }() // read only
	end, err := io.ReadAll(out.Body)
	if err != nil {
		return failure.FromAWS(err, "%s", op)
	}
	p.Hold, p.LockedUntil = out.ObjectLockLegalHoldStatus == types.ObjectLockLegalHoldStatusOn, aws.ToTime(out.ObjectLockRetainUntilDate)
	end = bytes.TrimSuffix(end, []byte("\n"))
	var seal manifest.Seal
	if err := json.Unmarshal(end[bytes.LastIndexByte(end, '\n')+1:], &seal); err != nil || seal.Digest == "" {
		return failure.New(failure.Failed, op, "it has no seal: %v", err).Next("use the point before it and find out who wrote it")
	}
	p.Objects, p.Bytes = seal.Objects, seal.Bytes
	tags, err := b.Client.GetObjectTagging(ctx, &s3.GetObjectTaggingInput{Bucket: aws.String(b.Name), Key: aws.String(p.ID), VersionId: in.VersionId})
	if err != nil {
		return failure.FromAWS(err, "read the tags of s3://%s/%s", b.Name, p.ID)
	}
	for _, tag := range tags.TagSet {
		if aws.ToString(tag.Key) == retention.TagKey {
			p.Class = retention.Class(aws.ToString(tag.Value))
		}
	}
	return nil
}

// proofs is the folder of a day that holds the verdicts on its points.
const proofs = "verified/"

// ProofKey is where the verdict of a verification lies: beside the manifests of the day, named after one, so that a
// listing says what was verified. The newest verdict counts.
func ProofKey(manifestKey string, depth retention.Depth, passed bool) string {
	verdict := "fail"
	if passed {
		verdict = "pass"
	}
	return path.Dir(path.Dir(manifestKey)) + "/" + proofs + nameOf(manifestKey) + "." + string(depth) + "." + verdict + ".json"
}

// nameOf is a manifest's name without folder and suffix.
func nameOf(key string) string { return strings.TrimSuffix(path.Base(key), ".json") }

func parseProof(key string) (name string, depth retention.Depth, passed, ok bool) {
	parts := strings.Split(nameOf(key), ".")
	if len(parts) != 3 || parts[2] != "pass" && parts[2] != "fail" {
		return "", "", false, false
	}
	return parts[0], retention.Depth(parts[1]), parts[2] == "pass", true
}

func (b Bucket) list(ctx context.Context, prefix string, use func(types.Object)) error {
	in := &s3.ListObjectsV2Input{Bucket: aws.String(b.Name), Prefix: aws.String(prefix)}
	for {
		out, err := b.Client.ListObjectsV2(ctx, in)
		if err != nil {
			return failure.FromAWS(err, "list s3://%s/%s", b.Name, prefix)
		}
		for _, o := range out.Contents {
			use(o)
		}
		if !aws.ToBool(out.IsTruncated) {
			return nil
		}
		in.ContinuationToken = out.NextContinuationToken
	}
}
