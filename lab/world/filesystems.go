package world

import (
	"time"

	"github.com/acso/disaster-recovery/lab/files"
)

// filesIn is what the mount of a region shows.
func (w *World) filesIn(region string) *files.Tree {
	if region == w.Env.Regions.Recovery {
		return w.Away
	}
	return w.Files
}

// SplitFiles has each region keep its own files from now on: the recovery region's are those of the last sync, and each
// sync brings them up to date. Without it both mounts show one tree, which is enough where no file system changes sides.
func (w *World) SplitFiles() {
	w.split = true
	source := w.EFS.Find(w.Env.Regions.Primary, w.Env.FileSystem(w.Env.Regions.Primary))
	if r := w.EFS.Of(source); r != nil {
		w.copied(r.Source.Region, r.Destination.Region, r.LastSync)
	}
}

// copied carries out a sync that EFS finished: the destination has what the source held at a moment.
func (w *World) copied(from, to string, at time.Time) {
	if w.split {
		w.filesIn(to).Become(w.filesIn(from), at)
	}
}
