package backup

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/acso/disaster-recovery/internal/failure"
	"github.com/acso/disaster-recovery/internal/manifest"
)

// File is one file of a source as its listing shows it, or a folder: Mode says so, and its path ends with a slash.
type File struct {
	Path     string // slash-separated, below the source
	Size     int64  // bytes
	Modified time.Time
	Mode     fs.FileMode // 0 where the source has none
	Link     string      // target of a symbolic link
}

// Source is what is backed up.
type Source interface {
	// List gives all files, and folders where the source has any, in the order of the bytes of their paths.
	List(ctx context.Context, use func(File) error) error
	// Open reads a file. What it returns may have Stat() (File, error), which is asked before and after reading; a source
	// whose files cannot change under a reader has none. An error that wraps fs.ErrNotExist says that it is no more.
	Open(ctx context.Context, path string) (io.ReadCloser, error)
}

// Stater is what an opened file of a changing source is too.
type Stater interface {
	Stat() (File, error)
}

// Seeker is a source that can open a file at an offset. What another one opens is asked to seek, or read up to there.
type Seeker interface {
	OpenAt(ctx context.Context, path string, offset int64) (io.ReadCloser, error)
}

// openAt opens a file of a source to be read from an offset.
func openAt(ctx context.Context, source Source, path string, offset int64) (io.ReadCloser, error) {
	if s, ok := source.(Seeker); ok && offset > 0 {
		return s.OpenAt(ctx, path, offset)
	}
	body, err := source.Open(ctx, path)
	if err != nil || offset == 0 {
		return body, err
	}
	if s, ok := body.(io.Seeker); ok {
		_, err = s.Seek(offset, io.SeekStart)
	} else {
		_, err = io.CopyN(io.Discard, body, offset)
	}
	if err != nil {
		_ = body.Close() // the first error counts
		return nil, err
	}
	return body, nil
}

// held is how many files of a listing are kept in memory. Longer ones are listed again, about 16 MiB later.
const held = 1 << 16

// listing is a source that was looked through once.
type listing struct {
	Source
	files []File // nil when there are too many
}

func (l listing) List(ctx context.Context, use func(File) error) error {
	if l.files == nil {
		return l.Source.List(ctx, use)
	}
	for _, f := range l.files {
		if err := use(f); err != nil {
			return err
		}
	}
	return nil
}

// survey looks at every name, so that one that cannot be a key is refused before anything is sent.
func survey(ctx context.Context, source Source, target Target, late func() bool) (listing, error) {
	const room = len("2006/01/02/")
	files, last, count := []File{}, "", 0
	var wrong []error
	err := source.List(ctx, func(f File) error {
		if err := checkName(f.Path, room+len(target.Kind)+len("/"), target.Kind); err != nil {
			wrong = append(wrong, err)
		}
		if year := f.Modified.UTC().Year(); year < 0 || year > 9999 {
			wrong = append(wrong, fmt.Errorf("%q was modified in the year %d, which a manifest cannot carry", f.Path, year))
		}
		if count > 0 && f.Path <= last {
			return failure.New(failure.Internal, "list the source", "%.80q comes after %.80q: a source lists in the order of paths", f.Path, last)
		}
		last = f.Path
		if late() {
			return failure.New(failure.Failed, "list the source", "time was up after %d files: no function can list them all", count).
				Next("keep fewer files under the mount, or archive old ones: see docs/performance.md")
		}
		if count++; count <= held {
			files = append(files, f)
		} else {
			files = nil
		}
		return ctx.Err()
	})
	if err != nil {
		return listing{}, failure.FromAWS(err, "list the source of %s", target.Kind)
	}
	if len(wrong) > 0 {
		return listing{}, (&failure.Error{Kind: failure.InvalidInput, Op: "back up " + target.Kind, Err: errors.Join(wrong...)}).Next("rename them; nothing was sent")
	}
	return listing{source, files}, nil
}

// List is where the owner's scripts look for the MD5 sums of a backup, below its folder.
const List = "checksum.md5"

// checkName says why a path cannot be a key, by name.
func checkName(path string, prefix int, kind string) error {
	switch {
	case path == "":
		return errors.New("a file without a name")
	case !utf8.ValidString(path):
		return fmt.Errorf("%q is not UTF-8, and a key has to be", path)
	case prefix+len(path) > manifest.LongestKey:
		return fmt.Errorf("%q makes a key of %d bytes, and %d is the most", path, prefix+len(path), manifest.LongestKey)
	case path == List && kind == manifest.ApplicationData:
		return fmt.Errorf("%q is the name of the list of checksums of the backup itself", path)
	case strings.ContainsRune(path, 0):
		return fmt.Errorf("%q has a NUL", path)
	}
	for part := range strings.SplitSeq(path, "/") {
		// Clients and proxies resolve them as they resolve paths.
		// https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html
		if part == "." || part == ".." {
			return fmt.Errorf("%q has %q in it, which HTTP resolves", path, part)
		}
	}
	return nil
}
