// Package promotereplica makes the replica of its region a database of its own: the one step of a failover that cannot
// be taken back.
//
// It refuses to promote what is not there, is backing up, has no completed backup or has no usable key in its region, and
// it never takes the status "available" for the end of a promotion: only an empty replica source and an accepted write
// are.
package promotereplica

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/aws-sdk-go-v2/service/rds/types"

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
var Errors = append([]failure.Kind{failure.InvalidInput, failure.Superseded, failure.Aborted, failure.KeyMissing, failure.Unsafe, failure.QuotaReached}, incident.Errors...)

// Input says what to do.
type Input struct {
	Action string `json:"action"` // check, carried, promote or status
	incident.Claim
}

// State is where the replica stands.
type State string

// The states. A replica that can never be promoted as it is is an error and no state.
const (
	Ready     State = "ready"     // check: it can be promoted now
	Wait      State = "wait"      // it is busy with something that ends by itself
	Promoting State = "promoting" // promote, status: under way
	Done      State = "done"      // it has no source and took a write
)

// Output is the state and what it was seen from.
type Output struct {
	Instance string `json:"instance"`
	State    State  `json:"state"`
	Status   string `json:"status"` // as RDS calls it; proves nothing
	Source   string `json:"source"` // of the replication; "" when there is none
	Detail   string `json:"detail"`

	Carried incident.Promotion `json:"carried"` // carried: what the record says of it now
}

// Handler promotes in its region.
type Handler struct {
	p        platform.Platform
	store    *incident.Store
	database *database.Database
	rds      *rds.Client
	kms      *kms.Client
}

// New makes the handler.
func New(p platform.Platform) *Handler {
	return &Handler{
		p: p, store: incident.NewStore(p), database: database.In(p, p.Region()),
		rds: rds.NewFromConfig(p.AWS), kms: kms.NewFromConfig(p.AWS),
	}
}

// Grants is what it may do in its region.
func Grants(e *environment.Environment, region string) []grant.Grant {
	return append(append(incident.Grants(e, region), database.Grants(e, region)...),
		grant.Grant{Actions: []string{"rds:PromoteReadReplica"}, Resources: []string{database.ARN(e, region)}},
		grant.Grant{Actions: []string{"kms:DescribeKey"}, Resources: []string{fmt.Sprintf("arn:aws:kms:%s:%s:key/*", region, e.Account)}},
	)
}

// Handle does one action; none of them waits.
func (h *Handler) Handle(ctx context.Context, in Input) (Output, error) {
	switch in.Action {
	case "check":
		return h.check(ctx, in.Claim)
	case "carried":
		return h.carried(ctx, in.Claim)
	case "promote":
		return h.promote(ctx, in.Claim)
	case "status":
		return h.status(ctx, in.Claim)
	}
	return Output{}, failure.New(failure.InvalidInput, "promote the replica", "action %q is none of check, carried, promote, status", in.Action)
}

func (h *Handler) op() string { return "promote replica " + h.database.Identifier() }

func (h *Handler) describe(ctx context.Context) (Output, types.DBInstance, error) {
	instance, err := h.database.Describe(ctx)
	if err != nil {
		return Output{}, instance, err
	}
	return Output{
		Instance: h.database.Identifier(), Status: aws.ToString(instance.DBInstanceStatus),
		Source: aws.ToString(instance.ReadReplicaSourceDBInstanceIdentifier),
	}, instance, nil
}

// promote writes down that it is about to promote, and promotes. A repeated call finds the source gone, or the promotion
// under way, and changes nothing.
func (h *Handler) promote(ctx context.Context, claim incident.Claim) (Output, error) {
	i, err := h.store.Guard(ctx, claim)
	if err != nil {
		return Output{}, err
	}
	if err := h.allowed(i); err != nil {
		return Output{}, err
	}
	out, _, err := h.describe(ctx)
	if err != nil {
		return out, err
	}
	if out.Source == "" {
		if i.Promotion == incident.NotPromoted {
			return out, failure.New(failure.Unsafe, h.op(), "it is no replica, and no failover promoted it")
		}
		out.State, out.Detail = Promoting, "it has no source any more; whether it takes writes is not known yet"
		return out, nil
	}
	if err := h.request(ctx, claim, incident.PromotionRequested); err != nil {
		return out, err
	}
	e := h.p.Environment
	_, err = h.rds.PromoteReadReplica(ctx, &rds.PromoteReadReplicaInput{
		DBInstanceIdentifier:  aws.String(out.Instance),
		BackupRetentionPeriod: aws.Int32(e.Database.BackupRetention.Days()), // the default is one day
		PreferredBackupWindow: aws.String(e.Database.BackupWindow),
	})
	var busy *types.InvalidDBInstanceStateFault
	switch {
	case err == nil:
		out.State, out.Detail = Promoting, "the promotion was accepted"
		return out, nil
	case errors.As(err, &busy):
		return h.busy(ctx, claim, i, err)
	case failure.Code(err) != "" && !failure.Is(failure.FromAWS(err, ""), failure.Unavailable) && i.Promotion == incident.NotPromoted:
		// AWS refused for good: nothing was promoted, and the record must not say so.
		if undo := h.request(ctx, claim, incident.NotPromoted); undo != nil {
			return out, undo
		}
	}
	return out, failure.FromAWS(err, "%s", h.op())
}

