// Package rebuilddatabase makes the database of its region from a snapshot, under the live name, where none is any more.
//
// It refuses when an instance of that name exists that this restore did not make. It calls the database restored only when
// that answered with the schema, a heartbeat that fits the snapshot, and took a write; and it deletes nothing but an
// instance that it made itself in this restore and that did not become that, or that a person gave up before services ran.
package rebuilddatabase

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/aws-sdk-go-v2/service/rds/types"

	"github.com/acso/disaster-recovery/internal/database"
	"github.com/acso/disaster-recovery/internal/environment"
	"github.com/acso/disaster-recovery/internal/failure"
	"github.com/acso/disaster-recovery/internal/grant"
	"github.com/acso/disaster-recovery/internal/heartbeat"
	"github.com/acso/disaster-recovery/internal/incident"
	"github.com/acso/disaster-recovery/internal/platform"
	"github.com/acso/disaster-recovery/internal/rebuild"
	"github.com/acso/disaster-recovery/internal/restore"
	"github.com/acso/disaster-recovery/internal/restoretest"
)

// Event is an example input.
//
//go:embed event.json
var Event []byte

// Errors are the kinds that it fails with.
var Errors = append([]failure.Kind{failure.InvalidInput, failure.Superseded, failure.Aborted, failure.KeyMissing, failure.Unsafe, failure.QuotaReached}, incident.Errors...)

// Input says what to do.
type Input struct {
	Action     string    `json:"action"`               // restore, check or discard
	Snapshot   string    `json:"snapshot"`             // restore, check: to restore from
	Taken      time.Time `json:"taken"`                // check: of the snapshot
	Subnets    string    `json:"subnets,omitempty"`    // restore: the groups that the deployment made
	Group      string    `json:"group,omitempty"`      // restore: security group
	Parameters string    `json:"parameters,omitempty"` // restore: parameter group
	incident.Claim
}

// Output is how far it is.
type Output struct {
	Done   bool   `json:"done"`
	Detail string `json:"detail"`
}

// Handler restores in its region.
type Handler struct {
	p     platform.Platform
	store *incident.Store
	rds   *rds.Client
}

// New makes the handler.
func New(p platform.Platform) *Handler {
	return &Handler{p: p, store: incident.NewStore(p), rds: rds.NewFromConfig(p.AWS)}
}

// Grants is what it may do.
func Grants(e *environment.Environment, region string) []grant.Grant {
	own := func(service, rest string) string {
		return fmt.Sprintf("arn:aws:%s:%s:%s:%s", service, region, e.Account, rest)
	}
	live := database.ARN(e, region)
	return append(incident.Grants(e, region),
		grant.Grant{Actions: []string{"rds:DescribeDBInstances", "rds:AddTagsToResource", "rds:ModifyDBInstance", "rds:DeleteDBInstance"}, Resources: []string{live}},
		// https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonrds.html
		grant.Grant{Actions: []string{"rds:RestoreDBInstanceFromDBSnapshot"}, Resources: append(restoretest.Snapshots(e, region), live, own("rds", "subgrp:*"), own("rds", "pg:*"))},
		grant.Grant{Actions: []string{"kms:CreateGrant", "kms:DescribeKey"}, Resources: []string{own("kms", "key/*")}},
		grant.Grant{Actions: []string{"rds-db:connect"}, Resources: []string{own("rds-db", "dbuser:*/"+database.User)}},
	)
}

// Handle does one action; none of them waits.
func (h *Handler) Handle(ctx context.Context, in Input) (Output, error) {
	name := h.p.Environment.DatabaseIn(h.p.Region())
	op := in.Action + " database " + name
	i, err := h.store.Guard(ctx, in.Claim)
	if err != nil {
		return Output{}, err
	}
	if i.Restore == nil || i.Restore.Region != h.p.Region() {
		return Output{}, failure.New(failure.InvalidInput, op, "incident %d is no restore of %s", i.Epoch, h.p.Region())
	}
	if in.Action != "discard" { // the way back goes on when a person ended the restore
		if err := i.Halted(); err != nil {
			return Output{}, err
		}
	}
	found, err := database.Find(ctx, h.rds, name)
	if err != nil {
		return Output{}, err
	}
	if found != nil && !ours(found, in.Owner) {
		return Output{}, failure.New(failure.Unsafe, op, "an instance of that name exists that this restore did not make").Next("find out who made it; then start again")
	}
	switch in.Action {
	case "restore":
		return h.restore(ctx, in, op, name, found)
	case "check":
		return h.check(ctx, in, op, found)
	case "discard":
		return h.discard(ctx, in, i, name, found)
	}
	return Output{}, failure.New(failure.InvalidInput, op, "the action is none of restore, check, discard")
}

