// Package planfailover says what a failover would do now, in each mode, from what the checks of a dry run found: the
// decision, the steps, and how long each takes.
//
// It calls nothing and changes nothing. A check that gave no answer makes a decision unknown, never a go.
package planfailover

import (
	"context"
	_ "embed"
	"encoding/json"

	"github.com/acso/disaster-recovery/functions/checkhealth"
	"github.com/acso/disaster-recovery/functions/checklag"
	"github.com/acso/disaster-recovery/functions/fence"
	"github.com/acso/disaster-recovery/functions/flipdns"
	"github.com/acso/disaster-recovery/functions/incident"
	"github.com/acso/disaster-recovery/functions/promotedata"
	"github.com/acso/disaster-recovery/functions/promotereplica"
	"github.com/acso/disaster-recovery/functions/readiness"
	"github.com/acso/disaster-recovery/functions/scaleecs"
	"github.com/acso/disaster-recovery/internal/environment"
	"github.com/acso/disaster-recovery/internal/failure"
	"github.com/acso/disaster-recovery/internal/grant"
	"github.com/acso/disaster-recovery/internal/platform"
)

// Event is an example input.
//
//go:embed event.json
var Event []byte

// Errors are the kinds that it fails with.
var Errors = []failure.Kind{failure.InvalidInput, failure.Unavailable, failure.Internal}

// Seen is what one check found, or why it found nothing.
type Seen struct {
	OK     bool            `json:"ok"`
	Why    string          `json:"why,omitempty"`
	Answer json.RawMessage `json:"answer,omitempty"`
}

// Input is what the checks of a dry run found.
type Input struct {
	Lock      Seen `json:"lock"`      // incident, action look
	Health    Seen `json:"health"`    // checkhealth
	Replica   Seen `json:"replica"`   // promotereplica, action check
	Loss      Seen `json:"loss"`      // checklag
	Primary   Seen `json:"primary"`   // fence, action look
	Services  Seen `json:"services"`  // scaleecs, action look
	Files     Seen `json:"files"`     // promotedata, action look
	Names     Seen `json:"names"`     // flipdns, mode look
	Readiness Seen `json:"readiness"` // readiness, quiet
}

// Output is the plan.
type Output struct {
	From      string   `json:"from"`
	To        string   `json:"to"`
	Automatic Plan     `json:"automatic"`
	Manual    Plan     `json:"manual"`
	Planned   Plan     `json:"planned"`
	Checks    []Check  `json:"checks"`
	Text      []string `json:"text"` // all of it, to be read
}

// Check is what one check found, in a sentence.
type Check struct {
	Name   string `json:"name"`
	Known  bool   `json:"known"`
	Detail string `json:"detail"`
}

// Plan is what one mode would do.
type Plan struct {
	Decision      string `json:"decision"` // go, ask, refuse or unknown
	Why           string `json:"why"`
	Steps         []Step `json:"steps"`
	TotalSeconds  int    `json:"totalSeconds"`
	OutageSeconds int    `json:"outageSeconds"` // of clients, from the first step that they feel
}

// Step is one step of a plan.
type Step struct {
	What    string `json:"what"`
	Seconds int    `json:"seconds"` // an estimate
	Outage  bool   `json:"outage"`  // clients wait meanwhile
	Because string `json:"because"` // where the estimate comes from
}

// Handler plans.
type Handler struct{ p platform.Platform }

// New makes the handler.
func New(p platform.Platform) *Handler { return &Handler{p: p} }

// Grants is what it may do: nothing.
func Grants(*environment.Environment, string) []grant.Grant { return nil }

// seen is what the checks found, in their own words; nil where a check gave no answer.
type seen struct {
	lock      *incident.Output
	health    *checkhealth.Output
	replica   *promotereplica.Output
	loss      *checklag.Output
	primary   *fence.Output
	services  *scaleecs.Output
	files     *promotedata.Output
	names     *flipdns.Output
	readiness *readiness.Output
}

// Handle makes the plan.
func (h *Handler) Handle(_ context.Context, in Input) (Output, error) {
	var s seen
	var err error
	read(in.Lock, &s.lock, &err)
	read(in.Health, &s.health, &err)
	read(in.Replica, &s.replica, &err)
	read(in.Loss, &s.loss, &err)
	read(in.Primary, &s.primary, &err)
	read(in.Services, &s.services, &err)
	read(in.Files, &s.files, &err)
	read(in.Names, &s.names, &err)
	read(in.Readiness, &s.readiness, &err)
	if err != nil {
		return Output{}, &failure.Error{Kind: failure.InvalidInput, Op: "plan a failover", Err: err}
	}
	to := h.p.Region()
	out := Output{From: h.p.Environment.Pair(to), To: to, Checks: checks(in, s)}
	out.Automatic, out.Manual, out.Planned = h.automatic(s, in), h.manual(s, in), h.planned(s, in)
	out.Text = out.lines()
	return out, nil
}

func read[T any](from Seen, into **T, err *error) {
	if !from.OK || *err != nil {
		return
	}
	*into = new(T)
	*err = json.Unmarshal(from.Answer, *into)
}
