package infrastructure_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/acso/disaster-recovery/internal/infrastructure"
)

// files have names that git sorts in its own way: a folder as if its name ended with a slash.
var files = map[string]string{"app.go": "package main\n", "app/x": "1", "app.d/y": "2", "app0": "3", "a b/ü/z": "", "zz": "\r\n"}

func TestATreeHasTheHashThatGitGivesIt(t *testing.T) {
	dir := t.TempDir()
	for name, text := range files {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o750); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	git := exec.Command("bash", "-c", "git init -q . && git add -A && git write-tree")
	git.Dir, git.Env = dir, append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_SYSTEM=/dev/null")
	out, err := git.Output()
	if err != nil {
		t.Fatal(err)
	}
	tree, err := infrastructure.Tree(files)
	if want := strings.TrimSpace(string(out)); err != nil || tree != want {
		t.Errorf("git says %s, and it is %s, %v", want, tree, err)
	}
}

type header = tar.Header

// packed makes an archive of the files with a commit object, changed by edit, which may add entries and take some away.
func packed(t *testing.T, object string, edit func(name string) (header, bool), more ...header) *bytes.Buffer {
	t.Helper()
	var out bytes.Buffer
	zipped := gzip.NewWriter(&out)
	archive := tar.NewWriter(zipped)
	put := func(h header, text string) {
		if h.Typeflag == tar.TypeReg {
			h.Size = int64(len(text))
		}
		if err := archive.WriteHeader(&h); err != nil {
			t.Fatal(err)
		}
		if h.Typeflag == tar.TypeReg {
			if _, err := archive.Write([]byte(text)); err != nil {
				t.Fatal(err)
			}
		}
	}
	if object != "" {
		put(header{Typeflag: tar.TypeReg, Name: infrastructure.CommitObject, Mode: 0o664}, object)
	}
	for name, text := range files {
		if h, keep := edit(name); keep {
			put(h, text)
		}
	}
	for _, h := range more {
		put(h, "")
	}
	if err := archive.Close(); err != nil {
		t.Fatal(err)
	}
	if err := zipped.Close(); err != nil {
		t.Fatal(err)
	}
	return &out
}

func plain(name string) (header, bool) {
	return header{Typeflag: tar.TypeReg, Name: "folder/" + name, Mode: 0o664}, true
}

func TestAnArchiveIsItsCommitOrItIsRefused(t *testing.T) {
	tree, err := infrastructure.Tree(files)
	if err != nil {
		t.Fatal(err)
	}
	object := "tree " + tree + "\nauthor a <a@example.com> 0 +0000\n\nmessage\n"
	commit := infrastructure.Hash("commit", []byte(object))
	for _, c := range []struct {
		name, object, words string
		edit                func(string) (header, bool)
		more                []header
	}{
		{"as it was", object, "", plain, []header{{Typeflag: tar.TypeDir, Name: "folder/app/", Mode: 0o775}, {Typeflag: tar.TypeDir, Name: "folder/", Mode: 0o775}}},
		{"no commit object", "", `no entry "commit"`, plain, nil},
		{"another commit", object + " ", "its commit is", plain, nil},
		{"another tree", object, "its files are tree", func(name string) (header, bool) { h, _ := plain(name); return h, name != "zz" }, nil},
		{"a mode", object, "its files are tree", func(name string) (header, bool) { h, _ := plain(name); h.Mode = 0o775; return h, true }, nil},
		{"a file more", object, "its files are tree", plain, []header{{Typeflag: tar.TypeReg, Name: "folder/more", Mode: 0o664}}},
		{"a link more", object, "its files are tree", plain, []header{{Typeflag: tar.TypeSymlink, Name: "folder/more", Linkname: "/etc/passwd"}}},
		{"twice", object, "there twice", plain, []header{{Typeflag: tar.TypeReg, Name: "folder/zz", Mode: 0o664}}},
		{"outside", object, "outside of its folder", plain, []header{{Typeflag: tar.TypeReg, Name: "more", Mode: 0o664}}},
		{"above", object, "outside of its folder", plain, []header{{Typeflag: tar.TypeReg, Name: "folder/../../more", Mode: 0o664}}},
		{"a submodule", object, "is empty", plain, []header{{Typeflag: tar.TypeDir, Name: "folder/sub/", Mode: 0o775}}},
		{"a device", object, "keeps no entry", plain, []header{{Typeflag: tar.TypeChar, Name: "folder/null"}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			found, err := infrastructure.CheckArchive(packed(t, c.object, c.edit, c.more...), commit)
			if c.words == "" && (err != nil || found != len(files)) || c.words != "" && (err == nil || !strings.Contains(err.Error(), c.words)) {
				t.Errorf("%d files, %v; wanted %q", found, err, c.words)
			}
		})
	}
	for _, broken := range []string{"", "no gzip"} {
		if _, err := infrastructure.CheckArchive(strings.NewReader(broken), commit); err == nil {
			t.Errorf("%q is taken", broken)
		}
	}
	whole := packed(t, object, plain)
	if _, err := infrastructure.CheckArchive(bytes.NewReader(whole.Bytes()[:whole.Len()/2]), commit); err == nil {
		t.Error("half an archive is taken")
	}
}
