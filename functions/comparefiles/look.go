package comparefiles

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"time"

	"github.com/acso/disaster-recovery/internal/failure"
)

// modified are the files that were modified since a moment, with their content's digest, in the order of paths.
func (h *Handler) modified(op string, since time.Time) ([]File, error) {
	var files []File
	err := fs.WalkDir(h.p.Files, ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		info, err := entry.Info()
		if err != nil || info.ModTime().Before(since) {
			return err
		}
		file, err := h.file(path)
		if err == nil {
			files = append(files, file)
		}
		return err
	})
	if err != nil {
		return nil, failure.New(failure.Unavailable, op, "%w", err).Next("look at the mount of the function")
	}
	return files, nil
}

// answer tells what this region has under the paths of the other one.
func (h *Handler) answer(op string, asked []File) (Output, error) {
	out := Output{Compared: len(asked), Files: []File{}}
	for _, want := range asked {
		if !fs.ValidPath(want.Path) {
			return Output{}, failure.New(failure.InvalidInput, op, "%q is no path of a file", want.Path)
		}
		file, err := h.file(want.Path)
		if errors.Is(err, fs.ErrNotExist) {
			file, err = File{Path: want.Path}, nil
		}
		if err != nil {
			return Output{}, failure.New(failure.Unavailable, op, "%w", err).Next("look at the mount of the function")
		}
		out.Files = append(out.Files, file)
	}
	return out, nil
}

// file is one file or link with its digest.
func (h *Handler) file(path string) (File, error) {
	info, err := fs.Lstat(h.p.Files, path)
	if err != nil {
		return File{}, err
	}
	file := File{Path: path, Modified: info.ModTime().UTC()}
	digest := sha256.New()
	if info.Mode()&fs.ModeSymlink != 0 {
		target, err := fs.ReadLink(h.p.Files, path)
		if err != nil {
			return File{}, err
		}
		digest.Write([]byte("link to " + target))
	} else if err := h.read(path, digest); err != nil {
		return File{}, err
	}
	file.SHA256 = hex.EncodeToString(digest.Sum(nil))
	return file, nil
}

func (h *Handler) read(path string, into io.Writer) error {
	f, err := h.p.Files.Open(path)
	if err != nil {
		return err
	}
	_, err = io.Copy(into, f)
	return errors.Join(err, f.Close())
}

// largest is the largest file that is kept: it passes through the function's memory.
const largest = 200 << 20

// keep stores a file as it is here. A link has no content of its own: the list names its target.
func (h *Handler) keep(ctx context.Context, op, bucket, prefix string, file File) (Difference, error) {
	d := Difference{Path: file.Path, Modified: file.Modified}
	info, err := fs.Lstat(h.p.Files, file.Path)
	if err != nil {
		return d, failure.New(failure.Unavailable, op, "%w", err)
	}
	if info.Mode()&fs.ModeSymlink != 0 {
		d.Link, err = fs.ReadLink(h.p.Files, file.Path)
		if err != nil {
			return d, failure.New(failure.Unavailable, op, "%w", err)
		}
		return d, nil
	}
	if info.Size() > largest {
		return d, failure.New(failure.Unsafe, op, "%s differs and has %d bytes, too many to keep it from here", file.Path, info.Size()).
			Next("copy it from the old file system to a place of your own, remove it there, then start the failback again")
	}
	body, err := fs.ReadFile(h.p.Files, file.Path)
	if err != nil {
		return d, failure.New(failure.Unavailable, op, "%w", err)
	}
	if sum := sha256.Sum256(body); hex.EncodeToString(sum[:]) != file.SHA256 {
		return d, failure.New(failure.Unavailable, op, "%s changes while it is read: somebody writes to the old file system", file.Path)
	}
	d.Kept = prefix + file.Path
	return d, h.put(ctx, bucket, d.Kept, body)
}
