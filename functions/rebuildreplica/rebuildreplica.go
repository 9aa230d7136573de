// Package rebuildreplica gives the other region what a restore in place left stale: a replica of the restored database,
// since the one that is there follows the old one; its automated backups; and the restored files.
//
// The old replica is kept under another name and tagged; it deletes nothing, and leaves a database that is no replica alone.
// It never calls a replica rebuilt that could not be promoted: the new one has a completed backup, without which a failover
// would refuse it.
package rebuildreplica

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/efs"
	"github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/aws-sdk-go-v2/service/rds/types"

	"github.com/acso/disaster-recovery/internal/database"
	"github.com/acso/disaster-recovery/internal/environment"
	"github.com/acso/disaster-recovery/internal/failure"
	"github.com/acso/disaster-recovery/internal/filesystem"
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
var Errors = append([]failure.Kind{failure.InvalidInput, failure.Superseded, failure.KeyMissing, failure.Unsafe, failure.QuotaReached}, incident.Errors...)

// Input says what is rebuilt.
type Input struct {
	What string `json:"what,omitempty"` // replica (the default), backups or files
	incident.Claim
}

// Output is how far it is.
type Output struct {
	Done    bool   `json:"done"`
	Replica string `json:"replica"`
	Detail  string `json:"detail"`
}

// patience with one call to the other region.
const patience = 10 * time.Second

// retention of the replica, in days, as long as it is one: a promotion sets the database's own.
const retention = 1

// Handler rebuilds in the other region.
type Handler struct {
	p     platform.Platform
	other string
	store *incident.Store
	rds   *rds.Client
	here  *rds.Client
	mount *filesystem.FileSystem
}

// New makes the handler.
func New(p platform.Platform) *Handler {
	other := p.Environment.Pair(p.Region())
	return &Handler{
		p: p, other: other, store: incident.NewStoreIn(p, other), rds: rds.NewFromConfig(p.In(other)), here: rds.NewFromConfig(p.AWS),
		mount: filesystem.In(p, efs.NewFromConfig(p.AWS)),
	}
}

// Grants is what it may do in the other region.
func Grants(e *environment.Environment, region string) []grant.Grant {
	other := e.Pair(region)
	replica := database.ARN(e, other)
	kept := replica + "-before-*"
	return append(append(incident.Grants(e, other), filesystem.Grants(e, region)...),
		grant.Grant{Actions: []string{"rds:DescribeDBInstances"}, Resources: []string{replica, kept, database.ARN(e, region)}},
		grant.Grant{Actions: []string{"rds:DescribeDBInstanceAutomatedBackups"}, Resources: []string{fmt.Sprintf("arn:aws:rds:%s:%s:auto-backup:*", other, e.Account)}},
		grant.Grant{Actions: []string{"rds:StartDBInstanceAutomatedBackupsReplication"}, Resources: []string{database.ARN(e, region)}},
		grant.Grant{Actions: []string{"rds:ModifyDBInstance", "rds:AddTagsToResource"}, Resources: []string{replica}},
		grant.Grant{Actions: []string{"rds:CreateDBInstanceReadReplica"}, Resources: []string{replica, database.ARN(e, region)}},
		grant.Grant{Actions: []string{"kms:CreateGrant", "kms:DescribeKey"}, Resources: []string{fmt.Sprintf("arn:aws:kms:%s:%s:key/*", other, e.Account)}},
	)
}

// Handle looks and does the next thing; the state machine repeats it until it is done.
func (h *Handler) Handle(ctx context.Context, in Input) (Output, error) {
	i, err := h.store.Guard(ctx, in.Claim)
	if err != nil {
		return Output{}, err
	}
	r, name := i.Restore, h.p.Environment.DatabaseIn(h.other)
	op := "rebuild replica " + name + " in " + h.other
	if r == nil || !r.InPlace {
		return Output{}, failure.New(failure.Unsafe, op, "nothing that was restored is in place")
	}
	switch in.What {
	case "", "replica":
	case "backups":
		return h.backups(ctx, in.Claim, r)
	case "files":
		return h.files(ctx, r)
	default:
		return Output{}, failure.New(failure.InvalidInput, "rebuild in "+h.other, "what %q is none of replica, backups, files", in.What)
	}
	ctx, cancel := h.p.Clock.WithTimeout(ctx, patience)
	defer cancel()
	replica, err := database.Find(ctx, h.rds, name)
	if err != nil {
		return Output{}, err
	}
	switch {
	case replica == nil:
		return h.create(ctx, in.Claim, op, r, name)
	case !ours(replica, in.Owner) && aws.ToString(replica.ReadReplicaSourceDBInstanceIdentifier) == "":
		return h.nothing(ctx, in.Claim, name)
	case !ours(replica, in.Owner):
		return h.keep(ctx, in.Claim, op, r, replica)
	}
	return h.finish(ctx, in.Claim, op, replica)
}

// nothing leaves a database alone that is no replica: after a failover, it is the old primary, which a failback needs.
func (h *Handler) nothing(ctx context.Context, claim incident.Claim, name string) (Output, error) {
	_, err := h.store.Update(ctx, claim, func(i *incident.Incident) bool {
		was := i.Restore.ReplicaBuilt
		i.Restore.ReplicaBuilt = true
		return !was
	})
	return Output{Done: true, Replica: name, Detail: "it is no replica, so it followed nothing: a failback makes one"}, err
}