func ours(i *types.DBInstance, owner string) bool {
	for _, tag := range i.TagList {
		if aws.ToString(tag.Key) == rebuild.Tag {
			return aws.ToString(tag.Value) == owner
		}
	}
	return false
}

func (h *Handler) restore(ctx context.Context, in Input, op, name string, found *types.DBInstance) (Output, error) {
	if found != nil {
		status := aws.ToString(found.DBInstanceStatus)
		switch {
		case restore.Broken(status):
			return Output{}, failure.New(failure.Failed, op, "made from snapshot %s, its status is %s", in.Snapshot, status)
		case status != "available":
			return Output{Detail: name + " is " + status}, nil
		}
		return Output{Done: true, Detail: name + " is available"}, nil
	}
	e, at := h.p.Environment, h.p.Clock.Now()
	if _, err := h.store.Update(ctx, in.Claim, func(i *incident.Incident) bool {
		before := len(i.Outstanding())
		i.Changed(at, rebuild.Change(h.p.Region(), name, in.Snapshot), fmt.Sprintf("aws rds delete-db-instance --region %s --db-instance-identifier %s", h.p.Region(), name))
		return len(i.Outstanding()) != before
	}); err != nil {
		return Output{}, err
	}
	_, err := h.rds.RestoreDBInstanceFromDBSnapshot(ctx, &rds.RestoreDBInstanceFromDBSnapshotInput{
		DBInstanceIdentifier: aws.String(name), DBSnapshotIdentifier: aws.String(in.Snapshot), DBInstanceClass: aws.String(e.Database.InstanceClass),
		MultiAZ: aws.Bool(true), PubliclyAccessible: aws.Bool(false), EnableIAMDatabaseAuthentication: aws.Bool(true), CopyTagsToSnapshot: aws.Bool(true),
		BackupRetentionPeriod: aws.Int32(e.Database.BackupRetention.Days()), PreferredBackupWindow: aws.String(e.Database.BackupWindow),
		DeletionProtection: aws.Bool(false), // until it was checked
		DBSubnetGroupName:  aws.String(in.Subnets), VpcSecurityGroupIds: []string{in.Group}, DBParameterGroupName: aws.String(in.Parameters),
		Tags: []types.Tag{{Key: aws.String(rebuild.Tag), Value: aws.String(in.Owner)}},
	})
	var taken *types.DBInstanceAlreadyExistsFault
	if err == nil || errors.As(err, &taken) { // our own call whose answer was lost: the next look tells by the tag
		return Output{Detail: name + ": the restore was accepted"}, nil
	}
	if failure.Code(err) != "" && !failure.Is(failure.FromAWS(err, ""), failure.Unavailable) { // refused for good: nothing was made
		if undo := h.undone(ctx, in); undo != nil {
			return Output{}, undo
		}
	}
	return Output{}, failure.FromAWS(err, "%s from snapshot %s", op, in.Snapshot)
}

// undone records that the instance is not there.
func (h *Handler) undone(ctx context.Context, in Input) error {
	_, err := h.store.Update(ctx, in.Claim, func(i *incident.Incident) bool {
		what := rebuild.Made(*i, h.p.Region())
		i.Undone(what)
		return what != ""
	})
	return err
}

// slack is how far a heartbeat may be ahead of the time in the snapshot's name, which is when its backup began.
const slack = 10 * time.Minute

