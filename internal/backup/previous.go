package backup

import (
	"bytes"
	"context"
	"encoding/json"
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
)

// lookBack is how many days without a point are passed over to find the one before: the chain goes on after an outage.
const lookBack = 35

// previous is the point that a new one follows.
type previous struct {
	Key     string // "" for none
	Version string
	Taken   time.Time
	Digest  string // as its seal says; "" when it has none
}

// newest finds the last point of the kind and reads its seal.
func newest(ctx context.Context, client *s3.Client, bucket, kind string, now time.Time) (previous, error) {
	p, err := find(ctx, client, bucket, kind, now)
	if err != nil || p.Key == "" {
		return p, err
	}
	return p.sealed(ctx, client, bucket)
}

func find(ctx context.Context, client *s3.Client, bucket, kind string, now time.Time) (previous, error) {
	for back := range lookBack {
		var found previous
		err := list(ctx, client, bucket, manifest.Folder(now.AddDate(0, 0, -back)), func(o types.Object) error {
			if of, at, ok := manifest.ParseKey(aws.ToString(o.Key)); ok && of == kind {
				found = previous{Key: aws.ToString(o.Key), Taken: at}
			}
			return nil
		})
		if err != nil {
			return previous{}, err
		}
		if found.Key != "" {
			return found, nil
		}
	}
	return previous{}, nil
}

// sealed reads the end of the manifest for its digest. Whether the manifest deserves it shows when it is read through.
func (p previous) sealed(ctx context.Context, client *s3.Client, bucket string) (previous, error) {
	out, err := client.GetObject(ctx, &s3.GetObjectInput{Bucket: aws.String(bucket), Key: aws.String(p.Key), Range: aws.String("bytes=-512")})
	if failure.Code(err) == "InvalidRange" { // it is empty
		return p, nil
	}
	if err != nil {
		return p, failure.FromAWS(err, "read manifest s3://%s/%s", bucket, p.Key)
	}
	defer func() { _ = out.Body.Close() }() // read only
	p.Version = aws.ToString(out.VersionId)
	end, err := io.ReadAll(out.Body)
	if err != nil {
		return p, failure.FromAWS(err, "read manifest s3://%s/%s", bucket, p.Key)
	}
	end = bytes.TrimSuffix(end, []byte("\n"))
	var seal manifest.Seal
	if err := json.Unmarshal(end[bytes.LastIndexByte(end, '\n')+1:], &seal); err == nil {
		p.Digest = seal.Digest
	}
	return p, nil
}

// distrust is why the point before is not built on.
type distrust struct{ error }

func asDistrust(err error) (why string, ok bool) {
	var d distrust
	if errors.As(err, &d) {
		return d.Error(), true
	}
	return "", false
}

// trust tells a manifest that is not what it was from a store that does not answer.
func trust(err error) error {
	var unreadable *failure.Error
	if errors.As(err, &unreadable) {
		return err
	}
	return distrust{err}
}

// base walks through the objects of the point before, in step with the listing of the source.
type base struct {
	reader *manifest.Reader
	prefix string
	at     manifest.Object
	more   bool
}

// openBase reads the point before when it may be referred to: it is of the same day, and its objects have versions.
func openBase(ctx context.Context, target Target, options Options, before previous) (*base, error) {
	if options.Full || before.Key == "" || manifest.Day(before.Taken) != manifest.Day(options.Now) {
		return &base{}, nil
	}
	at := Store{target.Client, target.Bucket}
	reader, err := at.open(ctx, before.Key, before.Version)
	if err == nil && reader.Header.Prefix != prefixOf(target, options.Now) {
		err = fmt.Errorf("it is about %s", reader.Header.Prefix)
	}
	if err != nil {
		return nil, trust(fmt.Errorf("s3://%s/%s: %w", target.Bucket, before.Key, err))
	}
	b := &base{reader: reader, prefix: reader.Header.Prefix, more: true}
	return b, b.next()
}

func (b *base) next() error {
	o, err := b.reader.Next()
	switch {
	case errors.Is(err, io.EOF):
		b.more = false
		return nil
	case err != nil:
		return trust(err)
	}
	b.at = o
	return nil
}

// until passes over the objects before the path, telling each, and gives the path's own, if there is one.
func (b *base) until(path string, gone func(manifest.Object) error) (o manifest.Object, found bool, err error) {
	for b.more {
		switch order := strings.Compare(b.at.Key[len(b.prefix):], path); {
		case order > 0:
			return manifest.Object{}, false, nil
		case order == 0:
			o = b.at
			return o, true, b.next()
		}
		if err := gone(b.at); err != nil {
			return manifest.Object{}, false, err
		}
		if err := b.next(); err != nil {
			return manifest.Object{}, false, err
		}
	}
	return manifest.Object{}, false, nil
}

// rest tells all objects that are left.
func (b *base) rest(gone func(manifest.Object) error) error {
	for b.more {
		if err := gone(b.at); err != nil {
			return err
		}
		if err := b.next(); err != nil {
			return err
		}
	}
	return nil
}