// keep gives the old replica another name and a tag.
func (h *Handler) keep(ctx context.Context, claim incident.Claim, op string, r *incident.Restore, old *types.DBInstance) (Output, error) {
	name := aws.ToString(old.DBInstanceIdentifier)
	if status := aws.ToString(old.DBInstanceStatus); status != "available" {
		return Output{Replica: name, Detail: "the old replica is " + status}, nil
	}
	if err := h.changed(ctx, claim, fmt.Sprintf("%s: the old replica was renamed to %s", h.other, r.KeptReplica)); err != nil {
		return Output{}, err
	}
	_, err := h.rds.AddTagsToResource(ctx, &rds.AddTagsToResourceInput{
		ResourceName: old.DBInstanceArn, Tags: []types.Tag{{Key: aws.String(restore.KeptTag), Value: aws.String(claim.Owner)}},
	})
	if err != nil {
		return Output{}, failure.FromAWS(err, "%s: tag the old one", op)
	}
	_, err = h.rds.ModifyDBInstance(ctx, &rds.ModifyDBInstanceInput{
		DBInstanceIdentifier: aws.String(name), NewDBInstanceIdentifier: aws.String(r.KeptReplica), ApplyImmediately: aws.Bool(true),
	})
	if err != nil && !busy(err) {
		return Output{}, failure.FromAWS(err, "%s: rename the old one to %s", op, r.KeptReplica)
	}
	return Output{Replica: name, Detail: "the old replica is renamed to " + r.KeptReplica}, nil
}

// create asks for the new replica, under a key of its region: without one it is refused, and never made unencrypted.
func (h *Handler) create(ctx context.Context, claim incident.Claim, op string, r *incident.Restore, name string) (Output, error) {
	kept, err := database.Find(ctx, h.rds, r.KeptReplica)
	if err != nil {
		return Output{}, err
	}
	if kept != nil && aws.ToString(kept.DBInstanceStatus) == "renaming" {
		return Output{Replica: name, Detail: "the old replica is being renamed"}, nil
	}
	if err := h.changed(ctx, claim, fmt.Sprintf("%s: replica %s of the restored database was created", h.other, name)); err != nil {
		return Output{}, err
	}
	e := h.p.Environment
	// SourceRegion stays unset: the SDK would presign a URL with the real time, and RDS reads that URL in GovCloud only
	// (rds.CreateDBInstanceReadReplicaInput.PreSignedUrl).
	input := &rds.CreateDBInstanceReadReplicaInput{
		DBInstanceIdentifier: aws.String(name), SourceDBInstanceIdentifier: aws.String(database.ARN(e, h.p.Region())),
		DBInstanceClass: aws.String(e.Database.InstanceClass), KmsKeyId: aws.String(e.DatabaseKey(h.other)),
		EnableIAMDatabaseAuthentication: aws.Bool(true), DeletionProtection: aws.Bool(true),
		Tags: []types.Tag{{Key: aws.String(restore.Tag), Value: aws.String(claim.Owner)}},
	}
	if kept != nil { // the network of the region is the old replica's
		if kept.DBSubnetGroup != nil {
			input.DBSubnetGroupName = kept.DBSubnetGroup.DBSubnetGroupName
		}
		for _, group := range kept.VpcSecurityGroups {
			input.VpcSecurityGroupIds = append(input.VpcSecurityGroupIds, aws.ToString(group.VpcSecurityGroupId))
		}
	}
	_, err = h.rds.CreateDBInstanceReadReplica(ctx, input)
	var taken *types.DBInstanceAlreadyExistsFault
	if err != nil && !busy(err) && !errors.As(err, &taken) {
		return Output{}, failure.FromAWS(err, "%s", op)
	}
	return Output{Replica: name, Detail: "the replica was asked for"}, nil
}

// finish turns backups on: a new replica keeps none, and one without a backup is refused by a promotion.
// https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_ReadRepl.Promote.html
func (h *Handler) finish(ctx context.Context, claim incident.Claim, op string, replica *types.DBInstance) (Output, error) {
	name, status := aws.ToString(replica.DBInstanceIdentifier), aws.ToString(replica.DBInstanceStatus)
	switch {
	case restore.Broken(status):
		return Output{}, failure.New(failure.Failed, op, "its status is %s", status).
			Next("read its events: aws rds describe-events --region %s --source-type db-instance --source-identifier %s", h.other, name)
	case status != "available":
		return Output{Replica: name, Detail: "it is " + status}, nil
	case aws.ToInt32(replica.BackupRetentionPeriod) == 0:
		_, err := h.rds.ModifyDBInstance(ctx, &rds.ModifyDBInstanceInput{
			DBInstanceIdentifier: aws.String(name), BackupRetentionPeriod: aws.Int32(retention), ApplyImmediately: aws.Bool(true),
		})
		if err != nil && !busy(err) {
			return Output{}, failure.FromAWS(err, "%s: turn its backups on", op)
		}
		return Output{Replica: name, Detail: "its backups are turned on"}, nil
	case replica.LatestRestorableTime == nil:
		return Output{Replica: name, Detail: "its first backup is awaited"}, nil
	}
	_, err := h.store.Update(ctx, claim, func(i *incident.Incident) bool {
		was := i.Restore.ReplicaBuilt
		i.Restore.ReplicaBuilt = true
		return !was
	})
	return Output{Done: true, Replica: name, Detail: "it follows the restored database and has a backup"}, err
}

func (h *Handler) changed(ctx context.Context, claim incident.Claim, what string) error {
	at := h.p.Clock.Now()
	_, err := h.store.Update(ctx, claim, func(i *incident.Incident) bool {
		before := len(i.Changes)
		i.Changed(at, what, "")
		return len(i.Changes) != before
	})
	return err
}

func ours(i *types.DBInstance, owner string) bool {
	for _, tag := range i.TagList {
		if aws.ToString(tag.Key) == restore.Tag {
			return aws.ToString(tag.Value) == owner
		}
	}
	return false
}

func busy(err error) bool {
	var state *types.InvalidDBInstanceStateFault
	return errors.As(err, &state)
}