// check asks the database itself, and protects it from being deleted when the answers fit.
func (h *Handler) check(ctx context.Context, in Input, op string, found *types.DBInstance) (Output, error) {
	if found == nil || found.Endpoint == nil {
		return Output{}, failure.New(failure.NotFound, op, "it is not there any more")
	}
	oldest, newest := in.Taken.Add(-h.p.Environment.Objectives.RecoveryPoint.Critical.Std()), in.Taken.Add(slack)
	beat, err := h.ask(ctx, found, newest)
	if err != nil {
		return Output{}, &failure.Error{Kind: failure.Unavailable, Op: op, Err: err}
	}
	if beat.Before(oldest) {
		return Output{}, failure.New(failure.Failed, op, "made from snapshot %s, it has no heartbeat between %s and %s, the newest before is of %s", in.Snapshot, stamp(oldest), stamp(newest), stamp(beat))
	}
	if !aws.ToBool(found.DeletionProtection) {
		_, err := h.rds.ModifyDBInstance(ctx, &rds.ModifyDBInstanceInput{DBInstanceIdentifier: found.DBInstanceIdentifier, DeletionProtection: aws.Bool(true), ApplyImmediately: aws.Bool(true)})
		if err != nil {
			return Output{}, failure.FromAWS(err, "%s: protect it", op)
		}
	}
	return Output{Done: true, Detail: fmt.Sprintf("made from snapshot %s, newest heartbeat %s, it took a write", in.Snapshot, stamp(beat))}, nil
}

// ask writes, and reads the newest heartbeat up to a time: the minute's heartbeat is written again as soon as the name answers.
func (h *Handler) ask(ctx context.Context, i *types.DBInstance, until time.Time) (beat time.Time, err error) {
	ctx, cancel := h.p.Clock.WithTimeout(ctx, 4*database.Timeout)
	defer cancel()
	conn, err := h.p.SQL.Open(ctx, platform.Endpoint{
		Region: h.p.Region(), Host: aws.ToString(i.Endpoint.Address), Port: aws.ToInt32(i.Endpoint.Port), Database: h.p.Environment.Database.Name,
	})
	if err != nil {
		return beat, err
	}
	defer func() { _ = conn.Close(ctx) }() // what was read was read
	rows, err := conn.Query(ctx, heartbeat.LastUntil, until)
	if err != nil {
		return beat, err
	}
	if len(rows) == 1 && len(rows[0]) == 1 {
		beat, _ = rows[0][0].(time.Time) // NULL without a heartbeat: the zero time fits no snapshot
	}
	_, err = conn.Exec(ctx, heartbeat.Canary, "rebuild", h.p.Clock.Now().UTC().Truncate(time.Microsecond))
	return beat, err
}

// discard deletes the instance that this restore made and that did not become a database, or that a person ended before a
// service could write to it: that one is protected, and loses its protection first. RDS deletes nothing that it is still making.
func (h *Handler) discard(ctx context.Context, in Input, i incident.Incident, name string, found *types.DBInstance) (Output, error) {
	op := "discard database " + name
	if found == nil {
		return Output{Done: true, Detail: name + " is not there"}, h.undone(ctx, in)
	}
	if status := aws.ToString(found.DBInstanceStatus); status == "creating" || status == "deleting" {
		return Output{Detail: name + " is " + status}, nil
	}
	if aws.ToBool(found.DeletionProtection) {
		if i.Abort == nil || !i.CommittedAt.IsZero() {
			return Output{}, failure.New(failure.Unsafe, op, "it was checked and protected, and services may have written to it").Next("redrive the execution, which goes on with it")
		}
		return h.unprotect(ctx, op, name)
	}
	_, err := h.rds.DeleteDBInstance(ctx, &rds.DeleteDBInstanceInput{DBInstanceIdentifier: aws.String(name), SkipFinalSnapshot: aws.Bool(true), DeleteAutomatedBackups: aws.Bool(true)})
	if err != nil && !busy(err) {
		return Output{}, failure.FromAWS(err, "%s", op)
	}
	return Output{Detail: name + " is being deleted"}, nil
}

func (h *Handler) unprotect(ctx context.Context, op, name string) (Output, error) {
	_, err := h.rds.ModifyDBInstance(ctx, &rds.ModifyDBInstanceInput{DBInstanceIdentifier: aws.String(name), DeletionProtection: aws.Bool(false), ApplyImmediately: aws.Bool(true)})
	if err != nil && !busy(err) {
		return Output{}, failure.FromAWS(err, "%s: take its protection away", op)
	}
	return Output{Detail: name + " loses its protection"}, nil
}

func busy(err error) bool {
	var state *types.InvalidDBInstanceStateFault
	return errors.As(err, &state)
}

func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }
