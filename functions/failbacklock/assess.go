package failbacklock

import (
	"context"
	"fmt"
	"strings"

	"github.com/acso/disaster-recovery/internal/incident"
)

// assess says what a failing failback leaves behind, from its record, which is written before each change. It needs no
// ownership and changes nothing, so an execution that was superseded can use it too.
func (h *Handler) assess(ctx context.Context, in Input) (Output, error) {
	i, err := h.store.Past(ctx, in.Epoch)
	if err != nil {
		return Output{}, err
	}
	out := h.output(i)
	left := i.Outstanding()
	out.Clean = len(left) == 0 && out.Phase == Rebuild
	out.Deserted = out.Phase == Rebuild && !h.answers(ctx)
	out.Next = h.next(i)
	var text strings.Builder
	fmt.Fprintf(&text, "%s. ", strings.TrimSuffix(in.Reason, "."))
	if out.Clean {
		text.WriteString("Nothing is left changed. ")
	} else {
		text.WriteString("Changed: ")
		if out.Phase == Standby {
			fmt.Fprintf(&text, "%s serves again; ", h.p.Region())
		}
		for n, change := range left {
			fmt.Fprintf(&text, "(%d) %s at %s; ", n+1, change.What, change.At.UTC().Format("15:04:05"))
		}
	}
	text.WriteString("Next: ")
	for n, step := range out.Next {
		fmt.Fprintf(&text, "(%d) %s. ", n+1, step)
	}
	out.Text = strings.TrimSpace(text.String())
	return out, nil
}

// answers tells whether the other region's table answers. It is no verdict on its health: the failover that is started
// because of it looks for itself, and stands down when the region serves.
func (h *Handler) answers(ctx context.Context) bool {
	ctx, cancel := h.p.Clock.WithTimeout(ctx, patience)
	defer cancel()
	_, err := h.other.Role(ctx)
	return err == nil
}

// next is what a person does. Nothing that a failback changed has to be taken back: the region that serves is not touched
// before the planned failover, which takes back its own steps, and a failback that is started again goes on.
func (h *Handler) next(i incident.Incident) []string {
	e, here := h.p.Environment, h.p.Region()
	again := fmt.Sprintf("aws stepfunctions start-execution --region %s --state-machine-arn %s --input '{}'", here, e.MachineARN(here, "failback"))
	f := i.Failback
	if f == nil || !f.Switched {
		steps := []string{h.from + " serves: leave it as it is; if it does not, start the failover in " + here}
		if len(i.Outstanding()) > 0 {
			steps = append(steps, "remove the cause, then start the failback again, it goes on where this one stopped: "+again)
		} else {
			steps = append(steps, "remove the cause, then start the failback again: "+again)
		}
		return steps
	}
	return []string{
		h.from + " is no standby yet: until it is, a failover would find nothing to promote",
		"remove the cause, then start the failback again, it goes on where this one stopped: " + again,
	}
}
