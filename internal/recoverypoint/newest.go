package recoverypoint

import (
	"context"
	"errors"
	"io"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/acso/disaster-recovery/internal/failure"
	"github.com/acso/disaster-recovery/internal/manifest"
	"github.com/acso/disaster-recovery/internal/platform"
)

// Newest is the last point of a kind with one small file that it holds. ok is false when there is no point, or none that
// holds the file. It takes the right to read the kind's objects beside those of Grants.
func Newest(ctx context.Context, p platform.Platform, kind, path string) (point Point, text []byte, ok bool, err error) {
	client, bucket := s3.NewFromConfig(p.AWS), Bucket(p.Environment, p.Region())
	taken, _, err := newest(ctx, client, bucket, kind, p.Clock.Now().UTC())
	if err != nil || taken.IsZero() {
		return Point{}, nil, false, err
	}
	point = Point{Kind: kind, Bucket: bucket, Manifest: manifest.KeyOf(kind, taken), Taken: taken.Format(time.RFC3339), Changed: []string{}}
	object, err := find(ctx, client, &point, path)
	if err != nil || object.Key == "" {
		return Point{}, nil, false, err
	}
	out, err := client.GetObject(ctx, &s3.GetObjectInput{Bucket: aws.String(bucket), Key: aws.String(object.Key), VersionId: aws.String(object.VersionID)})
	if err != nil {
		return Point{}, nil, false, failure.FromAWS(err, "read s3://%s/%s", bucket, object.Key)
	}
	defer func() { _ = out.Body.Close() }() // read only
	text, err = io.ReadAll(out.Body)
	return point, text, err == nil, failure.FromAWS(err, "read s3://%s/%s", bucket, object.Key)
}

// find reads the point's manifest to its seal.
func find(ctx context.Context, client *s3.Client, point *Point, path string) (found manifest.Object, err error) {
	op := "read manifest s3://" + point.Bucket + "/" + point.Manifest
	out, err := client.GetObject(ctx, &s3.GetObjectInput{Bucket: aws.String(point.Bucket), Key: aws.String(point.Manifest)})
	if err != nil {
		return found, failure.FromAWS(err, "%s", op)
	}
	defer func() { _ = out.Body.Close() }() // read only
	reader, err := manifest.NewReader(out.Body)
	for err == nil {
		var o manifest.Object
		if o, err = reader.Next(); err == nil && strings.TrimPrefix(o.Key, reader.Header.Prefix) == path {
			found = o
		}
	}
	if !errors.Is(err, io.EOF) {
		return found, failure.New(failure.Failed, op, "%w", err).Next("find out who wrote it; verify-backup tells which points are whole")
	}
	point.Version, point.Digest, point.Full = aws.ToString(out.VersionId), reader.Seal.Digest, reader.Header.Full
	point.Objects, point.Bytes = reader.Seal.Objects, reader.Seal.Bytes
	return found, nil
}
