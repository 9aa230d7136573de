package infrastructure

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha1" // #nosec G505 -- git names its objects so
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"path"
	"slices"
	"strings"
)

// CommitObject is the entry of an archive, beside its folder, that holds git's commit object. Its hash is the commit's, and it
// names the tree: whoever has the archive and the hash can tell that one is the other's, without the repository.
// https://git-scm.com/book/en/v2/Git-Internals-Git-Objects
const CommitObject = "commit"

// Modes of git's entries.
const (
	modePlain      = "100644"
	modeExecutable = "100755"
	modeLink       = "120000"
	modeFolder     = "40000"
)

// maxCommitObject is more than any commit's message needs, in bytes.
const maxCommitObject = 1 << 20

// CheckArchive reads an archive to its end and tells how many files it has. It fails unless the archive is the tree of the
// commit, file by file: the commit object in it has that hash, and the files have the hash of the tree that it names. A
// submodule is another repository's, and an archive with an empty folder in its place is refused.
func CheckArchive(archive io.Reader, commit string) (files int, err error) {
	plain, err := gzip.NewReader(archive)
	if err != nil {
		return 0, fmt.Errorf("it is no gzipped file: %w", err)
	}
	root, object, folders := &folder{}, []byte(nil), map[string]bool{}
	for reader := tar.NewReader(plain); ; {
		header, err := reader.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return files, fmt.Errorf("it does not unpack: %w", err)
		}
		_, name, below := strings.Cut(strings.TrimSuffix(header.Name, "/"), "/")
		switch {
		case header.Typeflag == tar.TypeXGlobalHeader:
		case header.Name == CommitObject && header.Typeflag == tar.TypeReg && object == nil:
			if object, err = io.ReadAll(io.LimitReader(reader, maxCommitObject)); err != nil {
				return files, fmt.Errorf("it does not unpack: %w", err)
			}
		case header.Typeflag == tar.TypeDir:
			folders[name] = below
		case !below || path.Clean("/"+name) != "/"+name:
			return files, fmt.Errorf("%q lies outside of its folder", header.Name)
		default:
			e, err := read(header, reader)
			if err != nil {
				return files, fmt.Errorf("%s: %w", header.Name, err)
			}
			if err := root.put(strings.Split(name, "/"), e); err != nil {
				return files, fmt.Errorf("%s: %w", header.Name, err)
			}
			files++
		}
	}
	for name, below := range folders {
		if below && !root.has(name) {
			return files, fmt.Errorf("folder %q is empty, which git does not keep: what is missing from it, as a submodule's files are, cannot be compared", name)
		}
	}
	return files, root.is(object, commit)
}

// is compares the tree with what the commit object names.
func (f *folder) is(object []byte, commit string) error {
	if object == nil {
		return fmt.Errorf("it has no entry %q that says which tree commit %s has", CommitObject, commit)
	}
	if found := Hash("commit", object); found != commit {
		return fmt.Errorf("its commit is %s", found)
	}
	first, _, _ := bytes.Cut(object, []byte("\n"))
	wanted, ok := strings.CutPrefix(string(first), "tree ")
	if found := hex.EncodeToString(f.sum()); !ok || found != wanted {
		return fmt.Errorf("its files are tree %s, and the commit's are tree %s", found, wanted)
	}
	return nil
}

// Hash is how git names an object of a kind: blob, tree or commit.
func Hash(kind string, object []byte) string {
	h := named(kind, int64(len(object)))
	h.Write(object)
	return hex.EncodeToString(h.Sum(nil))
}

func named(kind string, size int64) hash.Hash {
	h := sha1.New() // #nosec G401 -- as above
	fmt.Fprintf(h, "%s %d\x00", kind, size)
	return h
}

// Tree is how git names the tree of plain files, text by path.
func Tree(files map[string]string) (string, error) {
	root := &folder{}
	for name, text := range files {
		h := named("blob", int64(len(text)))
		_, _ = io.WriteString(h, text) // a hash takes everything
		if err := root.put(strings.Split(name, "/"), entry{mode: modePlain, sum: h.Sum(nil)}); err != nil {
			return "", fmt.Errorf("%s: %w", name, err)
		}
	}
	return hex.EncodeToString(root.sum()), nil
}

type entry struct {
	name, mode string
	sum        []byte
	folder     *folder // of a folder, instead of the sum
}

type folder struct{ entries []entry }

func read(header *tar.Header, body io.Reader) (entry, error) {
	switch header.Typeflag {
	case tar.TypeSymlink:
		h := named("blob", int64(len(header.Linkname)))
		_, _ = io.WriteString(h, header.Linkname) // a hash takes everything
		return entry{mode: modeLink, sum: h.Sum(nil)}, nil
	case tar.TypeReg:
		h := named("blob", header.Size)
		if _, err := io.Copy(h, body); err != nil { // #nosec G110 -- nothing is kept of it
			return entry{}, err
		}
		if header.Mode&0o100 != 0 {
			return entry{mode: modeExecutable, sum: h.Sum(nil)}, nil
		}
		return entry{mode: modePlain, sum: h.Sum(nil)}, nil
	}
	return entry{}, fmt.Errorf("git keeps no entry of type %q", header.Typeflag)
}

func (f *folder) put(names []string, e entry) error {
	at := slices.IndexFunc(f.entries, func(have entry) bool { return have.name == names[0] })
	if len(names) == 1 {
		if at >= 0 {
			return errors.New("it is there twice")
		}
		e.name = names[0]
		f.entries = append(f.entries, e)
		return nil
	}
	if at < 0 {
		f.entries = append(f.entries, entry{name: names[0], mode: modeFolder, folder: &folder{}})
		at = len(f.entries) - 1
	}
	if f.entries[at].folder == nil {
		return fmt.Errorf("%s is a file", names[0])
	}
	return f.entries[at].folder.put(names[1:], e)
}

func (f *folder) has(name string) bool {
	for _, part := range strings.Split(name, "/") {
		at := slices.IndexFunc(f.entries, func(e entry) bool { return e.name == part && e.folder != nil })
		if at < 0 {
			return false
		}
		f = f.entries[at].folder
	}
	return true
}

// sum is the hash of the tree: git sorts a folder as if its name ended with a slash.
func (f *folder) sum() []byte {
	sorted := slices.Clone(f.entries)
	key := func(e entry) string {
		if e.folder != nil {
			return e.name + "/"
		}
		return e.name
	}
	slices.SortFunc(sorted, func(a, b entry) int { return strings.Compare(key(a), key(b)) })
	var text bytes.Buffer
	for _, e := range sorted {
		sum := e.sum
		if e.folder != nil {
			sum = e.folder.sum()
		}
		fmt.Fprintf(&text, "%s %s\x00", e.mode, e.name)
		text.Write(sum)
	}
	h := named("tree", int64(text.Len()))
	h.Write(text.Bytes())
	return h.Sum(nil)
}
