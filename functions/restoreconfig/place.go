package restoreconfig

import (
	"context"
	"fmt"

	"github.com/acso/disaster-recovery/internal/catalog"
	"github.com/acso/disaster-recovery/internal/failure"
	"github.com/acso/disaster-recovery/internal/incident"
	"github.com/acso/disaster-recovery/internal/recoverypoint"
	"github.com/acso/disaster-recovery/internal/restore"
	"github.com/acso/disaster-recovery/internal/retention"
)

// safety takes a point for the one that holds what is there: verified, of the configuration, and taken since the restore
// was opened.
func (h *Handler) safety(ctx context.Context, in Input, i incident.Incident) (Output, error) {
	p, err := restore.SafetyPoint(ctx, catalog.Bucket{Client: h.s3, Name: recoverypoint.Bucket(h.p.Environment, h.p.Region())}, in.Manifest, retention.Configuration, i.OpenedAt)
	if err != nil {
		return Output{}, err
	}
	_, err = h.store.Update(ctx, in.Claim, func(i *incident.Incident) bool {
		if i.Restore.Configuration == nil {
			i.Restore.Configuration = &incident.Part{}
		}
		c := i.Restore.Configuration
		if c.Touched || c.Safety == in.Manifest {
			return false // what is there now is not what was there
		}
		c.Safety, c.SafetyAt = in.Manifest, p.Taken
		return true
	})
	return Output{State: restore.Done, Kept: []string{}, Detail: fmt.Sprintf("%s is verified (%s) and holds what is there", in.Manifest, p.Depth)}, err
}

// place makes the live parameters what the point says. That something is about to change is written down first.
func (h *Handler) place(ctx context.Context, in Input, i incident.Incident) (Output, error) {
	overwrite := i.Restore.Configuration != nil && i.Restore.Configuration.Safety != ""
	at := h.p.Clock.Now()
	_, err := h.store.Update(ctx, in.Claim, func(i *incident.Incident) bool {
		if i.Restore.Configuration == nil {
			i.Restore.Configuration = &incident.Part{}
		}
		c, before := i.Restore.Configuration, len(i.Outstanding())
		was := *c
		c.Manifest, c.Change, c.Touched = in.Manifest, h.change(in.Manifest), true
		i.Changed(at, h.change(in.Manifest), h.undo(c.Safety, in.Claim))
		return *c != was || len(i.Outstanding()) != before
	})
	if err != nil {
		return Output{}, err
	}
	out, err := h.match(ctx, in.Manifest, h.p.Environment.Parameters, overwrite)
	if err != nil {
		return Output{}, err
	}
	done := h.p.Clock.Now()
	_, err = h.store.Update(ctx, in.Claim, func(i *incident.Incident) bool {
		was := i.Restore.Configuration.Restored
		i.Restore.Configuration.Restored = true
		if !was {
			i.Restore.Configuration.At = done
		}
		return !was
	})
	return out, err
}

func (h *Handler) change(manifest string) string {
	return fmt.Sprintf("%s: parameters below %s were made those of %s", h.p.Region(), h.p.Environment.Parameters, manifest)
}

func (h *Handler) undo(safety string, claim incident.Claim) string {
	if safety == "" {
		return ""
	}
	return fmt.Sprintf(`aws lambda invoke --region %s --function-name %s --cli-binary-format raw-in-base64-out --payload '{"action":"back","epoch":%d,"owner":%q}' /dev/stdout`,
		h.p.Region(), h.p.Environment.FunctionName("restoreconfig"), claim.Epoch, claim.Owner)
}

// back makes the live parameters again what they were before the restore touched them. Once the restored things serve,
// nothing is taken back by itself.
func (h *Handler) back(ctx context.Context, in Input, i incident.Incident) (Output, error) {
	c := i.Restore.Configuration
	switch {
	case i.Restore.InPlace:
		return Output{State: restore.Live, Kept: []string{}, Detail: "what was restored is in its place"}, nil
	case c == nil || !c.Touched:
		return Output{State: restore.Done, Kept: []string{}, Detail: "nothing was touched"}, nil
	case c.Safety == "":
		return Output{}, failure.New(failure.Unsafe, "put the configuration back", "no point of what was there is known").
			Next("nothing was there when the restore began: what it wrote can be removed by hand")
	}
	out, err := h.match(ctx, c.Safety, h.p.Environment.Parameters, true)
	if err != nil {
		return Output{}, err
	}
	_, err = h.store.Update(ctx, in.Claim, func(i *incident.Incident) bool {
		i.Undone(i.Restore.Configuration.Change)
		i.Restore.Configuration.Touched, i.Restore.Configuration.Restored = false, false
		return true
	})
	return out, err
}

func (h *Handler) besideChange(path string) string {
	return fmt.Sprintf("%s: restored parameters were written below %s", h.p.Region(), path)
}

// beside writes the point below a path of its own.
func (h *Handler) beside(ctx context.Context, in Input) (Output, error) {
	path := Beside(h.p.Environment) + "/" + in.Into
	if in.Owner != "" {
		at := h.p.Clock.Now()
		_, err := h.store.Update(ctx, in.Claim, func(i *incident.Incident) bool {
			before := len(i.Outstanding())
			i.Changed(at, h.besideChange(path), "delete the parameters below "+path)
			return len(i.Outstanding()) != before
		})
		if err != nil {
			return Output{}, err
		}
	}
	return h.match(ctx, in.Manifest, path, true)
}

// discard removes what beside wrote.
func (h *Handler) discard(ctx context.Context, in Input) (Output, error) {
	path := Beside(h.p.Environment) + "/" + in.Into
	out := Output{State: restore.Done, Place: path, Kept: []string{}}
	if err := h.empty(ctx, path, &out); err != nil {
		return Output{}, err
	}
	if in.Owner == "" {
		return out, nil
	}
	_, err := h.store.Update(ctx, in.Claim, func(i *incident.Incident) bool {
		before := len(i.Outstanding())
		i.Undone(h.besideChange(path))
		return len(i.Outstanding()) != before
	})
	return out, err
}
