// Package validate looks whether its region serves: before the flip at the region's own load balancer with the public
// name as SNI and Host, and after it through the public name as clients see it.
//
// It refuses to pass on anything but a literal "healthy" of this very region. It judges once; the state machine polls.
package validate

import (
	"context"
	_ "embed"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"

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

// Errors are the kinds that it fails with. That the region does not serve is a result and no error.
var Errors = append([]failure.Kind{failure.InvalidInput, failure.Superseded}, incident.Errors...)

// Input says from which side.
type Input struct {
	Mode string `json:"mode"` // standby (before the flip) or public (after it)
	incident.Claim
}

// Output is the result over all checks: pass only when every one passes, fail when one fails, else unknown.
type Output struct {
	Result  string           `json:"result"`
	Summary string           `json:"summary"`
	Checks  []incident.Check `json:"checks"`
}

// Handler keeps the connection to the database between invocations.
type Handler struct {
	p        platform.Platform
	store    *incident.Store
	database *database.Database
	ecs      *ecs.Client
}

// New makes the handler.
func New(p platform.Platform) *Handler {
	return &Handler{p: p, store: incident.NewStore(p), database: database.In(p, p.Region()), ecs: ecs.NewFromConfig(p.AWS)}
}

// Grants is what it may do: look, and write the canary.
func Grants(e *environment.Environment, region string) []grant.Grant {
	var services []string
	for _, s := range e.Services {
		if s.Tier != environment.Critical {
			continue // it asks only whether the critical ones run
		}
		services = append(services, fmt.Sprintf("arn:aws:ecs:%s:%s:service/%s/%s", region, e.Account, e.Cluster(region), e.Service(region, s.Name)))
	}
	return append(append(incident.ReadGrants(e, region), database.Grants(e, region)...),
		grant.Grant{Actions: []string{"ecs:DescribeServices"}, Resources: services})
}

// Handle validates once.
func (h *Handler) Handle(ctx context.Context, in Input) (Output, error) {
	var checks []incident.Check
	switch in.Mode {
	case "standby":
		if _, err := h.store.Owned(ctx, in.Claim); err != nil {
			return Output{}, err // it writes the canary: only the owner may
		}
		name := h.p.Environment.RegionalName(h.p.Region())
		checks = append(h.endpoint(ctx, "regional-endpoint", name), h.running(ctx), h.canary(ctx))
	case "public":
		checks = append([]incident.Check{h.record(ctx)}, h.endpoint(ctx, "public-endpoint", h.p.Environment.Domain.Name)...)
	default:
		return Output{}, failure.New(failure.InvalidInput, "validate "+h.p.Region(), "mode %q is neither standby nor public", in.Mode)
	}
	return judge(checks), nil
}

func judge(checks []incident.Check) Output {
	out := Output{Result: incident.Pass, Checks: checks}
	for n, check := range checks {
		if check.Result == incident.Fail || check.Result == incident.Unknown && out.Result == incident.Pass {
			out.Result = check.Result
		}
		if n > 0 {
			out.Summary += "; "
		}
		out.Summary += check.Check + ": " + check.Result + " (" + check.Detail + ")"
	}
	return out
}

// endpoint asks a name for the health of the public name, and for each critical service's own word.
func (h *Handler) endpoint(ctx context.Context, check, name string) []incident.Check {
	e := h.p.Environment
	answer := health.Ask(ctx, h.p, name, e.Domain.Name, e.Domain.HealthPath, e.Monitoring.ProbeTimeout.Std())
	checks := []incident.Check{{Check: check, Result: result(answer.Verdict), Detail: answer.Detail}}
	if answer.Verdict != health.Serving {
		return checks
	}
	if answer.Region != h.p.Region() {
		checks[0].Result, checks[0].Detail = incident.Fail, fmt.Sprintf("answered healthy from region %q, not from %s", answer.Region, h.p.Region())
		return checks
	}
	for _, service := range e.Services {
		if service.Tier != environment.Critical {
			continue
		}
		said, ok := answer.Services[service.Name]
		switch {
		case !ok:
			checks = append(checks, incident.Check{Check: service.Name, Result: incident.Unknown, Detail: "the answer does not name it"})
		case said != "healthy":
			checks = append(checks, incident.Check{Check: service.Name, Result: incident.Fail, Detail: "says " + said})
		default:
			checks = append(checks, incident.Check{Check: service.Name, Result: incident.Pass, Detail: "says healthy"})
		}
	}
	return checks
}

func result(verdict health.Verdict) string {
	switch verdict {
	case health.Serving:
		return incident.Pass
	case health.Down:
		return incident.Fail
	}
	return incident.Unknown
}

// running looks whether every critical service runs a task. How many are wanted is scaleecs's business.
func (h *Handler) running(ctx context.Context) incident.Check {
	const name = "critical-tasks"
	e, region := h.p.Environment, h.p.Region()
	var names []string
	for _, s := range e.Services {
		if s.Tier == environment.Critical {
			names = append(names, e.Service(region, s.Name))
		}
	}
	running := 0
	for from := 0; from < len(names); from += 10 { // DescribeServices takes ten
		out, err := h.ecs.DescribeServices(ctx, &ecs.DescribeServicesInput{Cluster: aws.String(e.Cluster(region)), Services: names[from:min(from+10, len(names))]})
		if err != nil {
			return incident.Check{Check: name, Result: incident.Unknown, Detail: failure.FromAWS(err, "describe the services of %s", e.Cluster(region)).Error()}
		}
		for _, s := range out.Services {
			if s.RunningCount > 0 {
				running++
			}
		}
	}
	detail := fmt.Sprintf("%d of %d critical services run a task", running, len(names))
	if running < len(names) {
		return incident.Check{Check: name, Result: incident.Fail, Detail: detail}
	}
	return incident.Check{Check: name, Result: incident.Pass, Detail: detail}
}

func (h *Handler) canary(ctx context.Context) incident.Check {
	if err := h.database.WriteCanary(ctx, "validate"); err != nil {
		return incident.Check{Check: "database-write", Result: incident.Fail, Detail: err.Error()}
	}
	return incident.Check{Check: "database-write", Result: incident.Pass, Detail: "wrote the canary and read it back"}
}

// record asks the authoritative servers where the public name points.
func (h *Handler) record(ctx context.Context) incident.Check {
	const name = "authoritative-record"
	e := h.p.Environment
	want := e.RegionalName(h.p.Region())
	ctx, cancel := h.p.Clock.WithTimeout(ctx, e.Monitoring.ProbeTimeout.Std())
	defer cancel()
	target, err := h.p.DNS.CNAME(ctx, e.Domain.Name)
	switch {
	case err != nil:
		return incident.Check{Check: name, Result: incident.Unknown, Detail: err.Error()}
	case target != want:
		return incident.Check{Check: name, Result: incident.Fail, Detail: e.Domain.Name + " points to " + target}
	}
	return incident.Check{Check: name, Result: incident.Pass, Detail: e.Domain.Name + " points to " + target}
}
