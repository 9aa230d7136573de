// Package incident is the lock, the record and the end of a failover, as the state machine uses them.
//
// It refuses a second failover beside an open one and one too soon after another. It touches nothing but the incident
// table, so that an execution that stands down has changed nothing else.
package incident

import (
	"context"
	_ "embed"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/sfn"

	"github.com/acso/disaster-recovery/internal/database"
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
var Errors = append([]failure.Kind{failure.InvalidInput, failure.Aborted, failure.Unsafe, failure.AlreadyRunning, failure.CoolingDown, failure.Superseded}, incident.Errors...)

// Input says what to do. EventBridge's event about the end of an execution is taken as it is, as the action ended.
type Input struct {
	Action string `json:"action"` // open, record, commit, ask, close, assess, abort, acknowledge, look or ended
	incident.Claim
	Mode     incident.Mode    `json:"mode,omitempty"`     // open: automatic (default), manual or planned
	By       string           `json:"by,omitempty"`       // abort, acknowledge: who asks
	Trigger  string           `json:"trigger,omitempty"`  // open: what started it
	Stage    string           `json:"stage,omitempty"`    // record
	Changes  []string         `json:"changes,omitempty"`  // record
	Attested string           `json:"attested,omitempty"` // record: who fenced the old primary by hand
	Question string           `json:"question,omitempty"` // ask
	Token    string           `json:"token,omitempty"`    // ask: where the answer goes
	Outcome  incident.Outcome `json:"outcome,omitempty"`  // close
	Reason   string           `json:"reason,omitempty"`   // close; abort: why; assess: why the execution fails
	Status   string           `json:"status,omitempty"`   // ended: FAILED, TIMED_OUT or ABORTED
	Stopped  time.Time        `json:"stoppedAt,omitzero"` // ended: when
	incident.Event
}

// Output is the incident, and what the action found.
type Output struct {
	Epoch       int64               `json:"epoch"`
	Region      string              `json:"region"` // to be activated: where this runs
	OldPrimary  string              `json:"oldPrimary"`
	Target      string              `json:"target"` // the region to be activated, as flipdns names it: recovery or primary
	State       incident.State      `json:"state"`
	Outcome     incident.Outcome    `json:"outcome"`
	Promotion   incident.Promotion  `json:"promotion"` // "", requested or done
	Fence       incident.FenceState `json:"fence"`
	Drained     bool                `json:"drained"` // a planned switchover stopped services of the old primary, and they were not given back
	Policy      Policy              `json:"policy"`
	Changes     []string            `json:"changes"`            // outstanding ones
	Left        []string            `json:"left"`               // close: what a person still has to do, although it recovered
	Readiness   *incident.Readiness `json:"readiness"`          // of the region to be activated; null when it was not judged
	LossSeconds *float64            `json:"lossBoundSeconds"`   // null when it was not measured
	RTOSeconds  *float64            `json:"rtoSeconds"`         // close: see incident.RecoveryTime; null when the start of the outage is not known
	Clean       bool                `json:"clean"`              // assess: nothing is left changed
	Next        []string            `json:"next"`               // assess: what a person does now
	Text        string              `json:"text"`               // assess: all of it, for the Cause of the execution
	Released    bool                `json:"released"`           // ended: the lock was held and is free now
	Ignored     string              `json:"ignored,omitempty"`  // ended: why nothing was done
	Refusals    map[string]string   `json:"refusals,omitempty"` // look: why a mode would not begin now
}

// Policy is what the environment says about decisions, in seconds, for the state machine.
type Policy struct {
	ApprovalTimeoutSeconds int    `json:"approvalTimeoutSeconds"`
	OnApprovalTimeout      string `json:"onApprovalTimeout"` // stand-down or proceed
	ConfirmationSeconds    int    `json:"confirmationSeconds"`
	LossLimitSeconds       int    `json:"lossLimitSeconds"`
	RTOSeconds             int    `json:"rtoSeconds"` // objective of the critical tier
}

// Handler acts on the incident table of its region.
type Handler struct {
	p        platform.Platform
	store    *incident.Store
	database *database.Database
	states   *sfn.Client
}

// New makes the handler.
func New(p platform.Platform) *Handler {
	return &Handler{p: p, store: incident.NewStore(p), database: database.In(p, p.Region()), states: sfn.NewFromConfig(p.AWS)}
}

// Grants is what it may do: keep the table, and look at the replica to assess a failure.
func Grants(e *environment.Environment, region string) []grant.Grant {
	return append(append(incident.Grants(e, region), incident.PairReadGrants(e, region)...),
		grant.Grant{Actions: []string{"rds:DescribeDBInstances"}, Resources: []string{database.ARN(e, region)}},
		// A task token names no resource: https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsstepfunctions.html
		grant.Grant{Actions: []string{"states:SendTaskSuccess"}, Resources: []string{"*"}},
	)
}

// Handle does one action. Each can be repeated.
func (h *Handler) Handle(ctx context.Context, in Input) (Output, error) {
	in, err := in.unwrapped()
	if err != nil {
		return Output{}, err
	}
	switch in.Action {
	case "open":
		return h.open(ctx, in)
	case "record":
		return h.record(ctx, in)
	case "commit":
		i, err := h.store.Commit(ctx, in.Claim)
		return h.output(i), err
	case "abort":
		return h.abort(ctx, in)
	case "acknowledge":
		return h.acknowledge(ctx, in)
	case "look":
		return h.look(ctx)
	case "ask":
		return h.ask(ctx, in)
	case "close":
		return h.close(ctx, in)
	case "assess":
		return h.assess(ctx, in)
	case "ended":
		return h.ended(ctx, in)
	}
	return Output{}, failure.New(failure.InvalidInput, "act on the incident", "action %q is none of open, record, commit, ask, close, assess, abort, acknowledge, look, ended", in.Action)
}

func (h *Handler) open(ctx context.Context, in Input) (Output, error) {
	if in.Owner == "" {
		return Output{}, failure.New(failure.InvalidInput, "open an incident", "owner, the ARN of the execution, is required")
	}
	switch in.Mode {
	case "":
		in.Mode = incident.Automatic
	case incident.Automatic, incident.Manual, incident.Planned:
	default:
		return Output{}, failure.New(failure.InvalidInput, "open an incident", "mode %q is none of automatic, manual, planned", in.Mode)
	}
	i, err := h.store.Begin(ctx, incident.Opening{Owner: in.Owner, Trigger: in.Trigger, Region: h.p.Region(), Mode: in.Mode})
	if err != nil {
		return Output{}, err
	}
	return h.output(i), nil
}

func (h *Handler) record(ctx context.Context, in Input) (Output, error) {
	now := h.p.Clock.Now()
	var halted error
	i, err := h.store.Update(ctx, in.Claim, func(i *incident.Incident) bool {
		if halted = i.Halted(); halted != nil {
			return false
		}
		if in.Stage != "" {
			i.Reached(in.Stage, now)
		}
		for _, what := range in.Changes {
			i.Changed(now, what, "")
		}
		if in.Attested != "" {
			i.Fence.Attested, i.Fence.AttestedAt = in.Attested, now
		}
		return true
	})
	if err == nil {
		err = halted
	}
	return h.output(i), err
}

func (h *Handler) ask(ctx context.Context, in Input) (Output, error) {
	if in.Token == "" {
		return Output{}, failure.New(failure.InvalidInput, "record a question", "token is required")
	}
	i, err := h.store.Ask(ctx, in.Claim, in.Question, in.Token)
	return h.output(i), err
}

// close ends the incident. Only a finished failover starts a cool-down: after a false alarm the next one may be real.
func (h *Handler) close(ctx context.Context, in Input) (Output, error) {
	switch in.Outcome {
	case incident.Recovered, incident.StoodDown, incident.FailedClean, incident.FailedDirty:
	default:
		return Output{}, failure.New(failure.InvalidInput, "close the incident", "outcome %q is none of recovered, stood-down, failed-clean, failed-dirty", in.Outcome)
	}
	var coolDown time.Duration
	if in.Outcome == incident.Recovered {
		coolDown = h.p.Environment.Policies.CoolDown.Std()
	}
	i, err := h.store.Finish(ctx, in.Claim, in.Outcome, in.Reason, coolDown)
	if err != nil {
		return Output{}, err
	}
	out := h.output(i)
	if old := h.p.Environment.Pair(h.p.Region()); in.Outcome == incident.Recovered && i.Fence.State == incident.FenceOwed {
		out.Left = append(out.Left, "the fence of "+old+" is owed: leave the probe enabled, it completes it when "+old+" answers; a failback is refused until then")
	}
	if took, known := i.RecoveryTime(h.p.Environment.Domain.TTL.Std()); known {
		seconds := took.Seconds()
		out.RTOSeconds = &seconds
	}
	return out, nil
}

func (h *Handler) output(i incident.Incident) Output {
	e := h.p.Environment
	target := "recovery"
	if h.p.Region() == e.Regions.Primary {
		target = "primary"
	}
	out := Output{
		Target: target, Epoch: i.Epoch, Region: h.p.Region(), OldPrimary: e.Pair(h.p.Region()), State: i.State, Outcome: i.Outcome,
		Promotion: i.Promotion, Fence: i.Fence.State, Changes: []string{}, Next: []string{}, LossSeconds: i.LossSeconds,
		Drained: i.Drain != nil, Readiness: i.Readiness, Left: slices.Concat([]string{}, i.Left),
		Policy: Policy{
			ApprovalTimeoutSeconds: e.Policies.Approval.Timeout.Seconds(), OnApprovalTimeout: string(e.Policies.Approval.OnTimeout),
			ConfirmationSeconds: e.Monitoring.Confirmation.Seconds(), LossLimitSeconds: e.Policies.Lag.Limit.Seconds(),
			RTOSeconds: e.Objectives.RecoveryTime.Critical.Seconds(),
		},
	}
	for _, change := range i.Outstanding() {
		out.Changes = append(out.Changes, change.What)
	}
	return out
}

func (in Input) unwrapped() (Input, error) {
	owner, status, stopped, isEvent, err := in.Event.Ended()
	if err != nil || !isEvent {
		return in, err
	}
	return Input{Action: "ended", Claim: incident.Claim{Owner: owner}, Status: status, Stopped: stopped}, nil
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
