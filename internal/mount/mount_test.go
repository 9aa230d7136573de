package mount

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"testing/synctest"
	"time"
)

func open(t *testing.T, folder string) FS {
	t.Helper()
	root, err := os.OpenRoot(folder)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = root.Close() })
	return Tree(root)
}

func write(t *testing.T, path string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(path), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestATreeIsAFileSystem(t *testing.T) {
	folder := t.TempDir()
	names := []string{"a file with spaces", "cases/ä", "empty/below/x"}
	for n := range 3 * looks {
		names = append(names, fmt.Sprintf("cases/%03d", n))
	}
	for _, name := range names {
		write(t, filepath.Join(folder, name))
	}
	if err := fstest.TestFS(open(t, folder), names...); err != nil {
		t.Error(err)
	}
}

func TestNothingLeadsOut(t *testing.T) {
	outside, folder := t.TempDir(), t.TempDir()
	write(t, filepath.Join(outside, "secret"))
	if err := os.Symlink(outside, filepath.Join(folder, "out")); err != nil {
		t.Fatal(err)
	}
	tree := open(t, folder)
	entries, err := fs.ReadDir(tree, ".")
	if err != nil || len(entries) != 1 || entries[0].Type() != fs.ModeSymlink {
		t.Errorf("%v, %v: want the link itself", entries, err)
	}
	for _, name := range []string{"out", "..", "../" + filepath.Base(outside)} {
		if entries, err := fs.ReadDir(tree, name); err == nil {
			t.Errorf("%s lists %v", name, entries)
		}
	}
}

func TestErrorsSayWhere(t *testing.T) {
	folder := t.TempDir()
	write(t, filepath.Join(folder, "cases/deep/file"))
	tree := open(t, folder)
	for _, name := range []string{"cases/deep/file", "cases/deep/missing"} {
		if _, err := fs.ReadDir(tree, name); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("list %s: %v", name, err)
		}
	}
	inside := &fs.PathError{Op: "lstat", Path: "0123.json", Err: fs.ErrPermission}
	if err := below("cases/deep", inside); !strings.Contains(err.Error(), "cases/deep/0123.json") || !errors.Is(err, fs.ErrPermission) {
		t.Errorf("%v", err)
	}
}

func TestManyEntriesAreLookedAtAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		names := make([]string, 1600)
		for n := range names {
			names[n] = fmt.Sprintf("%04d", n)
		}
		began := time.Now()
		entries, err := look(names, func(name string) (fs.FileInfo, error) {
			time.Sleep(time.Millisecond) // as on EFS
			if name == "0007" {
				return nil, &fs.PathError{Op: "lstat", Path: name, Err: fs.ErrNotExist} // it went meanwhile
			}
			return fstest.MapFS{name: &fstest.MapFile{}}.Lstat(name)
		})
		if err != nil || len(entries) != 1599 || entries[6].Name() != "0006" || entries[7].Name() != "0008" {
			t.Errorf("%d entries: %v", len(entries), err)
		}
		if took := time.Since(began); took != 100*time.Millisecond {
			t.Errorf("1,600 looks of a millisecond took %s", took)
		}
	})
}

func TestAFailedLookFailsTheList(t *testing.T) {
	stale := errors.New("stale file handle")
	_, err := look([]string{"a", "b"}, func(name string) (fs.FileInfo, error) {
		if name == "b" {
			return nil, stale
		}
		return fstest.MapFS{name: &fstest.MapFile{}}.Lstat(name)
	})
	if !errors.Is(err, stale) {
		t.Errorf("%v, want %v", err, stale)
	}
}
