package testrestore

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/acso/disaster-recovery/internal/failure"
	"github.com/acso/disaster-recovery/internal/manifest"
	"github.com/acso/disaster-recovery/internal/restoretest"
)

const (
	// budget is the time for one call. It ends before the function's own limit, at which nothing would be remembered.
	budget = 10 * time.Minute
	// part is the memory that restoring takes, in bytes. Larger objects are stored in parts of it, up to 10,000 of them.
	part = 64 << 20
)

// objects restores the objects of a point into the throwaway bucket, by version, and compares every byte of what it
// restored with the manifest.
func (h *Handler) objects(ctx context.Context, in Input) (Output, error) {
	until := h.p.Clock.Now().Add(budget)
	out := Output{After: in.After, Checked: in.Checked, Bytes: in.Bytes}
	var stopped bool
	seal, err := h.each(ctx, *in.Point, func(prefix string, o manifest.Object) error {
		switch {
		case o.Key <= in.After:
			return nil
		case stopped || !h.p.Clock.Now().Before(until):
			stopped = true
			return nil
		}
		if err := h.restore(ctx, in, o, strings.TrimPrefix(o.Key, prefix)); err != nil {
			return err
		}
		out.After, out.Checked, out.Bytes = o.Key, out.Checked+1, out.Bytes+o.Size
		return nil
	})
	if err != nil {
		return Output{}, err
	}
	if stopped {
		out.Detail = fmt.Sprintf("%d of %d objects are restored and compared", out.Checked, seal.Objects)
		return out, nil
	}
	if out.Checked != seal.Objects || out.Bytes != seal.Bytes {
		return Output{}, failure.New(failure.Failed, "restore "+in.Point.Manifest, "%d objects of %d bytes were restored, and its seal says %d of %d", out.Checked, out.Bytes, seal.Objects, seal.Bytes)
	}
	out.Done, out.Detail = true, fmt.Sprintf("%s: %d objects, %d bytes, each byte as the manifest of %s says", in.Point.Kind, out.Checked, out.Bytes, stamp(in.Point.Taken))
	return out, nil
}

// each reads a point's manifest to its seal.
func (h *Handler) each(ctx context.Context, point restoretest.Point, use func(prefix string, o manifest.Object) error) (manifest.Seal, error) {
	e := h.p.Environment
	bucket := e.BucketIn(h.p.Region(), e.Buckets.Backups)
	op := "read manifest s3://" + bucket + "/" + point.Manifest
	if kind, _, ok := manifest.ParseKey(point.Manifest); !ok || kind != point.Kind {
		return manifest.Seal{}, failure.New(failure.InvalidInput, op, "it is no manifest of %s", point.Kind)
	}
	out, err := h.s3.GetObject(ctx, &s3.GetObjectInput{Bucket: aws.String(bucket), Key: aws.String(point.Manifest)})
	if err != nil {
		return manifest.Seal{}, failure.FromAWS(err, "%s", op)
	}
	defer func() { _ = out.Body.Close() }() // read only
	reader, err := manifest.NewReader(out.Body)
	if err == nil && reader.Header.Environment != e.Name {
		return manifest.Seal{}, failure.New(failure.Unsafe, op, "it is a point of environment %q and this is %q", reader.Header.Environment, e.Name).
			Next("find out who wrote it into this bucket")
	}
	for err == nil {
		var o manifest.Object
		if o, err = reader.Next(); err == nil {
			if err := use(reader.Header.Prefix, o); err != nil {
				return manifest.Seal{}, err
			}
		}
	}
	if !errors.Is(err, io.EOF) {
		return manifest.Seal{}, failure.New(failure.Failed, op, "%w", err).Next("treat this recovery point as lost and find out who wrote the manifest")
	}
	return reader.Seal, nil
}

// key is where an object of a point lies in the throwaway bucket.
func (h *Handler) key(in Input, path string) string {
	return restoretest.Folder(h.p.Environment, in.Execution) + in.Point.Kind + "/" + path
}

