package writeback

import (
	"context"
	"io/fs"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/acso/disaster-recovery/internal/failure"
	"github.com/acso/disaster-recovery/internal/manifest"
)

// Bounds of what is under way between two looks at the clock, for each place.
const (
	perPlace      = 8
	bytesPerPlace = 64 << 20
)

// write brings every object to its path, some at a time, and remembers behind each group how far it is.
func (r *run) write(ctx context.Context) error {
	known, err := r.objects(ctx)
	if err != nil {
		return err
	}
	for known.path != "" && known.path <= r.progress.After {
		if err := known.next(); err != nil {
			return err
		}
	}
	for known.path != "" {
		group, err := r.gather(known)
		if err != nil {
			return err
		}
		if err := r.bring(ctx, group); err != nil {
			return err
		}
		r.progress.After = group[len(group)-1].path
		if known.path != "" && r.options.Enough() {
			return nil
		}
	}
	if err := r.folders(known); err != nil {
		return err
	}
	r.progress.Phase = Done
	return nil
}

// foldered is a destination that has folders.
type foldered interface {
	Folder(path string, mode fs.FileMode) error
}

// folders makes what the point has of folders, when everything is in them: one that nobody may write to would refuse it. The
// innermost come first, for the same reason.
func (r *run) folders(known *lines) error {
	to, ok := r.to.(foldered)
	if !ok {
		return nil
	}
	for _, f := range slices.Backward(known.folders) {
		mode, err := strconv.ParseUint(f.Mode, 8, 12)
		if err != nil {
			return failure.New(failure.Failed, "restore "+f.Key, "its mode: %v", err)
		}
		if err := to.Folder(strings.TrimPrefix(f.Key, known.reader.Header.Prefix), fs.FileMode(mode).Perm()); err != nil {
			return err
		}
	}
	return nil
}

// item is one object on its way.
type item struct {
	path   string
	object manifest.Object
	was    Presence
}

func (r *run) gather(known *lines) ([]item, error) {
	most, room := 1, int64(0)
	if r.options.Width > 1 {
		most, room = perPlace*r.options.Width, int64(bytesPerPlace*r.options.Width)
	}
	var group []item
	for len(group) == 0 || known.path != "" && len(group) < most && room > 0 {
		group = append(group, item{path: known.path, object: known.object})
		room -= known.object.Size
		if err := known.next(); err != nil {
			return nil, err
		}
	}
	return group, nil
}

// bring brings a group, as many at once as the width allows, and counts what was done.
func (r *run) bring(ctx context.Context, group []item) error {
	if len(group) == 1 {
		if err := r.one(ctx, &group[0]); err != nil {
			return err
		}
		r.count(group[0])
		return nil
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	places := make(chan struct{}, r.options.Width)
	var crew sync.WaitGroup
	for i := range group {
		places <- struct{}{}
		crew.Go(func() {
			defer func() { <-places }()
			if err := r.one(ctx, &group[i]); err != nil {
				cancel(err)
			}
		})
	}
	crew.Wait()
	if err := context.Cause(ctx); err != nil {
		return err
	}
	for _, i := range group {
		r.count(i)
	}
	return nil
}

func (r *run) count(i item) {
	if i.was == Same {
		r.progress.Same++
		return
	}
	r.progress.Written++
	r.progress.Sent += i.object.Size
}

func (r *run) one(ctx context.Context, i *item) error {
	if err := ctx.Err(); err != nil {
		return context.Cause(ctx)
	}
	var err error
	if i.was, err = r.to.Compare(ctx, i.path, i.object); err != nil || i.was == Same {
		return err
	}
	if i.was == Different && !r.options.Overwrite {
		return unsafe("overwrite", i.path)
	}
	return r.to.Write(ctx, i.path, i.object, Body(ctx, r.from, i.object))
}
