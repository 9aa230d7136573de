package backup

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"
)

// Directory is a tree of files as a source. Symbolic links are kept as links where the tree can read them, as those of
// os.DirFS and os.Root can; the latter's also cannot be led out of the tree by a link that appears meanwhile.
func Directory(tree fs.FS) Source { return directory{tree} }

type directory struct{ tree fs.FS }

func (d directory) List(ctx context.Context, use func(File) error) error {
	return d.list(ctx, ".", use)
}

func (d directory) list(ctx context.Context, folder string, use func(File) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	entries, err := fs.ReadDir(d.tree, folder)
	if errors.Is(err, fs.ErrNotExist) && folder != "." {
		return nil // it went meanwhile
	}
	if err != nil {
		return err
	}
	// The order of keys is that of bytes, in which a folder's slash counts: a-b, then a/x.
	place := func(e fs.DirEntry) string {
		if e.IsDir() {
			return e.Name() + "/"
		}
		return e.Name()
	}
	slices.SortFunc(entries, func(a, b fs.DirEntry) int { return strings.Compare(place(a), place(b)) })
	for _, e := range entries {
		name := path.Join(folder, e.Name())
		if e.IsDir() {
			if err = d.folder(name, e, use); err == nil {
				err = d.list(ctx, name, use)
			}
		} else {
			err = d.file(name, e, use)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// folder tells of a folder before what is in it.
func (d directory) folder(name string, e fs.DirEntry, use func(File) error) error {
	info, err := e.Info()
	if errors.Is(err, fs.ErrNotExist) {
		return nil // it went meanwhile
	}
	if err != nil {
		return err
	}
	f := describe(name+"/", info)
	f.Size = 0
	return use(f)
}

func (d directory) file(name string, e fs.DirEntry, use func(File) error) error {
	info, err := e.Info()
	if errors.Is(err, fs.ErrNotExist) {
		return nil // it went meanwhile
	}
	if err != nil {
		return err
	}
	f := describe(name, info)
	if f.Mode.Type() == fs.ModeSymlink {
		if f.Link, err = fs.ReadLink(d.tree, name); errors.Is(err, fs.ErrNotExist) {
			return nil
		} else if err != nil {
			return err
		}
	}
	return use(f)
}

func describe(name string, info fs.FileInfo) File {
	return File{Path: name, Size: info.Size(), Modified: info.ModTime().UTC(), Mode: info.Mode()}
}

func (d directory) Open(_ context.Context, name string) (io.ReadCloser, error) {
	file, err := d.tree.Open(name)
	if err != nil {
		return nil, err
	}
	if s, ok := file.(io.Seeker); ok {
		return seekable{opened{file, name}, s}, nil
	}
	return opened{file, name}, nil
}

type seekable struct {
	opened
	io.Seeker
}

// opened tells what it is while it is read.
type opened struct {
	fs.File
	name string
}

func (o opened) Stat() (File, error) {
	info, err := o.File.Stat()
	if err != nil {
		return File{}, err
	}
	return describe(o.name, info), nil
}
