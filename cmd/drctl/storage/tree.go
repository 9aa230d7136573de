package storage

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"time"
)

// old is when the files of a tree were written, as they say: long before the backups.
var old = time.Date(2025, 11, 1, 0, 0, 0, 0, time.UTC)

// plant makes files of random bytes, a hundred to a folder.
func plant(folder string, seed uint64, count int, size int64) error {
	for n := range count {
		if err := file(leaf(folder, n), seed+uint64(n), size, old.Add(time.Duration(n)*time.Second)); err != nil { // #nosec G115 -- not negative
			return err
		}
	}
	return nil
}

func leaf(folder string, n int) string {
	return filepath.Join(folder, fmt.Sprintf("folder %03d", n/100), fmt.Sprintf("file-%05d.bin", n))
}

// alter rewrites every hundredth file with other bytes of the same size.
func alter(folder string, seed uint64, count, round int, size int64) error {
	for n := round % 100; n < count; n += 100 {
		if err := file(leaf(folder, n), seed+uint64(count*(round+1)+n), size, old.Add(time.Duration(round+1)*time.Hour*24+time.Duration(n)*time.Second)); err != nil { // #nosec G115 -- not negative
			return err
		}
	}
	return nil
}

func file(path string, seed uint64, size int64, at time.Time) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		return err
	}
	f, err := os.Create(path) // #nosec G304 -- in this run's folder
	if err != nil {
		return err
	}
	var key [32]byte
	binary.LittleEndian.PutUint64(key[:], seed)
	random, block := rand.NewChaCha8(key), make([]byte, 1<<20)
	for left := size; left > 0 && err == nil; left -= int64(len(block)) {
		block = block[:min(left, int64(cap(block)))]
		_, _ = random.Read(block) // it never fails
		_, err = f.Write(block)
	}
	if closed := f.Close(); err == nil {
		err = closed
	}
	if err != nil {
		return err
	}
	return os.Chtimes(path, at, at)
}
