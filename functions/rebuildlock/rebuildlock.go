// Package rebuildlock is the lock, the record and the end of a restore of the whole system, as the state machine uses them.
//
// The record lies in the table of the region that is restored, the one that a failover into it would lock. The table of
// the other region is locked too when it answers, so that no failover away from here begins meanwhile; a region that is gone
// starts none. It refuses to begin while either is held, and touches nothing but the tables.
package rebuildlock

import (
	"context"
	_ "embed"
	"fmt"
	"slices"
	"time"

	"github.com/acso/disaster-recovery/internal/environment"
	"github.com/acso/disaster-recovery/internal/failure"
	"github.com/acso/disaster-recovery/internal/grant"
	"github.com/acso/disaster-recovery/internal/incident"
	"github.com/acso/disaster-recovery/internal/platform"
	"github.com/acso/disaster-recovery/internal/rebuild"
)

// Event is an example input.
//
//go:embed event.json
var Event []byte

// Errors are the kinds that it fails with.
var Errors = append([]failure.Kind{failure.InvalidInput, failure.AlreadyRunning, failure.Superseded, failure.Aborted}, incident.Errors...)

// Input says what to do. EventBridge's event about the end of an execution is taken as it is, as the action ended.
type Input struct {
	Action string `json:"action"` // open, record, commit, activate, close, assess or ended
	incident.Claim
	Trigger string           `json:"trigger,omitempty"`  // open: who asked for it
	Plan    *rebuild.Plan    `json:"plan,omitempty"`     // open
	What    string           `json:"what,omitempty"`     // record: what is about to be changed
	Undo    string           `json:"undo,omitempty"`     // record: how a person takes it back
	Undone  bool             `json:"undone,omitempty"`   // record: it was not changed after all
	Outcome incident.Outcome `json:"outcome,omitempty"`  // close
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
	RTOSeconds          float64          `json:"rtoSeconds"`             // close: from the opening to the end
	RTOObjectiveSeconds float64          `json:"rtoObjectiveSeconds"`    // close: of the environment, for this procedure
	RTOMet              bool             `json:"rtoMet"`                 // close
	Other               string           `json:"other"`                  // open: whether the other region's table is locked too
	Changes             []string         `json:"changes"`                // outstanding ones
	Clean               bool             `json:"clean"`                  // assess: nothing is left changed
	GiveBack            bool             `json:"giveBack"`               // assess: a person ended it, and the database that it made has to go
	Text                string           `json:"text"`                   // assess: all of it, for the Cause of the execution
	Released            bool             `json:"released"`               // ended: the lock was held and is free now
	Ignored             string           `json:"ignored,omitempty"`      // ended: why nothing was done
}

// Handler acts on the incident tables.
type Handler struct {
	p          platform.Platform
	own, other *incident.Store
}

// New makes the handler.
func New(p platform.Platform) *Handler {
	return &Handler{p: p, own: incident.NewStore(p), other: incident.NewStoreIn(p, p.Environment.Pair(p.Region()))}
}

// Grants is what it may do: keep both tables.
func Grants(e *environment.Environment, region string) []grant.Grant {
	return append(incident.Grants(e, region), incident.Grants(e, e.Pair(region))...)
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
	in.Table = h.p.Region()
	switch in.Action {
	case "open":
		return h.open(ctx, in)
	case "record":
		return h.record(ctx, in)
	case "commit":
		return h.commit(ctx, in)
	case "activate":
		return h.activate(ctx, in)
	case "close":
		return h.close(ctx, in)
	case "assess":
		return h.assess(ctx, in)
	case "ended":
		return h.ended(ctx, in)
	}
	return Output{}, failure.New(failure.InvalidInput, "act on the restore", "action %q is none of open, record, commit, activate, close, assess, ended", in.Action)
}

// patience bounds the calls to the other region, which may be the one that is gone.
const patience = 5 * time.Second

func (h *Handler) open(ctx context.Context, in Input) (Output, error) {
	const op = "open an incident for a restore of the whole system"
	if in.Owner == "" || in.Plan == nil || in.Plan.Region != h.p.Region() {
		return Output{}, failure.New(failure.InvalidInput, op, "owner and the plan of %s are required", h.p.Region())
	}
	live := h.p.Environment.DatabaseIn(h.p.Region())
	what := incident.Restore{Region: h.p.Region(), To: in.Plan.At, Mode: incident.System, Live: live, Restored: live}
	i, err := h.own.BeginRestore(ctx, in.Owner, in.Trigger, what)
	if err != nil {
		return Output{}, err
	}
	out := h.output(i)
	out.Other = "the table of " + h.p.Environment.Pair(h.p.Region()) + " is locked too"
	bounded, cancel := h.p.Clock.WithTimeout(ctx, patience)
	defer cancel()
	_, err = h.other.BeginRestore(bounded, in.Owner, in.Trigger, what)
	switch {
	case failure.Is(err, failure.AlreadyRunning):
		if _, closing := h.own.Finish(ctx, incident.Claim{Epoch: i.Epoch, Owner: in.Owner}, incident.FailedClean, err.Error(), 0); closing != nil {
			return out, closing
		}
		return out, err
	case err != nil:
		out.Other = fmt.Sprintf("%s does not answer: it starts no failover either (%v)", h.p.Environment.Pair(h.p.Region()), err)
	}
	return out, nil
}

