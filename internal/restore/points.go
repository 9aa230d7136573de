package restore

import (
	"context"
	"time"

	"github.com/acso/disaster-recovery/internal/catalog"
	"github.com/acso/disaster-recovery/internal/failure"
	"github.com/acso/disaster-recovery/internal/manifest"
)

// Where application data are: on the file system that is mounted, or in the data bucket of the region.
const (
	Files  = "files"
	Bucket = "bucket"
)

// State is how far a step of a restore is. What can never become done is an error and no state.
type State string

// The states.
const (
	Working State = "working" // repeat the step
	Done    State = "done"
	Live    State = "live" // a way back: what was restored serves, and nothing is taken back any more
)

// SafetyPoint is the recovery point of a manifest, when it is verified and was taken since a moment: then it holds what was
// there. Everything else is refused.
func SafetyPoint(ctx context.Context, b catalog.Bucket, key, kind string, since time.Time) (catalog.Point, error) {
	op := "take " + key + " for the safety recovery point"
	of, taken, ok := manifest.ParseKey(key)
	switch {
	case !ok || of != kind:
		return catalog.Point{}, failure.New(failure.InvalidInput, op, "it is no manifest of %s", kind)
	case taken.Before(since.Truncate(time.Second)):
		return catalog.Point{}, failure.New(failure.Unsafe, op, "it was taken at %s, before the restore was opened at %s", taken.Format(time.RFC3339), since.UTC().Format(time.RFC3339))
	}
	points, err := b.Day(ctx, taken)
	if err != nil {
		return catalog.Point{}, err
	}
	for _, p := range points {
		if p.ID == key && !p.Verified.IsZero() && p.Failed.IsZero() {
			return p, nil
		}
	}
	return catalog.Point{}, failure.New(failure.Unsafe, op, "it is not verified").Next("verify it with verify-backup, then start the restore again")
}
