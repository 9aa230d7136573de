package catalog

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/acso/disaster-recovery/internal/failure"
	"github.com/acso/disaster-recovery/internal/manifest"
)

// Hidden is an object of the catalog that something lies on top of: a delete marker, or a manifest that was written over,
// which no backup does.
type Hidden struct {
	Key     string `json:"key"`
	Version string `json:"version"` // that is meant
}

// Versions lists the points of a day (UTC) as Day does, whatever was done on top of them: a manifest is written once, so
// its oldest version is the one, and Object Lock keeps that. hidden are those that Day would not see as they are.
func (b Bucket) Versions(ctx context.Context, day time.Time) (points []Point, hidden []Hidden, err error) {
	at := map[string]int{}
	err = b.versions(ctx, manifest.Folder(day), func(o object) {
		kind, taken, ok := manifest.ParseKey(o.key)
		if !ok {
			return
		}
		at[nameOf(o.key)] = len(points)
		p := Point{Finished: o.oldest.at, Version: o.oldest.id}
		p.ID, p.Kind, p.Taken = o.key, kind, taken
		points = append(points, p)
		if o.top != o.oldest.id {
			hidden = append(hidden, Hidden{o.key, o.oldest.id})
		}
	})
	if err != nil {
		return nil, nil, err
	}
	err = b.versions(ctx, manifest.Day(day)+proofs, func(o object) {
		name, depth, passed, ok := parseProof(o.key)
		i, there := at[name]
		if !ok || !there {
			return
		}
		points[i].judge(depth, passed, o.newest.at)
		if o.top != o.newest.id {
			hidden = append(hidden, Hidden{o.key, o.newest.id})
		}
	})
	return points, hidden, err
}

// object is one key with what was ever stored under it.
type object struct {
	key            string
	top            string // version that a plain reader gets; a delete marker's for one who gets nothing
	oldest, newest stored
}

type stored struct {
	id string
	at time.Time
}

// versions gives every key below a prefix that ever held something, in their order. S3 lists a key's versions newest
// first: https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectVersions.html
func (b Bucket) versions(ctx context.Context, prefix string, use func(object)) error {
	in := &s3.ListObjectVersionsInput{Bucket: aws.String(b.Name), Prefix: aws.String(prefix)}
	var now object
	flush := func() {
		if now.key != "" && now.newest.id != "" {
			use(now)
		}
	}
	begin := func(key string) {
		if key != now.key {
			flush()
			now = object{key: key}
		}
	}
	for {
		out, err := b.Client.ListObjectVersions(ctx, in)
		if err != nil {
			return failure.FromAWS(err, "list the versions of s3://%s/%s", b.Name, prefix)
		}
		markers := map[string]string{}
		for _, m := range out.DeleteMarkers {
			if aws.ToBool(m.IsLatest) {
				markers[aws.ToString(m.Key)] = aws.ToString(m.VersionId)
			}
		}
		for _, v := range out.Versions {
			begin(aws.ToString(v.Key))
			one := stored{aws.ToString(v.VersionId), aws.ToTime(v.LastModified)}
			if now.newest.id == "" {
				now.newest = one
			}
			now.oldest = one
			if aws.ToBool(v.IsLatest) {
				now.top = one.id
			} else if marker, gone := markers[now.key]; gone {
				now.top = marker
			}
		}
		if !aws.ToBool(out.IsTruncated) {
			flush()
			return nil
		}
		in.KeyMarker, in.VersionIdMarker = out.NextKeyMarker, out.NextVersionIdMarker
	}
}
