// Package recoverypoint takes recovery points of this environment: in the right bucket, under the right class and lock, and
// with the rights that it takes.
//
// It decides nothing about how a point is made (package backup) or how long it is kept (package retention); it puts the two
// together, the same way for every kind. It refuses to take a point that is not later than the newest of its kind, and to take
// one in a region that is not active: there would be two chains of one kind.
package recoverypoint

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/acso/disaster-recovery/internal/backup"
	"github.com/acso/disaster-recovery/internal/environment"
	"github.com/acso/disaster-recovery/internal/failure"
	"github.com/acso/disaster-recovery/internal/grant"
	"github.com/acso/disaster-recovery/internal/incident"
	"github.com/acso/disaster-recovery/internal/manifest"
	"github.com/acso/disaster-recovery/internal/platform"
	"github.com/acso/disaster-recovery/internal/retention"
)

// Errors are the kinds that taking a point fails with.
var Errors = []failure.Kind{
	failure.InvalidInput, failure.StandingBy, failure.NotFound, failure.Unavailable, failure.Denied, failure.QuotaReached, failure.KeyMissing, failure.Failed, failure.Internal,
}

// Options say how a point is taken.
type Options struct {
	Full     bool // send everything
	Checksum bool // compare content where size and time are as before
	// Late tells that time is up: Take then gives a *backup.UnfinishedError, and the next call goes on; nil for never.
	Late func() bool
}

// Point is a recovery point that was taken, as the state machines carry it.
type Point struct {
	Kind      string   `json:"kind"`
	Bucket    string   `json:"bucket"`
	Manifest  string   `json:"manifest"` // key
	Version   string   `json:"version"`  // of the manifest
	Digest    string   `json:"digest"`   // that seals it
	Taken     string   `json:"taken"`    // RFC 3339, UTC
	Full      bool     `json:"full"`
	Class     string   `json:"class"`     // how long it is kept: see internal/retention
	KeptUntil string   `json:"keptUntil"` // RFC 3339, UTC
	Objects   int      `json:"objects"`
	Bytes     int64    `json:"bytes"`
	Sent      int      `json:"sent"` // objects that this run stored
	SentBytes int64    `json:"sentBytes"`
	Deleted   int      `json:"deleted"`  // files that are no more
	Changed   []string `json:"changed"`  // the first of the files that kept changing while they were read
	Distrust  string   `json:"distrust"` // why the point before was not built on, "" when it was
}

// Bucket is where the points of a region go.
func Bucket(e *environment.Environment, region string) string {
	return e.BucketIn(region, e.Buckets.Backups)
}

// named is how many paths an answer names; the manifest has all of them.
const named = 20

// Take makes one recovery point of a kind of the region where the function runs.
func Take(ctx context.Context, p platform.Platform, kind string, source backup.Source, o Options) (Point, error) {
	role, err := incident.ActiveRole(ctx, p, "back up "+kind)
	if err != nil {
		return Point{}, err
	}
	client := s3.NewFromConfig(p.AWS)
	bucket := Bucket(p.Environment, p.Region())
	now := p.Clock.Now().UTC().Truncate(time.Second)
	before, begun, err := newest(ctx, client, bucket, kind, now)
	if err != nil {
		return Point{}, err
	}
	if !before.Before(now) {
		return Point{}, tooEarly(kind, before, now)
	}
	if role.Epoch > 0 { // a failover was: the point before may be the other region's
		if o.Full, err = o.full(ctx, client, bucket, kind, before); err != nil {
			return Point{}, err
		}
	}
	resume := ""
	if o.Late != nil && begun.After(before) && begun.Before(now) { // nothing has superseded it
		now, resume = begun, backup.NoteKey(kind, begun)
	}
	class := retention.ClassOf(kind, now, before)
	until := retention.From(p.Environment).Until(class, now)
	point, err := backup.Run(ctx, source, backup.Target{
		Client: client, Bucket: bucket, Environment: p.Environment.Name, Kind: kind, Tags: retention.Tags(kind, now, before),
		Retention: backup.Retention{Mode: types.ObjectLockRetentionModeGovernance, Until: until},
	}, backup.Options{Now: now, Full: o.Full, Checksum: o.Checksum, Concurrency: p.Parallel, Late: o.Late, Clock: p.Clock.Now, Resume: resume})
	var incomplete *backup.IncompleteError
	var unfinished *backup.UnfinishedError
	switch {
	case errors.As(err, &unfinished):
		return Point{}, err
	case errors.As(err, &incomplete):
		return Point{}, (&failure.Error{Kind: failure.Failed, Op: "back up " + kind, Err: err}).
			Next("make the files readable; until then, what they held is in the points before %s", point.Manifest)
	case failure.Is(err, failure.Failed): // perhaps for another run that was quicker
		if last, _, lookErr := newest(ctx, client, bucket, kind, now); lookErr == nil && !last.Before(now) {
			return Point{}, tooEarly(kind, last, now)
		}
		return Point{}, err
	case err != nil:
		return Point{}, failure.FromAWS(err, "back up %s to %s", kind, bucket)
	}
	return Point{
		Kind: kind, Bucket: bucket, Manifest: point.Manifest, Version: point.Version, Digest: point.Digest, Taken: point.Taken.Format(time.RFC3339),
		Full: point.Full, Class: string(class), KeptUntil: until.Format(time.RFC3339), Objects: point.Objects, Bytes: point.Bytes,
		Sent: point.Sent, SentBytes: point.SentBytes, Deleted: point.Deleted, Changed: first(point.Changed), Distrust: point.Distrust,
	}, nil
}

