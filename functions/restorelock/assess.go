package restorelock

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/acso/disaster-recovery/internal/incident"
)

// assess says what a failing restore leaves behind, from its record, which is written before each change. It needs no
// ownership and changes nothing, so an execution that was superseded can use it too.
func (h *Handler) assess(ctx context.Context, in Input) (Output, error) {
	i, err := h.store.Past(ctx, in.Epoch)
	if err != nil {
		return Output{}, err
	}
	out := h.output(i)
	left := i.Outstanding()
	out.Clean = len(left) == 0
	out.Next = next(i)
	var text strings.Builder
	fmt.Fprintf(&text, "%s. ", strings.TrimSuffix(in.Reason, "."))
	switch {
	case out.Clean:
		text.WriteString("Nothing is left changed")
		if kept := safeties(i.Restore); len(kept) > 0 {
			text.WriteString(" but " + strings.Join(kept, " and ") + ", which stay")
		}
		text.WriteString(". ")
	default:
		text.WriteString("Changed: ")
		for n, change := range left {
			fmt.Fprintf(&text, "(%d) %s at %s; ", n+1, change.What, change.At.UTC().Format("15:04:05"))
		}
	}
	if r := i.Restore; r != nil && r.InPlace && r.Source != "" {
		fmt.Fprintf(&text, "%s is the restored database, as of %s. ", r.Live, r.To.Format(time.RFC3339))
	}
	text.WriteString("Next: ")
	for n, step := range out.Next {
		fmt.Fprintf(&text, "(%d) %s. ", n+1, step)
	}
	out.Text = strings.TrimSpace(text.String())
	return out, nil
}

// next is what a person does. Before the restored database is in place, everything outstanding is to be taken back, the
// last change first; afterwards, it is to be finished: the old database is the other way, and stays a person's decision.
func next(i incident.Incident) []string {
	steps := []string{}
	left := i.Outstanding()
	for n := len(left) - 1; n >= 0; n-- {
		if left[n].Undo != "" {
			steps = append(steps, left[n].Undo)
		}
	}
	r := i.Restore
	if r == nil || !r.InPlace {
		return append(steps, "remove the cause, then start the restore again")
	}
	if r.Source != "" && !r.ReplicaBuilt {
		steps = append(steps, "the other region's replica follows the old database, and a failover would ask for approval: rename it to "+r.KeptReplica+", then create one of "+r.Live+" in its place")
	}
	if r.Source != "" {
		steps = append(steps, "the old database is "+r.Kept+": to go back to it, stop the services and give it the name "+r.Live+
			" after the restored one was renamed; delete neither before a person released it")
	}
	if kept := safeties(r); len(kept) > 0 {
		steps = append(steps, "what was there before is in "+strings.Join(kept, " and "))
	}
	return steps
}

// safeties names the points that hold what was there.
func safeties(r *incident.Restore) []string {
	var list []string
	if r == nil {
		return nil
	}
	if r.Safety != "" {
		list = append(list, "snapshot "+r.Safety)
	}
	for _, part := range []*incident.Part{r.Data, r.Configuration} {
		if part != nil && part.Safety != "" {
			list = append(list, "recovery point "+part.Safety)
		}
	}
	return list
}
