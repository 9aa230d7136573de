package backup

import (
	"context"
	"errors"
	"io/fs"
	"strconv"
	"time"

	"github.com/acso/disaster-recovery/internal/manifest"
)

// settled is how old, against the point before, a time of modification has to be for a file to count as unchanged by
// it. A file can be written again within one tick of its file system's clock; ticks are up to 2 s long (FAT), and S3's
// last-modified counts whole seconds.
const settled = 2 * time.Second

// run is one attempt at a point.
type run struct {
	target  Target
	options Options
	prefix  string
	files   Source
	base    *base
	record  *record
	memory  *memory
	point   Point

	earlier *resumption // what a run before this one has stored for this very point
	note    *note       // for the next one; nil where time is never up
	reached string      // the last path that was looked at
	stopped bool        // time was up
}

// attempt makes a point on the one before. A distrust says that the one before is not what it was.
func attempt(ctx context.Context, files listing, target Target, options Options, before previous) (Point, error) {
	b, err := openBase(ctx, target, options, before)
	if err != nil {
		return Point{}, err
	}
	full := b.reader == nil
	r := &run{target: target, options: options, prefix: prefixOf(target, options.Now), files: files.Source, base: b, memory: newMemory(options.Memory)}
	header := manifest.Header{
		Environment: target.Environment, Kind: target.Kind, Prefix: r.prefix, Taken: options.Now,
		Previous: before.Digest, PreviousKey: before.Key, Full: full,
	}
	r.point = Point{Manifest: manifest.KeyOf(target.Kind, options.Now), Previous: before.Digest, Kind: target.Kind, Taken: options.Now, Full: full}
	if r.earlier, err = resume(ctx, target, options.Resume, options.Now); err != nil {
		return Point{}, err
	}
	if options.Late != nil {
		if r.note, err = newNote(ctx, target, header); err != nil {
			return Point{}, err
		}
	}
	if r.record, err = newRecord(ctx, target, header, options.Concurrency); err != nil {
		return Point{}, err
	}
	if err := r.walk(ctx, files); err != nil {
		r.record.abandon(ctx)
		r.note.abandon(ctx)
		return Point{}, err
	}
	if r.stopped {
		r.record.abandon(ctx)
		return Point{}, r.note.leave(ctx, r.earlier, r.reached)
	}
	r.note.abandon(ctx)
	if r.point.Digest, r.point.Version, err = r.record.commit(ctx, before); err != nil {
		return Point{}, err
	}
	return r.point, nil
}

// walk goes through the source and the point before side by side.
func (r *run) walk(ctx context.Context, files listing) error {
	line := newOrdered[outcome](ctx, r.options.Concurrency, r.write)
	gone := func(o manifest.Object) error { return line.put(outcome{kind: gone, old: o}) }
	err := files.List(ctx, func(f File) error {
		if r.options.late() {
			return errLate
		}
		r.reached = f.Path
		old, found, err := r.base.until(f.Path, gone)
		if err != nil {
			return err
		}
		if f.Mode.IsDir() {
			return line.put(outcome{kind: folder, folder: manifest.Directory{Key: r.prefix + f.Path, Mode: mode(f.Mode)}})
		}
		if found && r.unchanged(f, old) {
			return line.put(outcome{kind: kept, object: r.refer(f, old)})
		}
		mine, stored, err := r.earlier.stored(f)
		if err != nil {
			return err
		}
		if stored {
			read := mine.Stored
			mine.Stored = time.Time{}
			return line.put(outcome{kind: sent, object: mine, read: read})
		}
		return line.do(func(ctx context.Context) (o outcome, err error) {
			var began time.Time
			if r.note != nil {
				began = r.options.Clock().UTC()
			}
			o, err = r.store(ctx, f, old, found)
			o.read = began
			return o, err
		})
	})
	stopped := errors.Is(err, errLate)
	switch {
	case stopped:
		err = nil
	case err == nil:
		err = r.base.rest(gone)
	}
	err = line.close(err)
	r.stopped = r.stopped || stopped
	return err
}

// unchanged tells whether a file may be taken for what the point before has, unread.
func (r *run) unchanged(f File, old manifest.Object) bool {
	return !r.options.Checksum && !old.Changed && f.Link == old.Link && size(f) == old.Size && f.Modified.Equal(old.Modified) &&
		f.Modified.Before(r.base.reader.Header.Taken.Add(-settled))
}

// size is the bytes that are stored for a file: for a link, those of its target.
func size(f File) int64 {
	if f.Link != "" {
		return int64(len(f.Link))
	}
	return f.Size
}

// refer is an object that an earlier point of the day stored, with what the file is now.
func (r *run) refer(f File, old manifest.Object) manifest.Object {
	if old.Stored.IsZero() {
		old.Stored = r.base.reader.Header.Taken
	}
	old.Modified, old.Mode, old.Changed = f.Modified, mode(f.Mode), false
	return old
}

// mode is the permission bits as chmod takes them.
func mode(m fs.FileMode) string {
	if m == 0 || m.Type() == fs.ModeSymlink { // a link has none of its own
		return ""
	}
	bits := uint64(m.Perm())
	for bit, value := range map[fs.FileMode]uint64{fs.ModeSetuid: 0o4000, fs.ModeSetgid: 0o2000, fs.ModeSticky: 0o1000} {
		if m&bit != 0 {
			bits |= value
		}
	}
	return "0" + strconv.FormatUint(bits, 8)
}

// outcome is what became of one file.
type outcome struct {
	kind   fate
	object manifest.Object    // kept, sent
	old    manifest.Object    // gone
	unread manifest.Unread    // unread
	half   partial            // postponed
	folder manifest.Directory // folder
	read   time.Time          // sent: when reading began; zero where time is never up
}

type fate int

const (
	kept fate = iota
	sent
	gone
	unread
	nothing   // it appeared and went during the run
	postponed // time was up within it
	folder
)

// write takes outcomes in the order of keys.
func (r *run) write(o outcome) error {
	switch o.kind {
	case gone:
		r.point.Deleted++
		return r.record.writer.Delete(manifest.Deletion{Key: o.old.Key, Noticed: r.options.Now})
	case unread:
		r.point.Unread = append(r.point.Unread, o.unread.Key[len(r.prefix):])
		return r.record.writer.Unread(o.unread)
	case nothing:
		return nil
	case folder:
		return r.record.writer.Directory(o.folder)
	case postponed:
		r.stopped = true
		r.note.uploads = append(r.note.uploads, o.half)
		return nil
	case sent:
		r.point.Sent++
		r.point.SentBytes += o.object.Size
		if r.note != nil {
			noted := o.object
			noted.Stored = o.read
			if err := r.note.add(noted); err != nil {
				return err
			}
		}
	}
	if o.object.Changed {
		r.point.Changed = append(r.point.Changed, o.object.Key[len(r.prefix):])
	}
	r.point.Objects++
	r.point.Bytes += o.object.Size
	return r.record.add(o.object)
}
