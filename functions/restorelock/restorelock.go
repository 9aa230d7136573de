// Package restorelock is the lock, the record and the end of a restore, as the state machine uses them.
//
// The lock is the one that a failover away from the region takes, in the table of the other region: a restore during a
// failover is refused, and a failover during a restore. It refuses to go on without that lock, also when the other region
// does not answer. It touches nothing but the incident table.
package restorelock

import (
	"context"
	_ "embed"
	"time"

	"github.com/acso/disaster-recovery/internal/environment"
	"github.com/acso/disaster-recovery/internal/failure"
	"github.com/acso/disaster-recovery/internal/grant"
	"github.com/acso/disaster-recovery/internal/incident"
	"github.com/acso/disaster-recovery/internal/platform"
	"github.com/acso/disaster-recovery/internal/restore"
)

// Event is an example input.
//
//go:embed event.json
var Event []byte

// Errors are the kinds that it fails with.
var Errors = append([]failure.Kind{failure.InvalidInput, failure.AlreadyRunning, failure.Superseded}, incident.Errors...)

// Input says what to do. EventBridge's event about the end of an execution is taken as it is, as the action ended.
type Input struct {
	Action string `json:"action"` // open, place, close, assess or ended
	incident.Claim
	Trigger string           `json:"trigger,omitempty"`  // open: who asked for it
	Plan    *restore.Plan    `json:"plan,omitempty"`     // open
	Outcome incident.Outcome `json:"outcome,omitempty"`  // close: recovered, stood-down, failed-clean or failed-dirty
	Reason  string           `json:"reason,omitempty"`   // close; assess: why the execution fails
	Status  string           `json:"status,omitempty"`   // ended: FAILED, TIMED_OUT or ABORTED
	Stopped time.Time        `json:"stoppedAt,omitzero"` // ended: when
	incident.Event
}

// Output is the incident of the restore, and what the action found.
type Output struct {
	Epoch               int64            `json:"epoch"`
	State               incident.State   `json:"state"`
	Outcome             incident.Outcome `json:"outcome"`
	ApprovalSeconds     int              `json:"approvalTimeoutSeconds"` // how long a person is waited for
	LossSeconds         *float64         `json:"lossSeconds"`            // from the oldest moment of what was restored to the last task's end; null when nothing was given up or it is not known yet
	LostRows            *int64           `json:"lostTransactions"`       // that wrote after the moment, rolled back ones included; null as above
	RTOSeconds          float64          `json:"rtoSeconds"`             // close: from the opening to the end
	RTOObjectiveSeconds float64          `json:"rtoObjectiveSeconds"`    // close: of the environment, for this procedure
	RTOMet              bool             `json:"rtoMet"`                 // close
	Losses              []Loss           `json:"losses"`                 // by part, of what was restored in place
	Changes             []string         `json:"changes"`                // outstanding ones
	Clean               bool             `json:"clean"`                  // assess: nothing is left changed
	Next                []string         `json:"next"`                   // assess: what a person does now
	Text                string           `json:"text"`                   // assess: all of it, for the Cause of the execution
	Released            bool             `json:"released"`               // ended: the lock was held and is free now
	Ignored             string           `json:"ignored,omitempty"`      // ended: why nothing was done
}

// Loss is the work of one part that was given up: from the moment of what was restored to the end of the last task.
type Loss struct {
	Part    restore.Part `json:"part"`
	From    string       `json:"from"` // the moment, or the manifest
	Seconds float64      `json:"seconds"`
}

// Handler acts on the incident table of the other region.
type Handler struct {
	p     platform.Platform
	store *incident.Store
}

// New makes the handler.
func New(p platform.Platform) *Handler {
	return &Handler{p: p, store: incident.NewStoreIn(p, p.Environment.Pair(p.Region()))}
}

// Grants is what it may do: keep the other region's table.
func Grants(e *environment.Environment, region string) []grant.Grant {
	return incident.Grants(e, e.Pair(region))
}

