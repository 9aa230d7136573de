package writeback_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/acso/disaster-recovery/internal/backup"
	"github.com/acso/disaster-recovery/internal/bootstrap"
	"github.com/acso/disaster-recovery/internal/writeback"
)

// TestFoldersComeBackWithTheirModes: empty ones too, and one that nobody may write to holds what it held.
func TestFoldersComeBackWithTheirModes(t *testing.T) {
	p := begin(t)
	from, to := t.TempDir(), t.TempDir()
	modes := map[string]fs.FileMode{"empty": 0o750, "shut/empty too": 0o700, "shut": 0o500}
	for _, name := range []string{"empty", "shut/empty too"} {
		if err := os.MkdirAll(filepath.Join(from, name), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(from, "shut/file"), []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"empty", "shut/empty too", "shut"} {
		if err := os.Chmod(filepath.Join(from, name), modes[name]); err != nil {
			t.Fatal(err)
		}
	}
	open := func(folder string) *os.Root {
		root, err := os.OpenRoot(folder)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			_ = root.Close()
			_ = os.Chmod(filepath.Join(folder, "shut"), 0o700) // so that it can be removed
		})
		return root
	}
	key := p.backUp(backup.Directory(open(from).FS()))
	p.write(key, writeback.Tree(bootstrap.Folder(open(to)), ""), writeback.Options{})
	for name, mode := range modes {
		info, err := os.Stat(filepath.Join(to, name))
		if err != nil || !info.IsDir() || info.Mode().Perm() != mode {
			t.Errorf("%s: %v, %v, want mode %s", name, info, err, mode)
		}
	}
	if text, err := os.ReadFile(filepath.Join(to, "shut/file")); err != nil || string(text) != "x" {
		t.Errorf("%q, %v", text, err)
	}
}
