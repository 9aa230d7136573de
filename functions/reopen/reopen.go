// Package reopen opens a fenced region again as the standby: first the network around its database, at the end its services
// at the size of a standby.
//
// It refuses to open the way to a database that would take writes under the name that services connect to, and to touch
// the region that serves.
package reopen

import (
	"context"
	_ "embed"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/rds"

	"github.com/acso/disaster-recovery/internal/database"
	"github.com/acso/disaster-recovery/internal/environment"
	"github.com/acso/disaster-recovery/internal/failure"
	"github.com/acso/disaster-recovery/internal/fencing"
	"github.com/acso/disaster-recovery/internal/grant"
	"github.com/acso/disaster-recovery/internal/incident"
	"github.com/acso/disaster-recovery/internal/platform"
)

// Event is an example input.
//
//go:embed event.json
var Event []byte

// Errors are the kinds that it fails with.
var Errors = append([]failure.Kind{failure.InvalidInput, failure.Superseded, failure.Aborted, failure.Unsafe, failure.QuotaReached}, incident.Errors...)

// Input says what to open where.
type Input struct {
	What   string `json:"what"`   // network or services
	Region string `json:"region"` // that is to be the standby
	incident.Claim
}

// Output is whether it is open, as far as AWS was asked for it.
type Output struct {
	Done   bool   `json:"done"`
	Detail string `json:"detail"`
}

// patience with one round of calls, which may go to the other region.
const patience = 20 * time.Second

// Handler opens in both regions of the pair.
type Handler struct {
	p     platform.Platform
	store *incident.Store
}

// New makes the handler.
func New(p platform.Platform) *Handler { return &Handler{p: p, store: incident.NewStore(p)} }

// Grants is what it may do in both regions: open the network, and size the services.
func Grants(e *environment.Environment, region string) []grant.Grant {
	grants := incident.Grants(e, region)
	for _, at := range []string{region, e.Pair(region)} {
		var services []string
		for _, s := range e.Services {
			services = append(services, fmt.Sprintf("arn:aws:ecs:%s:%s:service/%s/%s", at, e.Account, e.Cluster(at), e.Service(at, s.Name)))
		}
		grants = append(grants,
			grant.Grant{Actions: []string{"ecs:DescribeServices", "ecs:UpdateService"}, Resources: services},
			grant.Grant{
				Actions:   []string{"application-autoscaling:RegisterScalableTarget"},
				Resources: []string{fmt.Sprintf("arn:aws:application-autoscaling:%s:%s:scalable-target/*", at, e.Account)},
			},
			grant.Grant{Actions: []string{"rds:DescribeDBInstances"}, Resources: []string{database.ARN(e, at)}},
			grant.Grant{Actions: []string{"ec2:DeleteNetworkAclEntry"}, Resources: []string{fmt.Sprintf("arn:aws:ec2:%s:%s:network-acl/*", at, e.Account)}},
		)
	}
	return append(grants, grant.Grant{Actions: []string{"ec2:DescribeNetworkAcls", "application-autoscaling:DescribeScalableTargets"}, Resources: []string{"*"}})
}

// Handle describes, compares and acts, once.
func (h *Handler) Handle(ctx context.Context, in Input) (Output, error) {
	i, err := h.store.Guard(ctx, in.Claim)
	if err == nil {
		err = i.Halted() // an operator asked to end it, in time
	}
	if err != nil {
		return Output{}, err
	}
	op := "open " + in.Region + " as the standby"
	f := i.Failback
	if f == nil || in.Region != f.Region && in.Region != f.From {
		return Output{}, failure.New(failure.InvalidInput, op, "incident %d is no failback that concerns it", i.Epoch)
	}
	role, err := h.store.Role(ctx)
	if err != nil {
		return Output{}, err
	}
	if role.ActiveRegion == in.Region {
		return Output{}, failure.New(failure.Unsafe, op, "it is the active region, since incident %d", role.Epoch)
	}
	ctx, cancel := h.p.Clock.WithTimeout(ctx, patience)
	defer cancel()
	if err := h.harmless(ctx, op, in.Region); err != nil {
		return Output{}, err
	}
	switch in.What {
	case "network":
		return h.network(ctx, in)
	case "services":
		return h.services(ctx, in)
	}
	return Output{}, failure.New(failure.InvalidInput, op, "what %q is neither network nor services", in.What)
}

// harmless refuses unless the name that services connect to belongs to nobody, or to a replica.
func (h *Handler) harmless(ctx context.Context, op, region string) error {
	name := h.p.Environment.DatabaseIn(region)
	found, err := database.Find(ctx, rds.NewFromConfig(h.p.In(region)), name)
	if err != nil || found == nil {
		return err
	}
	if aws.ToString(found.ReadReplicaSourceDBInstanceIdentifier) == "" {
		return failure.New(failure.Unsafe, op, "%s is no replica: it would take the writes of services", name).
			Next("start the failback again, which keeps it under another name first")
	}
	return nil
}

func (h *Handler) network(ctx context.Context, in Input) (Output, error) {
	if err := h.changed(ctx, in, fmt.Sprintf("%s: the network around the database was opened", in.Region)); err != nil {
		return Output{}, err
	}
	acl, err := fencing.In(h.p, in.Region).OpenNetwork(ctx)
	return Output{Done: err == nil, Detail: acl + " lets traffic through"}, err
}

// services gives the region the tasks of a standby, scaling as it was deployed: between the standby's size and twice the
// active one.
func (h *Handler) services(ctx context.Context, in Input) (Output, error) {
	e := h.p.Environment
	var sizes []incident.Size
	for _, s := range e.Services {
		desired, most := int32(s.Standby), int32(2*s.Desired) // #nosec G115 -- the environment's loader keeps both far below
		sizes = append(sizes, incident.Size{Service: e.Service(in.Region, s.Name), Desired: desired, Scaled: true, Min: desired, Max: most})
	}
	if err := h.changed(ctx, in, fmt.Sprintf("%s: the services were given the size of a standby", in.Region)); err != nil {
		return Output{}, err
	}
	differed, err := fencing.In(h.p, in.Region).Resize(ctx, sizes)
	return Output{Done: err == nil && differed == 0, Detail: fmt.Sprintf("%d of %d services differed", differed, len(sizes))}, err
}

func (h *Handler) changed(ctx context.Context, in Input, what string) error {
	at := h.p.Clock.Now()
	_, err := h.store.Update(ctx, in.Claim, func(i *incident.Incident) bool {
		before := len(i.Changes)
		i.Changed(at, what, "")
		return len(i.Changes) != before
	})
	return err
}
