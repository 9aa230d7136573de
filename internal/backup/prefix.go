package backup

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/acso/disaster-recovery/internal/failure"
)

// Prefix is what lies below a prefix of a bucket as a source. An object is read as one version, so it cannot change
// while it is read.
func Prefix(client *s3.Client, bucket, prefix string) Source { return below{client, bucket, prefix} }

type below struct {
	client         *s3.Client
	bucket, prefix string
}

func (b below) List(ctx context.Context, use func(File) error) error {
	return list(ctx, b.client, b.bucket, b.prefix, func(o types.Object) error {
		path := strings.TrimPrefix(aws.ToString(o.Key), b.prefix)
		if path == "" || strings.HasSuffix(path, "/") && aws.ToInt64(o.Size) == 0 {
			return nil // what the console makes to show a folder
		}
		return use(File{Path: path, Size: aws.ToInt64(o.Size), Modified: aws.ToTime(o.LastModified).UTC()})
	})
}

func (b below) Open(ctx context.Context, path string) (io.ReadCloser, error) {
	return b.OpenAt(ctx, path, 0)
}

// OpenAt reads an object from an offset on.
func (b below) OpenAt(ctx context.Context, path string, offset int64) (io.ReadCloser, error) {
	in := &s3.GetObjectInput{Bucket: aws.String(b.bucket), Key: aws.String(b.prefix + path)}
	if offset > 0 {
		in.Range = aws.String(fmt.Sprintf("bytes=%d-", offset))
	}
	out, err := b.client.GetObject(ctx, in)
	switch failure.Code(err) {
	case "NoSuchKey", "NotFound":
		return nil, fmt.Errorf("s3://%s/%s%s: %w", b.bucket, b.prefix, path, fs.ErrNotExist)
	}
	if err != nil {
		return nil, failure.FromAWS(err, "read s3://%s/%s%s", b.bucket, b.prefix, path)
	}
	at := File{Path: path, Size: total(out), Modified: aws.ToTime(out.LastModified).UTC()}
	return version{out.Body, at}, nil
}

// version is one version of an object, which stays as it is.
type version struct {
	io.ReadCloser
	at File
}

func (v version) Stat() (File, error) { return v.at, nil }

// list goes through everything below a prefix, in the order of keys.
func list(ctx context.Context, client *s3.Client, bucket, prefix string, use func(types.Object) error) error {
	return listAfter(ctx, client, bucket, prefix, "", use)
}

// listAfter begins behind a key, "" for none.
func listAfter(ctx context.Context, client *s3.Client, bucket, prefix, after string, use func(types.Object) error) error {
	in := &s3.ListObjectsV2Input{Bucket: aws.String(bucket), Prefix: aws.String(prefix), StartAfter: optional(after), EncodingType: types.EncodingTypeUrl}
	for {
		out, err := client.ListObjectsV2(ctx, in)
		if err != nil {
			return failure.FromAWS(err, "list s3://%s/%s", bucket, prefix)
		}
		for _, o := range out.Contents {
			if out.EncodingType == types.EncodingTypeUrl { // XML cannot carry every character of a key
				key, err := url.QueryUnescape(aws.ToString(o.Key))
				if err != nil {
					return failure.New(failure.Failed, "list s3://"+bucket+"/"+prefix, "the key %.80q cannot be read: %v", aws.ToString(o.Key), err)
				}
				o.Key = aws.String(key)
			}
			if err := use(o); err != nil {
				return err
			}
		}
		if !aws.ToBool(out.IsTruncated) {
			return nil
		}
		in.ContinuationToken = out.NextContinuationToken
	}
}
