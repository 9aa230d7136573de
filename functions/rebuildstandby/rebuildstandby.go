// Package rebuildstandby makes a region of the pair the standby of the other one again: the database that is there is kept
// under another name, and a replica of the other region's database takes its name.
//
// It deletes nothing. It refuses to touch the database of the region that serves, and never calls a replica rebuilt that
// could not be promoted: the new one has a completed backup, and keeps up.
package rebuildstandby

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"time"

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

// Input says what to do in which region.
type Input struct {
	Action string `json:"action"` // keep, build, lag or backups
	Region string `json:"region"` // that is to be the standby
	incident.Claim
}

// Output is how far it is.
type Output struct {
	Done       bool     `json:"done"`
	Instance   string   `json:"instance"`
	LagSeconds *float64 `json:"lagSeconds"` // lag: how much older the replica's newest heartbeat is than the source's; null when unknown
	Detail     string   `json:"detail"`
}

const (
	// patience with one call to the other region.
	patience = 10 * time.Second
	// retention of the replica, in days, as long as it is one: a promotion sets the database's own.
	retention = 1
	// keeping up is a replica's whose newest heartbeat is at most this much older than the source's: a row a minute, and a
	// look that falls between two of them.
	keepingUp = 150 * time.Second
)

// Handler acts in both regions of the pair.
type Handler struct {
	p     platform.Platform
	store *incident.Store
}

// New makes the handler.
func New(p platform.Platform) *Handler { return &Handler{p: p, store: incident.NewStore(p)} }

// Grants is what it may do in both regions: before the switchover in its own, after it in the other.
func Grants(e *environment.Environment, region string) []grant.Grant {
	grants := incident.Grants(e, region)
	for _, at := range []string{region, e.Pair(region)} {
		live := database.ARN(e, at)
		kept := live + "-before-*"
		grants = append(grants,
			grant.Grant{Actions: []string{"rds:DescribeDBInstances"}, Resources: []string{live, kept}},
			grant.Grant{Actions: []string{"rds:ModifyDBInstance", "rds:AddTagsToResource", "rds:CreateDBInstanceReadReplica"}, Resources: []string{live}},
			grant.Grant{Actions: []string{"kms:CreateGrant", "kms:DescribeKey"}, Resources: []string{fmt.Sprintf("arn:aws:kms:%s:%s:key/*", at, e.Account)}},
			grant.Grant{Actions: []string{"rds-db:connect"}, Resources: []string{fmt.Sprintf("arn:aws:rds-db:%s:%s:dbuser:*/%s", at, e.Account, database.User)}},
		)
	}
	return append(grants,
		grant.Grant{Actions: []string{"rds:StartDBInstanceAutomatedBackupsReplication"}, Resources: []string{database.ARN(e, region)}},
		grant.Grant{Actions: []string{"rds:DescribeDBInstanceAutomatedBackups"}, Resources: []string{fmt.Sprintf("arn:aws:rds:%s:%s:auto-backup:*", e.Pair(region), e.Account)}},
	)
}

// job is one action on one region.
type job struct {
	*Handler
	claim  incident.Claim
	region string
	name   string // that services connect to there
	kept   string // name that the old database is kept under
	rds    *rds.Client
	op     string
}

// Handle describes, compares and acts, once; the state machine repeats it until it is done.
func (h *Handler) Handle(ctx context.Context, in Input) (Output, error) {
	i, err := h.store.Guard(ctx, in.Claim)
	if err == nil {
		err = i.Halted() // an operator asked to end it, in time
	}
	if err != nil {
		return Output{}, err
	}
	op := "rebuild the standby in " + in.Region
	f := i.Failback
	if f == nil || in.Region != f.Region && in.Region != f.From {
		return Output{}, failure.New(failure.InvalidInput, op, "incident %d is no failback that concerns it", i.Epoch)
	}
	role, err := h.store.Role(ctx)
	if err != nil {
		return Output{}, err
	}
	if role.ActiveRegion == in.Region {
		return Output{}, failure.New(failure.Unsafe, op, "it is the active region, since incident %d", role.Epoch).Next("start the failback in %s", in.Region)
	}
	j := job{Handler: h, claim: in.Claim, region: in.Region, name: h.p.Environment.DatabaseIn(in.Region), kept: f.Kept, rds: rds.NewFromConfig(h.p.In(in.Region)), op: op}
	if in.Region == f.From {
		j.kept = f.KeptOther
	}
	ctx, cancel := h.p.Clock.WithTimeout(ctx, 4*patience)
	defer cancel()
	switch in.Action {
	case "keep":
		return j.keep(ctx)
	case "build":
		return j.build(ctx)
	case "lag":
		return j.lag(ctx)
	case "backups":
		return j.backups(ctx)
	}
	return Output{}, failure.New(failure.InvalidInput, op, "action %q is none of keep, build, lag, backups", in.Action)
}

func (j *job) changed(ctx context.Context, what, undo string) error {
	at := j.p.Clock.Now()
	_, err := j.store.Update(ctx, j.claim, func(i *incident.Incident) bool {
		before := len(i.Changes)
		i.Changed(at, what, undo)
		return len(i.Changes) != before
	})
	return err
}

func (j *job) working(format string, args ...any) (Output, error) {
	return Output{Instance: j.name, Detail: fmt.Sprintf(format, args...)}, nil
}

// lag compares the newest heartbeats of both sides: what the replica has is what it shows, whatever a metric says.
func (j *job) lag(ctx context.Context) (Output, error) {
	if err := j.sourceAnswers(ctx); err != nil {
		return Output{}, err
	}
	source, err := database.In(j.p, j.p.Environment.Pair(j.region)).LastHeartbeat(ctx)
	if err != nil {
		return j.working("the newest heartbeat of the source is not known: %v", err)
	}
	replica, err := database.In(j.p, j.region).LastHeartbeat(ctx)
	if err != nil {
		return j.working("the newest heartbeat of the replica is not known: %v", err)
	}
	if source.IsZero() || replica.IsZero() {
		return j.working("one side has no heartbeat, so how far the replica is behind cannot be told")
	}
	behind := max(0, source.Sub(replica).Seconds())
	out := Output{Instance: j.name, LagSeconds: &behind, Detail: fmt.Sprintf("its newest heartbeat is %.0f s older than the source's", behind)}
	// Two heartbeats that stand still are equal too: the newest one has to be of now.
	if age := j.p.Clock.Now().Sub(source); age > 2*keepingUp {
		out.Detail += fmt.Sprintf(", which is itself %.0f s old: the source gets none", age.Seconds())
		return out, nil
	}
	out.Done = behind <= keepingUp.Seconds()
	if !out.Done {
		return out, nil
	}
	_, err = j.store.Update(ctx, j.claim, func(i *incident.Incident) bool {
		was := i.Failback.Built
		i.Failback.Built = true
		return !was
	})
	return out, err
}

func busy(err error) bool {
	var state *types.InvalidDBInstanceStateFault
	return errors.As(err, &state)
}
