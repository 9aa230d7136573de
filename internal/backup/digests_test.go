package backup

import (
	"bytes"
	"crypto/md5" // #nosec G501 -- as in multipart.go
	"crypto/sha256"
	"hash"
	"testing"

	"pgregory.net/rapid"
)

// TestDigestsThatTakeTurnsAreDigestsOfEverything: whatever the lengths of the pieces, each digest is that of all bytes.
func TestDigestsThatTakeTurnsAreDigestsOfEverything(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var all []byte
		whole, old := sha256.New(), md5.New() // #nosec G401 -- as in multipart.go
		for _, piece := range rapid.SliceOf(rapid.SliceOfN(rapid.Byte(), 0, 300)).Draw(t, "pieces") {
			all = append(all, piece...)
			digest(piece, old, whole)
		}
		wantWhole, wantOld := sha256.Sum256(all), md5.Sum(all) // #nosec G401 -- as in multipart.go
		if !bytes.Equal(whole.Sum(nil), wantWhole[:]) || !bytes.Equal(old.Sum(nil), wantOld[:]) {
			t.Fatalf("the digests of %d bytes are not those of the bytes", len(all))
		}
	})
}

// BenchmarkDigests are those of a large object's part: MD5 and SHA-256 of the whole, and SHA-256 of the part.
func BenchmarkDigests(b *testing.B) {
	text := make([]byte, defaultPartSize)
	each := func() (old, whole, part hash.Hash) { return md5.New(), sha256.New(), sha256.New() } // #nosec G401 -- as in multipart.go
	for _, way := range []struct {
		name string
		run  func()
	}{
		{"MD5", func() { old, _, _ := each(); digest(text, old) }},
		{"SHA-256", func() { _, whole, _ := each(); digest(text, whole) }},
		{"by turns", func() { old, whole, part := each(); digest(text, old, whole, part) }},
		{"one after the other", func() {
			old, whole, part := each()
			for _, h := range []hash.Hash{old, whole, part} {
				h.Write(text)
			}
		}},
	} {
		b.Run(way.name, func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				way.run()
			}
		})
	}
}
