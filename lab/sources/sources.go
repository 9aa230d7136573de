// Package sources is the git repository of the lab: commits with their files, as a function archives them.
//
// It has no history and no branches: who asks names a commit. It is outside of both regions, so it outlives them; that it does
// not answer is a fault of its own.
package sources

import (
	"archive/tar"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"slices"
	"time"

	"github.com/acso/disaster-recovery/lab/sim"
)

// Repository is a git repository.
type Repository struct {
	sim     *sim.Sim
	commits map[string]map[string]string // by hash: text by path
	down    bool
}

// New makes an empty repository.
func New(s *sim.Sim) *Repository { return &Repository{sim: s, commits: map[string]map[string]string{}} }

// Push adds a commit.
func (r *Repository) Push(commit string, files map[string]string) { r.commits[commit] = files }

// Down has the repository answer nobody, or everybody again.
func (r *Repository) Down(down bool) { r.down = down }

// How long an archive takes, and how long nobody answers. Guesses for a repository of some megabytes.
const (
	quickest, slowest = time.Second, 5 * time.Second
	unanswered        = 20 * time.Second
)

// Archive writes the tree of a commit; see platform.Sources.
func (r *Repository) Archive(ctx context.Context, commit, folder string, out io.Writer) error {
	if r.down {
		sim.Sleep(ctx, unanswered)
		return errors.New("dial tcp: i/o timeout")
	}
	sim.Sleep(ctx, r.sim.Between("sources.archive", quickest, slowest))
	files, known := r.commits[commit]
	if !known {
		return fmt.Errorf("commit %s: %w", commit, fs.ErrNotExist)
	}
	return write(files, folder, out)
}

func write(files map[string]string, folder string, out io.Writer) error {
	zipped := gzip.NewWriter(out)
	archive := tar.NewWriter(zipped)
	for _, path := range slices.Sorted(maps.Keys(files)) {
		header := tar.Header{Typeflag: tar.TypeReg, Name: folder + "/" + path, Mode: 0o664, Size: int64(len(files[path])), ModTime: sim.Epoch}
		if err := archive.WriteHeader(&header); err != nil {
			return err
		}
		if _, err := io.WriteString(archive, files[path]); err != nil {
			return err
		}
	}
	return errors.Join(archive.Close(), zipped.Close())
}
