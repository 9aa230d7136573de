package restoredata

import (
	"context"
	"fmt"
	"time"

	"github.com/acso/disaster-recovery/internal/catalog"
	"github.com/acso/disaster-recovery/internal/incident"
	"github.com/acso/disaster-recovery/internal/recoverypoint"
	"github.com/acso/disaster-recovery/internal/restore"
	"github.com/acso/disaster-recovery/internal/retention"
)

// ledger is what it writes into the incident of a claim.
func (h *Handler) ledger(claim incident.Claim) restore.Ledger {
	return restore.Ledger{Store: h.store, Claim: claim, Part: func(r *incident.Restore) **incident.Part { return &r.Data }}
}

// safety takes a point for the one that holds what is there: verified, of application data, and taken since the restore
// was opened.
func (h *Handler) safety(ctx context.Context, in Input, i incident.Incident) (Output, error) {
	p, err := restore.SafetyPoint(ctx, catalog.Bucket{Client: h.s3, Name: recoverypoint.Bucket(h.p.Environment, h.p.Region())}, in.Manifest, retention.ApplicationData, i.OpenedAt)
	if err != nil {
		return Output{}, err
	}
	err = h.ledger(in.Claim).Safety(ctx, in.Manifest, p.Taken)
	return Output{State: restore.Done, Detail: fmt.Sprintf("%s is verified (%s) and holds what is there", in.Manifest, p.Depth)}, err
}

// place makes the live data what the point says. That something is about to change is written down first.
func (h *Handler) place(ctx context.Context, in Input, i incident.Incident) (Output, error) {
	ledger, overwrite := h.ledger(in.Claim), safe(i.Restore)
	undo := func(safety string) string { return h.undo(safety, in) }
	if err := ledger.Touch(ctx, h.p.Clock.Now(), in.Manifest, h.change(in.Manifest), undo); err != nil {
		return Output{}, err
	}
	out, err := h.run(ctx, in, in.Manifest, "", overwrite)
	if err != nil || out.State != restore.Done {
		return out, err
	}
	return out, ledger.Restored(ctx, h.p.Clock.Now())
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
	ledger := h.ledger(in.Claim)
	safety, state, why, err := ledger.Back(i, "application data")
	if err != nil || safety == "" {
		return Output{State: state, Detail: why}, err
	}
	out, err := h.run(ctx, in, safety, "", true)
	if err != nil || out.State != restore.Done {
		return out, err
	}
	return out, ledger.PutBack(ctx)
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
	if err := h.ledger(in.Claim).Beside(ctx, h.p.Clock.Now(), h.besideChange(place), "remove "+place); err != nil {
		return Output{}, err
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
	err = h.ledger(in.Claim).Discarded(ctx, h.besideChange(place))
	return Output{State: restore.Done, Place: place, Detail: fmt.Sprintf("%d files were removed", removed)}, err
}
