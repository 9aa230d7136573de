package operate

import (
	"context"
	"time"
)

// Wall is the clock on the wall.
type Wall struct{}

// Now is the present, UTC.
func (Wall) Now() time.Time { return time.Now().UTC() }

// WithTimeout bounds a context in real time.
func (Wall) WithTimeout(ctx context.Context, limit time.Duration) (context.Context, context.CancelFunc) {
	return context.WithTimeout(ctx, limit)
}

// Sleep waits in real time.
func (Wall) Sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-timer.C:
		return nil
	}
}
