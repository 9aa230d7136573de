package restoreconfig

import (
	"context"
	"fmt"

	"github.com/acso/disaster-recovery/internal/catalog"
	"github.com/acso/disaster-recovery/internal/incident"
	"github.com/acso/disaster-recovery/internal/recoverypoint"
	"github.com/acso/disaster-recovery/internal/restore"
	"github.com/acso/disaster-recovery/internal/retention"
)

// ledger is what it writes into the incident of a claim.
func (h *Handler) ledger(claim incident.Claim) restore.Ledger {
	return restore.Ledger{Store: h.store, Claim: claim, Part: func(r *incident.Restore) **incident.Part { return &r.Configuration }}
}

// safety takes a point for the one that holds what is there: verified, of the configuration, and taken since the restore
// was opened.
func (h *Handler) safety(ctx context.Context, in Input, i incident.Incident) (Output, error) {
	p, err := restore.SafetyPoint(ctx, catalog.Bucket{Client: h.s3, Name: recoverypoint.Bucket(h.p.Environment, h.p.Region())}, in.Manifest, retention.Configuration, i.OpenedAt)
	if err != nil {
		return Output{}, err
	}
	err = h.ledger(in.Claim).Safety(ctx, in.Manifest, p.Taken)
	return Output{State: restore.Done, Kept: []string{}, Detail: fmt.Sprintf("%s is verified (%s) and holds what is there", in.Manifest, p.Depth)}, err
}

// place makes the live parameters what the point says. That something is about to change is written down first.
func (h *Handler) place(ctx context.Context, in Input, i incident.Incident) (Output, error) {
	overwrite := i.Restore.Configuration != nil && i.Restore.Configuration.Safety != ""
	ledger, undo := h.ledger(in.Claim), func(safety string) string { return h.undo(safety, in.Claim) }
	if err := ledger.Touch(ctx, h.p.Clock.Now(), in.Manifest, h.change(in.Manifest), undo); err != nil {
		return Output{}, err
	}
	out, err := h.match(ctx, in.Manifest, h.p.Environment.Parameters, overwrite)
	if err != nil {
		return Output{}, err
	}
	return out, ledger.Restored(ctx, h.p.Clock.Now())
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
	ledger := h.ledger(in.Claim)
	safety, state, why, err := ledger.Back(i, "configuration")
	switch {
	case err != nil:
		return Output{}, err
	case safety == "":
		return Output{State: state, Kept: []string{}, Detail: why}, nil
	}
	out, err := h.match(ctx, safety, h.p.Environment.Parameters, true)
	if err != nil {
		return Output{}, err
	}
	return out, ledger.PutBack(ctx)
}

func (h *Handler) besideChange(path string) string {
	return fmt.Sprintf("%s: restored parameters were written below %s", h.p.Region(), path)
}

// beside writes the point below a path of its own.
func (h *Handler) beside(ctx context.Context, in Input) (Output, error) {
	path := Beside(h.p.Environment) + "/" + in.Into
	if err := h.ledger(in.Claim).Beside(ctx, h.p.Clock.Now(), h.besideChange(path), "delete the parameters below "+path); err != nil {
		return Output{}, err
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
	return out, h.ledger(in.Claim).Discarded(ctx, h.besideChange(path))
}
