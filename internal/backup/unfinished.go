package backup

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/acso/disaster-recovery/internal/failure"
	"github.com/acso/disaster-recovery/internal/manifest"
)

// A run that has no time left leaves a note beside the manifests of its day: what it has stored so far, sealed like a
// manifest, and the large objects that are half-way. The next run of the kind goes on from there under the first one's
// time. A note is no recovery point, and a newer point makes it worthless; like everything else it is never deleted.

// UnfinishedError says that time was up before the point was whole, and that a note was left.
type UnfinishedError struct {
	Note   string // key
	Stored int    // objects that are stored so far
}

// Error says what comes next.
func (e *UnfinishedError) Error() string {
	return fmt.Sprintf("the point is not finished: %d objects are stored, and %s says which; the next run goes on", e.Stored, e.Note)
}

const noteSuffix = ".unfinished.jsonl"

// NoteKey is where the note of a run lies.
func NoteKey(kind string, taken time.Time) string {
	return strings.TrimSuffix(manifest.KeyOf(kind, taken), ".json") + noteSuffix
}

// ParseNote tells what a key of NoteKey says; ok is false for every other key.
func ParseNote(key string) (kind string, taken time.Time, ok bool) {
	name, found := strings.CutSuffix(key, noteSuffix)
	if !found {
		return "", time.Time{}, false
	}
	return manifest.ParseKey(name + ".json")
}

// partial is a large object that is half-way.
type partial struct {
	Path     string    `json:"path"`
	Size     int64     `json:"size"` // of the file, as is Modified: another one is not gone on with
	Modified time.Time `json:"modified"`
	Upload   string    `json:"upload"`
	PartSize int64     `json:"partSize"`
	ETags    []string  `json:"etags"`
	Parts    []string  `json:"parts"`  // SHA-256 of each
	Read     int64     `json:"read"`   // bytes that the parts hold
	SHA256   []byte    `json:"sha256"` // state of the digest of the whole, as is MD5
	MD5      []byte    `json:"md5"`
}

// postponement: time was up within a large object.
type postponement struct{ partial partial }

func (*postponement) Error() string { return "time was up" }

// of tells whether what is half-way is still this file.
func (p partial) of(f File) bool { return p.Size == f.Size && p.Modified.Equal(f.Modified) }

func uploadsKey(note string) string { return note + ".uploads.json" }

// resumption is what an earlier run left.
type resumption struct {
	base    // its objects, which the walk goes through
	lock    sync.Mutex
	uploads map[string]partial
}

// resume reads a note, to its seal first: half a note is none.
func resume(ctx context.Context, target Target, key string, now time.Time) (*resumption, error) {
	at := Store{target.Client, target.Bucket}
	r := &resumption{uploads: map[string]partial{}}
	if key == "" {
		return r, nil
	}
	version, err := at.Version(ctx, key)
	if err != nil {
		return nil, err
	}
	for pass := range 2 {
		if r.reader, err = at.Manifest(ctx, key, version); err != nil {
			return nil, err
		}
		if h := r.reader.Header; !h.Taken.Equal(now) || h.Prefix != prefixOf(target, now) {
			return nil, failure.New(failure.InvalidInput, "go on from s3://"+target.Bucket+"/"+key, "it is about %s at %s", h.Prefix, h.Taken.Format(time.RFC3339))
		}
		for pass == 0 {
			if _, err := r.reader.Next(); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				return nil, at.altered(key, err)
			}
		}
	}
	r.prefix, r.more = r.reader.Header.Prefix, true
	text, _, err := at.part(ctx, uploadsKey(key), "", 0, mostUploads, nil, nil)
	if err != nil {
		return nil, err
	}
	var list []partial
	if err := json.Unmarshal(text, &list); err != nil {
		return nil, failure.New(failure.Failed, "read s3://"+target.Bucket+"/"+uploadsKey(key), "%w", err)
	}
	for _, p := range list {
		r.uploads[p.Path] = p
	}
	return r, r.next()
}

// mostUploads bounds what is read of half-way objects, in bytes: 10,000 parts take about a megabyte.
const mostUploads = 64 << 20

// halfOf is what there is of a large file, or nothing.
func (r *resumption) halfOf(f File) partial {
	r.lock.Lock()
	defer r.lock.Unlock()
	if p := r.uploads[f.Path]; p.of(f) {
		return p
	}
	return partial{}
}

// forget lets go of what there is of a file that has changed.
func (r *resumption) forget(path string) {
	r.lock.Lock()
	defer r.lock.Unlock()
	delete(r.uploads, path)
}

// stored tells whether the earlier run has stored a file as it is, and as what.
func (r *resumption) stored(f File) (o manifest.Object, ok bool, err error) {
	o, ok, err = r.until(f.Path, func(manifest.Object) error { return nil })
	if err != nil || !ok {
		return o, false, err
	}
	ok = f.Link == o.Link && size(f) == o.Size && f.Modified.Equal(o.Modified) && !o.Changed && f.Modified.Before(o.Stored.Add(-settled))
	o.Mode = mode(f.Mode)
	return o, ok, nil
}

// Each line of a note says in Stored when the file was read: what was modified just before may have been modified again
// within the same tick. A run that goes on keeps that time in its own note, and leaves it out of the point.

// note is what a run writes for the next one while it can still be finished itself.
type note struct {
	key     string
	stream  *stream
	writer  *manifest.Writer
	target  Target
	count   int
	uploads []partial // JSON needs a list, also of none
}

// newNote begins a note; nothing is sent before there is much to say.
func newNote(ctx context.Context, target Target, header manifest.Header) (*note, error) {
	target.Retention = Retention{} // it is no part of a point
	n := &note{key: NoteKey(header.Kind, header.Taken), target: target, uploads: []partial{}}
	n.stream = target.stream(ctx, n.key, "application/x-ndjson")
	var err error
	n.writer, err = manifest.NewWriter(n.stream, header)
	return n, err
}

func (n *note) add(o manifest.Object) error {
	n.count++
	return n.writer.Add(o)
}

// abandon lets go of a note that nobody needs.
func (n *note) abandon(ctx context.Context) {
	if n != nil {
		n.stream.abandon(ctx)
	}
}

// leave writes the note, with what an earlier one says of files that were not reached.
func (n *note) leave(ctx context.Context, earlier *resumption, reached string) error {
	if err := earlier.rest(n.add); err != nil {
		return err
	}
	for path, p := range earlier.uploads {
		if path > reached {
			n.uploads = append(n.uploads, p)
		}
	}
	slices.SortFunc(n.uploads, func(a, b partial) int { return strings.Compare(a.Path, b.Path) })
	text, err := json.Marshal(n.uploads)
	if err != nil {
		return err
	}
	if _, err := n.writer.Seal(); err != nil {
		return err
	}
	list := n.target.stream(ctx, uploadsKey(n.key), "application/json")
	if _, err := list.Write(text); err != nil {
		return err
	}
	if _, err := list.close(false); err != nil {
		return err
	}
	if _, err := n.stream.close(false); err != nil {
		return err
	}
	return &UnfinishedError{Note: n.key, Stored: n.count}
}
