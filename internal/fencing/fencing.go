// Package fencing keeps an old primary from taking writes, and proves it.
//
// It never calls a region fenced because a call to it succeeded: only failing writes, services without a task and a
// closed network ACL, all seen at once, are proof. It never waits for the old region longer than a few seconds: what
// does not answer stays owed.
package fencing

import (
	"context"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/applicationautoscaling"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/rds"

	"github.com/acso/disaster-recovery/internal/database"
	"github.com/acso/disaster-recovery/internal/environment"
	"github.com/acso/disaster-recovery/internal/failure"
	"github.com/acso/disaster-recovery/internal/grant"
	"github.com/acso/disaster-recovery/internal/incident"
	"github.com/acso/disaster-recovery/internal/platform"
)

const (
	// patience is how long one call to the old region may take. A call that is answered takes a fraction of a second.
	patience = 3 * time.Second
	// enough unanswered calls in one round and the region counts as not answering: the rest is not tried.
	enough = 2
	// reboot is how long a reboot takes at least to show: before that, "available" is the status from before it.
	reboot = 30 * time.Second
)

// Fencer fences the other region of the pair. It keeps a connection to the old database from before the closing.
type Fencer struct {
	p      platform.Platform
	old    string
	store  *incident.Store
	ecs    *ecs.Client
	scale  *applicationautoscaling.Client
	ec2    *ec2.Client
	rds    *rds.Client
	writer *database.Database
	pooled platform.Conn
}

// Report is where the fence stands.
type Report struct {
	State    incident.FenceState `json:"state"`
	Answered bool                `json:"answered"` // some call to the old region was answered in this round
	Done     bool                `json:"done"`     // drain: no task runs; reopened: what was given back was seen to serve
	Evidence []incident.Check    `json:"evidence"`
}

// New makes a fencer of the pair of the region that it runs in.
func New(p platform.Platform) *Fencer {
	old := p.Environment.Pair(p.Region())
	return &Fencer{
		p: p, old: old, store: incident.NewStore(p),
		ecs: ecs.NewFromConfig(p.In(old)), scale: applicationautoscaling.NewFromConfig(p.In(old)),
		ec2: ec2.NewFromConfig(p.In(old)), rds: rds.NewFromConfig(p.In(old)), writer: database.In(p, old),
	}
}

// Errors are the kinds that a fencer fails with: those of the incident store. What happens in the old region is
// evidence and no error.
var Errors = append([]failure.Kind{failure.Superseded, failure.InvalidInput, failure.Aborted}, incident.Errors...)

// Grants is what fencing the other region takes.
func Grants(e *environment.Environment, region string) []grant.Grant {
	old := e.Pair(region)
	var services []string
	for _, s := range e.Services {
		services = append(services, fmt.Sprintf("arn:aws:ecs:%s:%s:service/%s/%s", old, e.Account, e.Cluster(old), e.Service(old, s.Name)))
	}
	grants := append(incident.Grants(e, region), database.Grants(e, old)...)
	return append(grants,
		grant.Grant{Actions: []string{"ecs:DescribeServices", "ecs:UpdateService"}, Resources: services},
		// https://docs.aws.amazon.com/service-authorization/latest/reference/list_applicationautoscaling.html
		grant.Grant{Actions: []string{"application-autoscaling:DescribeScalableTargets"}, Resources: []string{"*"}},
		grant.Grant{
			Actions:   []string{"application-autoscaling:RegisterScalableTarget"},
			Resources: []string{fmt.Sprintf("arn:aws:application-autoscaling:%s:%s:scalable-target/*", old, e.Account)},
		},
		grant.Grant{Actions: []string{"ec2:DescribeNetworkAcls"}, Resources: []string{"*"}},
		grant.Grant{
			Actions:   []string{"ec2:CreateNetworkAclEntry", "ec2:ReplaceNetworkAclEntry"},
			Resources: []string{acls(e, old)},
		},
		grant.Grant{Actions: []string{"rds:RebootDBInstance"}, Resources: []string{database.ARN(e, old)}},
	)
}

// ReleaseGrants is what taking the fence back takes beside Grants.
func ReleaseGrants(e *environment.Environment, region string) []grant.Grant {
	return []grant.Grant{{Actions: []string{"ec2:DeleteNetworkAclEntry"}, Resources: []string{acls(e, e.Pair(region))}}}
}

// acls is the pattern of the network ACLs of a region: their identifiers are AWS's choice.
func acls(e *environment.Environment, region string) string {
	return fmt.Sprintf("arn:aws:ec2:%s:%s:network-acl/*", region, e.Account)
}

// Claimed changes the incident as the execution that owns it.
func (f *Fencer) Claimed(ctx context.Context, claim incident.Claim) Ledger {
	return func(change func(*incident.Incident) bool) (incident.Incident, error) {
		return f.store.Update(ctx, claim, change)
	}
}

// Watching changes the incident of an epoch as the watcher that completes an owed fence.
func (f *Fencer) Watching(ctx context.Context, epoch int64) Ledger {
	return func(change func(*incident.Incident) bool) (incident.Incident, error) {
		return f.store.Amend(ctx, epoch, change)
	}
}

// Ledger is the incident as whoever fences may change it.
type Ledger func(change func(*incident.Incident) bool) (incident.Incident, error)

func unchanged(*incident.Incident) bool { return false }

// round is what one attempt to fence knows.
type round struct {
	answered   bool
	unanswered int
}

// call makes one call to the old region under its own short limit, and keeps count.
func (f *Fencer) call(ctx context.Context, r *round, run func(context.Context) error) error {
	if r.unanswered >= enough {
		return fmt.Errorf("not tried: %s does not answer", f.old)
	}
	ctx, cancel := f.p.Clock.WithTimeout(ctx, patience)
	defer cancel()
	err := run(ctx)
	if err == nil || failure.Code(err) != "" {
		r.answered = true
	} else {
		r.unanswered++
	}
	return err
}
