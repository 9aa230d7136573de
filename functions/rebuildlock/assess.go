package rebuildlock

import (
	"context"
	"fmt"
	"strings"

	"github.com/acso/disaster-recovery/internal/rebuild"
)

// assess says what a failing restore leaves behind, from its record, which is written before each change. Nothing that it
// made replaces anything, so going on is always the way: what is there already is found and not made again. A restore that a
// person ended gives its database back first, as long as no service could write to it.
func (h *Handler) assess(ctx context.Context, in Input) (Output, error) {
	i, err := h.own.Past(ctx, in.Epoch)
	if err != nil {
		return Output{}, err
	}
	out := h.output(i)
	left := i.Outstanding()
	out.Clean = len(left) == 0
	out.GiveBack = i.Abort != nil && i.CommittedAt.IsZero() && rebuild.Made(i, h.p.Region()) != ""
	var text strings.Builder
	fmt.Fprintf(&text, "%s. ", strings.TrimSuffix(in.Reason, "."))
	if out.Clean {
		text.WriteString("Nothing was changed. Next: remove the cause, then start restore-full-system again")
	} else {
		text.WriteString("Changed: ")
		for n, change := range left {
			fmt.Fprintf(&text, "(%d) %s at %s", n+1, change.What, change.At.UTC().Format("15:04:05"))
			if change.Undo != "" {
				text.WriteString(" [undo: " + change.Undo + "]")
			}
			text.WriteString("; ")
		}
		next := "remove the cause, then redrive the execution, which goes on where it failed and finds what was made"
		if i.Abort != nil && i.CommittedAt.IsZero() { // a redrive would meet the request again
			next = "start restore-full-system again when it is wanted: it finds what was made"
		}
		text.WriteString("Next: " + next)
	}
	out.Text = text.String()
	return out, nil
}
