// Package writeback makes a tree of files, or a prefix of a bucket, what a recovery point says: byte for byte, with modes,
// links and empty files, and without what the point does not have.
//
// It reads a manifest to its seal before it touches anything, and every object by its version, whatever lies on top of
// it. A file appears under its name only once its SHA-256 was found right. It refuses to remove or overwrite anything
// unless it is told that a verified recovery point holds it. It can be stopped anywhere and goes on where its progress
// says, or from the beginning: what is right already is left alone. It starts no goroutine with a width of 1.
package writeback

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/acso/disaster-recovery/internal/backup"
	"github.com/acso/disaster-recovery/internal/failure"
	"github.com/acso/disaster-recovery/internal/manifest"
)

// Destination is where a point is written to. Paths are those of the point, without its prefix.
type Destination interface {
	// List gives everything that is there, in the order of the bytes of the paths.
	List(ctx context.Context, use func(path string) error) error
	// Compare tells what is there under a path, and whether it is the object byte for byte.
	Compare(ctx context.Context, path string, o manifest.Object) (Presence, error)
	// Write puts an object under a path, in the place of what is there. The body fails instead of ending when it is not the
	// object, and nothing is to be seen of it then.
	Write(ctx context.Context, path string, o manifest.Object, body io.Reader) error
	Remove(ctx context.Context, path string) error
	// Partial tells whether a path is what an interrupted Write left.
	Partial(path string) bool
}

// Presence is what is under a path.
type Presence int

// What is under a path.
const (
	Absent Presence = iota
	Different
	Same
)

// Options say how a point is written back.
type Options struct {
	Digest    string      // of the manifest, as the plan knew it; "" takes any whose seal fits
	Overwrite bool        // a verified recovery point holds everything that is there
	Width     int         // objects at once; 0 is 1
	Enough    func() bool // asked between objects: true ends the run early; nil never
}

// Phase is what is done now.
type Phase string

// The phases, in their order. What the point lacks goes first, so that a file never lies where a folder has to be.
const (
	Clear Phase = "clear"
	Write Phase = "write"
	Done  Phase = "done"
)

// Progress is how far a run came; given to the next one, it goes on there.
type Progress struct {
	Manifest string `json:"manifest"` // key
	Version  string `json:"version"`  // of the manifest; every run reads the same one
	Phase    Phase  `json:"phase"`
	After    string `json:"after"` // write: every path up to this one is as the point has it

	Objects int   `json:"objects"` // that the point lists
	Bytes   int64 `json:"bytes"`   // of them
	Same    int   `json:"same"`    // were right already
	Written int   `json:"written"`
	Sent    int64 `json:"writtenBytes"`
	Removed int   `json:"removed"` // that the point does not have
	Unread  int   `json:"unread"`  // that the point could not read when it was taken: what is there is left alone
}

// Run writes a point back, or goes on with it. An error leaves what was written: call it again, with the last progress or
// with none.
func Run(ctx context.Context, from backup.Store, key string, to Destination, o Options, p Progress) (Progress, error) {
	r := &run{from: from, key: key, to: to, options: o}
	if o.Enough == nil {
		r.options.Enough = func() bool { return false }
	}
	if p.Manifest != key || p.Phase == "" {
		var err error
		if p, err = r.prove(ctx); err != nil {
			return Progress{}, err
		}
	}
	r.progress = p
	if r.progress.Phase == Clear {
		if err := r.clear(ctx); err != nil {
			return r.progress, err
		}
	}
	if r.progress.Phase == Write {
		if err := r.write(ctx); err != nil {
			return r.progress, err
		}
	}
	return r.progress, nil
}

type run struct {
	from     backup.Store
	key      string
	to       Destination
	options  Options
	progress Progress
}

