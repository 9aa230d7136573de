package drill

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/acso/disaster-recovery/internal/manifest"
	"github.com/acso/disaster-recovery/lab/cloud/s3"
)

// point is a recovery point as the bucket holds it, read behind the back of the code under test.
type recoveryPoint struct {
	key     string
	kind    string
	taken   time.Time
	stored  time.Time // when the manifest was written: the end of the run
	header  manifest.Header
	seal    manifest.Seal
	objects []manifest.Object
	bodies  map[string][]byte // by path below the prefix: what a restore would give
}

// points reads every point of a kind in a region, oldest first, and restores it. A point that does not restore byte for
// byte is the error.
func (r *run) points(region, kind string) ([]recoveryPoint, error) {
	bucket := r.env.BucketIn(region, r.env.Buckets.Backups)
	var list []recoveryPoint
	for _, o := range r.world.S3.Objects(bucket) {
		of, taken, ok := manifest.ParseKey(o.Key)
		if !ok || of != kind {
			continue
		}
		p, err := r.restore(bucket, o)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", o.Key, err)
		}
		p.kind, p.taken = kind, taken
		if n := len(list); n > 0 && p.header.Previous != list[n-1].seal.Digest {
			return nil, fmt.Errorf("%s does not follow %s", o.Key, list[n-1].key)
		}
		list = append(list, p)
	}
	return list, nil
}

func (r *run) restore(bucket string, o s3.Object) (recoveryPoint, error) {
	p := recoveryPoint{key: o.Key, stored: o.At, bodies: map[string][]byte{}}
	reader, err := manifest.NewReader(bytes.NewReader(o.Body))
	if err != nil {
		return p, err
	}
	for {
		object, err := reader.Next()
		if errors.Is(err, io.EOF) {
			p.header, p.seal = reader.Header, reader.Seal
			return p, nil
		}
		if err != nil {
			return p, err
		}
		body, err := r.version(bucket, object)
		if err != nil {
			return p, err
		}
		p.objects = append(p.objects, object)
		p.bodies[strings.TrimPrefix(object.Key, reader.Header.Prefix)] = body
	}
}

// version is the body of the version that a manifest lists, when it is what the manifest says.
func (r *run) version(bucket string, o manifest.Object) ([]byte, error) {
	for _, v := range r.world.S3.Versions(bucket, o.Key) {
		if v.Version != o.VersionID {
			continue
		}
		if sum := sha256.Sum256(v.Body); hex.EncodeToString(sum[:]) != o.SHA256 || int64(len(v.Body)) != o.Size {
			return nil, fmt.Errorf("%s is not what was stored", o.Key)
		}
		return v.Body, nil
	}
	return nil, fmt.Errorf("%s in version %s is gone", o.Key, o.VersionID)
}

// pointsHold is the invariant that every point restores byte for byte, the older ones too, and that there are as many as
// the scenario made.
func (r *run) pointsHold(kind string, want int) ([]recoveryPoint, Invariant) {
	const name = "every recovery point restores byte for byte"
	list, err := r.points(r.env.Regions.Primary, kind)
	switch {
	case err != nil:
		return nil, verdict(name, false, "%v", err)
	case want >= 0 && (len(list) < want || len(list) > want && r.options.Kill == nil): // one that was killed at its end is made again
		return list, verdict(name, false, "there are %d points of %s, not %d", len(list), kind, want)
	}
	return list, verdict(name, true, "%d points of %s", len(list), kind)
}
