package backup

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/acso/disaster-recovery/internal/failure"
	"github.com/acso/disaster-recovery/internal/manifest"
)

// tries is how often an object is read before it counts as unreadable: a connection may break half-way.
const tries = 2

// whole verifies an object at once.
func (c *checker) whole(ctx context.Context, o manifest.Object) (verdict Verdict, detail string, err error) {
	for range tries {
		if c.options.Depth == Attributes {
			verdict, detail, err = c.attributes(ctx, o)
		} else {
			verdict, detail, err = c.stream(ctx, o, "", []string{o.SHA256}, max(o.Size, 1), o.Size)
		}
		if err != nil || verdict != busy {
			break
		}
	}
	return verdict, detail, err
}

// parts verifies some parts of an object.
func (c *checker) parts(ctx context.Context, o manifest.Object, first, count int) (verdict Verdict, detail string, err error) {
	from, to := int64(first)*o.PartSize, min(int64(first+count)*o.PartSize, o.Size)
	for range tries {
		span := fmt.Sprintf("bytes=%d-%d", from, to-1)
		if verdict, detail, err = c.stream(ctx, o, span, o.Parts[first:first+count], o.PartSize, to-from); err != nil || verdict != busy {
			break
		}
	}
	return verdict, detail, err
}

// stream reads an object, or a span of it, and compares the digest of each piece of it as it arrives.
func (c *checker) stream(ctx context.Context, o manifest.Object, span string, digests []string, size, length int64) (Verdict, string, error) {
	if c.late() {
		return Unknown, "was not reached in time", nil
	}
	out, err := c.store.Client.GetObject(ctx, &s3.GetObjectInput{Bucket: aws.String(c.store.Bucket), Key: aws.String(o.Key), VersionId: optional(o.VersionID), Range: optional(span)}, unchecked)
	if err != nil {
		return c.refused(ctx, o, err)
	}
	defer func() { _ = out.Body.Close() }() // read only
	if stored := total(out); stored != o.Size {
		return Mismatch, fmt.Sprintf("has %d bytes and was stored with %d", stored, o.Size), nil
	}
	buffer := c.buffer()
	defer c.release(buffer)
	digest, read := sha256.New(), int64(0)
	for n, want := range digests {
		digest.Reset()
		got, err := c.copy(digest, io.LimitReader(out.Body, min(size, length-read)), buffer)
		read += got
		switch {
		case errors.Is(err, errLate):
			return Unknown, "was not read to its end in time", nil
		case ctx.Err() != nil:
			return "", "", context.Cause(ctx)
		case err != nil:
			return busy, fmt.Sprintf("cannot be read: it broke off after %d bytes: %v", read, err), nil
		}
		if sum := hex.EncodeToString(digest.Sum(nil)); sum != want {
			return Mismatch, fmt.Sprintf("%shas SHA-256 %s and was stored with %s", which(n, len(digests), span), sum, want), nil
		}
	}
	if read != length {
		return Mismatch, fmt.Sprintf("gave %d bytes of %d", read, length), nil
	}
	return Pass, "", nil
}

func which(n, of int, span string) string {
	if of == 1 && span == "" {
		return ""
	}
	return fmt.Sprintf("piece %d of %s ", n+1, span)
}

func (c *checker) copy(to io.Writer, from io.Reader, buffer []byte) (int64, error) {
	var all int64
	for {
		n, err := from.Read(buffer)
		_, _ = to.Write(buffer[:n]) // a hash takes everything
		all += int64(n)
		switch {
		case errors.Is(err, io.EOF):
			return all, nil
		case err != nil:
			return all, err
		case c.late():
			return all, errLate
		}
	}
}

func (c *checker) late() bool { return c.options.Late != nil && c.options.Late() }

// attributes compares what S3 keeps about an object, without reading it. HeadObject gives the same as
// GetObjectAttributes here, for one permission less.
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadObject.html
func (c *checker) attributes(ctx context.Context, o manifest.Object) (Verdict, string, error) {
	if c.late() {
		return Unknown, "was not reached in time", nil
	}
	out, err := c.store.Client.HeadObject(ctx, &s3.HeadObjectInput{Bucket: aws.String(c.store.Bucket), Key: aws.String(o.Key), VersionId: optional(o.VersionID), ChecksumMode: types.ChecksumModeEnabled})
	if err != nil {
		return c.refused(ctx, o, err)
	}
	switch sum := aws.ToString(out.ChecksumSHA256); {
	case aws.ToInt64(out.ContentLength) != o.Size:
		return Mismatch, fmt.Sprintf("has %d bytes and was stored with %d", aws.ToInt64(out.ContentLength), o.Size), nil
	case sum == "":
		return Unknown, "has no SHA-256 that S3 keeps: its content has to be read", nil
	case sum != o.S3Checksum():
		return Mismatch, fmt.Sprintf("has SHA-256 %s and was stored with %s", sum, o.S3Checksum()), nil
	}
	return Pass, "", nil
}

// refused is the verdict on an object that S3 did not give.
func (c *checker) refused(ctx context.Context, o manifest.Object, err error) (Verdict, string, error) {
	switch code := failure.Code(err); code {
	case "NoSuchKey", "NoSuchVersion", "NotFound", "MethodNotAllowed":
		// A version that is a delete marker answers MethodNotAllowed:
		// https://docs.aws.amazon.com/AmazonS3/latest/userguide/DeleteMarker.html
		return Missing, "is not stored: " + code, nil
	case "InvalidRange":
		return Mismatch, fmt.Sprintf("has fewer bytes than the %d that were stored", o.Size), nil
	case "NoSuchBucket":
		return "", "", failure.FromAWS(err, "read s3://%s/%s", c.store.Bucket, o.Key)
	}
	if ctx.Err() != nil {
		return "", "", context.Cause(ctx)
	}
	if failure.Is(failure.FromAWS(err, "read"), failure.Unavailable) {
		return busy, "cannot be read: " + err.Error(), nil
	}
	return Unknown, "cannot be read: " + err.Error(), nil
}

// unchecked leaves the judgement to our own digest. With the SDK's validation on, a corrupted body ends as a read error,
// which would look like an object that cannot be read.
func unchecked(o *s3.Options) {
	o.ResponseChecksumValidation = aws.ResponseChecksumValidationWhenRequired
}
