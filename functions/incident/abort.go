package incident

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"

	"github.com/acso/disaster-recovery/internal/failure"
	"github.com/acso/disaster-recovery/internal/incident"
)

// abort notes an operator's request, which the running execution finds between two states.
func (h *Handler) abort(ctx context.Context, in Input) (Output, error) {
	if in.By == "" {
		return Output{}, failure.New(failure.InvalidInput, "abort the failover", "by, the name of who asks, is required")
	}
	found, err := h.store.Present(ctx)
	if err == nil && found.State == incident.Open && found.Restore != nil && found.Restore.Mode == incident.System && found.Restore.Region != h.p.Region() {
		err = failure.New(failure.Unsafe, "abort the restore", "its record is in %s, and this table is locked only, so nobody would read the request", found.Restore.Region).
			Next("ask in %s; drctl abort does", found.Restore.Region)
	}
	if err != nil {
		return Output{}, err
	}
	i, err := h.store.RequestAbort(ctx, in.By, in.Reason)
	if err != nil {
		return Output{}, err
	}
	h.answer(ctx, i, in)
	out := h.output(i)
	out.Text = fmt.Sprintf("incident %d ends before its point of no return; what was changed is given back, and %s tells when it is", i.Epoch, i.Owner)
	return out, nil
}

// answer says no to the question that the execution waits with, if there is one: it would find the request only after the
// time for answers. Best effort, since the person who asks can answer as well.
func (h *Handler) answer(ctx context.Context, i incident.Incident, in Input) {
	if i.Question == nil {
		return
	}
	text, err := json.Marshal(map[string]any{"approved": false, "by": in.By + ", who asked to abort"})
	if err != nil {
		return // a boolean and a name
	}
	_, _ = h.states.SendTaskSuccess(ctx, &sfn.SendTaskSuccessInput{TaskToken: aws.String(i.Question.Token), Output: aws.String(string(text))}) // answered already is as good
}

// look says, for each mode, whether an incident could be opened now. It changes nothing.
func (h *Handler) look(ctx context.Context) (Output, error) {
	i, err := h.store.Present(ctx)
	if err != nil {
		return Output{}, err
	}
	out := h.output(i)
	out.Refusals = map[string]string{}
	for _, mode := range []incident.Mode{incident.Automatic, incident.Manual, incident.Planned} {
		if _, err := h.store.Foresee(ctx, incident.Opening{Owner: "dry run", Region: h.p.Region(), Mode: mode}); err != nil {
			out.Refusals[string(mode)] = err.Error()
		}
	}
	return out, nil
}
