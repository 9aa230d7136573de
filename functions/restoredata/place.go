package restoredata

import (
	"context"
	"fmt"
	"time"

	"github.com/acso/disaster-recovery/internal/catalog"
	"github.com/acso/disaster-recovery/internal/failure"
	"github.com/acso/disaster-recovery/internal/incident"
	"github.com/acso/disaster-recovery/internal/recoverypoint"
	"github.com/acso/disaster-recovery/internal/restore"
	"github.com/acso/disaster-recovery/internal/retention"
)

// safety takes a point for the one that holds what is there: verified, of application data, and taken since the restore
// was opened.
func (h *Handler) safety(ctx context.Context, in Input, i incident.Incident) (Output, error) {
	p, err := restore.SafetyPoint(ctx, catalog.Bucket{Client: h.s3, Name: recoverypoint.Bucket(h.p.Environment, h.p.Region())}, in.Manifest, retention.ApplicationData, i.OpenedAt)
	if err != nil {
		return Output{}, err
	}
	_, err = h.store.Update(ctx, in.Claim, func(i *incident.Incident) bool {
		if i.Restore.Data == nil {
			i.Restore.Data = &incident.Part{}
		}
		if i.Restore.Data.Touched || i.Restore.Data.Safety == in.Manifest {
			return false // what is there now is not what was there
		}
		i.Restore.Data.Safety, i.Restore.Data.SafetyAt = in.Manifest, p.Taken
		return true
	})
	return Output{State: restore.Done, Detail: fmt.Sprintf("%s is verified (%s) and holds what is there", in.Manifest, p.Depth)}, err
}

// place makes the live data what the point says. That something is about to change is written down first.
func (h *Handler) place(ctx context.Context, in Input, i incident.Incident) (Output, error) {
	overwrite := safe(i.Restore)
	at := h.p.Clock.Now()
	_, err := h.store.Update(ctx, in.Claim, func(i *incident.Incident) bool {
		if i.Restore.Data == nil {
			i.Restore.Data = &incident.Part{}
		}
		d, before := i.Restore.Data, len(i.Outstanding())
		was := *d
		d.Manifest, d.Change, d.Touched = in.Manifest, h.change(in.Manifest), true
		i.Changed(at, h.change(in.Manifest), h.undo(d.Safety, in))
		return *d != was || len(i.Outstanding()) != before
	})
	if err != nil {
		return Output{}, err
	}
	out, err := h.run(ctx, in, in.Manifest, "", overwrite)
	if err != nil || out.State != restore.Done {
		return out, err
	}
	done := h.p.Clock.Now()
	_, err = h.store.Update(ctx, in.Claim, func(i *incident.Incident) bool {
		was := i.Restore.Data.Restored
		i.Restore.Data.Restored = true
		if !was {
			i.Restore.Data.At = done
		}
		return !was
	})
	return out, err
}

// safe tells whether a verified point holds what is there, with nobody writing to it since.
func safe(r *incident.Restore) bool {
	return r.Data != nil && r.Data.Safety != "" && !r.StoppedAt.IsZero() && !r.Data.SafetyAt.Before(r.StoppedAt.Truncate(time.Second))
}

func (h *Handler) change(manifest string) string {
	return fmt.Sprintf("%s: application data were made those of %s", h.p.Region(), manifest)
}

func (h *Handler) undo(safety string, in Input) string {
	if safety == "" {
		return ""
	}
	return fmt.Sprintf(`aws lambda invoke --region %s --function-name %s --cli-binary-format raw-in-base64-out --payload '{"action":"back","to":%q,"epoch":%d,"owner":%q}' /dev/stdout, until its state is done`,
		h.p.Region(), h.p.Environment.FunctionName("restoredata"), in.To, in.Epoch, in.Owner)
}

// back makes the live data again what they were before the restore touched them. Once the restored things serve, nothing
// is taken back by itself.
func (h *Handler) back(ctx context.Context, in Input, i incident.Incident) (Output, error) {
	d := i.Restore.Data
	switch {
	case i.Restore.InPlace:
		return Output{State: restore.Live, Detail: "what was restored is in its place"}, nil
	case d == nil || !d.Touched:
		return Output{State: restore.Done, Detail: "nothing was touched"}, nil
	case d.Safety == "":
		return Output{}, failure.New(failure.Unsafe, "put the application data back", "no point of what was there is known").
			Next("nothing was there when the restore began: what it wrote can be removed by hand")
	}
	out, err := h.run(ctx, in, d.Safety, "", true)
	if err != nil || out.State != restore.Done {
		return out, err
	}
	_, err = h.store.Update(ctx, in.Claim, func(i *incident.Incident) bool {
		i.Undone(i.Restore.Data.Change)
		i.Restore.Data.Touched, i.Restore.Data.Restored = false, false
		return true
	})
	return out, err
}

func (h *Handler) besideChange(place string) string {
	return fmt.Sprintf("%s: %s was filled with restored application data", h.p.Region(), place)
}

// beside fills a folder of its own. What an earlier run left there is overwritten: nobody else's folder has its name.
func (h *Handler) beside(ctx context.Context, in Input) (Output, error) {
	_, place, err := h.destination(in.To, in.Into)
	if err != nil {
		return Output{}, err
	}
	if in.Owner != "" {
		at := h.p.Clock.Now()
		_, err := h.store.Update(ctx, in.Claim, func(i *incident.Incident) bool {
			before := len(i.Outstanding())
			i.Changed(at, h.besideChange(place), "remove "+place)
			return len(i.Outstanding()) != before
		})
		if err != nil {
			return Output{}, err
		}
	}
	return h.run(ctx, in, in.Manifest, in.Into, true)
}

// discard removes the folder that beside filled.
func (h *Handler) discard(ctx context.Context, in Input) (Output, error) {
	to, place, err := h.destination(in.To, in.Into)
	if err != nil {
		return Output{}, err
	}
	removed := 0
	err = to.List(ctx, func(path string) error {
		removed++
		return to.Remove(ctx, path)
	})
	if err != nil {
		return Output{}, err
	}
	if in.Owner != "" {
		_, err = h.store.Update(ctx, in.Claim, func(i *incident.Incident) bool {
			before := len(i.Outstanding())
			i.Undone(h.besideChange(place))
			return len(i.Outstanding()) != before
		})
	}
	return Output{State: restore.Done, Place: place, Detail: fmt.Sprintf("%d files were removed", removed)}, err
}
