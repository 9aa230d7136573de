// Package failbacklock is the lock, the record and the end of a failback, as the state machine uses them.
//
// The lock is the one that a failover into its own region takes, so that nothing activates the region while it is rebuilt.
// It refuses to begin while the fence of its region is not proven, and while the other region does not say so itself: what
// the old primary remembers is not believed. It touches nothing but the incident tables.
package failbacklock

import (
	"context"
	_ "embed"
	"time"

	"github.com/acso/disaster-recovery/internal/environment"
	"github.com/acso/disaster-recovery/internal/failure"
	"github.com/acso/disaster-recovery/internal/grant"
	"github.com/acso/disaster-recovery/internal/incident"
	"github.com/acso/disaster-recovery/internal/platform"
)

// Event is an example input.
//
//go:embed event.json
var Event []byte

// Errors are the kinds that it fails with.
var Errors = append([]failure.Kind{failure.InvalidInput, failure.AlreadyRunning, failure.Superseded, failure.Aborted, failure.Unsafe}, incident.Errors...)

// patience with the other region, whose record has to be read.
const patience = 10 * time.Second

// Input says what to do. EventBridge's event about the end of an execution is taken as it is, as the action ended.
type Input struct {
	Action string `json:"action"` // open, accept, close, assess or ended
	incident.Claim
	Trigger   string           `json:"trigger,omitempty"`   // open: who asked for it
	Execution string           `json:"execution,omitempty"` // open: its name, from which names derive
	Started   time.Time        `json:"started,omitzero"`    // open: when it was started
	By        string           `json:"by,omitempty"`        // accept: who said to go on without a complete report
	Outcome   incident.Outcome `json:"outcome,omitempty"`   // close: handed-over, recovered, stood-down, failed-clean or failed-dirty
	Reason    string           `json:"reason,omitempty"`    // close; assess: why the execution fails
	Status    string           `json:"status,omitempty"`    // ended: FAILED, TIMED_OUT or ABORTED
	Stopped   time.Time        `json:"stoppedAt,omitzero"`  // ended: when
	incident.Event
}

// Phase is which half of a failback is to be done.
type Phase string

// The halves. What is between them is a planned failover.
const (
	Rebuild Phase = "rebuild" // the region is made the standby of the one that serves
	Standby Phase = "standby" // the region serves again: the other one is made its standby
)

// Output is the incident of the failback, and what the action found.
type Output struct {
	Epoch           int64             `json:"epoch"`
	Phase           Phase             `json:"phase"`
	Region          string            `json:"region"` // to be activated again: where this runs
	From            string            `json:"from"`   // that served when the failback began
	Kept            string            `json:"kept"`
	KeptOther       string            `json:"keptOther"`
	State           incident.State    `json:"state"`
	Outcome         incident.Outcome  `json:"outcome"`
	ApprovalSeconds int               `json:"approvalTimeoutSeconds"`
	Missing         *incident.Missing `json:"missing"`           // transactions that never arrived; null before it was looked for
	Files           *incident.Missing `json:"files"`             // null before
	Changes         []string          `json:"changes"`           // outstanding ones
	Seconds         float64           `json:"seconds"`           // close: from the opening of this half to its end
	Clean           bool              `json:"clean"`             // assess: nothing is left changed
	Deserted        bool              `json:"deserted"`          // assess: the region that has to serve does not answer, and this one is not it
	Next            []string          `json:"next"`              // assess: what a person does now
	Text            string            `json:"text"`              // assess: all of it, for the Cause of the execution
	Released        bool              `json:"released"`          // ended: the lock was held and is free now
	Ignored         string            `json:"ignored,omitempty"` // ended: why nothing was done
}

// Handler acts on the incident table of its region, and reads that of the other.
type Handler struct {
	p     platform.Platform
	from  string
	store *incident.Store
	other *incident.Store
}

// New makes the handler.
func New(p platform.Platform) *Handler {
	from := p.Environment.Pair(p.Region())
	return &Handler{p: p, from: from, store: incident.NewStore(p), other: incident.NewStoreIn(p, from)}
}

// Grants is what it may do: keep its own table, and read that of the other region.
func Grants(e *environment.Environment, region string) []grant.Grant {
	return append(incident.Grants(e, region), incident.ReadGrants(e, e.Pair(region))...)
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
	case "accept":
		i, err := h.store.Update(ctx, in.Claim, func(i *incident.Incident) bool {
			i.Failback.Accepted = in.By
			return true
		})
		return h.output(i), err
	case "close":
		return h.close(ctx, in)
	case "assess":
		return h.assess(ctx, in)
	case "ended":
		return h.ended(ctx, in)
	}
	return Output{}, failure.New(failure.InvalidInput, "act on the failback", "action %q is none of open, accept, close, assess, ended", in.Action)
}

// close ends a half. The second half's success is the end of the failback.
func (h *Handler) close(ctx context.Context, in Input) (Output, error) {
	switch in.Outcome {
	case incident.HandedOver, incident.Recovered, incident.StoodDown, incident.FailedClean, incident.FailedDirty:
	default:
		return Output{}, failure.New(failure.InvalidInput, "close the failback", "outcome %q is none of handed-over, recovered, stood-down, failed-clean, failed-dirty", in.Outcome)
	}
	i, err := h.store.Present(ctx)
	if err != nil {
		return Output{}, err
	}
	done := i.Epoch == in.Epoch && i.Owner == in.Owner && i.State == incident.Closed && !i.Released && i.Outcome == in.Outcome
	switch {
	case done:
	case in.Outcome == incident.HandedOver:
		i, err = h.store.HandOver(ctx, in.Claim)
	case in.Outcome == incident.Recovered:
		if _, err = h.store.Update(ctx, in.Claim, func(i *incident.Incident) bool { i.Failback.Finished = true; return true }); err != nil {
			return Output{}, err
		}
		fallthrough
	default:
		i, err = h.store.Finish(ctx, in.Claim, in.Outcome, in.Reason, 0)
	}
	if err != nil {
		return Output{}, err
	}
	out := h.output(i)
	out.Seconds = i.EndedAt.Sub(i.OpenedAt).Seconds()
	return out, nil
}

func (h *Handler) output(i incident.Incident) Output {
	out := Output{
		Epoch: i.Epoch, State: i.State, Outcome: i.Outcome, Changes: []string{}, Next: []string{}, Region: h.p.Region(), From: h.from,
		ApprovalSeconds: h.p.Environment.Policies.Approval.Timeout.Seconds(), Phase: Rebuild,
	}
	if f := i.Failback; f != nil {
		out.Kept, out.KeptOther, out.Missing, out.Files = f.Kept, f.KeptOther, f.Missing, f.Files
		if f.Switched {
			out.Phase = Standby
		}
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
