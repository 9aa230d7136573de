package recoverypoint

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"
	"time"

	"github.com/acso/disaster-recovery/internal/backup"
)

// Text is a file that exists in memory only.
type Text struct {
	Path     string
	Text     []byte
	Modified time.Time // UTC
}

// Texts are files in memory as a source: what was composed for a backup.
type Texts []Text

// List gives the files in the order of their paths.
func (t Texts) List(_ context.Context, use func(backup.File) error) error {
	sorted := slices.SortedFunc(slices.Values(t), func(a, b Text) int { return strings.Compare(a.Path, b.Path) })
	for _, f := range sorted {
		if err := use(backup.File{Path: f.Path, Size: int64(len(f.Text)), Modified: f.Modified}); err != nil {
			return err
		}
	}
	return nil
}

// Open reads one of them.
func (t Texts) Open(_ context.Context, path string) (io.ReadCloser, error) {
	for _, f := range t {
		if f.Path == path {
			return io.NopCloser(bytes.NewReader(f.Text)), nil
		}
	}
	return nil, fmt.Errorf("open %s: %w", path, fs.ErrNotExist)
}
