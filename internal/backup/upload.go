package backup

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/hex"
	"io"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/acso/disaster-recovery/internal/failure"
	"github.com/acso/disaster-recovery/internal/manifest"
)

// upload is an object on its way in parts.
type upload struct {
	target Target
	key    string
	id     *string
	etags  []string
}

func (t Target) begin(ctx context.Context, key string) (*upload, error) {
	in := &s3.CreateMultipartUploadInput{
		Bucket: aws.String(t.Bucket), Key: aws.String(key), StorageClass: t.StorageClass, Tagging: t.tagging(),
		ChecksumAlgorithm: types.ChecksumAlgorithmSha256, ChecksumType: types.ChecksumTypeComposite,
	}
	if t.Key != "" {
		in.ServerSideEncryption, in.SSEKMSKeyId, in.BucketKeyEnabled = types.ServerSideEncryptionAwsKms, aws.String(t.Key), aws.Bool(true)
	}
	if t.Retention.Mode != "" {
		in.ObjectLockMode, in.ObjectLockRetainUntilDate = types.ObjectLockMode(t.Retention.Mode), aws.Time(t.Retention.Until)
	}
	out, err := t.Client.CreateMultipartUpload(ctx, in)
	if err != nil {
		return nil, failure.FromAWS(err, "begin to store s3://%s/%s in parts", t.Bucket, key)
	}
	return &upload{target: t, key: key, id: out.UploadId}, nil
}

func (u *upload) part(ctx context.Context, n int32, text []byte, checksum string) (etag string, err error) {
	out, err := u.target.Client.UploadPart(ctx, &s3.UploadPartInput{
		Bucket: aws.String(u.target.Bucket), Key: aws.String(u.key), UploadId: u.id, PartNumber: aws.Int32(n),
		Body: bytes.NewReader(text), ContentLength: aws.Int64(int64(len(text))), ChecksumSHA256: aws.String(checksum),
	}, unsigned)
	if err != nil {
		return "", failure.FromAWS(err, "store part %d of s3://%s/%s", n, u.target.Bucket, u.key)
	}
	return aws.ToString(out.ETag), nil
}

// flow sends a part while it is read. Its SHA-256 follows it, since nobody knows it before, and S3 compares.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity-upload.html
func (u *upload) flow(ctx context.Context, n int32, body io.Reader, size int64) (etag string, err error) {
	out, err := u.target.Client.UploadPart(ctx, &s3.UploadPartInput{
		Bucket: aws.String(u.target.Bucket), Key: aws.String(u.key), UploadId: u.id, PartNumber: aws.Int32(n),
		Body: body, ContentLength: aws.Int64(size), ChecksumAlgorithm: types.ChecksumAlgorithmSha256,
	})
	if err != nil {
		return "", failure.FromAWS(err, "store part %d of s3://%s/%s", n, u.target.Bucket, u.key)
	}
	return aws.ToString(out.ETag), nil
}

// complete makes the object of its parts; o has their digests. change may add a condition.
func (u *upload) complete(ctx context.Context, o manifest.Object, change func(*s3.CompleteMultipartUploadInput)) (versionID string, err error) {
	parts := make([]types.CompletedPart, len(u.etags))
	for i := range parts {
		raw, err := hex.DecodeString(o.Parts[i])
		if err != nil {
			return "", failure.New(failure.Internal, "store s3://"+u.target.Bucket+"/"+u.key, "part %d: %v", i+1, err)
		}
		parts[i] = types.CompletedPart{ETag: aws.String(u.etags[i]), PartNumber: aws.Int32(int32(i + 1)), ChecksumSHA256: aws.String(base64.StdEncoding.EncodeToString(raw))} // #nosec G115 -- at most 10,000
	}
	in := &s3.CompleteMultipartUploadInput{
		Bucket: aws.String(u.target.Bucket), Key: aws.String(u.key), UploadId: u.id, ChecksumType: types.ChecksumTypeComposite,
		MultipartUpload: &types.CompletedMultipartUpload{Parts: parts},
	}
	if change != nil {
		change(in)
	}
	out, err := u.target.Client.CompleteMultipartUpload(ctx, in)
	if failure.Code(err) == "NoSuchUpload" {
		// The answer to an earlier try was lost: the upload is gone, because the object is there.
		if versionID, ok := u.arrived(ctx, o); ok {
			return versionID, nil
		}
	}
	if err != nil {
		return "", failure.FromAWS(err, "put together the parts of s3://%s/%s", u.target.Bucket, u.key)
	}
	if out.VersionId == nil && !u.target.Unversioned {
		return "", unversioned(u.target)
	}
	return aws.ToString(out.VersionId), nil
}

// arrived looks whether the newest version of the key is what was sent.
func (u *upload) arrived(ctx context.Context, o manifest.Object) (versionID string, ok bool) {
	out, err := u.target.Client.HeadObject(ctx, &s3.HeadObjectInput{Bucket: aws.String(u.target.Bucket), Key: aws.String(u.key), ChecksumMode: types.ChecksumModeEnabled})
	if err != nil || aws.ToString(out.ChecksumSHA256) != o.S3Checksum() {
		return "", false
	}
	return aws.ToString(out.VersionId), true
}

// abort lets the parts go. When it fails they wait for the bucket's rule against unfinished uploads.
func (u *upload) abort(ctx context.Context) {
	_, _ = u.target.Client.AbortMultipartUpload(context.WithoutCancel(ctx), &s3.AbortMultipartUploadInput{Bucket: aws.String(u.target.Bucket), Key: aws.String(u.key), UploadId: u.id})
}
