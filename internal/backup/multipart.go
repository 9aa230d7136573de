package backup

import (
	"context"
	"crypto/md5" // #nosec G501 -- the owner's scripts compare MD5; nothing is protected by it
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"io"
	"sync"

	"github.com/acso/disaster-recovery/internal/failure"
	"github.com/acso/disaster-recovery/internal/manifest"
)

// large stores a file in parts, reading it once: parts are sent while the next one is read.
func (r *run) large(ctx context.Context, f File, body io.Reader, steady func() (bool, error), last bool) (outcome, error) {
	part := r.partSize(f.Size)
	o := manifest.Object{Key: r.prefix + f.Path, Modified: f.Modified, Mode: mode(f.Mode), PartSize: part}
	if part > r.options.Memory {
		return outcome{}, sourceError{failure.New(failure.InvalidInput, "store "+o.Key, "its %d bytes need parts of %d bytes, which is more than the memory of %d", f.Size, part, r.options.Memory)}
	}
	up, err := r.target.begin(ctx, o.Key)
	if err != nil {
		return outcome{}, err
	}
	err = r.parts(ctx, up, &o, body)
	if err == nil {
		err = r.calm(f, &o, steady, last)
	}
	if err != nil {
		up.abort(ctx)
		return outcome{}, err
	}
	if o.VersionID, err = up.complete(ctx, o, nil); err != nil {
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

// parts reads, hashes and sends. With a concurrency of 1 each part is sent before the next is read.
func (r *run) parts(ctx context.Context, up *upload, o *manifest.Object, body io.Reader) error {
	whole, old := sha256.New(), md5.New() // #nosec G401 -- as above
	var sending sync.WaitGroup
	var mu sync.Mutex
	var failed error
	defer sending.Wait()
	for n := int32(1); ; n++ {
		buffer, err := r.memory.take(ctx, o.PartSize)
		if err != nil {
			return err
		}
		size, err := io.ReadFull(body, buffer)
		if size == 0 || err != nil && !errors.Is(err, io.ErrUnexpectedEOF) {
			r.memory.give(buffer)
			if errors.Is(err, io.EOF) {
				break
			}
			return sourceError{err}
		}
		if n > mostParts {
			r.memory.give(buffer)
			return errShifting // it grew beyond what its size promised
		}
		text := buffer[:size]
		sum := sha256.Sum256(text)
		whole.Write(text)
		old.Write(text)
		o.Size += int64(size)
		o.Parts = append(o.Parts, hex.EncodeToString(sum[:]))
		checksum := base64.StdEncoding.EncodeToString(sum[:])
		up.etags = append(up.etags, "")
		send := func() error {
			defer r.memory.give(buffer)
			etag, err := up.part(ctx, n, text, checksum)
			mu.Lock()
			defer mu.Unlock()
			up.etags[n-1] = etag
			failed = errors.Join(failed, err)
			return failed
		}
		if r.options.Concurrency > 1 {
			mu.Lock()
			err = failed
			mu.Unlock()
			if err == nil {
				sending.Go(func() { _ = send() }) // its error is in failed
			} else {
				r.memory.give(buffer)
			}
		} else {
			err = send()
		}
		if err != nil {
			return err
		}
	}
	sending.Wait()
	o.SHA256, o.MD5 = hex.EncodeToString(whole.Sum(nil)), hex.EncodeToString(old.Sum(nil))
	return failed
}
