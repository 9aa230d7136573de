package backup

import (
	"bytes"
	"crypto/md5" // #nosec G501 -- as in multipart.go
	"crypto/sha256"
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