// full tells whether a point has to be full: when it is asked to be, and when the one before it was taken in the other region.
// What that one refers to may not have arrived here, and may never.
func (o Options) full(ctx context.Context, client *s3.Client, bucket, kind string, before time.Time) (bool, error) {
	if o.Full || before.IsZero() {
		return o.Full, nil
	}
	key := manifest.KeyOf(kind, before)
	head, err := client.HeadObject(ctx, &s3.HeadObjectInput{Bucket: aws.String(bucket), Key: aws.String(key)})
	if err != nil {
		return false, failure.FromAWS(err, "look where s3://%s/%s was written", bucket, key)
	}
	return head.ReplicationStatus == types.ReplicationStatusReplica, nil
}

// tooEarly is worth another try: the next second belongs to nobody yet, and a clock that was ahead is caught up with.
func tooEarly(kind string, last, now time.Time) error {
	return failure.New(failure.Unavailable, "back up "+kind, "a point of %s exists and it is %s now", last.Format(time.RFC3339), now.Format(time.RFC3339)).
		Next("two runs at once need nothing; otherwise compare the clocks")
}

func first(paths []string) []string {
	return append([]string{}, paths[:min(len(paths), named)]...)
}

// lookBack is how many days are passed over to find the point before. It covers a month without points, so that the first
// point of a month is known as such.
const lookBack = 32

// newest is when the last point of a kind was taken, and when the last one was begun that left a note; zero when there is
// none. Notes older than the day of the last point are not looked for: it has superseded them.
func newest(ctx context.Context, client *s3.Client, bucket, kind string, now time.Time) (point, begun time.Time, err error) {
	for back := -1; back < lookBack; back++ { // a clock that was ahead may have made tomorrow's folder
		in := &s3.ListObjectsV2Input{Bucket: aws.String(bucket), Prefix: aws.String(manifest.Folder(now.AddDate(0, 0, -back)))}
		for {
			out, err := client.ListObjectsV2(ctx, in)
			if err != nil {
				return point, begun, failure.FromAWS(err, "list s3://%s/%s", bucket, aws.ToString(in.Prefix))
			}
			for _, o := range out.Contents {
				if of, at, ok := manifest.ParseKey(aws.ToString(o.Key)); ok && of == kind && at.After(point) {
					point = at
				}
				if of, at, ok := backup.ParseNote(aws.ToString(o.Key)); ok && of == kind && at.After(begun) {
					begun = at
				}
			}
			if !aws.ToBool(out.IsTruncated) {
				break
			}
			in.ContinuationToken = out.NextContinuationToken
		}
		if !point.IsZero() {
			return point, begun, nil
		}
	}
	return point, begun, nil
}

// Grants is what taking points of a kind takes in a region. It does not allow to delete anything, or to shorten a lock.
func Grants(e *environment.Environment, region, kind string) []grant.Grant {
	bucket := "arn:aws:s3:::" + Bucket(e, region)
	written := []string{fmt.Sprintf("%s/*/%s/*", bucket, kind), fmt.Sprintf("%s/*/manifests/*-%s.json", bucket, kind)}
	if kind == retention.ApplicationData {
		written = []string{fmt.Sprintf("%s/*/%s/*", bucket, kind), bucket + "/*/manifests/*", bucket + "/*/checksums.json"}
	}
	read := []string{"s3:GetObject"} // the seal of the point before
	if kind == retention.ApplicationData || kind == retention.Configuration {
		read = append(read, "s3:GetObjectVersion") // incremental: all of it, in the version that was found
	}
	return append(incident.ActiveGrants(e, region), []grant.Grant{
		{Actions: []string{"s3:ListBucket"}, Resources: []string{bucket}},
		{Actions: read, Resources: []string{bucket + "/*/manifests/*"}},
		{Actions: []string{"s3:PutObject", "s3:PutObjectTagging", "s3:PutObjectRetention"}, Resources: written},
	}...)
}
