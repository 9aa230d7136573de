// Package checkhealth judges whether the active region serves, from three vantage points that do not fail together:
// HTTPS from here, Route 53's own checkers read through DNS, and the age of the replicated heartbeat.
//
// It refuses to call a region unhealthy while anything sees it serving, and to call it anything at all when the vantage
// points disagree or say nothing: unknown is a person's decision. It changes nothing.
package checkhealth

import (
	"context"
	_ "embed"
	"fmt"
	"time"

	"github.com/acso/disaster-recovery/internal/database"
	"github.com/acso/disaster-recovery/internal/environment"
	"github.com/acso/disaster-recovery/internal/failure"
	"github.com/acso/disaster-recovery/internal/grant"
	"github.com/acso/disaster-recovery/internal/health"
	"github.com/acso/disaster-recovery/internal/incident"
	"github.com/acso/disaster-recovery/internal/platform"
)

// Event is an example input.
//
//go:embed event.json
var Event []byte

// Errors are the kinds that it fails with.
var Errors = append([]failure.Kind{failure.InvalidInput, failure.Superseded, failure.Aborted}, incident.Errors...)

const (
	// dnsTimeout bounds the question to the authoritative servers.
	dnsTimeout = 5 * time.Second
	// intervals without a heartbeat after which the database counts as silent: one may be missed by chance.
	intervals = 2
)

// Input is the claim of the execution that asks, or empty: looking needs none.
type Input struct {
	incident.Claim
}

// Verdict is the judgement over all vantage points.
type Verdict string

// The verdicts.
const (
	Healthy   Verdict = "healthy"
	Unhealthy Verdict = "unhealthy"
	Unknown   Verdict = "unknown"
)

// Output is the judgement with its evidence.
type Output struct {
	Region      string     `json:"region"` // that was judged
	Verdict     Verdict    `json:"verdict"`
	SeenServing bool       `json:"seenServing"` // some vantage point saw it serving: automatic promotion is forbidden
	Summary     string     `json:"summary"`
	Evidence    []Evidence `json:"evidence"` // of each vantage point
}

// Evidence is what one vantage point says.
type Evidence struct {
	Vantage string         `json:"vantage"` // https, checkers or heartbeat
	Result  health.Verdict `json:"result"`  // serving, down or unknown
	Detail  string         `json:"detail"`
}

// Handler keeps the connection to the replica between invocations.
type Handler struct {
	p        platform.Platform
	store    *incident.Store
	database *database.Database
}

// New makes the handler.
func New(p platform.Platform) *Handler {
	return &Handler{p: p, store: incident.NewStore(p), database: database.In(p, p.Region())}
}

// Grants is what it may do: read.
func Grants(e *environment.Environment, region string) []grant.Grant {
	return append(incident.ReadGrants(e, region), database.Grants(e, region)...)
}

// Handle asks every vantage point once.
func (h *Handler) Handle(ctx context.Context, in Input) (Output, error) {
	if in.Owner != "" { // whoever polls finds out here that somebody wants to end it
		i, err := h.store.Owned(ctx, in.Claim)
		if err != nil {
			return Output{}, err
		}
		if err := i.Halted(); err != nil {
			return Output{}, err
		}
	}
	region := h.p.Environment.Pair(h.p.Region())
	observation, err := h.store.Observation(ctx)
	if err != nil {
		return Output{}, err
	}
	evidence := []Evidence{h.https(ctx, region), h.checkers(ctx, region), h.heartbeat(ctx, observation)}
	verdict, seen := Judge(evidence)
	out := Output{Region: region, Verdict: verdict, SeenServing: seen, Evidence: evidence, Summary: region + " is " + string(verdict)}
	for _, e := range evidence {
		out.Summary += fmt.Sprintf("; %s: %s (%s)", e.Vantage, e.Result, e.Detail)
	}
	return out, nil
}

// Judge is the quorum. Two that see it down and none that sees it serving make it unhealthy, if Route 53's checkers are
// one of the two: HTTPS from here and the replicated heartbeat share the way between the regions, so without the checkers
// they cannot tell a dead region from a cut. HTTPS that sees it serving, with nobody seeing it down, makes it healthy.
// Everything else is unknown.
func Judge(evidence []Evidence) (verdict Verdict, seenServing bool) {
	var serving, down int
	https, checkers := false, false
	for _, e := range evidence {
		switch e.Result {
		case health.Serving:
			serving++
			https = https || e.Vantage == "https"
		case health.Down:
			down++
			checkers = checkers || e.Vantage == "checkers"
		}
	}
	switch {
	case serving == 0 && down >= 2 && checkers:
		return Unhealthy, false
	case https && down == 0:
		return Healthy, true
	}
	return Unknown, serving > 0
}

func (h *Handler) https(ctx context.Context, region string) Evidence {
	e := h.p.Environment
	name := e.RegionalName(region)
	answer := health.Ask(ctx, h.p, name, name, e.Domain.HealthPath, e.Monitoring.ProbeTimeout.Std())
	return Evidence{Vantage: "https", Result: answer.Verdict, Detail: answer.Detail}
}

// checkers reads the verdict of Route 53's health checkers through a TXT failover record: their API is in us-east-1,
// their answers are on the data plane.
func (h *Handler) checkers(ctx context.Context, region string) Evidence {
	ctx, cancel := h.p.Clock.WithTimeout(ctx, dnsTimeout)
	defer cancel()
	out := Evidence{Vantage: "checkers", Result: health.Unknown}
	text, err := h.p.DNS.TXT(ctx, h.p.Environment.CheckersName(region))
	switch {
	case err != nil:
		out.Detail = err.Error()
	case text == "healthy":
		out.Result, out.Detail = health.Serving, "Route 53's checkers reach it"
	case text == "unhealthy":
		out.Result, out.Detail = health.Down, "Route 53's checkers do not reach it"
	default:
		out.Detail = fmt.Sprintf("the record says %q", text)
	}
	return out
}

func (h *Handler) heartbeat(ctx context.Context, seen incident.Observation) Evidence {
	last, err := h.database.LastHeartbeat(ctx)
	if err != nil {
		return Evidence{Vantage: "heartbeat", Result: health.Unknown, Detail: err.Error()}
	}
	result, detail := JudgeHeartbeat(last, seen.FirstDown, h.p.Clock.Now(), h.p.Environment.Monitoring.HeartbeatInterval.Std())
	return Evidence{Vantage: "heartbeat", Result: result, Detail: detail}
}

// JudgeHeartbeat judges the newest heartbeat on the replica. One that was written after the probe saw the region down is
// proof of life; one that is old is a sign of death; one from just before is neither.
func JudgeHeartbeat(last, firstDown, now time.Time, interval time.Duration) (health.Verdict, string) {
	if last.IsZero() {
		return health.Unknown, "the replica has no heartbeat at all"
	}
	age := now.Sub(last)
	told := fmt.Sprintf("the newest heartbeat on the replica is %d s old", int(age.Seconds()))
	switch {
	case age < -database.ClockAllowance:
		return health.Unknown, told + ": the clocks of the regions disagree"
	case !firstDown.IsZero() && last.After(firstDown.Add(database.ClockAllowance)):
		return health.Serving, told + ", newer than the first failed probe"
	case age > intervals*interval:
		return health.Down, told
	}
	return health.Unknown, told + ", which says nothing yet"
}
