package inspection

import (
	"context"
	"time"

	"github.com/acso/disaster-recovery/internal/filesystem"
	"github.com/acso/disaster-recovery/internal/judging"
)

func (r *run) filesReplicated(ctx context.Context) judging.Finding {
	state, err := r.files.State(ctx)
	switch {
	case err != nil:
		return judging.Of(err)
	case !state.Replicating:
		return judging.Fails("%s is no destination of a replication", r.e.FileSystem(r.here))
	case state.Status != "ENABLED":
		return judging.Fails("the replication from %s is %s", state.Source, state.Status)
	}
	r.fact("file system", "%s from %s", state.ID, state.Source)
	return judging.Passes("%s is replicated from %s", state.ID, state.Source)
}

func (r *run) filesSynced(ctx context.Context) judging.Finding {
	state, err := r.files.State(ctx)
	if err != nil {
		return judging.Of(err)
	}
	return r.syncOf(state)
}

func (r *run) syncOf(state filesystem.State) judging.Finding {
	if state.LastSync.IsZero() {
		return judging.Fails("no sync was ever finished")
	}
	age, limit := max(0, r.p.Clock.Now().Sub(state.LastSync)), r.e.Objectives.RecoveryPoint.Standard
	r.found.FilesLossSeconds = new(age.Seconds())
	if age > limit.Std() {
		return judging.Fails("the last sync is of %s, and the objective is %s", state.LastSync.UTC().Format(time.RFC3339), limit)
	}
	return judging.Passes("the last sync is %d s old", int(age.Seconds()))
}
