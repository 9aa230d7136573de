// Package files is the application data of the lab: a tree of files that scenarios change while it is backed up, as a
// function sees it under its mount.
//
// It takes no virtual time to read: what changes meanwhile changes between two calls of AWS. It is one tree for both
// regions, since what EFS replicates is lab/cloud/efs's affair.
package files

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"testing/fstest"
	"time"

	"github.com/acso/disaster-recovery/lab/sim"
)

// Tree is a tree of files.
type Tree struct {
	sim     *sim.Sim
	entries fstest.MapFS
	past    map[string][]held // by path, oldest first
	broken  error
}

// held is what a path held from a moment on.
type held struct {
	since time.Time
	text  string
	gone  bool
}

// New makes an empty tree.
func New(s *sim.Sim) *Tree { return &Tree{sim: s, entries: fstest.MapFS{}, past: map[string][]held{}} }

// Put writes a file, now.
func (t *Tree) Put(name, text string) { t.write(name, text, 0o640) }

// Link makes a symbolic link, now.
func (t *Tree) Link(name, target string) { t.write(name, target, fs.ModeSymlink|0o777) }

func (t *Tree) write(name, text string, mode fs.FileMode) {
	if !fs.ValidPath(name) {
		panic(fmt.Sprintf("lab: %q cannot name a file", name))
	}
	t.entries[name] = &fstest.MapFile{Data: []byte(text), Mode: mode, ModTime: t.sim.Now()}
	t.past[name] = append(t.past[name], held{since: t.sim.Now(), text: text})
}

// Drop removes a file, now.
func (t *Tree) Drop(name string) {
	delete(t.entries, name)
	t.past[name] = append(t.past[name], held{since: t.sim.Now(), gone: true})
}

// Held tells whether a path held a text at some moment of [from, to].
func (t *Tree) Held(name, text string, from, to time.Time) bool {
	return t.during(name, from, to, func(h held) bool { return !h.gone && h.text == text })
}

// Missing tells whether a path did not exist at some moment of [from, to].
func (t *Tree) Missing(name string, from, to time.Time) bool {
	first := t.past[name]
	return len(first) == 0 || first[0].since.After(from) || t.during(name, from, to, func(h held) bool { return h.gone })
}

func (t *Tree) during(name string, from, to time.Time, is func(held) bool) bool {
	past := t.past[name]
	for n, h := range past {
		if h.since.After(to) || n+1 < len(past) && past[n+1].since.Before(from) {
			continue
		}
		if is(h) {
			return true
		}
	}
	return false
}

// Names are the paths that exist or ever did, sorted.
func (t *Tree) Names() []string {
	return slices.Sorted(maps.Keys(t.past))
}

// Text is what a file holds now.
func (t *Tree) Text(name string) (string, bool) {
	f, ok := t.entries[name]
	if !ok {
		return "", false
	}
	return string(f.Data), true
}

// Shape is what every path holds now, with its mode: what a restore has to bring back.
func (t *Tree) Shape() map[string]string {
	shape := map[string]string{}
	for name, f := range t.entries {
		mode := f.Mode
		if mode.Type() == fs.ModeSymlink {
			mode = fs.ModeSymlink
		}
		shape[name] = mode.String() + " " + string(f.Data)
	}
	return shape
}

// errStale is what a mount says whose server is gone: ESTALE.
var errStale = errors.New("stale NFS file handle")

// Unmount makes every access fail until Mount.
func (t *Tree) Unmount() { t.broken = errStale }

// Mount makes the tree readable again.
func (t *Tree) Mount() { t.broken = nil }

func (t *Tree) refused(op, name string) error {
	if t.broken == nil {
		return nil
	}
	return &fs.PathError{Op: op, Path: name, Err: t.broken}
}

// Open opens a file or a folder. What was opened stays as it was when it is written anew.
func (t *Tree) Open(name string) (fs.File, error) {
	if err := t.refused("open", name); err != nil {
		return nil, err
	}
	return t.entries.Open(name)
}

// ReadLink is the target of a symbolic link.
func (t *Tree) ReadLink(name string) (string, error) {
	if err := t.refused("readlink", name); err != nil {
		return "", err
	}
	return t.entries.ReadLink(name)
}

// Lstat describes a file without following a link.
func (t *Tree) Lstat(name string) (fs.FileInfo, error) {
	if err := t.refused("lstat", name); err != nil {
		return nil, err
	}
	return t.entries.Lstat(name)
}

var _ fs.ReadLinkFS = (*Tree)(nil)

// Fill puts in what an application has: cases in folders, an empty file, odd names and a link, all of some time ago.
func (t *Tree) Fill(cases int, since time.Time) {
	for n := range cases {
		t.Put(fmt.Sprintf("cases/%02d/case-%04d.json", n%7, n), fmt.Sprintf(`{"case":%d,"text":"%0*d"}`, n, 40+n*13%400, n))
	}
	t.Put("empty", "")
	t.Put("reports/März 2026/überblick (final).txt", "Spaces, Unicode and brackets")
	t.Link("reports/latest", "März 2026")
	for name, f := range t.entries {
		f.ModTime, t.past[name][0].since = since, since
	}
}