func (h *Handler) record(ctx context.Context, in Input) (Output, error) {
	at := h.p.Clock.Now()
	var halted error
	i, err := h.own.Update(ctx, in.Claim, func(i *incident.Incident) bool {
		before := len(i.Outstanding())
		if halted = i.Halted(); halted != nil && !in.Undone { // what it goes before is not done
			return false
		}
		if in.Undone {
			i.Undone(in.What)
		} else {
			i.Changed(at, in.What, in.Undo)
		}
		return len(i.Outstanding()) != before
	})
	if err == nil && !in.Undone {
		err = halted
	}
	return h.output(i), err
}

// commit passes the point of no return, unless somebody asked to abort. What was made is not to be deleted any more, so that
// nobody is told how: services may write to it from now on.
func (h *Handler) commit(ctx context.Context, in Input) (Output, error) {
	if _, err := h.own.Commit(ctx, in.Claim); err != nil {
		return Output{}, err
	}
	i, err := h.own.Update(ctx, in.Claim, func(i *incident.Incident) (changed bool) {
		for n := range i.Changes {
			changed = changed || i.Changes[n].Undo != ""
			i.Changes[n].Undo = ""
		}
		return changed
	})
	return h.output(i), err
}

// activate records that this region is the one that serves, before clients are sent here: from then on the probe asserts
// the switch. The other region is told when it answers.
func (h *Handler) activate(ctx context.Context, in Input) (Output, error) {
	e, region := h.p.Environment, h.p.Region()
	i, err := h.own.Guard(ctx, in.Claim)
	if err != nil {
		return Output{}, err
	}
	role, err := h.own.Role(ctx)
	if err != nil {
		return Output{}, err
	}
	value := 0
	if region == e.Regions.Recovery {
		value = 1
	}
	if role.ActiveRegion != region || role.Switch != value {
		at := h.p.Clock.Now()
		if i, err = h.own.Update(ctx, in.Claim, func(i *incident.Incident) bool {
			i.Changed(at, fmt.Sprintf("%s: clients are sent here, the failover switch is %d", region, value), "")
			return true
		}); err != nil {
			return Output{}, err
		}
		if err := h.own.SetRole(ctx, incident.Role{ActiveRegion: region, Switch: value, Epoch: max(i.Epoch, role.Epoch)}); err != nil {
			return Output{}, err
		}
	}
	out := h.output(i)
	bounded, cancel := h.p.Clock.WithTimeout(ctx, patience)
	defer cancel()
	theirs, err := h.other.Role(bounded)
	if err == nil && theirs.ActiveRegion != region {
		err = h.other.SetRole(bounded, incident.Role{ActiveRegion: region, Switch: value, Epoch: max(i.Epoch, theirs.Epoch)})
	}
	if out.Other = e.Pair(region) + " knows it"; err != nil {
		out.Other = fmt.Sprintf("%s does not answer, and learns it when it asks (%v)", e.Pair(region), err)
	}
	return out, nil
}

func (h *Handler) close(ctx context.Context, in Input) (Output, error) {
	if !slices.Contains([]incident.Outcome{incident.Recovered, incident.StoodDown, incident.FailedClean, incident.FailedDirty}, in.Outcome) {
		return Output{}, failure.New(failure.InvalidInput, "close the restore", "outcome %q is none of recovered, stood-down, failed-clean, failed-dirty", in.Outcome)
	}
	i, err := h.own.Finish(ctx, in.Claim, in.Outcome, in.Reason, 0)
	if err != nil {
		return Output{}, err
	}
	out := h.output(i)
	out.RTOSeconds = i.EndedAt.Sub(i.OpenedAt).Seconds()
	out.RTOObjectiveSeconds = h.p.Environment.Objectives.RecoveryTime.NonCritical.Std().Seconds()
	out.RTOMet = out.RTOSeconds <= out.RTOObjectiveSeconds
	bounded, cancel := h.p.Clock.WithTimeout(ctx, patience)
	defer cancel()
	out.Other = "the table of " + h.p.Environment.Pair(h.p.Region()) + " is free"
	theirs, err := h.other.Present(bounded)
	if err == nil && theirs.Owner == in.Owner && theirs.State == incident.Open {
		_, err = h.other.Finish(bounded, incident.Claim{Epoch: theirs.Epoch, Owner: in.Owner}, in.Outcome, in.Reason, 0)
	}
	if err != nil {
		out.Other = fmt.Sprintf("whether the table of %s is free is unknown: %v", h.p.Environment.Pair(h.p.Region()), err)
	}
	return out, nil
}

func (h *Handler) ended(ctx context.Context, in Input) (Output, error) {
	end, err := h.own.ReleaseEnded(ctx, in.Owner, in.Status, in.Stopped)
	if err != nil {
		return Output{}, err
	}
	if end.Outcome == "" {
		return Output{Ignored: end.Ignored, Changes: []string{}}, nil
	}
	bounded, cancel := h.p.Clock.WithTimeout(ctx, patience)
	defer cancel()
	out := h.output(end.Incident)
	out.Released, out.Ignored = end.Released, end.Ignored
	if _, _, err := h.other.Release(bounded, in.Owner, end.Outcome, end.Stopped); err != nil {
		out.Other = fmt.Sprintf("whether the table of %s is free is unknown: %v", h.p.Environment.Pair(h.p.Region()), err)
	}
	return out, nil
}

func (h *Handler) output(i incident.Incident) Output {
	out := Output{Epoch: i.Epoch, State: i.State, Outcome: i.Outcome, Changes: []string{}, ApprovalSeconds: h.p.Environment.Policies.Approval.Timeout.Seconds()}
	for _, change := range i.Outstanding() {
		out.Changes = append(out.Changes, change.What)
	}
	return out
}
