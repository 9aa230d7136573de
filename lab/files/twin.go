package files

import (
	"slices"
	"testing/fstest"
	"time"
)

// Twin is the same files under another mount, as the copy of a file system in the other region shows them. What one mount
// writes, the other has at once, until the two part.
func (t *Tree) Twin() *Tree { return &Tree{sim: t.sim, entries: t.entries, past: t.past} }

// Become gives a tree what another one held at a moment, and nothing else. From then on each has its own files.
func (t *Tree) Become(source *Tree, at time.Time) {
	entries := fstest.MapFS{}
	past := map[string][]held{}
	for name, history := range source.past {
		last := -1
		for n, h := range history {
			if !h.since.After(at) {
				last = n
			}
		}
		if last < 0 {
			continue
		}
		past[name] = slices.Clone(history[:last+1])
		if h := history[last]; !h.gone {
			entry := fstest.MapFile{Data: []byte(h.text), Mode: 0o640, ModTime: h.since}
			if now, same := source.entries[name]; same {
				entry.Mode = now.Mode
			}
			entries[name] = &entry
		}
	}
	t.entries, t.past = entries, past
}
