package sources

import (
	"archive/tar"
	"compress/gzip"
	"errors"
	"fmt"
	"io"

	"github.com/go-git/go-git/v5/plumbing/filemode"
	"github.com/go-git/go-git/v5/plumbing/object"

	"github.com/acso/disaster-recovery/internal/infrastructure"
)

// Modes of files and folders in an archive: those of git archive, whose umask is 0002.
// https://git-scm.com/docs/git-archive#Documentation/git-archive.txt-tarumask
const (
	plain      = 0o664
	executable = 0o775
)

// write makes what git archive makes: all times are the commit's, and the hash is in a comment, where git get-tar-commit-id
// finds it. Before the folder it has the commit object, which proves the rest: see infrastructure.CheckArchive.
func write(commit *object.Commit, text []byte, folder string, out io.Writer) error {
	zipped := gzip.NewWriter(out) // without a name or a time: the same commit gives the same bytes
	archive := tar.NewWriter(zipped)
	err := archive.WriteHeader(&tar.Header{Typeflag: tar.TypeXGlobalHeader, Name: "pax_global_header", PAXRecords: map[string]string{"comment": commit.Hash.String()}})
	if err == nil {
		err = archive.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: infrastructure.CommitObject, Mode: plain, Size: int64(len(text)), ModTime: commit.Committer.When, Uname: "root", Gname: "root"})
	}
	if err == nil {
		_, err = archive.Write(text)
	}
	if err == nil {
		err = writeTree(commit, folder, archive)
	}
	if err != nil {
		return fmt.Errorf("archive commit %s: %w", commit.Hash, err)
	}
	return errors.Join(archive.Close(), zipped.Close())
}

func writeTree(commit *object.Commit, folder string, archive *tar.Writer) error {
	tree, err := commit.Tree()
	if err != nil {
		return err
	}
	header := tar.Header{Typeflag: tar.TypeDir, Name: folder + "/", Mode: executable, ModTime: commit.Committer.When, Uname: "root", Gname: "root"}
	if err := archive.WriteHeader(&header); err != nil {
		return err
	}
	walk := object.NewTreeWalker(tree, true, nil)
	defer walk.Close()
	for {
		name, entry, err := walk.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		header.Name = folder + "/" + name
		if err := writeEntry(tree, name, entry, header, archive); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
}

func writeEntry(tree *object.Tree, name string, entry object.TreeEntry, header tar.Header, archive *tar.Writer) error {
	switch entry.Mode {
	case filemode.Dir, filemode.Submodule: // what is in a submodule belongs to another repository
		header.Name += "/"
		return archive.WriteHeader(&header)
	case filemode.Executable:
		header.Mode = executable
	default:
		header.Mode = plain
	}
	file, err := tree.TreeEntryFile(&entry)
	if err != nil {
		return err
	}
	if entry.Mode == filemode.Symlink {
		target, err := file.Contents()
		if err != nil {
			return err
		}
		header.Typeflag, header.Linkname, header.Mode = tar.TypeSymlink, target, 0o777
		return archive.WriteHeader(&header)
	}
	header.Typeflag, header.Size = tar.TypeReg, file.Size
	body, err := file.Reader()
	if err != nil {
		return err
	}
	defer func() { _ = body.Close() }() // read only
	if err := archive.WriteHeader(&header); err != nil {
		return err
	}
	_, err = io.Copy(archive, body)
	return err
}
