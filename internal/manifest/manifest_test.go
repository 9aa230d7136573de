package manifest_test

import (
	"bytes"
	"crypto/md5"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/acso/disaster-recovery/internal/manifest"
)

var taken = time.Date(2026, 1, 15, 10, 30, 0, 0, time.UTC)

func object(key string) manifest.Object {
	sum, old := sha256.Sum256([]byte(key)), md5.Sum([]byte(key))
	return manifest.Object{Key: key, VersionID: "v1", Size: int64(len(key)), SHA256: hex.EncodeToString(sum[:]), MD5: hex.EncodeToString(old[:]), Modified: taken}
}

func write(t interface{ Fatal(...any) }, keys ...string) []byte {
	var out bytes.Buffer
	w, err := manifest.NewWriter(&out, manifest.Header{Environment: "test", Kind: "application-data", Prefix: "p/", Taken: taken})
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range keys {
		if err := w.Add(object(key)); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := w.Seal(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func read(text []byte) (keys []string, err error) {
	r, err := manifest.NewReader(bytes.NewReader(text))
	if err != nil {
		return nil, err
	}
	for {
		o, err := r.Next()
		if errors.Is(err, io.EOF) {
			return keys, nil
		}
		if err != nil {
			return keys, err
		}
		keys = append(keys, o.Key)
	}
}

func TestWhatIsWrittenIsRead(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		keys := rapid.SliceOfNDistinct(rapid.Map(rapid.String(), func(s string) string { return "p/" + s }), 0, 20, rapid.ID).Draw(t, "keys")
		slices.Sort(keys)
		got, err := read(write(t, keys...))
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(got, keys) {
			t.Fatalf("wrote %q, read %q", keys, got)
		}
	})
}

func TestAnyAlteredByteIsFound(t *testing.T) {
	text := write(t, "p/a", "p/b")
	for i := range text {
		altered := bytes.Clone(text)
		altered[i] ^= 1
		if _, err := read(altered); err == nil {
			t.Errorf("byte %d altered from %q to %q and nobody noticed", i, text[i], altered[i])
		}
		if _, err := read(text[:i]); err == nil {
			t.Errorf("cut off after %d bytes and nobody noticed", i)
		}
	}
}

func TestARemovedOrRepeatedLineIsFound(t *testing.T) {
	lines := strings.SplitAfter(string(write(t, "p/a", "p/b", "p/c")), "\n")
	for i := range lines[:len(lines)-1] {
		if _, err := read([]byte(strings.Join(slices.Delete(slices.Clone(lines), i, i+1), ""))); err == nil {
			t.Errorf("line %d removed and nobody noticed", i)
		}
		if _, err := read([]byte(strings.Join(slices.Insert(slices.Clone(lines), i, lines[i]), ""))); err == nil {
			t.Errorf("line %d repeated and nobody noticed", i)
		}
	}
}

func TestTheWriterRefusesWhatNobodyCouldVerify(t *testing.T) {
	wrong := map[string]func(*manifest.Object){
		"outside of the prefix": func(o *manifest.Object) { o.Key = "q/z" },
		"out of order":          func(o *manifest.Object) { o.Key = "p/a" },
		"no digest":             func(o *manifest.Object) { o.SHA256 = "" },
		"capital digest":        func(o *manifest.Object) { o.MD5 = strings.ToUpper(o.MD5) },
		"negative size":         func(o *manifest.Object) { o.Size = -1 },
		"key not UTF-8":         func(o *manifest.Object) { o.Key = "p/z\xff" },
	}
	for name, alter := range wrong {
		w, err := manifest.NewWriter(io.Discard, manifest.Header{Environment: "test", Kind: "application-data", Prefix: "p/", Taken: taken})
		if err != nil {
			t.Fatal(err)
		}
		if err := w.Add(object("p/m")); err != nil {
			t.Fatal(err)
		}
		o := object("p/z")
		alter(&o)
		if err := w.Add(o); err == nil {
			t.Errorf("%s was written", name)
		}
	}
}

func TestKeysAndChecksums(t *testing.T) {
	if got := manifest.Key(taken); got != "2026/01/15/manifests/103000.json" {
		t.Errorf("Key = %s", got)
	}
	// The SHA-256 of nothing, as sha256sum and as S3 write it.
	o := manifest.Object{SHA256: "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"}
	if got := o.S3Checksum(); got != "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=" {
		t.Errorf("S3Checksum = %s", got)
	}
}

func FuzzReader(f *testing.F) {
	f.Add(write(f, "p/a", "p/b"))
	f.Add([]byte("{}\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		keys, err := read(text)
		if err == nil && !slices.IsSorted(keys) {
			t.Fatalf("accepted keys out of order: %q", keys)
		}
	})
}
