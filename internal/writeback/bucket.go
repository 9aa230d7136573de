package writeback

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"io"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/acso/disaster-recovery/internal/backup"
	"github.com/acso/disaster-recovery/internal/failure"
	"github.com/acso/disaster-recovery/internal/manifest"
)

// Bucket is a prefix of a bucket with versions as a destination; "" is the whole bucket. What is removed or overwritten
// stays there as an older version.
func Bucket(client *s3.Client, name, prefix string) Destination { return bucket{client, name, prefix} }

type bucket struct {
	client       *s3.Client
	name, prefix string
}

func (b bucket) List(ctx context.Context, use func(string) error) error {
	return backup.Prefix(b.client, b.name, b.prefix).List(ctx, func(f backup.File) error {
		if b.prefix == "" && strings.HasPrefix(f.Path, Beside+"/") {
			return nil
		}
		return use(f.Path)
	})
}

// Partial is never true: an object appears whole or not at all.
func (b bucket) Partial(string) bool { return false }

func (b bucket) url(path string) string { return "s3://" + b.name + "/" + b.prefix + path }

// Compare takes S3's word for the content: it states no SHA-256 that it did not compute itself.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html
func (b bucket) Compare(ctx context.Context, path string, o manifest.Object) (Presence, error) {
	out, err := b.client.HeadObject(ctx, &s3.HeadObjectInput{Bucket: aws.String(b.name), Key: aws.String(b.prefix + path), ChecksumMode: types.ChecksumModeEnabled})
	switch failure.Code(err) {
	case "NoSuchKey", "NotFound":
		return Absent, nil
	}
	if err != nil {
		return Absent, failure.FromAWS(err, "look at %s", b.url(path))
	}
	if aws.ToInt64(out.ContentLength) != o.Size {
		return Different, nil
	}
	if sum := aws.ToString(out.ChecksumSHA256); sum != "" && !strings.Contains(sum, "-") {
		raw, err := hex.DecodeString(o.SHA256)
		return same(err == nil && sum == base64.StdEncoding.EncodeToString(raw)), nil
	}
	return b.read(ctx, path, o)
}

// read compares an object that was stored without a SHA-256 of the whole.
func (b bucket) read(ctx context.Context, path string, o manifest.Object) (Presence, error) {
	out, err := b.client.GetObject(ctx, &s3.GetObjectInput{Bucket: aws.String(b.name), Key: aws.String(b.prefix + path)})
	if err != nil {
		return Absent, failure.FromAWS(err, "read %s", b.url(path))
	}
	defer func() { _ = out.Body.Close() }() // read only
	sum := sha256.New()
	if _, err := io.Copy(sum, out.Body); err != nil {
		return Absent, failure.FromAWS(err, "read %s", b.url(path))
	}
	return same(hex.EncodeToString(sum.Sum(nil)) == o.SHA256), nil
}

// Write sends an object with the SHA-256 that S3 has to find; a larger one in parts, which become an object only at its
// good end.
func (b bucket) Write(ctx context.Context, path string, o manifest.Object, body io.Reader) error {
	if o.Size > piece {
		return b.large(ctx, path, o, body)
	}
	text := make([]byte, 0, o.Size+1)
	buffer := bytes.NewBuffer(text)
	if _, err := io.Copy(buffer, body); err != nil {
		return err
	}
	raw, err := hex.DecodeString(o.SHA256)
	if err != nil {
		return failure.New(failure.Internal, "write "+b.url(path), "%v", err)
	}
	out, err := b.client.PutObject(ctx, &s3.PutObjectInput{
		Bucket: aws.String(b.name), Key: aws.String(b.prefix + path), Body: bytes.NewReader(buffer.Bytes()), ContentLength: aws.Int64(int64(buffer.Len())),
		ChecksumSHA256: aws.String(base64.StdEncoding.EncodeToString(raw)),
	}, unsigned)
	if err != nil {
		return failure.FromAWS(err, "write %s", b.url(path))
	}
	if out.VersionId == nil {
		return b.unversioned()
	}
	return nil
}

func (b bucket) unversioned() error {
	return failure.New(failure.Unsafe, "write to "+b.name, "the bucket has no versions: what was there is overwritten").Next("enable versioning on the bucket")
}

// Remove puts a delete marker on top: the versions below it stay.
func (b bucket) Remove(ctx context.Context, path string) error {
	_, err := b.client.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: aws.String(b.name), Key: aws.String(b.prefix + path)})
	return failure.FromAWS(err, "remove %s", b.url(path))
}

// mostParts is S3's bound: https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html
const mostParts = 10_000

func (b bucket) large(ctx context.Context, path string, o manifest.Object, body io.Reader) error {
	key := aws.String(b.prefix + path)
	begun, err := b.client.CreateMultipartUpload(ctx, &s3.CreateMultipartUploadInput{
		Bucket: aws.String(b.name), Key: key, ChecksumAlgorithm: types.ChecksumAlgorithmSha256, ChecksumType: types.ChecksumTypeComposite,
	})
	if err != nil {
		return failure.FromAWS(err, "begin to write %s", b.url(path))
	}
	parts, err := b.parts(ctx, path, begun.UploadId, max(piece, o.Size/mostParts+1), body)
	if err == nil {
		_, err = b.client.CompleteMultipartUpload(ctx, &s3.CompleteMultipartUploadInput{
			Bucket: aws.String(b.name), Key: key, UploadId: begun.UploadId, ChecksumType: types.ChecksumTypeComposite,
			MultipartUpload: &types.CompletedMultipartUpload{Parts: parts},
		})
		err = failure.FromAWS(err, "put together the parts of %s", b.url(path))
	}
	if err != nil {
		// When it fails, the parts wait for the bucket's rule against unfinished uploads.
		_, _ = b.client.AbortMultipartUpload(context.WithoutCancel(ctx), &s3.AbortMultipartUploadInput{Bucket: aws.String(b.name), Key: key, UploadId: begun.UploadId})
	}
	return err
}

func (b bucket) parts(ctx context.Context, path string, upload *string, size int64, body io.Reader) ([]types.CompletedPart, error) {
	var parts []types.CompletedPart
	buffer := make([]byte, size)
	for {
		n, err := io.ReadFull(body, buffer)
		last := errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF)
		if err != nil && !last {
			return nil, err
		}
		if n > 0 {
			sum := sha256.Sum256(buffer[:n])
			checksum, number := aws.String(base64.StdEncoding.EncodeToString(sum[:])), aws.Int32(int32(len(parts)+1)) // #nosec G115 -- at most 10,000
			out, err := b.client.UploadPart(ctx, &s3.UploadPartInput{
				Bucket: aws.String(b.name), Key: aws.String(b.prefix + path), UploadId: upload, PartNumber: number,
				Body: bytes.NewReader(buffer[:n]), ContentLength: aws.Int64(int64(n)), ChecksumSHA256: checksum,
			}, unsigned)
			if err != nil {
				return nil, failure.FromAWS(err, "write part %d of %s", *number, b.url(path))
			}
			parts = append(parts, types.CompletedPart{ETag: out.ETag, PartNumber: number, ChecksumSHA256: checksum})
		}
		if last {
			return parts, nil
		}
	}
}

// unsigned keeps the body out of the signature: the SHA-256 in the signed header binds it already.
func unsigned(o *s3.Options) {
	o.APIOptions = append(o.APIOptions, v4.SwapComputePayloadSHA256ForUnsignedPayloadMiddleware)
}
