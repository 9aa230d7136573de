package backup

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
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
	for batch := range slices.Chunk(entries, batch) {
		if err := ctx.Err(); err != nil {
			return err
		}
		for i, seen := range look(batch) {
			if err := d.entry(ctx, path.Join(folder, batch[i].Name()), seen, use); err != nil {
				return err
			}
		}
	}
	return nil
}

// Entries of a folder that are looked at at once, since on a network's file system each look is a way there and back, and
// those whose sizes and times are held until their turn comes.
const looks, batch = 16, 1024

// looked is what a look at an entry found.
type looked struct {
	info fs.FileInfo
	err  error
}

// look looks at all entries, and keeps their order.
func look(entries []fs.DirEntry) []looked {
	found := make([]looked, len(entries))
	var next atomic.Int64
	var under sync.WaitGroup
	for range min(looks, len(entries)) {
		under.Go(func() {
			for i := next.Add(1) - 1; int(i) < len(entries); i = next.Add(1) - 1 {
				found[i].info, found[i].err = entries[i].Info()
			}
		})
	}
	under.Wait()
	return found
}

// entry tells of one entry; of a folder before what is in it.
func (d directory) entry(ctx context.Context, name string, seen looked, use func(File) error) error {
	if errors.Is(seen.err, fs.ErrNotExist) {
		return nil // it went meanwhile
	}
	if seen.err != nil {
		return seen.err
	}
	if seen.info.IsDir() {
		f := describe(name+"/", seen.info)
		f.Size = 0
		if err := use(f); err != nil {
			return err
		}
		return d.list(ctx, name, use)
	}
	f := describe(name, seen.info)
	if f.Mode.Type() == fs.ModeSymlink {
		var err error
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
