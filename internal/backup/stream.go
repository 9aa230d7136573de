package backup

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/acso/disaster-recovery/internal/manifest"
)

// stream writes an object of unknown length: in one request when it is short, in parts when not. Its memory is one part.
type stream struct {
	ctx    context.Context
	target Target
	key    string
	kind   string
	buffer []byte
	up     *upload
	object manifest.Object
}

var escape = strings.NewReplacer(`\`, `\\`, "\n", `\n`, "\r", `\r`)

func (t Target) stream(ctx context.Context, key, kind string) *stream {
	return &stream{ctx: ctx, target: t, key: key, kind: kind}
}

// Write is io.Writer's.
func (s *stream) Write(p []byte) (int, error) {
	s.buffer = append(s.buffer, p...)
	if len(s.buffer) < smallestPart {
		return len(p), nil
	}
	return len(p), s.part()
}

func (s *stream) part() error {
	var err error
	if s.up == nil {
		if s.up, err = s.target.begin(s.ctx, s.key); err != nil {
			return err
		}
	}
	sum := sha256.Sum256(s.buffer)
	n := int32(len(s.up.etags) + 1) // #nosec G115 -- at most 10,000 in S3, which refuses more
	etag, err := s.up.part(s.ctx, n, s.buffer, base64.StdEncoding.EncodeToString(sum[:]))
	if err != nil {
		return err
	}
	s.up.etags, s.object.Parts = append(s.up.etags, etag), append(s.object.Parts, hex.EncodeToString(sum[:]))
	s.buffer = s.buffer[:0]
	return nil
}

// close makes the object, on the condition that there is none when it has to be new.
func (s *stream) close(isNew bool) (versionID string, err error) {
	if s.up == nil {
		sum := sha256.Sum256(s.buffer)
		return s.target.put(s.ctx, s.key, s.buffer, base64.StdEncoding.EncodeToString(sum[:]), func(in *s3.PutObjectInput) {
			in.ContentType = aws.String(s.kind)
			if isNew {
				in.IfNoneMatch = aws.String("*")
			}
		})
	}
	if len(s.buffer) > 0 {
		if err := s.part(); err != nil {
			return "", err
		}
	}
	return s.up.complete(s.ctx, s.object, func(in *s3.CompleteMultipartUploadInput) {
		if isNew {
			in.IfNoneMatch = aws.String("*")
		}
	})
}

func (s *stream) abandon(ctx context.Context) {
	if s.up != nil {
		s.up.abort(ctx)
	}
}
