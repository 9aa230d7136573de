package writeback

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"path"
	"strconv"
	"strings"

	"github.com/acso/disaster-recovery/internal/backup"
	"github.com/acso/disaster-recovery/internal/failure"
	"github.com/acso/disaster-recovery/internal/manifest"
	"github.com/acso/disaster-recovery/internal/platform"
)

// Beside is the folder below which points are restored beside what is there. It is no part of the application data: no
// backup reads it, and no restore into place touches it.
const Beside = ".acso-restored"

// partial begins the name of a file that is being written. What an interrupted run left goes with the next one.
const partial = ".acso-partial-"

// Own tells whether a path is a restore's own and no application data.
func Own(name string) bool {
	return strings.HasPrefix(name, Beside+"/") || strings.HasPrefix(path.Base(name), partial)
}

// Tree is a folder of a tree of files as a destination; "" is the tree itself.
func Tree(files platform.Folder, below string) Destination { return tree{files, below} }

type tree struct {
	files platform.Folder
	below string
}

func (t tree) at(name string) string { return path.Join(t.below, name) }

func (t tree) List(ctx context.Context, use func(string) error) error {
	var root fs.FS = t.files
	if t.below != "" {
		var err error
		if _, err = t.files.Lstat(t.below); errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if root, err = fs.Sub(t.files, t.below); err != nil {
			return failed(err, "list", t.below)
		}
	}
	err := backup.Directory(root).List(ctx, func(f backup.File) error {
		if f.Mode.IsDir() || t.below == "" && strings.HasPrefix(f.Path, Beside+"/") {
			return nil
		}
		return use(f.Path)
	})
	var mine *failure.Error
	if err == nil || errors.As(err, &mine) {
		return err
	}
	return failed(err, "list", t.below)
}

// Folder makes a folder, or gives the one that is there its mode.
func (t tree) Folder(name string, mode fs.FileMode) error {
	own := t.at(name)
	if info, err := t.files.Lstat(own); err == nil && info.IsDir() && info.Mode().Perm() == mode.Perm() {
		return nil
	}
	if err := t.files.MkdirAll(own, 0o755); err != nil {
		return failed(err, "make", own)
	}
	return failed(t.files.Chmod(own, mode), "change the mode of", own)
}

func (t tree) Partial(name string) bool { return strings.HasPrefix(path.Base(name), partial) }

func (t tree) Compare(_ context.Context, name string, o manifest.Object) (Presence, error) {
	at := t.at(name)
	info, err := t.files.Lstat(at)
	switch {
	case absent(err):
		return Absent, nil
	case err != nil:
		return Absent, failed(err, "look at", at)
	case info.IsDir(): // the files in it went before: what is left are empty folders
		return Absent, nil
	case o.Link != "":
		if info.Mode().Type() != fs.ModeSymlink {
			return Different, nil
		}
		target, err := t.files.ReadLink(at)
		if err != nil {
			return Absent, failed(err, "read link", at)
		}
		return same(target == o.Link), nil
	case !info.Mode().IsRegular() || info.Size() != o.Size || o.Mode != "" && info.Mode() != permissions(o):
		return Different, nil
	}
	file, err := t.files.Open(at)
	if err != nil {
		return Absent, failed(err, "read", at)
	}
	defer func() { _ = file.Close() }() // read only
	sum := sha256.New()
	if _, err := io.Copy(sum, file); err != nil {
		return Absent, failed(err, "read", at)
	}
	return same(hex.EncodeToString(sum.Sum(nil)) == o.SHA256), nil
}

func same(is bool) Presence {
	if is {
		return Same
	}
	return Different
}

// absent: not there, or below something that is no folder.
func absent(err error) bool {
	return errors.Is(err, fs.ErrNotExist) || err != nil && strings.Contains(err.Error(), "not a directory")
}

