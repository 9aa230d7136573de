// Package restoredatabase restores the database of its region to a moment under a new name, checks it by content, and puts
// it in the place of the old one by renaming both.
//
// It never deletes what was there: the old instance is kept under another name, tagged, with its deletion protection. The
// one thing that it deletes is the instance that it made itself, while that never carried the live name. It refuses to
// put anything in place that was not checked, and to take a place that is not the one the plan knew.
package restoredatabase

import (
	"context"
	_ "embed"
	"errors"
	"fmt"

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
var Errors = append([]failure.Kind{failure.InvalidInput, failure.Superseded, failure.KeyMissing, failure.Unsafe, failure.QuotaReached, failure.Aborted}, incident.Errors...)

// Input says what to do, in the order in which a restore does it. back and discard
// are the way back, from anywhere before place is done.
type Input struct {
	Action   string `json:"action"`             // safety, restore, check, keep, count, place, back or discard
	Snapshot string `json:"snapshot,omitempty"` // safety: the snapshot to verify
	incident.Claim
}

// State is how far an action is.
type State = restore.State

// The states.
const (
	Working = restore.Working // RDS is at it: repeat the action
	Done    = restore.Done
	Live    = restore.Live // back: the restored database carries the live name; nothing is taken back any more
)

// Output is the state, and what it was seen from.
type Output struct {
	State    State  `json:"state"`
	Instance string `json:"instance"` // that the action is about
	Detail   string `json:"detail"`
}

// Handler restores in its region.
type Handler struct {
	p     platform.Platform
	store *incident.Store
	rds   *rds.Client
}

// New makes the handler.
func New(p platform.Platform) *Handler {
	return &Handler{p: p, store: incident.NewStoreIn(p, p.Environment.Pair(p.Region())), rds: rds.NewFromConfig(p.AWS)}
}

// Grants is what it may do. Renaming is allowed for the database and what a restore made of it; deleting only for what a
// restore made.
func Grants(e *environment.Environment, region string) []grant.Grant {
	live := database.ARN(e, region)
	restored, kept := live+"-restored-*", live+"-before-*"
	own := func(service, rest string) string {
		return fmt.Sprintf("arn:aws:%s:%s:%s:%s", service, region, e.Account, rest)
	}
	return append(incident.Grants(e, e.Pair(region)),
		grant.Grant{Actions: []string{"rds:DescribeDBInstances"}, Resources: []string{live, restored, kept}},
		grant.Grant{Actions: []string{"rds:DescribeDBSnapshots"}, Resources: []string{own("rds", "snapshot:"+e.DatabaseIn(region)+"-*")}},
		// Which resources are checked: https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonrds.html
		grant.Grant{
			Actions:   []string{"rds:RestoreDBInstanceToPointInTime"},
			Resources: []string{live, restored, own("rds", "subgrp:*"), own("rds", "pg:*")},
		},
		grant.Grant{Actions: []string{"kms:CreateGrant", "kms:DescribeKey"}, Resources: []string{own("kms", "key/*")}},
		grant.Grant{Actions: []string{"rds:AddTagsToResource"}, Resources: []string{live, restored}},
		grant.Grant{Actions: []string{"rds:ModifyDBInstance"}, Resources: []string{live, restored, kept}},
		grant.Grant{Actions: []string{"rds:DeleteDBInstance"}, Resources: []string{restored}},
		// https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/UsingWithRDS.IAMDBAuth.IAMPolicy.html
		grant.Grant{Actions: []string{"rds-db:connect"}, Resources: []string{own("rds-db", "dbuser:*/"+database.User)}},
	)
}

// Handle does one action; none of them waits.
func (h *Handler) Handle(ctx context.Context, in Input) (Output, error) {
	i, err := h.store.Guard(ctx, in.Claim)
	if err != nil {
		return Output{}, err
	}
	r := i.Restore
	if r == nil || r.Region != h.p.Region() {
		return Output{}, failure.New(failure.InvalidInput, "restore the database of "+h.p.Region(), "incident %d is no restore of it", i.Epoch)
	}
	if r.Source == "" {
		return h.without(in, r)
	}
	if in.Action != "back" && in.Action != "discard" && !r.Placing { // the way back goes on
		if err := i.Halted(); err != nil {
			return Output{}, err
		}
	}
	if in.Action == "safety" {
		return h.safety(ctx, in, r)
	}
	now, err := h.look(ctx, r)
	if err != nil {
		return Output{}, err
	}
	switch in.Action {
	case "restore":
		return h.restore(ctx, in.Claim, r, now)
	case "check":
		return h.check(ctx, in.Claim, r, now)
	case "keep":
		return h.keep(ctx, in.Claim, r, now)
	case "count":
		return h.count(ctx, in.Claim, r, now)
	case "place":
		return h.place(ctx, in.Claim, r, now)
	case "back":
		return h.back(ctx, in.Claim, r, now)
	case "discard":
		return h.discard(ctx, in.Claim, r, now)
	}
	return Output{}, failure.New(failure.InvalidInput, "restore the database", "action %q is none of safety, restore, check, keep, count, place, back, discard", in.Action)
}

// without answers the ways back of a restore in which the database has no part. Everything else is a mistake.
func (h *Handler) without(in Input, r *incident.Restore) (Output, error) {
	switch {
	case in.Action != "back" && in.Action != "discard":
		return Output{}, failure.New(failure.InvalidInput, in.Action+" the database of "+h.p.Region(), "this restore has no part in the database")
	case r.InPlace:
		return Output{State: Live, Detail: "what was restored is in its place"}, nil
	}
	return done("", "the database was not touched"), nil
}

// world is what carries the three names of a restore now. An instance that is being renamed carries its old name until
// the new one is effective. https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_RenameInstance.html
type world struct{ live, restored, kept *types.DBInstance }

func (h *Handler) look(ctx context.Context, r *incident.Restore) (w world, err error) {
	for _, one := range []struct {
		name string
		into **types.DBInstance
	}{{r.Live, &w.live}, {r.Restored, &w.restored}, {r.Kept, &w.kept}} {
		if one.name == "" {
			continue
		}
		if *one.into, err = database.Find(ctx, h.rds, one.name); err != nil {
			return w, err
		}
	}
	return w, nil
}

func status(i *types.DBInstance) string { return aws.ToString(i.DBInstanceStatus) }

// isSource tells whether an instance is the one that was live when the restore was planned, whatever its name is now.
func isSource(i *types.DBInstance, r *incident.Restore) bool {
	return i != nil && aws.ToString(i.DbiResourceId) == r.Source
}

// ours tells whether this very execution made an instance.
func ours(i *types.DBInstance, owner string) bool {
	for _, tag := range i.TagList {
		if aws.ToString(tag.Key) == restore.Tag {
			return aws.ToString(tag.Value) == owner
		}
	}
	return false
}

func working(name, format string, args ...any) Output {
	return Output{State: Working, Instance: name, Detail: fmt.Sprintf(format, args...)}
}

func done(name, format string, args ...any) Output {
	return Output{State: Done, Instance: name, Detail: fmt.Sprintf(format, args...)}
}

// busy tells a refusal that passes by itself from one for good.
func busy(err error) bool {
	var state *types.InvalidDBInstanceStateFault
	return errors.As(err, &state)
}

// changed writes down what is about to be changed, before it is.
func (h *Handler) changed(ctx context.Context, claim incident.Claim, what, undo string) error {
	at := h.p.Clock.Now()
	_, err := h.store.Update(ctx, claim, func(i *incident.Incident) bool {
		i.Changed(at, what, undo)
		return true
	})
	return err
}

func (h *Handler) undone(ctx context.Context, claim incident.Claim, what string) error {
	_, err := h.store.Update(ctx, claim, func(i *incident.Incident) bool {
		before := len(i.Outstanding())
		i.Undone(what)
		return len(i.Outstanding()) != before
	})
	return err
}
