// Package mount is a folder of this machine, or one that is mounted there, as a tree that nothing leads out of.
//
// It is made for network file systems, where each look at a file is a round trip: it looks at many at once. It reads only.
package mount

import (
	"cmp"
	"errors"
	"io/fs"
	"os"
	"path"
	"slices"
	"sync"
	"sync/atomic"
)

// FS is a tree with its links.
type FS interface {
	fs.ReadLinkFS
	fs.ReadDirFS
}

// Tree is what is below root. os.Root refuses every path and every link that leads out of it.
func Tree(root *os.Root) FS {
	below, ok := root.FS().(fs.ReadLinkFS)
	if !ok {
		panic("mount: the file system of an os.Root reads no links: https://pkg.go.dev/os#Root.FS promises that it does")
	}
	return tree{below, root}
}

type tree struct {
	fs.ReadLinkFS
	root *os.Root
}

// ReadDir lists a folder by name. That of os.Root looks at one entry after the other, and so takes a round trip for each.
func (t tree) ReadDir(name string) ([]fs.DirEntry, error) {
	if !fs.ValidPath(name) {
		return nil, &fs.PathError{Op: "readdir", Path: name, Err: fs.ErrInvalid}
	}
	folder, err := t.root.OpenRoot(name)
	if err != nil {
		return nil, err
	}
	defer func() { _ = folder.Close() }() // read only
	names, err := namesIn(folder)
	if err != nil {
		return nil, below(name, err)
	}
	slices.Sort(names)
	entries, err := look(names, folder.Lstat)
	return entries, below(name, err)
}

// below has an error name the path in the tree and not in the folder.
func below(folder string, err error) error {
	if e, is := errors.AsType[*fs.PathError](err); is {
		return &fs.PathError{Op: e.Op, Path: path.Join(folder, e.Path), Err: e.Err}
	}
	return err
}

func namesIn(folder *os.Root) ([]string, error) {
	file, err := folder.Open(".")
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }() // read only
	return file.Readdirnames(-1)
}

// looks is how many entries are looked at at once.
const looks = 16

// look looks at all names and keeps their order. Those that went meanwhile are left out.
func look(names []string, at func(string) (fs.FileInfo, error)) ([]fs.DirEntry, error) {
	entries, failed := make([]fs.DirEntry, len(names)), make([]error, len(names))
	var next atomic.Int64
	var under sync.WaitGroup
	for range min(looks, len(names)) {
		under.Go(func() {
			for i := next.Add(1) - 1; int(i) < len(names); i = next.Add(1) - 1 {
				if info, err := at(names[i]); err == nil {
					entries[i] = fs.FileInfoToDirEntry(info)
				} else if !errors.Is(err, fs.ErrNotExist) {
					failed[i] = err
				}
			}
		})
	}
	under.Wait()
	return slices.DeleteFunc(entries, func(e fs.DirEntry) bool { return e == nil }), cmp.Or(failed...)
}
