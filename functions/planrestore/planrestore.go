// Package planrestore decides what a restore to a moment would do: from what, to which names, at what loss, and whether a
// person has to agree.
//
// It touches nothing. It refuses a time in the future, outside of what can be restored (naming the nearest that can), a
// region that is not the active one, and parts that it cannot restore.
package planrestore

import (
	"context"
	_ "embed"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/aws-sdk-go-v2/service/rds/types"

	"github.com/acso/disaster-recovery/internal/database"
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
var Errors = append([]failure.Kind{failure.InvalidInput, failure.Unsafe, failure.QuotaReached, failure.KeyMissing}, incident.Errors...)

// Input is what is asked for.
type Input struct {
	To        string         `json:"to"`             // RFC 3339 with a zone, or latest
	Mode      restore.Mode   `json:"mode,omitempty"` // replace (the default) or beside
	What      []restore.Part `json:"what,omitempty"` // database, the default
	Execution string         `json:"execution"`      // name of the execution; names derive from it
	Started   time.Time      `json:"started"`        // when the execution started
}

// Latest asks for the newest moment that can be restored.
const Latest = "latest"

// Handler plans in its region.
type Handler struct {
	p          platform.Platform
	own, other *incident.Store
	rds        *rds.Client
}

// New makes the handler.
func New(p platform.Platform) *Handler {
	return &Handler{
		p: p, own: incident.NewStore(p), other: incident.NewStoreIn(p, p.Environment.Pair(p.Region())), rds: rds.NewFromConfig(p.AWS),
	}
}

// Grants is what it may do: look.
func Grants(e *environment.Environment, region string) []grant.Grant {
	grants := append(incident.ReadGrants(e, region), incident.ReadGrants(e, e.Pair(region))...)
	return append(grants,
		grant.Grant{Actions: []string{"rds:DescribeDBInstances"}, Resources: []string{database.ARN(e, region)}},
		grant.Grant{
			Actions:   []string{"rds:DescribeDBInstanceAutomatedBackups"},
			Resources: []string{fmt.Sprintf("arn:aws:rds:%s:%s:auto-backup:*", region, e.Account)},
		},
	)
}

// Handle makes the plan.
func (h *Handler) Handle(ctx context.Context, in Input) (restore.Plan, error) {
	plan, err := h.read(in)
	if err != nil {
		return plan, err
	}
	if err := h.active(ctx); err != nil {
		return plan, err
	}
	instance, err := h.instance(ctx)
	if err != nil {
		return plan, err
	}
	plan.Instance = aws.ToString(instance.DbiResourceId)
	window, err := h.window(ctx, instance)
	if err != nil {
		return plan, err
	}
	if plan.To, err = choose(in.To, window, plan.Now); err != nil {
		return plan, err
	}
	plan.Parts = []restore.Source{{
		Part: restore.Database, From: "automated backups of " + plan.Live, Earliest: window.earliest, Latest: window.latest,
		LossSeconds: plan.Now.Sub(plan.To).Seconds(),
		// RDS restores from base backups and transaction logs that nobody can read before. Only a restore verifies them.
		Verified: incident.Unknown,
	}}
	plan.Steps = restore.Steps(plan.Mode, int(aws.ToInt32(instance.AllocatedStorage)))
	describe(&plan)
	return plan, nil
}

// read takes what needs no look at the world.
func (h *Handler) read(in Input) (restore.Plan, error) {
	const op = "plan a restore"
	e, region := h.p.Environment, h.p.Region()
	plan := restore.Plan{Region: region, Mode: in.Mode, Now: h.p.Clock.Now().UTC(), Live: e.DatabaseIn(region)}
	if in.Execution == "" || in.Started.IsZero() {
		return plan, failure.New(failure.InvalidInput, op, "execution %q started %s: both are needed for the names", in.Execution, in.Started)
	}
	if plan.Mode == "" {
		plan.Mode = restore.Replace
	}
	if plan.Mode != restore.Replace && plan.Mode != restore.Beside {
		return plan, failure.New(failure.InvalidInput, op, "mode %q is neither replace nor beside", in.Mode)
	}
	for _, part := range in.What {
		if part != restore.Database {
			return plan, failure.New(failure.InvalidInput, op, "what names %q: a restore to a moment restores the database", part).Next(`leave what out, or give ["database"]`)
		}
	}
	suffix := restore.Suffix(in.Execution, in.Started)
	var err error
	if plan.Restored, err = restore.Name(plan.Live, "restored", suffix); err != nil || plan.Mode == restore.Beside {
		return plan, err
	}
	if plan.Kept, err = restore.Name(plan.Live, "before", suffix); err != nil {
		return plan, err
	}
	plan.KeptReplica, err = restore.Name(e.DatabaseIn(e.Pair(region)), "before", suffix)
	return plan, err
}

// active refuses to restore where nobody is served: the database there is a replica, or a fenced one.
func (h *Handler) active(ctx context.Context) error {
	own, err := h.own.Role(ctx)
	if err != nil {
		return err
	}
	other, err := h.other.Role(ctx)
	if err != nil {
		return err
	}
	if role := incident.Latest(own, other); role.ActiveRegion != h.p.Region() {
		return failure.New(failure.Unsafe, "plan a restore in "+h.p.Region(), "%s is the active region, since incident %d", role.ActiveRegion, role.Epoch).
			Next("start the restore in %s", role.ActiveRegion)
	}
	return nil
}

func (h *Handler) instance(ctx context.Context) (types.DBInstance, error) {
	name := h.p.Environment.DatabaseIn(h.p.Region())
	op := "plan a restore of " + name
	out, err := h.rds.DescribeDBInstances(ctx, &rds.DescribeDBInstancesInput{DBInstanceIdentifier: aws.String(name)})
	if err != nil {
		return types.DBInstance{}, failure.FromAWS(err, "%s", op)
	}
	if len(out.DBInstances) != 1 {
		return types.DBInstance{}, failure.New(failure.NotFound, op, "RDS lists %d instances of that name", len(out.DBInstances))
	}
	instance := out.DBInstances[0]
	switch status := aws.ToString(instance.DBInstanceStatus); {
	case aws.ToString(instance.ReadReplicaSourceDBInstanceIdentifier) != "":
		return instance, failure.New(failure.Unsafe, op, "it is a replica").Next("start the restore in %s", h.p.Environment.Pair(h.p.Region()))
	case restore.Broken(status):
		return instance, failure.New(failure.Unsafe, op, "its status is %s, from which RDS restores to no moment", status).Next("restore its newest snapshot instead")
	case status != "available":
		return instance, failure.New(failure.Unavailable, op, "its status is %s: that passes by itself", status)
	}
	return instance, nil
}

func describe(plan *restore.Plan) {
	plan.NeedsApproval = plan.Mode == restore.Replace
	plan.Why = "it takes the place of the live database of " + plan.Region
	if !plan.NeedsApproval {
		plan.Why = "it touches nothing that is there"
	}
	plan.Summary = fmt.Sprintf("restore %s to %s (%s): work since then is given up, %.0f s of it by %s",
		plan.Live, plan.To.Format(time.RFC3339), plan.Mode, plan.Parts[0].LossSeconds, plan.Now.Format(time.RFC3339))
	if plan.Mode == restore.Beside {
		plan.Summary = fmt.Sprintf("restore %s to %s beside it, as %s; nothing is given up", plan.Live, plan.To.Format(time.RFC3339), plan.Restored)
	}
}
