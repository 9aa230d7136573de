package files

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"path"
	"strings"
	"testing/fstest"
	"time"

	"github.com/acso/disaster-recovery/internal/platform"
)

var _ platform.Folder = (*Tree)(nil)

// Create begins to write a file. As on a network file system, it holds what was written once it is closed.
func (t *Tree) Create(name string, mode fs.FileMode) (io.WriteCloser, error) {
	if err := t.writable("create", name); err != nil {
		return nil, err
	}
	t.entries[name] = &fstest.MapFile{Mode: mode.Perm(), ModTime: t.sim.Now()}
	return &writing{tree: t, name: name}, nil
}

type writing struct {
	bytes.Buffer
	tree *Tree
	name string
}

// Close stores what was written.
func (w *writing) Close() error {
	if err := w.tree.refused("close", w.name); err != nil {
		return err
	}
	f, ok := w.tree.entries[w.name]
	if !ok {
		return nil // removed meanwhile
	}
	f.Data, f.ModTime = bytes.Clone(w.Bytes()), w.tree.sim.Now()
	w.tree.note(w.name)
	return nil
}

// note remembers what a path holds from now on.
func (t *Tree) note(name string) {
	f, ok := t.entries[name]
	h := held{since: t.sim.Now(), gone: !ok}
	if ok {
		h.text = string(f.Data)
	}
	t.past[name] = append(t.past[name], h)
}

// MkdirAll has nothing to do: a folder exists by its files. It refuses where a file is in the way.
func (t *Tree) MkdirAll(name string, _ fs.FileMode) error {
	return t.writable("mkdir", path.Join(name, "x"))
}

// Rename puts a file under another name, in the place of what has it.
func (t *Tree) Rename(from, to string) error {
	if err := t.writable("rename", to); err != nil {
		return err
	}
	f, ok := t.entries[from]
	if !ok {
		return &fs.PathError{Op: "rename", Path: from, Err: fs.ErrNotExist}
	}
	if t.folder(to) {
		return &fs.PathError{Op: "rename", Path: to, Err: errFolder}
	}
	delete(t.entries, from)
	delete(t.past, from) // a name of a moment
	t.entries[to] = f
	t.note(to)
	return nil
}

// Symlink makes a symbolic link.
func (t *Tree) Symlink(target, name string) error {
	if err := t.writable("symlink", name); err != nil {
		return err
	}
	if _, taken := t.entries[name]; taken {
		return &fs.PathError{Op: "symlink", Path: name, Err: fs.ErrExist}
	}
	t.write(name, target, fs.ModeSymlink|0o777)
	return nil
}

// Chmod sets the mode of a file.
func (t *Tree) Chmod(name string, mode fs.FileMode) error {
	return t.change("chmod", name, func(f *fstest.MapFile) { f.Mode = mode })
}

// Chtimes sets when a file was modified.
func (t *Tree) Chtimes(name string, modified time.Time) error {
	return t.change("chtimes", name, func(f *fstest.MapFile) { f.ModTime = modified })
}

func (t *Tree) change(op, name string, change func(*fstest.MapFile)) error {
	if err := t.refused(op, name); err != nil {
		return err
	}
	f, ok := t.entries[name]
	if !ok {
		return &fs.PathError{Op: op, Path: name, Err: fs.ErrNotExist}
	}
	change(f)
	return nil
}

// What a file system says.
var (
	errFolder    = errors.New("is a directory")
	errNoFolder  = errors.New("not a directory")
	errNotEmpty  = errors.New("directory not empty")
	errBadTarget = errors.New("invalid argument")
)

func (t *Tree) folder(name string) bool {
	for other := range t.entries {
		if strings.HasPrefix(other, name+"/") {
			return true
		}
	}
	return false
}

// writable tells whether a path can be written: the mount answers, and every folder on the way is none but a folder.
func (t *Tree) writable(op, name string) error {
	if err := t.refused(op, name); err != nil {
		return err
	}
	if !fs.ValidPath(name) || name == "." {
		return &fs.PathError{Op: op, Path: name, Err: errBadTarget}
	}
	for folder := path.Dir(name); folder != "."; folder = path.Dir(folder) {
		if _, taken := t.entries[folder]; taken {
			return &fs.PathError{Op: op, Path: name, Err: errNoFolder}
		}
	}
	return nil
}

// Remove removes a file, as a function does; a folder is gone with its last file.
func (t *Tree) Remove(name string) error {
	if err := t.refused("remove", name); err != nil {
		return err
	}
	if _, ok := t.entries[name]; !ok {
		if t.folder(name) {
			return &fs.PathError{Op: "remove", Path: name, Err: errNotEmpty}
		}
		return &fs.PathError{Op: "remove", Path: name, Err: fs.ErrNotExist}
	}
	delete(t.entries, name)
	t.note(name)
	return nil
}