// allowed refuses what the record forbids: an aborted failover, and a planned one whose replica lacks something.
func (h *Handler) allowed(i incident.Incident) error {
	if err := i.Halted(); err != nil {
		return err
	}
	if i.Mode == incident.Planned && i.Promotion == incident.NotPromoted && (i.Drain == nil || i.Drain.CaughtUpAt.IsZero() || i.Fence.State != incident.FenceProven) {
		return failure.New(failure.Unsafe, h.op(), "the switchover is planned, and it is not proven that the replica has everything and that nobody writes any more")
	}
	return nil
}

// busy tells a replica that is backing up, which is to be waited for, from one whose promotion is under way: after a lost
// answer the SDK repeats the call, and the repetition is refused.
func (h *Handler) busy(ctx context.Context, claim incident.Claim, before incident.Incident, refusal error) (Output, error) {
	out, instance, err := h.describe(ctx)
	if err != nil {
		return out, err
	}
	out.Detail = refusal.Error()
	if out.Status == "backing-up" && out.Source != "" && before.Promotion == incident.NotPromoted {
		out.State = Wait
		return out, h.request(ctx, claim, incident.NotPromoted)
	}
	if broken(aws.ToString(instance.DBInstanceStatus)) {
		return out, failure.FromAWS(refusal, "%s", h.op())
	}
	out.State = Promoting
	return out, nil
}

func (h *Handler) request(ctx context.Context, claim incident.Claim, state incident.Promotion) error {
	now := h.p.Clock.Now()
	what := h.p.Region() + ": promotion of " + h.database.Identifier() + " requested; it cannot be taken back"
	_, err := h.store.Update(ctx, claim, func(i *incident.Incident) bool {
		if state == incident.NotPromoted {
			i.Promotion, i.RequestedAt = state, time.Time{}
			i.Undone(what)
			return true
		}
		if i.Promotion != incident.NotPromoted {
			return false
		}
		i.Promotion, i.RequestedAt = state, now
		i.Changed(now, what, "")
		return true
	})
	return err
}

// status looks whether the promotion is finished.
func (h *Handler) status(ctx context.Context, claim incident.Claim) (Output, error) {
	i, err := h.store.Guard(ctx, claim)
	if err != nil {
		return Output{}, err
	}
	out, _, err := h.describe(ctx)
	if err != nil {
		return out, err
	}
	if broken(out.Status) {
		return out, failure.New(failure.Failed, h.op(), "its status is %s", out.Status).
			Next("look at its events: aws rds describe-events --region %s --source-type db-instance --source-identifier %s", h.p.Region(), out.Instance)
	}
	if out.Source != "" {
		out.State, out.Detail = Promoting, "it is still a replica of "+out.Source
		return out, nil
	}
	if refusal := h.refusal(ctx); refusal != "" {
		out.State, out.Detail = Promoting, "it has no source any more and takes no write yet: "+refusal
		return out, nil
	}
	out.State, out.Detail = Done, "it has no source and took a write"
	if i.Promotion != incident.PromotionDone {
		now := h.p.Clock.Now()
		_, err = h.store.Update(ctx, claim, func(i *incident.Incident) bool {
			i.Promotion, i.PromotedAt = incident.PromotionDone, now
			return true
		})
	}
	return out, err
}

// refusal is why the instance takes no write, or "" when it took one.
func (h *Handler) refusal(ctx context.Context) string {
	if err := h.database.WriteCanary(ctx, "promotion"); err != nil {
		return err.Error()
	}
	return ""
}
