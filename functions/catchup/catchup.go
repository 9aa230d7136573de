// Package catchup says whether the standby has everything that the drained primary had: the database by the position in the
// log and by a row written behind the last one, both read through SQL, and the file system by the time of its last sync.
//
// It refuses to believe a metric or a lag of zero, and to answer before the last task of the old primary has stopped: what
// is still being written has no last row.
package catchup

import (
	"context"
	_ "embed"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/efs"

	"github.com/acso/disaster-recovery/internal/database"
	"github.com/acso/disaster-recovery/internal/environment"
	"github.com/acso/disaster-recovery/internal/failure"
	"github.com/acso/disaster-recovery/internal/filesystem"
	"github.com/acso/disaster-recovery/internal/grant"
	"github.com/acso/disaster-recovery/internal/incident"
	"github.com/acso/disaster-recovery/internal/platform"
)

// Event is an example input.
//
//go:embed event.json
var Event []byte

// Errors are the kinds that it fails with.
var Errors = append([]failure.Kind{failure.InvalidInput, failure.Superseded, failure.Aborted, failure.Unsafe}, incident.Errors...)

// Input is the claim.
type Input struct {
	incident.Claim
}

// Output is how far the standby is.
type Output struct {
	CaughtUp   bool   `json:"caughtUp"`
	Database   bool   `json:"database"`   // has everything
	FileSystem bool   `json:"fileSystem"` // has everything
	Written    int64  `json:"written"`    // position in the log of the old primary, bytes
	Replayed   int64  `json:"replayed"`   // position that the replica has applied, bytes
	Detail     string `json:"detail"`
}

// Handler keeps a connection to both databases between invocations.
type Handler struct {
	p       platform.Platform
	store   *incident.Store
	old     *database.Database
	replica *database.Database
	files   *filesystem.FileSystem
}

// New makes the handler.
func New(p platform.Platform) *Handler {
	return &Handler{
		p: p, store: incident.NewStore(p), old: database.In(p, p.Environment.Pair(p.Region())), replica: database.In(p, p.Region()),
		files: filesystem.In(p, efs.NewFromConfig(p.AWS)),
	}
}

// Grants is what it may do: log in to both databases, look at the file system, and write down what it found.
func Grants(e *environment.Environment, region string) []grant.Grant {
	grants := append(incident.Grants(e, region), database.Grants(e, region)...)
	grants = append(grants, database.Grants(e, e.Pair(region))...)
	return append(grants, filesystem.Grants(e, region)...)
}

const op = "compare the standby with the drained primary"

// Handle looks once.
func (h *Handler) Handle(ctx context.Context, in Input) (Output, error) {
	i, err := h.store.Guard(ctx, in.Claim)
	if err != nil {
		return Output{}, err
	}
	if err := i.Halted(); err != nil {
		return Output{}, err
	}
	if i.Drain == nil || i.Drain.StoppedAt.IsZero() {
		return Output{}, failure.New(failure.Unsafe, op, "the services of %s were not seen to have stopped", h.p.Environment.Pair(h.p.Region()))
	}
	mark, err := h.mark(ctx, in.Claim, i)
	if err != nil {
		return Output{}, err
	}
	out, err := h.compare(ctx, i, mark)
	if err != nil || !out.CaughtUp {
		return out, err
	}
	now := h.p.Clock.Now()
	_, err = h.store.Update(ctx, in.Claim, func(i *incident.Incident) bool {
		i.Drain.CaughtUpAt, i.Drain.Position, i.Drain.LastRow = now, out.Replayed, mark
		return true
	})
	return out, err
}

// mark writes a row behind the last one of the drained primary, once.
func (h *Handler) mark(ctx context.Context, claim incident.Claim, i incident.Incident) (time.Time, error) {
	name := canary(i)
	written, err := h.old.Canary(ctx, name)
	if err != nil || !written.Before(i.Drain.StoppedAt.UTC().Truncate(time.Microsecond)) {
		return written, err
	}
	if _, err := h.store.Guard(ctx, claim); err != nil {
		return written, err
	}
	if err := h.old.WriteCanary(ctx, name); err != nil {
		return written, err
	}
	return h.old.Canary(ctx, name)
}

func canary(i incident.Incident) string { return fmt.Sprintf("switchover-%d", i.Epoch) }

// compare asks the old primary first and the replica after it, so that the replica is never measured against less.
func (h *Handler) compare(ctx context.Context, i incident.Incident, mark time.Time) (Output, error) {
	var out Output
	var err error
	if out.Written, err = h.old.Written(ctx); err != nil {
		return out, err
	}
	if out.Replayed, err = h.replica.Replayed(ctx); err != nil {
		return out, err
	}
	row, err := h.replica.Canary(ctx, canary(i))
	if err != nil {
		return out, err
	}
	files, err := h.files.State(ctx)
	if err != nil {
		return out, err
	}
	out.Database = out.Replayed >= out.Written && row.Equal(mark)
	// EFS and this function read different clocks.
	out.FileSystem = files.LastSync.After(i.Drain.StoppedAt.Add(database.ClockAllowance))
	out.CaughtUp = out.Database && out.FileSystem
	out.Detail = fmt.Sprintf("%s wrote %d bytes of log and %s replayed %d, the last row arrived: %t; the file system was last synced as of %s, the last task stopped at %s",
		h.old.Identifier(), out.Written, h.replica.Identifier(), out.Replayed, row.Equal(mark), stamp(files.LastSync), stamp(i.Drain.StoppedAt))
	return out, nil
}

func stamp(t time.Time) string {
	if t.IsZero() {
		return "never"
	}
	return t.UTC().Format(time.RFC3339)
}