// Write writes beside the name first, and takes the name once everything was found right.
func (t tree) Write(_ context.Context, name string, o manifest.Object, body io.Reader) error {
	at := t.at(name)
	folder := path.Dir(at)
	sum := sha256.Sum256([]byte(at))
	own := path.Join(folder, partial+hex.EncodeToString(sum[:8]))
	if err := t.files.MkdirAll(folder, 0o755); err != nil {
		return failed(err, "make folder", folder)
	}
	old, err := t.files.Lstat(at)
	if err == nil && old.IsDir() {
		if err := t.emptied(at); err != nil {
			return err
		}
	}
	if o.Link != "" {
		err = t.link(own, o, body)
	} else {
		err = t.file(own, o, body, old)
	}
	if err != nil {
		_ = t.files.Remove(own) // the next run does, when this one cannot
		return err
	}
	return failed(t.files.Rename(own, at), "put in place", at)
}

func (t tree) link(own string, o manifest.Object, body io.Reader) error {
	if _, err := io.Copy(io.Discard, body); err != nil {
		return err
	}
	if err := t.files.Remove(own); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return failed(err, "remove", own)
	}
	return failed(t.files.Symlink(o.Link, own), "link", own)
}

func (t tree) file(own string, o manifest.Object, body io.Reader, old fs.FileInfo) error {
	file, err := t.files.Create(own, 0o600)
	if err != nil {
		return failed(err, "write", own)
	}
	_, err = io.Copy(file, body)
	if closing := file.Close(); err == nil { // a network file system tells here what it could not store
		err = closing
	}
	var mine *failure.Error
	switch {
	case errors.As(err, &mine):
		return err
	case err != nil:
		return failed(err, "write", own)
	}
	if o.Mode != "" {
		if err := t.files.Chmod(own, permissions(o)); err != nil {
			return failed(err, "set the mode of", own)
		}
	}
	if old != nil && old.Size() == o.Size && old.ModTime().Equal(o.Modified) {
		return nil // a backup takes a file of the same size and time for unchanged: this one must not look so
	}
	return failed(t.files.Chtimes(own, o.Modified), "set the time of", own)
}

// emptied removes a folder that has nothing but folders in it.
func (t tree) emptied(folder string) error {
	entries, err := fs.ReadDir(t.files, folder)
	if err != nil {
		return failed(err, "list", folder)
	}
	for _, e := range entries {
		if !e.IsDir() {
			return failure.New(failure.Unsafe, "remove folder "+folder, "%s was put there meanwhile", e.Name()).Next("stop what writes there, and start again")
		}
		if err := t.emptied(path.Join(folder, e.Name())); err != nil {
			return err
		}
	}
	return failed(t.files.Remove(folder), "remove", folder)
}

// Remove removes a file, and the folders that nothing else is in: a folder exists by its files.
func (t tree) Remove(_ context.Context, name string) error {
	at := t.at(name)
	if err := t.files.Remove(at); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return failed(err, "remove", at)
	}
	for folder := path.Dir(at); folder != "." && folder != t.below; folder = path.Dir(folder) {
		if t.files.Remove(folder) != nil {
			return nil //nolint:nilerr // something is in it
		}
	}
	return nil
}

// permissions are the mode's bits as Go has them.
func permissions(o manifest.Object) fs.FileMode {
	bits, err := strconv.ParseUint(o.Mode, 8, 32)
	if err != nil {
		return 0o600 // a manifest's mode is octal
	}
	mode := fs.FileMode(bits & 0o777) // #nosec G115 -- nine bits
	for _, special := range []struct {
		bit  uint64
		mode fs.FileMode
	}{{0o4000, fs.ModeSetuid}, {0o2000, fs.ModeSetgid}, {0o1000, fs.ModeSticky}} {
		if bits&special.bit != 0 {
			mode |= special.mode
		}
	}
	return mode
}

// failed says what could not be done with a path. A mount that does not answer may answer the next time.
func failed(err error, verb, name string) error {
	if err == nil {
		return nil
	}
	kind := failure.Unavailable
	if errors.Is(err, fs.ErrPermission) {
		kind = failure.Denied
	}
	return &failure.Error{Kind: kind, Op: "restore the files: " + verb + " " + name, Err: err}
}