// restore copies one object as a restore does, through memory, and reads the copy back: what is compared was restored.
func (h *Handler) restore(ctx context.Context, in Input, o manifest.Object, path string) error {
	e := h.p.Environment
	from, to := e.BucketIn(h.p.Region(), e.Buckets.Backups), e.RestoreTestBucket(h.p.Region())
	op := "restore s3://" + from + "/" + o.Key
	source, err := h.s3.GetObject(ctx, &s3.GetObjectInput{Bucket: aws.String(from), Key: aws.String(o.Key), VersionId: aws.String(o.VersionID)})
	if err != nil {
		return failure.FromAWS(err, "%s in version %s", op, o.VersionID)
	}
	key := h.key(in, path)
	err = h.put(ctx, to, key, source.Body)
	_ = source.Body.Close() // read only
	if err != nil {
		return failure.FromAWS(err, "%s to s3://%s/%s", op, to, key)
	}
	restored, err := h.s3.GetObject(ctx, &s3.GetObjectInput{Bucket: aws.String(to), Key: aws.String(key)})
	if err != nil {
		return failure.FromAWS(err, "read back s3://%s/%s", to, key)
	}
	defer func() { _ = restored.Body.Close() }() // read only
	digest := sha256.New()
	size, err := io.Copy(digest, restored.Body)
	if err != nil {
		return failure.FromAWS(err, "read back s3://%s/%s", to, key)
	}
	if sum := hex.EncodeToString(digest.Sum(nil)); size != o.Size || sum != o.SHA256 {
		return failure.New(failure.Failed, op, "restored as %d bytes with SHA-256 %s, and the manifest says %d and %s", size, sum, o.Size, o.SHA256).
			Next("start verify-backup on this point and use the one before it")
	}
	return nil
}

// put stores a body, in one piece when it fits into a part. What is broken off stays as an upload, which the clearing ends.
func (h *Handler) put(ctx context.Context, bucket, key string, body io.Reader) error {
	first, err := io.ReadAll(io.LimitReader(body, part))
	if err != nil {
		return err
	}
	if len(first) < part {
		_, err = h.s3.PutObject(ctx, &s3.PutObjectInput{Bucket: aws.String(bucket), Key: aws.String(key), Body: bytes.NewReader(first), ChecksumAlgorithm: types.ChecksumAlgorithmSha256})
		return err
	}
	upload, err := h.s3.CreateMultipartUpload(ctx, &s3.CreateMultipartUploadInput{Bucket: aws.String(bucket), Key: aws.String(key), ChecksumAlgorithm: types.ChecksumAlgorithmSha256})
	if err != nil {
		return err
	}
	var parts []types.CompletedPart
	for chunk := first; len(chunk) > 0; {
		number := int32(len(parts) + 1) // #nosec G115 -- S3 takes 10,000
		sent, err := h.s3.UploadPart(ctx, &s3.UploadPartInput{
			Bucket: aws.String(bucket), Key: aws.String(key), UploadId: upload.UploadId, PartNumber: aws.Int32(number),
			Body: bytes.NewReader(chunk), ChecksumAlgorithm: types.ChecksumAlgorithmSha256,
		})
		if err != nil {
			return err
		}
		parts = append(parts, types.CompletedPart{PartNumber: aws.Int32(number), ETag: sent.ETag, ChecksumSHA256: sent.ChecksumSHA256})
		n, err := io.ReadFull(body, first) // the part before was sent: its memory is used again
		if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
			return err
		}
		chunk = first[:n]
	}
	_, err = h.s3.CompleteMultipartUpload(ctx, &s3.CompleteMultipartUploadInput{
		Bucket: aws.String(bucket), Key: aws.String(key), UploadId: upload.UploadId, MultipartUpload: &types.CompletedMultipartUpload{Parts: parts},
	})
	return err
}

// fetch reads a small object that was restored.
func (h *Handler) fetch(ctx context.Context, in Input, path string) ([]byte, error) {
	bucket, key := h.p.Environment.RestoreTestBucket(h.p.Region()), h.key(in, path)
	out, err := h.s3.GetObject(ctx, &s3.GetObjectInput{Bucket: aws.String(bucket), Key: aws.String(key)})
	if err != nil {
		return nil, failure.FromAWS(err, "read s3://%s/%s", bucket, key)
	}
	defer func() { _ = out.Body.Close() }() // read only
	text, err := io.ReadAll(out.Body)
	return text, failure.FromAWS(err, "read s3://%s/%s", bucket, key)
}
