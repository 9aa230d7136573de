package bootstrap

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"syscall"
	"time"

	"github.com/acso/disaster-recovery/internal/mount"
	"github.com/acso/disaster-recovery/internal/platform"
)

// folder is a mount that is read and written. os.Root refuses every path and every link that leads out of it. What is made
// there belongs to whom its folder belongs to: points keep no owners, and the application does not run as root.
type folder struct {
	mount.FS
	root *os.Root
}

var (
	_ platform.Folder = folder{}
	_ fs.ReadDirFS    = folder{} // the mount's, which looks at many entries at once
)

// Folder is a mount as functions see it. What is there is read and written below root, and never outside.
func Folder(root *os.Root) platform.Folder { return folder{mount.Tree(root), root} }

func (f folder) Create(name string, mode fs.FileMode) (io.WriteCloser, error) {
	file, err := f.root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, mode.Perm())
	if err != nil {
		return nil, err
	}
	if err := f.inherit(name); err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return file, nil
}

// inherit gives what was made the owner of the folder that it is in.
func (f folder) inherit(name string) error {
	info, err := f.root.Lstat(path.Dir(name))
	if err != nil {
		return err
	}
	owner, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return fmt.Errorf("%s tells no owner", path.Dir(name))
	}
	return f.root.Lchown(name, int(owner.Uid), int(owner.Gid))
}

func (f folder) MkdirAll(name string, mode fs.FileMode) error {
	if name == "." {
		return nil
	}
	if _, err := f.root.Stat(name); err == nil {
		return f.root.MkdirAll(name, mode)
	}
	if err := f.MkdirAll(path.Dir(name), mode); err != nil {
		return err
	}
	if err := f.root.Mkdir(name, mode); err != nil {
		if errors.Is(err, fs.ErrExist) { // somebody made it meanwhile
			return nil
		}
		return err
	}
	return f.inherit(name)
}

func (f folder) Rename(from, to string) error { return f.root.Rename(from, to) }

func (f folder) Remove(name string) error {
	if name == "." {
		return fmt.Errorf("remove %s: it is the mount itself", FilesMount)
	}
	return f.root.Remove(name)
}

func (f folder) Symlink(target, name string) error {
	if err := f.root.Symlink(target, name); err != nil {
		return err
	}
	return f.inherit(name)
}

func (f folder) Chmod(name string, mode fs.FileMode) error { return f.root.Chmod(name, mode) }

func (f folder) Chtimes(name string, modified time.Time) error {
	return f.root.Chtimes(name, modified, modified)
}
