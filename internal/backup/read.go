package backup

import (
	"context"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/acso/disaster-recovery/internal/failure"
	"github.com/acso/disaster-recovery/internal/manifest"
)

// Store is a bucket with recovery points, to be read.
type Store struct {
	Client *s3.Client
	Bucket string
}

// Manifest opens the manifest of a point, of a version or the newest (""). Only its end proves what came before it.
func (s Store) Manifest(ctx context.Context, key, versionID string) (*manifest.Reader, error) {
	r, err := s.open(ctx, key, versionID)
	if err != nil {
		return nil, s.altered(key, err)
	}
	return r, nil
}

func (s Store) open(ctx context.Context, key, versionID string) (*manifest.Reader, error) {
	return manifest.NewReader(&ranged{ctx: ctx, store: s, key: key, version: versionID, size: -1})
}

// altered makes what is wrong with a manifest a failure that says so; what the store did not answer stays what it is.
func (s Store) altered(key string, err error) error {
	if _, ok := asDistrust(trust(err)); !ok {
		return err
	}
	return (&failure.Error{Kind: failure.Failed, Op: fmt.Sprintf("read manifest s3://%s/%s", s.Bucket, key), Err: err}).
		Next("treat this recovery point as lost: use the one before it and find out who wrote the manifest")
}

// piece is how much of a manifest is asked for at once, in bytes: a stream that waits while a backup sends would be
// closed by S3.
const piece = 2 << 20

// ranged reads an object piece by piece, one version of it.
type ranged struct {
	ctx          context.Context
	store        Store
	key, version string
	etag         *string // so that it stays the same one without versions too
	size         int64   // -1 until it is known
	at           int64
	left         []byte
	buffer       []byte
}

// Read is io.Reader's.
func (r *ranged) Read(p []byte) (int, error) {
	if len(r.left) == 0 {
		if r.at == r.size {
			return 0, io.EOF
		}
		if err := r.fetch(); err != nil {
			return 0, err
		}
	}
	n := copy(p, r.left)
	r.left = r.left[n:]
	return n, nil
}

func (r *ranged) fetch() error {
	text, out, err := r.store.part(r.ctx, r.key, r.version, r.at, piece, r.etag, r.buffer)
	if failure.Code(err) == "InvalidRange" && r.at == 0 { // it is empty
		r.size = 0
		return io.EOF
	}
	if err != nil {
		return err
	}
	if r.size < 0 {
		r.size, r.version, r.etag = total(out), aws.ToString(out.VersionId), out.ETag
	}
	r.buffer, r.left = text, text
	r.at += int64(len(text))
	return nil
}

// part reads up to n bytes of an object. A connection may break on the way: it is tried twice.
func (s Store) part(ctx context.Context, key, version string, from, n int64, etag *string, buffer []byte) ([]byte, *s3.GetObjectOutput, error) {
	in := &s3.GetObjectInput{
		Bucket: aws.String(s.Bucket), Key: aws.String(key), VersionId: optional(version), IfMatch: etag,
		Range: aws.String(fmt.Sprintf("bytes=%d-%d", from, from+n-1)),
	}
	for again := 0; ; again++ {
		out, err := s.Client.GetObject(ctx, in)
		if err != nil {
			return nil, nil, failure.FromAWS(err, "read s3://%s/%s", s.Bucket, key)
		}
		text, err := readAll(out.Body, aws.ToInt64(out.ContentLength), buffer)
		if err == nil {
			return text, out, nil
		}
		if again > 0 {
			return nil, nil, failure.FromAWS(err, "read s3://%s/%s", s.Bucket, key)
		}
	}
}

func readAll(body io.ReadCloser, size int64, buffer []byte) ([]byte, error) {
	defer func() { _ = body.Close() }() // read only
	if int64(cap(buffer)) < size {
		buffer = make([]byte, size)
	}
	_, err := io.ReadFull(body, buffer[:size])
	return buffer[:size], err
}

func optional(text string) *string {
	if text == "" {
		return nil
	}
	return aws.String(text)
}

// total is the size of the whole object of which a range was read.
func total(out *s3.GetObjectOutput) int64 {
	if _, text, ok := strings.Cut(aws.ToString(out.ContentRange), "/"); ok {
		if n, err := strconv.ParseInt(text, 10, 64); err == nil {
			return n
		}
	}
	return aws.ToInt64(out.ContentLength)
}
