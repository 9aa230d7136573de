package keepverified

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"io"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/acso/disaster-recovery/internal/failure"
	"github.com/acso/disaster-recovery/internal/manifest"
	"github.com/acso/disaster-recovery/internal/retention"
)

// stateKey is where the entries lie: no day, no kind.
const stateKey = "kept/points.json"

// work goes on with one point: every object that its manifest lists, whoever stored it, and at last the manifest.
func (h *Handler) work(ctx context.Context, e Entry, now time.Time, late func() bool) (Entry, bool, error) {
	if e.Until.IsZero() {
		e.Until = now.Add(prolonged).Truncate(24 * time.Hour)
	}
	version, err := h.store.Version(ctx, e.Manifest)
	if err != nil {
		return e, false, err
	}
	reader, err := h.store.Manifest(ctx, e.Manifest, version)
	if err != nil {
		return e, false, err
	}
	for {
		o, err := reader.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return e, false, failure.New(failure.Failed, "keep "+e.Manifest, "%w", err).Next("verify-backup tells which points are whole")
		}
		if o.Key <= e.After {
			continue
		}
		if err := h.object(ctx, o, e, reader.Header); err != nil {
			return e, false, err
		}
		if e.After = o.Key; late() {
			return e, false, nil
		}
	}
	e.After = ""
	return e, true, h.object(ctx, manifest.Object{Key: e.Manifest, VersionID: version}, e, reader.Header)
}

// object prolongs one object, or gives it back. One that is kept longer than that by its own class stays as it is.
func (h *Handler) object(ctx context.Context, o manifest.Object, e Entry, header manifest.Header) error {
	op := "keep s3://" + h.store.Bucket + "/" + o.Key
	bucket, key, version := aws.String(h.store.Bucket), aws.String(o.Key), aws.String(o.VersionID)
	out, err := h.store.Client.GetObjectTagging(ctx, &s3.GetObjectTaggingInput{Bucket: bucket, Key: key, VersionId: version})
	if err != nil {
		return failure.FromAWS(err, "%s", op)
	}
	class, was := retention.Class(""), retention.Class("")
	for _, tag := range out.TagSet {
		switch aws.ToString(tag.Key) {
		case retention.TagKey:
			class = retention.Class(aws.ToString(tag.Value))
		case retention.WasKey:
			was = retention.Class(aws.ToString(tag.Value))
		}
	}
	want := []types.Tag{{Key: aws.String(retention.TagKey), Value: aws.String(string(retention.Kept))}, {Key: aws.String(retention.WasKey), Value: aws.String(string(cmp.Or(was, class)))}}
	own := retention.From(h.p.Environment).Until(class, header.Taken)
	switch {
	case e.Release && (class != retention.Kept || was == ""):
		return nil
	case e.Release:
		want = []types.Tag{{Key: aws.String(retention.TagKey), Value: aws.String(string(was))}}
	case class == "", class != retention.Kept && (own.IsZero() || !own.Before(e.Until)):
		return nil // no rule takes it, or not before then
	}
	if e.Release || class != retention.Kept {
		if _, err := h.store.Client.PutObjectTagging(ctx, &s3.PutObjectTaggingInput{Bucket: bucket, Key: key, VersionId: version, Tagging: &types.Tagging{TagSet: want}}); err != nil {
			return failure.FromAWS(err, "%s", op)
		}
	}
	if e.Release {
		return nil // its lock runs out by itself
	}
	_, err = h.store.Client.PutObjectRetention(ctx, &s3.PutObjectRetentionInput{
		Bucket: bucket, Key: key, VersionId: version,
		Retention: &types.ObjectLockRetention{Mode: types.ObjectLockRetentionModeGovernance, RetainUntilDate: aws.Time(e.Until)},
	})
	return failure.FromAWS(err, "%s", op)
}

// remembered are the entries of the run before.
func (h *Handler) remembered(ctx context.Context) (entries []Entry, etag *string, err error) {
	op := "read s3://" + h.store.Bucket + "/" + stateKey
	out, err := h.store.Client.GetObject(ctx, &s3.GetObjectInput{Bucket: aws.String(h.store.Bucket), Key: aws.String(stateKey)})
	if failure.Code(err) == "NoSuchKey" {
		return []Entry{}, nil, nil
	}
	if err != nil {
		return nil, nil, failure.FromAWS(err, "%s", op)
	}
	defer func() { _ = out.Body.Close() }() // read only
	if err := json.NewDecoder(out.Body).Decode(&entries); err != nil {
		return nil, nil, failure.New(failure.Failed, op, "%w", err).Next("remove the object: what is to be kept is found again")
	}
	return entries, out.ETag, nil
}

// remember writes the entries, unless another run did meanwhile.
func (h *Handler) remember(ctx context.Context, entries []Entry, etag *string) error {
	text, err := json.Marshal(entries)
	if err != nil {
		return err
	}
	in := &s3.PutObjectInput{Bucket: aws.String(h.store.Bucket), Key: aws.String(stateKey), Body: bytes.NewReader(text), ContentType: aws.String("application/json"), IfMatch: etag}
	if etag == nil {
		in.IfNoneMatch = aws.String("*")
	}
	_, err = h.store.Client.PutObject(ctx, in)
	return failure.FromAWS(err, "write s3://%s/%s", h.store.Bucket, stateKey)
}
