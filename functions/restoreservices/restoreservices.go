// Package restoreservices stops the services of its region for a restore, and starts them again by tier, as many of each
// as there were.
//
// It never calls services stopped while a task runs, and never counts a task that is wanted as one that runs. Sizes are
// written down before the first service is touched.
package restoreservices

import (
	"context"
	_ "embed"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/applicationautoscaling"
	"github.com/aws/aws-sdk-go-v2/service/ecs"

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
var Errors = append([]failure.Kind{failure.InvalidInput, failure.Superseded, failure.QuotaReached, failure.Aborted}, incident.Errors...)

// Input says what to do.
type Input struct {
	Action string           `json:"action"`         // stop or start
	Tier   environment.Tier `json:"tier,omitempty"` // start: critical, standard or non-critical; all without it
	incident.Claim
}

// Output is how far it got.
type Output struct {
	Done    bool   `json:"done"`    // stop: no task runs; start: every service runs what it ran before
	Running int32  `json:"running"` // tasks
	Wanted  int32  `json:"wanted"`  // tasks
	Summary string `json:"summary"`
}

// Handler stops and starts in its region.
type Handler struct {
	p     platform.Platform
	store *incident.Store
	ecs   *ecs.Client
	scale *applicationautoscaling.Client
}

// New makes the handler.
func New(p platform.Platform) *Handler {
	return &Handler{
		p: p, store: incident.NewStoreIn(p, p.Environment.Pair(p.Region())),
		ecs: ecs.NewFromConfig(p.AWS), scale: applicationautoscaling.NewFromConfig(p.AWS),
	}
}

// Grants is what it may do to the services of its region.
func Grants(e *environment.Environment, region string) []grant.Grant {
	var services []string
	for _, s := range e.Services {
		services = append(services, fmt.Sprintf("arn:aws:ecs:%s:%s:service/%s/%s", region, e.Account, e.Cluster(region), e.Service(region, s.Name)))
	}
	return append(incident.Grants(e, e.Pair(region)),
		grant.Grant{Actions: []string{"ecs:DescribeServices", "ecs:UpdateService"}, Resources: services},
		grant.Grant{Actions: []string{"application-autoscaling:DescribeScalableTargets"}, Resources: []string{"*"}},
		grant.Grant{
			Actions:   []string{"application-autoscaling:RegisterScalableTarget"},
			Resources: []string{fmt.Sprintf("arn:aws:application-autoscaling:%s:%s:scalable-target/*", region, e.Account)},
		},
	)
}

// Handle describes, compares and acts, once; the state machine repeats it until it is done.
func (h *Handler) Handle(ctx context.Context, in Input) (Output, error) {
	i, err := h.store.Guard(ctx, in.Claim)
	if err != nil {
		return Output{}, err
	}
	if i.Restore == nil {
		return Output{}, failure.New(failure.InvalidInput, "stop or start services", "incident %d is no restore", i.Epoch)
	}
	switch in.Action {
	case "stop":
		if err := i.Halted(); err != nil {
			return Output{}, err
		}
		return h.stop(ctx, in.Claim, i.Restore)
	case "start":
		return h.start(ctx, in, i.Restore)
	}
	return Output{}, failure.New(failure.InvalidInput, "stop or start services", "action %q is neither stop nor start", in.Action)
}

func (h *Handler) stop(ctx context.Context, claim incident.Claim, r *incident.Restore) (Output, error) {
	now, err := h.look(ctx, h.p.Environment.Services)
	if err != nil {
		return Output{}, err
	}
	if r.Before == nil {
		if err := h.intend(ctx, claim, now); err != nil {
			return Output{}, err
		}
	}
	out := Output{}
	for _, s := range now {
		if s.size.Scaled && (s.size.Min != 0 || s.size.Max != 0) { // before the service: the scaling would bring the tasks back
			if err := h.setScaling(ctx, s.size.Service, 0, 0); err != nil {
				return out, err
			}
		}
		if s.size.Desired != 0 {
			if err := h.setDesired(ctx, s.size.Service, 0); err != nil {
				return out, err
			}
		}
		out.Running += s.running
	}
	out.Done = out.Running == 0 && settled(now)
	out.Summary = fmt.Sprintf("%d tasks run", out.Running)
	if !out.Done || !r.StoppedAt.IsZero() {
		return out, nil
	}
	at := h.p.Clock.Now()
	_, err = h.store.Update(ctx, claim, func(i *incident.Incident) bool {
		i.Restore.StoppedAt = at
		return true
	})
	return out, err
}

// settled: nothing was found that had to be stopped, so that what does not run stays stopped.
func settled(now []seen) bool {
	for _, s := range now {
		if s.size.Desired != 0 || s.pending != 0 {
			return false
		}
	}
	return true
}

// intend writes down what is about to be stopped, and how it is started again.
func (h *Handler) intend(ctx context.Context, claim incident.Claim, now []seen) error {
	at := h.p.Clock.Now()
	before := &incident.Workload{}
	for _, s := range now {
		before.Services = append(before.Services, s.size)
	}
	_, err := h.store.Update(ctx, claim, func(i *incident.Incident) bool {
		if i.Restore.Before != nil {
			return false
		}
		i.Restore.Before = before
		for _, size := range before.Services {
			what, undo := h.change(size)
			i.Changed(at, what, undo)
		}
		return true
	})
	return err
}

func (h *Handler) change(size incident.Size) (what, undo string) {
	region, cluster := h.p.Region(), h.p.Environment.Cluster(h.p.Region())
	what = fmt.Sprintf("%s: service %s from %d tasks to 0", region, size.Service, size.Desired)
	undo = fmt.Sprintf("aws ecs update-service --region %s --cluster %s --service %s --desired-count %d", region, cluster, size.Service, size.Desired)
	if size.Scaled {
		what += fmt.Sprintf(", scaling from %d-%d to 0-0", size.Min, size.Max)
		undo = fmt.Sprintf("aws application-autoscaling register-scalable-target --region %s --service-namespace ecs --scalable-dimension ecs:service:DesiredCount --resource-id %s --min-capacity %d --max-capacity %d, then %s",
			region, h.resource(size.Service), size.Min, size.Max, undo)
	}
	return what, undo
}

// start brings the services of a tier back to the size that they had. Services that were never stopped are done.
func (h *Handler) start(ctx context.Context, in Input, r *incident.Restore) (Output, error) {
	out := Output{Done: true, Summary: "nothing was stopped"}
	if r.Before == nil {
		return out, nil
	}
	services := h.tier(in.Tier)
	if len(services) == 0 {
		out.Summary = string(in.Tier) + ": no services"
		return out, nil
	}
	now, err := h.look(ctx, services)
	if err != nil {
		return Output{}, err
	}
	out.Summary = "tasks:"
	var back []string
	for _, s := range now {
		size, known := sizeOf(r.Before, s.size.Service)
		if !known {
			continue // it was deployed since: somebody else's business
		}
		if size.Scaled && (s.size.Min != size.Min || s.size.Max != size.Max) {
			if err := h.setScaling(ctx, size.Service, size.Min, size.Max); err != nil {
				return out, err
			}
		}
		if s.size.Desired < size.Desired {
			if err := h.setDesired(ctx, size.Service, size.Desired); err != nil {
				return out, err
			}
		}
		out.Running, out.Wanted = out.Running+s.running, out.Wanted+size.Desired
		out.Summary += fmt.Sprintf(" %s %d of %d,", size.Service, s.running, size.Desired)
		if s.running >= size.Desired && s.size.Desired >= size.Desired {
			what, _ := h.change(size)
			back = append(back, what)
		} else {
			out.Done = false
		}
	}
	out.Summary = out.Summary[:len(out.Summary)-1]
	_, err = h.store.Update(ctx, in.Claim, func(i *incident.Incident) bool { return undone(i, back) })
	return out, err
}

// undone marks changes as taken back, and tells whether one was not yet.
func undone(i *incident.Incident, back []string) bool {
	before := len(i.Outstanding())
	for _, what := range back {
		i.Undone(what)
	}
	return len(i.Outstanding()) != before
}

// patience with one call: it is answered in a fraction of a second, or the whole step is tried again.
const patience = 10 * time.Second
