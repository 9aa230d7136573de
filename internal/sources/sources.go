// Package sources reads the tree of a commit from the git repository that is deployed, over the network.
//
// It keeps nothing between two archives and writes nothing to the repository. It refuses to guess: a commit is a full hash, never
// a branch, whose meaning changes. Only the function that archives links it, since a git client is larger than a function.
package sources

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"regexp"
	"strings"

	git "github.com/go-git/go-git/v5"
	"github.com/go-git/go-git/v5/config"
	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/object"
	"github.com/go-git/go-git/v5/storage/memory"
)

// Repository is a repository at an address.
type Repository struct{ address string }

// At is the repository at an https address.
func At(address string) *Repository { return &Repository{address: address} }

var fullHash = regexp.MustCompile(`^[0-9a-f]{40}$`)

// Archive writes the tree of a commit as a gzipped tar file below a folder; see platform.Sources. The repository is held in
// memory meanwhile: the commit alone where the server gives it by its hash, else all branches.
func (r *Repository) Archive(ctx context.Context, token, commit, folder string, out io.Writer) error {
	if !fullHash.MatchString(commit) {
		return fmt.Errorf("archive %q of %s: it is no full hash: %w", commit, r.address, fs.ErrNotExist)
	}
	found, text, err := r.fetch(ctx, token, commit)
	if err != nil {
		return fmt.Errorf("archive commit %s of %s: %w", commit, r.address, err)
	}
	return write(found, text, folder, out)
}

func (r *Repository) fetch(ctx context.Context, token, commit string) (*object.Commit, []byte, error) {
	repository, err := git.Init(memory.NewStorage(), nil)
	if err != nil {
		return nil, nil, err
	}
	remote, err := repository.CreateRemote(&config.RemoteConfig{Name: "origin", URLs: []string{r.address}})
	if err != nil {
		return nil, nil, err
	}
	only := config.RefSpec(commit + ":refs/heads/deployed")
	err = remote.FetchContext(ctx, &git.FetchOptions{RefSpecs: []config.RefSpec{only}, Depth: 1, Tags: git.NoTags, Auth: credentials(token)})
	switch {
	case errors.Is(err, git.ErrExactSHA1NotSupported): // not every server gives a commit by its hash
		err = remote.FetchContext(ctx, &git.FetchOptions{RefSpecs: []config.RefSpec{"+refs/heads/*:refs/remotes/origin/*"}, Tags: git.NoTags, Auth: credentials(token)})
	case err != nil && strings.Contains(err.Error(), "not our ref"): // git-upload-pack's words, which no type carries
		return nil, nil, fmt.Errorf("%w: %w", fs.ErrNotExist, err)
	}
	if refused(err) {
		return nil, nil, fmt.Errorf("%w: %w", fs.ErrPermission, err)
	}
	if err != nil {
		return nil, nil, err
	}
	found, err := repository.CommitObject(plumbing.NewHash(commit))
	if errors.Is(err, plumbing.ErrObjectNotFound) {
		return nil, nil, fmt.Errorf("no branch leads to it: %w", fs.ErrNotExist)
	}
	if err != nil {
		return nil, nil, err
	}
	text, err := raw(repository, found.Hash)
	return found, text, err
}

// raw is the commit object as git keeps it, byte for byte: its hash is the commit's.
func raw(repository *git.Repository, commit plumbing.Hash) ([]byte, error) {
	object, err := repository.Storer.EncodedObject(plumbing.CommitObject, commit)
	if err != nil {
		return nil, err
	}
	reader, err := object.Reader()
	if err != nil {
		return nil, err
	}
	defer func() { _ = reader.Close() }() // read only
	return io.ReadAll(reader)
}
