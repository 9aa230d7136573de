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

	"github.com/acso/disaster-recovery/internal/infrastructure"
	"github.com/acso/disaster-recovery/lab/sim"
)

// Repository is a git repository.
type Repository struct {
	sim     *sim.Sim
	commits map[string]map[string]string // by hash: text by path
	down    bool
	token   string // that it asks for; "" when everybody may read it
}

// New makes an empty repository.
func New(s *sim.Sim) *Repository { return &Repository{sim: s, commits: map[string]map[string]string{}} }

// Push adds a commit with these files, text by path, and says its hash.
func (r *Repository) Push(files map[string]string) (commit string) {
	commit = Hash(files)
	r.commits[commit] = files
	return commit
}

// Hash is git's hash of a commit with these files: the commit that Push would add.
func Hash(files map[string]string) string { return infrastructure.Hash("commit", Object(files)) }

// Object is the commit object of these files.
func Object(files map[string]string) []byte {
	tree, err := infrastructure.Tree(files)
	if err != nil {
		panic("lab: commit files: " + err.Error()) // the scenario's
	}
	who := fmt.Sprintf("Lab <lab@acso.invalid> %d +0000", sim.Epoch.Unix())
	return fmt.Appendf(nil, "tree %s\nauthor %s\ncommitter %s\n\na release\n", tree, who, who)
}

// Down has the repository answer nobody, or everybody again.
func (r *Repository) Down(down bool) { r.down = down }

// Require has the repository answer only to those who bring a token.
func (r *Repository) Require(token string) { r.token = token }

// How long an archive takes, and how long nobody answers. Guesses for a repository of some megabytes.
const (
	quickest, slowest = time.Second, 5 * time.Second
	unanswered        = 20 * time.Second
)

// Archive writes the tree of a commit; see platform.Sources.
func (r *Repository) Archive(ctx context.Context, token, commit, folder string, out io.Writer) error {
	if r.down {
		sim.Sleep(ctx, unanswered)
		return errors.New("dial tcp: i/o timeout")
	}
	sim.Sleep(ctx, r.sim.Between("sources.archive", quickest, slowest))
	if r.token != "" && token != r.token {
		return fmt.Errorf("%w: authentication required", fs.ErrPermission)
	}
	files, known := r.commits[commit]
	if !known {
		return fmt.Errorf("commit %s: %w", commit, fs.ErrNotExist)
	}
	return Write(files, Object(files), folder, out)
}

// Write makes the archive of files with a commit object; see platform.Sources.
func Write(files map[string]string, commit []byte, folder string, out io.Writer) error {
	zipped := gzip.NewWriter(out)
	archive := tar.NewWriter(zipped)
	put := func(name, text string) error {
		if err := archive.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: name, Mode: 0o664, Size: int64(len(text)), ModTime: sim.Epoch}); err != nil {
			return err
		}
		_, err := io.WriteString(archive, text)
		return err
	}
	if err := put(infrastructure.CommitObject, string(commit)); err != nil {
		return err
	}
	for _, path := range slices.Sorted(maps.Keys(files)) {
		if err := put(folder+"/"+path, files[path]); err != nil {
			return err
		}
	}
	return errors.Join(archive.Close(), zipped.Close())
}
