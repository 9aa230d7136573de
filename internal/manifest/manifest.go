// Package manifest is the list of what a backup holds: the file that makes a set of objects a recovery point.
//
// A manifest is JSON Lines: a header, one line for each object, folder, deletion and file that could not be read, in the
// order of their keys, and a seal with their count, their bytes and the SHA-256 of every byte before the seal's line. It is
// written and read as a stream, so its size does not matter, and a file that was cut off has no seal. It refuses
// unknown fields, lines out of order or twice, digests that are none, and anything after the seal. It reads and writes
// no storage.
package manifest

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Format is the version of the layout that this package writes and the only one that it reads.
const Format = 1

// Header is what the objects have in common.
type Header struct {
	Format      int       `json:"format"`
	Environment string    `json:"environment"`
	Kind        string    `json:"kind"`                  // application-data, configuration, ...
	Prefix      string    `json:"prefix"`                // every key begins with it, and the backup owns everything below it
	Taken       time.Time `json:"taken"`                 // when the backup began, UTC
	Previous    string    `json:"previous"`              // digest of the manifest before this one, "" for the first
	PreviousKey string    `json:"previousKey,omitempty"` // and its key
	Full        bool      `json:"full,omitempty"`        // it refers to nothing that an earlier point stored
}

// Object is one version of one stored object.
type Object struct {
	Key       string    `json:"key"`
	VersionID string    `json:"versionId"` // "" in a bucket without versions
	Size      int64     `json:"size"`      // bytes
	SHA256    string    `json:"sha256"`    // hexadecimal, as sha256sum prints it
	MD5       string    `json:"md5"`       // hexadecimal, as md5sum prints it and the owner's scripts compare it
	Modified  time.Time `json:"modified"`  // of the source, UTC

	Mode     string    `json:"mode,omitempty"`     // permission bits in octal as chmod takes them; "" where the source has none
	Link     string    `json:"link,omitempty"`     // target of a symbolic link; the stored bytes are the target too
	PartSize int64     `json:"partSize,omitempty"` // bytes of each part but the last, when it was stored in parts
	Parts    []string  `json:"parts,omitempty"`    // SHA-256 of each part, hexadecimal
	Stored   time.Time `json:"stored,omitzero"`    // when the earlier point of the day that stored this version was taken
	Changed  bool      `json:"changed,omitempty"`  // the source kept changing while it was read: the bytes may be of no one moment
}

// Deletion is a file of the point before that is no more.
type Deletion struct {
	Key     string    `json:"deleted"`
	Noticed time.Time `json:"noticed"` // UTC
}

// Directory is a folder of the source: S3 has none, and an empty one or its mode would be lost. Nothing is stored for it.
type Directory struct {
	Key  string `json:"folder"` // ends with /
	Mode string `json:"mode"`   // as that of an object
}

// Unread is a file that could not be read: the point is incomplete by it.
type Unread struct {
	Key string `json:"unread"`
	Why string `json:"why"`
}

// S3Checksum is the SHA-256 as S3 keeps it in ChecksumSHA256: base64, and for an object in parts the SHA-256 of the
// parts' SHA-256 with their number.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity-upload.html
func (o Object) S3Checksum() string {
	if len(o.Parts) == 0 {
		raw, err := hex.DecodeString(o.SHA256)
		if err != nil {
			return "" // no reader or writer lets such an object pass
		}
		return base64.StdEncoding.EncodeToString(raw)
	}
	all := make([]byte, 0, len(o.Parts)*sha256.Size)
	for _, part := range o.Parts {
		var err error
		if all, err = hex.AppendDecode(all, []byte(part)); err != nil {
			return ""
		}
	}
	sum := sha256.Sum256(all)
	return base64.StdEncoding.EncodeToString(sum[:]) + "-" + strconv.Itoa(len(o.Parts))
}

// Seal ends a manifest.
type Seal struct {
	Objects int    `json:"objects"`
	Bytes   int64  `json:"bytes"`
	Deleted int    `json:"deleted,omitempty"`
	Unread  int    `json:"unread,omitempty"`
	Folders int    `json:"folders,omitempty"`
	Digest  string `json:"digest"` // SHA-256 of the lines before the seal, hexadecimal
}

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

func (h Header) checkKey(key, before string) error {
	switch {
	case !strings.HasPrefix(key, h.Prefix) || len(key) > LongestKey:
		return fmt.Errorf("key %.80q is not below %s or over %d bytes", key, h.Prefix, LongestKey)
	case before != "" && key <= before:
		return fmt.Errorf("key %.80q does not come after %.80q", key, before)
	}
	return nil
}

func (f Directory) check(h Header, before string) error {
	switch {
	case !strings.HasSuffix(f.Key, "/"):
		return fmt.Errorf("folder %.80q does not end with /", f.Key)
	case f.Mode == "" || strings.Trim(f.Mode, "01234567") != "":
		return fmt.Errorf("folder %.80q has mode %.80q, which is not octal", f.Key, f.Mode)
	}
	return h.checkKey(f.Key, before)
}

func (o Object) check(h Header, before string) error {
	if err := h.checkKey(o.Key, before); err != nil {
		return err
	}
	switch {
	case o.Modified.Year() < 0 || o.Modified.Year() > 9999:
		return fmt.Errorf("%s was modified in the year %d, which JSON cannot carry", o.Key, o.Modified.Year())
	case o.Size < 0:
		return fmt.Errorf("%s has size %d", o.Key, o.Size)
	case !isHex(o.SHA256, 64):
		return fmt.Errorf("%s has no SHA-256 but %.80q", o.Key, o.SHA256)
	case !isHex(o.MD5, 32):
		return fmt.Errorf("%s has no MD5 but %.80q", o.Key, o.MD5)
	case o.Mode != "" && strings.Trim(o.Mode, "01234567") != "":
		return fmt.Errorf("%s has mode %.80q, which is not octal", o.Key, o.Mode)
	}
	return o.checkParts()
}

func (o Object) checkParts() error {
	if len(o.Parts) == 0 && o.PartSize == 0 {
		return nil
	}
	// Without an overflow: a part size from a file can be anything.
	if o.PartSize <= 0 || o.Size <= 0 || int64(len(o.Parts)) != (o.Size-1)/o.PartSize+1 {
		return fmt.Errorf("%s has %d parts of %d bytes and size %d", o.Key, len(o.Parts), o.PartSize, o.Size)
	}
	for n, part := range o.Parts {
		if !isHex(part, 64) {
			return fmt.Errorf("%s has no SHA-256 for part %d but %.80q", o.Key, n+1, part)
		}
	}
	return nil
}

func isHex(text string, digits int) bool {
	if len(text) != digits {
		return false
	}
	for i := range len(text) {
		if c := text[i]; (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}
