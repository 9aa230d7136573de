package backup

import (
	"context"
	"crypto/md5" // #nosec G501 -- the owner's scripts compare MD5; nothing is protected by it
	"crypto/sha256"
	"errors"
	"io"

	"github.com/acso/disaster-recovery/internal/manifest"
)

// large stores a file in parts, reading it once: parts are sent while the next one is read. It goes on from where an
// earlier run was stopped, where there is such a place.
func (r *run) large(ctx context.Context, f File, body io.Reader, half partial, steady func() (bool, error), last bool) (outcome, error) {
	o := manifest.Object{Key: r.prefix + f.Path, Modified: f.Modified, Mode: mode(f.Mode), PartSize: r.partSize(f.Size)}
	s := &sending{run: r, object: &o, whole: sha256.New(), old: md5.New(), size: f.Size} // #nosec G401 -- as above
	var err error
	if half.Read > 0 {
		err = s.goOn(half)
	} else {
		s.up, err = r.target.begin(ctx, o.Key)
	}
	if err != nil {
		return outcome{}, err
	}
	if o.PartSize > r.options.Memory {
		err = s.stream(ctx, body)
	} else {
		err = s.parts(ctx, body)
	}
	if errors.Is(err, errLate) {
		p, err := s.half(f)
		if err != nil {
			return outcome{}, err
		}
		return outcome{}, &postponement{p}
	}
	if err == nil {
		err = r.calm(f, &o, steady, last)
	}
	if err != nil {
		s.up.abort(ctx)
		return outcome{}, err
	}
	if o.VersionID, err = s.up.complete(ctx, o, nil); err != nil {
		return outcome{}, err
	}
	return outcome{kind: sent, object: o}, nil
}

func (r *run) calm(f File, o *manifest.Object, steady func() (bool, error), last bool) error {
	calm, err := steady()
	if err != nil {
		return sourceError{err}
	}
	calm = calm && o.Size == f.Size
	if !calm && (!last || o.Size == 0) {
		return errShifting
	}
	o.Changed = !calm
	return nil
}

// partSize is the smallest size, in whole MiB, with which an object has at most 10,000 parts.
func (r *run) partSize(size int64) int64 {
	const step = 1 << 20
	least := (size + mostParts - 1) / mostParts
	return max(r.options.PartSize, (least+step-1)/step*step)
}
