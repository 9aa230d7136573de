// Package manifest is the list of what a backup holds: the file that makes a set of objects a recovery point.
//
// A manifest is JSON Lines: a header, one object a line in the order of their keys, and a seal with their count, their
// bytes and the SHA-256 of every byte before the seal's line. It is written and read as a stream, so its size does not
// matter, and a file that was cut off has no seal. It refuses unknown fields, objects out of order or twice, digests
// that are none, and anything after the seal. It reads and writes no storage.
package manifest

import (
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"strings"
	"time"
)

// Format is the version of the layout that this package writes and the only one that it reads.
const Format = 1

// Header is what the objects have in common.
type Header struct {
	Format      int       `json:"format"`
	Environment string    `json:"environment"`
	Kind        string    `json:"kind"`     // application-data, configuration, ...
	Prefix      string    `json:"prefix"`   // every key begins with it, and the backup owns everything below it
	Taken       time.Time `json:"taken"`    // when the backup began, UTC
	Previous    string    `json:"previous"` // digest of the manifest before this one, "" for the first
}

// Object is one version of one stored object.
type Object struct {
	Key       string    `json:"key"`
	VersionID string    `json:"versionId"` // "" in a bucket without versions
	Size      int64     `json:"size"`      // bytes
	SHA256    string    `json:"sha256"`    // hexadecimal, as sha256sum prints it
	MD5       string    `json:"md5"`       // hexadecimal, as md5sum prints it and the owner's scripts compare it
	Modified  time.Time `json:"modified"`  // of the source, UTC
}

// S3Checksum is the SHA-256 as S3 writes it in ChecksumSHA256: base64.
func (o Object) S3Checksum() string {
	raw, err := hex.DecodeString(o.SHA256)
	if err != nil {
		return "" // Check refuses such an object
	}
	return base64.StdEncoding.EncodeToString(raw)
}

// Seal ends a manifest.
type Seal struct {
	Objects int    `json:"objects"`
	Bytes   int64  `json:"bytes"`
	Digest  string `json:"digest"` // SHA-256 of the lines before the seal, hexadecimal
}

// Key is where the manifest of a backup lies in its bucket: 2026/01/15/manifests/103000.json.
func Key(taken time.Time) string {
	return Folder(taken) + taken.UTC().Format("150405") + ".json"
}

// Folder holds the manifests of a day (UTC).
func Folder(day time.Time) string { return day.UTC().Format("2006/01/02") + "/manifests/" }

func (h Header) check() error {
	switch {
	case h.Format != Format:
		return fmt.Errorf("format %d is not %d", h.Format, Format)
	case h.Environment == "", h.Kind == "":
		return fmt.Errorf("environment %q and kind %q have to be named", h.Environment, h.Kind)
	case h.Prefix == "" || !strings.HasSuffix(h.Prefix, "/"):
		return fmt.Errorf("prefix %q does not end with /", h.Prefix)
	case h.Taken.IsZero():
		return fmt.Errorf("it does not say when it was taken")
	case h.Previous != "" && !isHex(h.Previous, 64):
		return fmt.Errorf("previous %q is not a SHA-256", h.Previous)
	}
	return nil
}

func (o Object) check(h Header, before string) error {
	switch {
	case !strings.HasPrefix(o.Key, h.Prefix) || len(o.Key) > 1024:
		return fmt.Errorf("key %.80q is not below %s or over 1,024 bytes", o.Key, h.Prefix)
	case before != "" && o.Key <= before:
		return fmt.Errorf("key %.80q does not come after %.80q", o.Key, before)
	case o.Size < 0:
		return fmt.Errorf("%s has size %d", o.Key, o.Size)
	case !isHex(o.SHA256, 64):
		return fmt.Errorf("%s has no SHA-256 but %.80q", o.Key, o.SHA256)
	case !isHex(o.MD5, 32):
		return fmt.Errorf("%s has no MD5 but %.80q", o.Key, o.MD5)
	}
	return nil
}

func isHex(text string, digits int) bool {
	return len(text) == digits && strings.Trim(text, "0123456789abcdef") == ""
}
