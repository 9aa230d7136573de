package backup

import (
	"context"
	"crypto/md5" // #nosec G501 -- the owner's scripts compare MD5; nothing is protected by it
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"

	"github.com/acso/disaster-recovery/internal/failure"
	"github.com/acso/disaster-recovery/internal/manifest"
)

// rereads is how often a file that changed while it was read is read again: a large one costs much each time.
const rereads = 2

// errShifting: the file is not what it was when reading began.
var errShifting = errors.New("it changed while it was read")

// store brings one file into the point.
func (r *run) store(ctx context.Context, f File, old manifest.Object, found bool) (outcome, error) {
	o := manifest.Object{Key: r.prefix + f.Path}
	for again := 0; ; again++ {
		last := again == rereads
		result, err := r.try(ctx, f, old, found, last)
		var mine *failure.Error
		var later *postponement
		switch {
		case err == nil:
			return result, nil
		case errors.As(err, &later):
			return outcome{kind: postponed, half: later.partial}, nil
		case ctx.Err() != nil:
			return outcome{}, context.Cause(ctx)
		case errors.Is(err, fs.ErrNotExist) && found:
			return outcome{kind: gone, old: old}, nil
		case errors.Is(err, fs.ErrNotExist):
			return outcome{kind: nothing}, nil
		case errors.Is(err, errShifting) && !last:
			continue
		case errors.As(err, &mine) && !errors.Is(err, errSource), failure.Is(err, failure.Unavailable):
			return outcome{}, err
		case last:
			return outcome{kind: unread, unread: manifest.Unread{Key: o.Key, Why: err.Error()}}, nil
		}
	}
}

// errSource is in the chain of errors of reading the source: one file that cannot be read is not the end of a backup.
var errSource = errors.New("source")

type sourceError struct{ error }

func (e sourceError) Unwrap() error        { return e.error }
func (e sourceError) Is(target error) bool { return target == errSource }

// try reads a file once and sends it. With the last chance, a file that changes is stored as it was read.
func (r *run) try(ctx context.Context, f File, old manifest.Object, found, last bool) (outcome, error) {
	if f.Link != "" {
		return r.link(ctx, f, old, found)
	}
	if kind := f.Mode.Type(); kind != 0 {
		return outcome{}, sourceError{fmt.Errorf("it is no file but %s", kind)}
	}
	half := r.earlier.halfOf(f)
	body, err := openAt(ctx, r.files, f.Path, half.Read)
	if err != nil {
		return outcome{}, sourceError{err}
	}
	defer func() { _ = body.Close() }() // read only
	was, err := stat(body, f)
	if err != nil {
		return outcome{}, sourceError{err}
	}
	steady := func() (bool, error) {
		is, err := stat(body, was)
		return is.Size == was.Size && is.Modified.Equal(was.Modified), err
	}
	if half.Read > 0 && !half.of(was) {
		r.earlier.forget(f.Path) // it changed between the listing and now
		return outcome{}, errShifting
	}
	if was.Size <= r.options.PartSize {
		return r.small(ctx, was, body, steady, old, found, last)
	}
	if found && r.options.Checksum && old.Size == was.Size {
		same, err := r.same(ctx, f, old)
		if err != nil || same {
			return outcome{kind: kept, object: r.refer(was, old)}, err
		}
	}
	return r.large(ctx, was, body, half, steady, last)
}

// stat is what the opened file is now, or what was known when it cannot tell.
func stat(body io.Reader, known File) (File, error) {
	s, ok := body.(Stater)
	if !ok {
		return known, nil
	}
	f, err := s.Stat()
	if err == nil && f.Mode.Type() != 0 {
		err = fmt.Errorf("it is no file any more but %s", f.Mode.Type())
	}
	f.Path, f.Link = known.Path, known.Link
	return f, err
}

// link stores the target of a symbolic link.
func (r *run) link(ctx context.Context, f File, old manifest.Object, found bool) (outcome, error) {
	text := []byte(f.Link)
	o := r.object(f, text)
	o.Link = f.Link
	return r.send(ctx, o, text, f, old, found)
}

// small stores a file that fits a buffer.
func (r *run) small(ctx context.Context, f File, body io.Reader, steady func() (bool, error), old manifest.Object, found, last bool) (outcome, error) {
	buffer, err := r.memory.take(ctx, f.Size+1) // one more, so that a file that grew shows
	if err != nil {
		return outcome{}, err
	}
	defer r.memory.give(buffer)
	n, err := io.ReadFull(body, buffer)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return outcome{}, sourceError{err}
	}
	calm, err := steady()
	if err != nil {
		return outcome{}, sourceError{err}
	}
	calm = calm && int64(n) == f.Size
	if !calm && !last {
		return outcome{}, errShifting
	}
	text := buffer[:min(n, int(f.Size))]
	o := r.object(f, text)
	o.Changed = !calm
	return r.send(ctx, o, text, f, old, found)
}

func (r *run) object(f File, text []byte) manifest.Object {
	sum, old := sha256.Sum256(text), md5.Sum(text) // #nosec G401 -- as above
	return manifest.Object{
		Key: r.prefix + f.Path, Size: int64(len(text)), Modified: f.Modified, Mode: mode(f.Mode),
		SHA256: hex.EncodeToString(sum[:]), MD5: hex.EncodeToString(old[:]),
	}
}

// send stores an object in one request, unless the point before has the same bytes.
func (r *run) send(ctx context.Context, o manifest.Object, text []byte, f File, old manifest.Object, found bool) (outcome, error) {
	if found && !o.Changed && old.SHA256 == o.SHA256 && old.Size == o.Size && old.Link == o.Link {
		return outcome{kind: kept, object: r.refer(f, old)}, nil
	}
	var err error
	if o.VersionID, err = r.target.put(ctx, o.Key, text, o.S3Checksum()); err != nil {
		return outcome{}, err
	}
	return outcome{kind: sent, object: o}, nil
}

// same reads a large file to compare it with what is stored.
func (r *run) same(ctx context.Context, f File, old manifest.Object) (bool, error) {
	body, err := r.files.Open(ctx, f.Path)
	if err != nil {
		return false, sourceError{err}
	}
	defer func() { _ = body.Close() }() // read only
	buffer, err := r.memory.take(ctx, chunk)
	if err != nil {
		return false, err
	}
	defer r.memory.give(buffer)
	digest := sha256.New()
	if _, err := io.CopyBuffer(digest, struct{ io.Reader }{body}, buffer); err != nil {
		return false, sourceError{err}
	}
	return hex.EncodeToString(digest.Sum(nil)) == old.SHA256, nil
}

// chunk is how much of a stream is read at once, in bytes.
const chunk = 64 << 10