// Handle does one action. Each can be repeated.
func (h *Handler) Handle(ctx context.Context, in Input) (Output, error) {
	owner, status, stopped, isEvent, err := in.Event.Ended()
	if err != nil {
		return Output{}, err
	}
	if isEvent {
		in = Input{Action: "ended", Claim: incident.Claim{Owner: owner}, Status: status, Stopped: stopped}
	}
	switch in.Action {
	case "open":
		return h.open(ctx, in)
	case "place":
		return h.place(ctx, in)
	case "close":
		return h.close(ctx, in)
	case "assess":
		return h.assess(ctx, in)
	case "ended":
		return h.ended(ctx, in)
	}
	return Output{}, failure.New(failure.InvalidInput, "act on the restore", "action %q is none of open, place, close, assess, ended", in.Action)
}

func (h *Handler) open(ctx context.Context, in Input) (Output, error) {
	const op = "open an incident for a restore"
	if in.Owner == "" || in.Plan == nil {
		return Output{}, failure.New(failure.InvalidInput, op, "owner, the ARN of the execution, and plan are required")
	}
	if in.Plan.Region != h.p.Region() {
		return Output{}, failure.New(failure.InvalidInput, op, "the plan is for %s and this is %s", in.Plan.Region, h.p.Region())
	}
	i, err := h.store.BeginRestore(ctx, in.Owner, in.Trigger, incident.Restore{
		Region: in.Plan.Region, To: in.Plan.To, Mode: string(in.Plan.Mode), Source: in.Plan.Instance, Live: in.Plan.Live,
		Restored: in.Plan.Restored, Kept: in.Plan.Kept, KeptReplica: in.Plan.KeptReplica,
	})
	if err != nil {
		return Output{}, err
	}
	return h.output(i), nil
}

func (h *Handler) close(ctx context.Context, in Input) (Output, error) {
	switch in.Outcome {
	case incident.Recovered, incident.StoodDown, incident.FailedClean, incident.FailedDirty:
	default:
		return Output{}, failure.New(failure.InvalidInput, "close the restore", "outcome %q is none of recovered, stood-down, failed-clean, failed-dirty", in.Outcome)
	}
	i, err := h.store.Finish(ctx, in.Claim, in.Outcome, in.Reason, 0)
	if err != nil {
		return Output{}, err
	}
	out := h.output(i)
	for _, loss := range out.Losses { // the largest of the parts'
		if out.LossSeconds == nil || loss.Seconds > *out.LossSeconds {
			out.LossSeconds = &loss.Seconds
		}
	}
	out.RTOSeconds = i.EndedAt.Sub(i.OpenedAt).Seconds()
	out.RTOObjectiveSeconds = h.p.Environment.Objectives.RecoveryTime.Standard.Std().Seconds()
	out.RTOMet = out.RTOSeconds <= out.RTOObjectiveSeconds
	return out, nil
}

func (h *Handler) output(i incident.Incident) Output {
	out := Output{
		Epoch: i.Epoch, State: i.State, Outcome: i.Outcome, Changes: []string{}, Next: []string{},
		ApprovalSeconds: h.p.Environment.Policies.Approval.Timeout.Seconds(), LossSeconds: i.LossSeconds, Losses: losses(i.Restore),
	}
	if i.Restore != nil {
		out.LostRows = i.Restore.LostRows
	}
	for _, change := range i.Outstanding() {
		out.Changes = append(out.Changes, change.What)
	}
	return out
}

func (h *Handler) ended(ctx context.Context, in Input) (Output, error) {
	end, err := h.store.ReleaseEnded(ctx, in.Owner, in.Status, in.Stopped)
	if err != nil {
		return Output{}, err
	}
	if end.Outcome == "" {
		return Output{Ignored: end.Ignored, Changes: []string{}, Next: []string{}}, nil
	}
	out := h.output(end.Incident)
	out.Released, out.Ignored = end.Released, end.Ignored
	return out, nil
}
