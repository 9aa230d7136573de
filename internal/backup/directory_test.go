package backup_test

import (
	"fmt"
	"io/fs"
	"slices"
	"testing"
	"testing/fstest"
	"testing/synctest"
	"time"

	"github.com/acso/disaster-recovery/internal/backup"
)

// far is a tree of which each look takes a millisecond, as on EFS; one file is gone when its turn comes.
type far struct {
	fstest.MapFS
	gone string
}

func (f far) ReadDir(name string) ([]fs.DirEntry, error) {
	entries, err := f.MapFS.ReadDir(name)
	for i, e := range entries {
		entries[i] = distant{e, f.gone}
	}
	return entries, err
}

type distant struct {
	fs.DirEntry
	gone string
}

func (d distant) Info() (fs.FileInfo, error) {
	time.Sleep(time.Millisecond)
	if d.Name() == d.gone {
		return nil, fs.ErrNotExist
	}
	return d.DirEntry.Info()
}

func TestManyEntriesAreLookedAtAtOnceAndToldInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tree, want := fstest.MapFS{}, []string{"cases/"}
		for n := range 3200 {
			name := fmt.Sprintf("cases/%04d", n)
			tree[name] = &fstest.MapFile{Data: []byte(name)}
			if n != 1234 {
				want = append(want, name)
			}
		}
		var got []string
		began := time.Now()
		err := backup.Directory(far{tree, "1234"}).List(t.Context(), func(f backup.File) error {
			got = append(got, f.Path)
			return nil
		})
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("%d of %d names, or in another order: %v", len(got), len(want), err)
		}
		if took := time.Since(began); took > 250*time.Millisecond {
			t.Errorf("3,200 looks of a millisecond took %s", took)
		}
	})
}