// prove reads the manifest to its seal: an altered one is found before anything is touched.
func (r *run) prove(ctx context.Context) (Progress, error) {
	head, err := r.from.Client.HeadObject(ctx, &s3.HeadObjectInput{Bucket: aws.String(r.from.Bucket), Key: aws.String(r.key)})
	if err != nil {
		return Progress{}, failure.FromAWS(err, "look at manifest s3://%s/%s", r.from.Bucket, r.key)
	}
	p := Progress{Manifest: r.key, Version: aws.ToString(head.VersionId), Phase: Clear}
	reader, err := r.from.Manifest(ctx, r.key, p.Version)
	if err != nil {
		return Progress{}, err
	}
	for err == nil {
		var object manifest.Object
		if object, err = reader.Next(); err == nil {
			if path := strings.TrimPrefix(object.Key, reader.Header.Prefix); !fs.ValidPath(path) || path == "." {
				return Progress{}, r.damaged("it lists %.80q, which is no path", path)
			}
		}
	}
	if !errors.Is(err, io.EOF) {
		return Progress{}, r.unsealed(err)
	}
	if r.options.Digest != "" && reader.Seal.Digest != r.options.Digest {
		return Progress{}, r.damaged("its digest is %s, and %s was planned", reader.Seal.Digest, r.options.Digest)
	}
	p.Objects, p.Bytes, p.Unread = reader.Seal.Objects, reader.Seal.Bytes, reader.Seal.Unread
	return p, nil
}

// unsealed tells a manifest that is wrong from a store that does not answer.
func (r *run) unsealed(err error) error {
	if failure.Is(err, failure.Unavailable) || failure.Is(err, failure.Denied) {
		return err
	}
	return r.damaged("%v", err)
}

func (r *run) damaged(format string, args ...any) error {
	return failure.New(failure.Failed, "restore from manifest s3://"+r.from.Bucket+"/"+r.key, format, args...).
		Next("use the recovery point before it, and find out who wrote this one")
}

// objects gives the objects of the manifest, path by path.
func (r *run) objects(ctx context.Context) (*lines, error) {
	reader, err := r.from.Manifest(ctx, r.key, r.progress.Version)
	if err != nil {
		return nil, err
	}
	l := &lines{run: r, reader: reader, unread: map[string]bool{}}
	reader.OnFolder = func(f manifest.Directory) { l.folders = append(l.folders, f) }
	reader.OnUnread = func(u manifest.Unread) { l.unread[strings.TrimPrefix(u.Key, reader.Header.Prefix)] = true }
	return l, l.next()
}

// lines is a manifest that is gone through once.
type lines struct {
	run    *run
	reader *manifest.Reader
	object manifest.Object
	path   string // of the object; "" behind the last
	unread map[string]bool

	folders []manifest.Directory
}

func (l *lines) next() error {
	o, err := l.reader.Next()
	switch {
	case errors.Is(err, io.EOF):
		l.path = ""
		return nil
	case err != nil:
		return l.run.unsealed(err)
	}
	l.object, l.path = o, strings.TrimPrefix(o.Key, l.reader.Header.Prefix)
	return nil
}

// clear removes what the point does not have. Both lists have the same order.
func (r *run) clear(ctx context.Context) error {
	known, err := r.objects(ctx)
	if err != nil {
		return err
	}
	err = r.to.List(ctx, func(path string) error {
		for known.path != "" && known.path < path {
			if err := known.next(); err != nil {
				return err
			}
		}
		if known.path == path || known.unread[path] {
			return nil
		}
		if !r.options.Overwrite && !r.to.Partial(path) {
			return unsafe("remove", path)
		}
		if err := r.to.Remove(ctx, path); err != nil {
			return err
		}
		r.progress.Removed++
		return nil
	})
	if err != nil {
		return err
	}
	r.progress.Phase = Write
	return nil
}

func unsafe(verb, path string) error {
	return failure.New(failure.Unsafe, fmt.Sprintf("%s %.200q", verb, path), "no verified recovery point is known to hold it").
		Next("take and verify a recovery point of what is there, or restore into a folder beside it")
}
