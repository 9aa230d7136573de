package recoverypoint

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"

	"github.com/acso/disaster-recovery/internal/backup"
)

// Folder is a source that is put below a folder of a point.
type Folder struct {
	Name   string // one segment, without slashes
	Source backup.Source
}

// Folders are several sources as one.
type Folders []Folder

// List gives the files of all folders in the order of their paths.
func (f Folders) List(ctx context.Context, use func(backup.File) error) error {
	sorted := slices.SortedFunc(slices.Values(f), func(a, b Folder) int { return strings.Compare(a.Name+"/", b.Name+"/") })
	for _, folder := range sorted {
		err := folder.Source.List(ctx, func(file backup.File) error {
			file.Path = folder.Name + "/" + file.Path
			return use(file)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// Open reads a file of one of the folders.
func (f Folders) Open(ctx context.Context, path string) (io.ReadCloser, error) {
	name, rest, _ := strings.Cut(path, "/")
	for _, folder := range f {
		if folder.Name == name {
			return folder.Source.Open(ctx, rest)
		}
	}
	return nil, fmt.Errorf("open %s: %w", path, fs.ErrNotExist)
}
