package readiness

import (
	"context"
	"time"

	"github.com/acso/disaster-recovery/internal/failure"
	"github.com/acso/disaster-recovery/internal/judging"
	"github.com/acso/disaster-recovery/internal/platform"
)

// patience is how long a call may take to a place that may be the one that is down. The first call that takes longer is the
// last one: a dead region costs this much once, and not once for each check.
const patience = 5 * time.Second

// reach is the way to a place that may not answer.
type reach struct {
	name  string
	clock platform.Clock
	lost  error // the call that was not answered; nil while the place answers
}

// ask makes one call. After one that was not answered none is made any more.
func (w *reach) ask(ctx context.Context, call func(context.Context) error) error {
	if w.lost != nil {
		return w.lost
	}
	limited, cancel := w.clock.WithTimeout(ctx, patience)
	defer cancel()
	err := call(limited)
	if err != nil && limited.Err() != nil && ctx.Err() == nil {
		w.lost = failure.New(failure.Unavailable, "ask "+w.name, "no answer within %s: %w", patience, err)
		return w.lost
	}
	return err
}

// unreachable is the finding of everything that needs the place.
func (w *reach) unreachable() judging.Finding {
	return judging.Unclear("%s", w.lost).Do("find out whether %s is down; while it does not answer, nothing is known of this", w.name)
}
