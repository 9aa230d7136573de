package writeback

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"io"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/acso/disaster-recovery/internal/backup"
	"github.com/acso/disaster-recovery/internal/failure"
	"github.com/acso/disaster-recovery/internal/manifest"
)

// piece is how much of an object is asked for at once, in bytes: a connection that breaks costs one piece.
const piece = 8 << 20

// Body reads an object of a point, by its version, and ends only when all of it was what the point says: anything else
// is an error of kind Failed.
func Body(ctx context.Context, from backup.Store, o manifest.Object) io.Reader {
	b := &body{object: o, digest: sha256.New(), store: from}
	if o.Link != "" {
		b.in = strings.NewReader(o.Link) // the stored bytes are the target too
	} else {
		b.in = &pieces{ctx: ctx, store: from, object: o}
	}
	return b
}

type body struct {
	in     io.Reader
	store  backup.Store
	object manifest.Object
	digest hash.Hash
	size   int64
}

// Read is io.Reader's.
func (b *body) Read(p []byte) (int, error) {
	n, err := b.in.Read(p)
	b.digest.Write(p[:n])
	b.size += int64(n)
	if err == nil || err != io.EOF {
		return n, err
	}
	if sum := hex.EncodeToString(b.digest.Sum(nil)); b.size != b.object.Size || sum != b.object.SHA256 {
		return n, damagedObject(b.store, b.object, "its %d bytes have the SHA-256 %s, and the point has %d bytes with %s", b.size, sum, b.object.Size, b.object.SHA256)
	}
	return n, io.EOF
}

func damagedObject(store backup.Store, o manifest.Object, format string, args ...any) error {
	return failure.New(failure.Failed, fmt.Sprintf("restore s3://%s/%s in version %s", store.Bucket, o.Key, o.VersionID), format, args...).
		Next("use the recovery point before it")
}

// pieces reads one version of an object, piece by piece.
type pieces struct {
	ctx    context.Context
	store  backup.Store
	object manifest.Object
	at     int64
	now    io.ReadCloser
	left   int64 // of the piece
	again  bool  // the piece was begun a second time
}

// Read is io.Reader's.
func (p *pieces) Read(to []byte) (int, error) {
	for {
		if p.now == nil {
			if p.at == p.object.Size {
				return 0, io.EOF
			}
			if err := p.open(); err != nil {
				return 0, err
			}
		}
		n, err := p.now.Read(to[:min(int64(len(to)), p.left)])
		p.at, p.left = p.at+int64(n), p.left-int64(n)
		if p.left == 0 {
			p.close()
			p.again = false
			return n, nil
		}
		if err != nil { // it broke off: once more from there
			p.close()
			if p.again {
				return n, failure.FromAWS(err, "read s3://%s/%s", p.store.Bucket, p.object.Key)
			}
			p.again = true
		}
		if n > 0 {
			return n, nil
		}
	}
}

func (p *pieces) close() {
	_ = p.now.Close() // read only
	p.now = nil
}

func (p *pieces) open() error {
	p.left = min(piece, p.object.Size-p.at)
	in := &s3.GetObjectInput{Bucket: aws.String(p.store.Bucket), Key: aws.String(p.object.Key)}
	if p.object.VersionID != "" {
		in.VersionId = aws.String(p.object.VersionID)
	}
	if p.object.Size > piece || p.at > 0 {
		in.Range = aws.String(fmt.Sprintf("bytes=%d-%d", p.at, p.at+p.left-1))
	}
	out, err := p.store.Client.GetObject(p.ctx, in, unchecked)
	switch failure.Code(err) {
	case "":
	case "NoSuchKey", "NoSuchVersion", "NotFound", "MethodNotAllowed", "InvalidRange":
		return damagedObject(p.store, p.object, "S3 answers %s", failure.Code(err))
	}
	if err != nil {
		return failure.FromAWS(err, "read s3://%s/%s", p.store.Bucket, p.object.Key)
	}
	p.now = out.Body
	return nil
}

// unchecked leaves the judgement to our own digest: with the SDK's validation on, a corrupted body ends as a read error,
// which would look like a connection that broke.
func unchecked(o *s3.Options) {
	o.ResponseChecksumValidation = aws.ResponseChecksumValidationWhenRequired
}
