package verifychecksums

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/acso/disaster-recovery/internal/failure"
)

const (
	// budget is the time for one batch. It ends before the function's own limit, at which nothing could be reported.
	budget = 12 * time.Minute
	// tries is how often an object is read before it counts as unreadable: a connection may break half-way.
	tries = 2
	// chunk is the memory that reading takes, in bytes.
	chunk = 256 << 10
)

// batch reads every byte of the objects, or takes S3's word where the plan says so. Only what concerns all objects alike is an error.
func (h *Handler) batch(ctx context.Context, items []Item) ([]Result, error) {
	if len(items) == 0 {
		return nil, failure.New(failure.InvalidInput, "verify a batch", "it has no items")
	}
	until := h.p.Clock.Now().Add(budget)
	buffer := make([]byte, chunk)
	results := make([]Result, 0, len(items))
	for _, item := range items {
		result, err := h.verify(ctx, item, until, buffer)
		if err != nil {
			return nil, err
		}
		results = append(results, result)
	}
	return results, nil
}

func (h *Handler) verify(ctx context.Context, item Item, until time.Time, buffer []byte) (Result, error) {
	var result Result
	for range tries {
		r := Result{Key: item.Key, VersionID: item.VersionID}
		var err error
		if r.Verdict, r.Detail, err = h.read(ctx, item, until, buffer); err != nil {
			return r, err
		}
		if result = r; result.Verdict != Unknown {
			break
		}
	}
	return result, nil
}

func (h *Handler) read(ctx context.Context, item Item, until time.Time, buffer []byte) (Verdict, string, error) {
	if !h.p.Clock.Now().Before(until) {
		return Unknown, fmt.Sprintf("was not reached within the %s of its batch", budget), nil
	}
	if item.Checksum != "" {
		return h.look(ctx, item)
	}
	in := &s3.GetObjectInput{Bucket: aws.String(h.bucket), Key: aws.String(item.Key)}
	if item.VersionID != "" {
		in.VersionId = aws.String(item.VersionID)
	}
	out, err := h.client.GetObject(ctx, in)
	switch code := failure.Code(err); {
	case code == "NoSuchKey" || code == "NoSuchVersion" || code == "NotFound" || code == "MethodNotAllowed":
		// A version that is a delete marker answers MethodNotAllowed:
		// https://docs.aws.amazon.com/AmazonS3/latest/userguide/DeleteMarker.html
		return Missing, "is not stored: " + code, nil
	case code == "NoSuchBucket":
		return "", "", failure.FromAWS(err, "read %s", h.at(item.Key))
	case err != nil:
		return Unknown, "cannot be read: " + err.Error(), nil
	}
	defer func() { _ = out.Body.Close() }() // read only
	return h.compare(item, out.Body, until, buffer)
}

// compare hashes a body as it arrives.
func (h *Handler) compare(item Item, body io.Reader, until time.Time, buffer []byte) (Verdict, string, error) {
	digest, size := sha256.New(), int64(0)
	for {
		n, err := body.Read(buffer)
		digest.Write(buffer[:n])
		size += int64(n)
		switch {
		case errors.Is(err, io.EOF):
			return judge(item, size, hex.EncodeToString(digest.Sum(nil)))
		case err != nil:
			return Unknown, fmt.Sprintf("cannot be read: it broke off after %d of %d bytes: %v", size, item.Size, err), nil
		case !h.p.Clock.Now().Before(until):
			return Unknown, fmt.Sprintf("was read to %d of %d bytes within the %s of its batch", size, item.Size, budget), nil
		}
	}
}

func judge(item Item, size int64, digest string) (Verdict, string, error) {
	switch {
	case size < item.Size:
		return Truncated, fmt.Sprintf("has %d bytes and was stored with %d", size, item.Size), nil
	case size > item.Size:
		return Mismatch, fmt.Sprintf("has %d bytes and was stored with %d", size, item.Size), nil
	case digest != item.SHA256:
		return Mismatch, fmt.Sprintf("has SHA-256 %s and was stored with %s", digest, item.SHA256), nil
	}
	return Pass, "", nil
}
