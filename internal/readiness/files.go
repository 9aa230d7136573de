package readiness

import (
	"context"
	"time"

	"github.com/acso/disaster-recovery/internal/filesystem"
)

func fileRules() []rule {
	return []rule{
		{
			name: "file-system-replication", look: (*run).filesReplicated,
			why:    "The files under /app/data reach this region by EFS replication alone.",
			next:   "replicate the active region's file system into this one (aws efs create-replication-configuration)",
			forced: "the services come back without the application data, which have to be restored from the last recovery point",
		},
		{
			name: "file-system-sync", after: []string{"file-system-replication"}, look: (*run).filesSynced,
			why:    "What was written after the last finished sync is lost.",
			next:   "look at the replication's status in EFS; many small changes, or a key that is not usable, hold it back",
			forced: "the loss of files is above the objective, so a person is asked before the file system is promoted",
		},
	}
}

func (r *run) filesReplicated(ctx context.Context) finding {
	state, err := r.files.State(ctx)
	switch {
	case err != nil:
		return failed(err)
	case !state.Replicating:
		return fail("%s is no destination of a replication", r.e.FileSystem(r.here))
	case state.Status != "ENABLED":
		return fail("the replication from %s is %s", state.Source, state.Status)
	}
	r.fact("file system", "%s from %s", state.ID, state.Source)
	return pass("%s is replicated from %s", state.ID, state.Source)
}

func (r *run) filesSynced(ctx context.Context) finding {
	state, err := r.files.State(ctx)
	if err != nil {
		return failed(err)
	}
	return r.syncOf(state)
}

func (r *run) syncOf(state filesystem.State) finding {
	if state.LastSync.IsZero() {
		return fail("no sync was ever finished")
	}
	age, limit := max(0, r.p.Clock.Now().Sub(state.LastSync)), r.e.Objectives.RecoveryPoint.Standard
	r.loss.files = &age
	if age > limit.Std() {
		return fail("the last sync is of %s, and the objective is %s", state.LastSync.UTC().Format(time.RFC3339), limit)
	}
	return pass("the last sync is %d s old", int(age.Seconds()))
}
