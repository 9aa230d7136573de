package incident

import (
	"context"
	"fmt"

	"github.com/acso/disaster-recovery/internal/failure"
)

// acknowledge notes that a person tells people from here on.
func (h *Handler) acknowledge(ctx context.Context, in Input) (Output, error) {
	if in.By == "" {
		return Output{}, failure.New(failure.InvalidInput, "acknowledge the incident", "by, the name of who takes over, is required")
	}
	i, err := h.store.Acknowledge(ctx, in.By)
	if err != nil {
		return Output{}, err
	}
	out := h.output(i)
	out.Text = fmt.Sprintf("%s took over incident %d: the automatic messages end, the recovery goes on", i.Acknowledged.By, i.Epoch)
	return out, nil
}
