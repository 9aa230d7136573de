package backup

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"hash"
	"io"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/acso/disaster-recovery/internal/failure"
	"github.com/acso/disaster-recovery/internal/manifest"
)

// Batch is a piece of work for one function: some lines of a manifest, or some parts of one large object. It names the
// lines by their place, so that it stays a few hundred bytes however many objects it means.
type Batch struct {
	Number   int    `json:"batch"` // from 1
	Manifest string `json:"manifest"`
	Version  string `json:"versionId"` // of the manifest
	From     int64  `json:"from"`      // first byte of its first line
	Length   int64  `json:"length"`    // bytes of its lines
	Digest   string `json:"digest"`    // SHA-256 of its objects' lines, hexadecimal
	Objects  int    `json:"objects"`
	Bytes    int64  `json:"bytes"`               // of objects or parts that are read
	Part     int    `json:"part,omitempty"`      // first part, from 1; 0 for whole objects
	Parts    int    `json:"partCount,omitempty"` // how many
}

// Limits bound a batch.
type Limits struct {
	Objects int   // 0 is 1,000
	Bytes   int64 // 0 is 8 GiB: at 50 MB/s under 3 minutes of the 15 that a function has
}

// Plan is a verification that was laid out.
type Plan struct {
	Manifest string    `json:"manifest"`
	Version  string    `json:"versionId"`
	Digest   string    `json:"digest"`
	Kind     string    `json:"kind"`
	Prefix   string    `json:"prefix"`
	Taken    time.Time `json:"taken"` // UTC
	Depth    Depth     `json:"depth"`
	Objects  int       `json:"objects"`
	Bytes    int64     `json:"bytes"`
	Batches  int       `json:"batches"`
	Changed  int       `json:"changed"` // objects whose source kept changing while it was read
	Unread   int       `json:"unread"`  // files that the point lacks
	Largest  int64     `json:"largest"` // bytes of the largest batch
}

// PlanBatches reads a manifest to its end, so that an altered one is found before any object is read, and gives the
// batches for it, which count only once it returns no error. For depth attributes the bytes of objects do not count.
func PlanBatches(ctx context.Context, store Store, key string, depth Depth, limits Limits, use func(Batch) error) (Plan, error) {
	if depth != Attributes && depth != Content {
		return Plan{}, failure.New(failure.InvalidInput, "plan a verification", "depth %q is none of attributes and content", depth)
	}
	version, err := store.Version(ctx, key)
	if err != nil {
		return Plan{}, err
	}
	r, err := store.Manifest(ctx, key, version)
	if err != nil {
		return Plan{}, err
	}
	p := Plan{Manifest: key, Version: version, Kind: r.Header.Kind, Prefix: r.Header.Prefix, Taken: r.Header.Taken, Depth: depth}
	if limits.Objects <= 0 {
		limits.Objects = 1000
	}
	if limits.Bytes <= 0 {
		limits.Bytes = 8 << 30
	}
	s := splitter{plan: &p, limits: limits, depth: depth, use: use, digest: sha256.New()}
	for {
		o, err := r.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return Plan{}, store.altered(key, err)
		}
		if o.Changed {
			p.Changed++
		}
		line, offset := r.Line()
		if err := s.add(o, line, offset); err != nil {
			return Plan{}, err
		}
	}
	p.Objects, p.Bytes, p.Digest, p.Unread = r.Seal.Objects, r.Seal.Bytes, r.Seal.Digest, r.Seal.Unread
	return p, s.end()
}

// Version pins the newest version of a manifest; "" in a bucket without versions.
func (s Store) Version(ctx context.Context, key string) (string, error) {
	out, err := s.Client.HeadObject(ctx, &s3.HeadObjectInput{Bucket: aws.String(s.Bucket), Key: aws.String(key)})
	if err != nil {
		return "", failure.FromAWS(err, "look at manifest s3://%s/%s", s.Bucket, key)
	}
	return aws.ToString(out.VersionId), nil
}

// splitter cuts the lines of a manifest into batches.
type splitter struct {
	plan   *Plan
	limits Limits
	depth  Depth
	use    func(Batch) error
	now    Batch
	digest hash.Hash
}

func (s *splitter) add(o manifest.Object, line []byte, offset int64) error {
	weight := o.Size
	if s.depth == Attributes {
		weight = 0
	}
	if s.now.Objects > 0 && (s.now.Objects == s.limits.Objects || s.now.Bytes+weight > s.limits.Bytes) {
		if err := s.end(); err != nil {
			return err
		}
	}
	if weight > s.limits.Bytes && len(o.Parts) > 1 {
		return s.parts(o, line, offset)
	}
	if s.now.Objects == 0 {
		s.now.From = offset
	}
	s.now.Objects++
	s.now.Bytes += weight
	s.now.Length = offset + int64(len(line)) - s.now.From
	s.digest.Write(line)
	return nil
}

// parts makes batches of one object.
func (s *splitter) parts(o manifest.Object, line []byte, offset int64) error {
	count := int(max(s.limits.Bytes/o.PartSize, 1))
	for first := 0; first < len(o.Parts); first += count {
		n := min(count, len(o.Parts)-first)
		s.digest.Write(line)
		s.now = Batch{From: offset, Length: int64(len(line)), Objects: 1, Part: first + 1, Parts: n}
		s.now.Bytes = min(int64(first+n)*o.PartSize, o.Size) - int64(first)*o.PartSize
		if err := s.end(); err != nil {
			return err
		}
	}
	return nil
}

func (s *splitter) end() error {
	if s.now.Objects == 0 {
		return nil
	}
	s.plan.Batches++
	b := s.now
	b.Number, b.Manifest, b.Version, b.Digest = s.plan.Batches, s.plan.Manifest, s.plan.Version, hex.EncodeToString(s.digest.Sum(nil))
	s.plan.Largest = max(s.plan.Largest, b.Bytes)
	s.now = Batch{}
	s.digest.Reset()
	return s.use(b)
}
