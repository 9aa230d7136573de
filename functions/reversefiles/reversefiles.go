// Package reversefiles turns the replication of the file system round: the file system of one region becomes the copy of
// that of the region that serves.
//
// It refuses to make the file system of the region that serves a copy, and one whose files were not compared before: what
// is only there would be gone. It never calls a copy complete before EFS reports a finished sync.
package reversefiles

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/efs"
	"github.com/aws/aws-sdk-go-v2/service/efs/types"

	"github.com/acso/disaster-recovery/internal/environment"
	"github.com/acso/disaster-recovery/internal/failure"
	"github.com/acso/disaster-recovery/internal/filesystem"
	"github.com/acso/disaster-recovery/internal/grant"
	"github.com/acso/disaster-recovery/internal/incident"
	"github.com/acso/disaster-recovery/internal/platform"
)

// Event is an example input.
//
//go:embed event.json
var Event []byte

// Errors are the kinds that it fails with.
var Errors = append([]failure.Kind{failure.InvalidInput, failure.Superseded, failure.Aborted, failure.Unsafe, failure.KeyMissing, failure.QuotaReached}, incident.Errors...)

// Input names the region whose file system is to be the copy.
type Input struct {
	To string `json:"to"`
	incident.Claim
}

// Output is how far it is.
type Output struct {
	Done     bool   `json:"done"` // a sync is finished
	Source   string `json:"source"`
	Copy     string `json:"copy"`
	LastSync string `json:"lastSync"` // RFC 3339; "" before the first
	Detail   string `json:"detail"`
}

// patience with one round of calls, of which half go to the other region.
const patience = 30 * time.Second

// Handler acts on the file systems of both regions.
type Handler struct {
	p     platform.Platform
	store *incident.Store
}

// New makes the handler.
func New(p platform.Platform) *Handler { return &Handler{p: p, store: incident.NewStore(p)} }

// Grants is what it may do in both regions.
func Grants(e *environment.Environment, region string) []grant.Grant {
	grants := incident.Grants(e, region)
	for _, at := range []string{region, e.Pair(region)} {
		grants = append(grants, filesystem.Grants(e, at)...)
		grants = append(grants, grant.Grant{
			Actions:   []string{"elasticfilesystem:CreateReplicationConfiguration", "elasticfilesystem:DeleteReplicationConfiguration", "elasticfilesystem:UpdateFileSystemProtection"},
			Resources: []string{filesystem.ARN(e, at)},
		})
	}
	// https://docs.aws.amazon.com/efs/latest/ug/using-service-linked-roles.html
	return append(grants, grant.Grant{
		Actions: []string{"iam:CreateServiceLinkedRole"}, Resources: []string{fmt.Sprintf("arn:aws:iam::%s:role/aws-service-role/replication.elasticfilesystem.amazonaws.com/*", e.Account)},
	})
}

// side is the file system of a region, and the client there.
type side struct {
	region string
	efs    *efs.Client
	files  *filesystem.FileSystem
	now    filesystem.Side
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
	op := "make the file system of " + in.To + " a copy"
	f := i.Failback
	if f == nil || in.To != f.Region && in.To != f.From {
		return Output{}, failure.New(failure.InvalidInput, op, "incident %d is no failback that concerns it", i.Epoch)
	}
	role, err := h.store.Role(ctx)
	if err != nil {
		return Output{}, err
	}
	switch {
	case role.ActiveRegion == in.To:
		return Output{}, failure.New(failure.Unsafe, op, "it is the active region, since incident %d", role.Epoch)
	case in.To == f.Region && f.Files == nil:
		return Output{}, failure.New(failure.Unsafe, op, "its files were not compared yet")
	}
	ctx, cancel := h.p.Clock.WithTimeout(ctx, patience)
	defer cancel()
	source, to := h.side(h.p.Environment.Pair(in.To)), h.side(in.To)
	for _, s := range []*side{source, to} {
		if s.now, err = s.files.Look(ctx); err != nil {
			return Output{}, err
		}
	}
	out, err := h.turn(ctx, in.Claim, op, source, to)
	out.Source, out.Copy = source.now.ID, to.now.ID
	return out, err
}

func (h *Handler) side(region string) *side {
	p := h.p
	p.AWS = h.p.In(region)
	client := efs.NewFromConfig(p.AWS)
	return &side{region: region, efs: client, files: filesystem.In(p, client)}
}

// turn does the next thing: what is left of the old direction is removed from the side that still has it, the copy's
// protection from being overwritten is lifted, and the replication is made.
// https://docs.aws.amazon.com/efs/latest/ug/replication-use-cases.html
func (h *Handler) turn(ctx context.Context, claim incident.Claim, op string, source, to *side) (Output, error) {
	switch {
	case to.now.CopyOf == source.now.ID && source.now.CopiedTo == to.now.ID:
		return synced(to.now), nil
	case to.now.CopyOf == source.now.ID || source.now.CopiedTo == to.now.ID:
		return Output{Detail: "the replication is being made, or taken away"}, nil
	case source.now.Replicating():
		return h.drop(ctx, claim, op, source)
	case to.now.Replicating():
		return h.drop(ctx, claim, op, to)
	}
	if err := h.changed(ctx, claim, fmt.Sprintf("%s: file system %s was made a copy of %s in %s", to.region, to.now.ID, source.now.ID, source.region)); err != nil {
		return Output{}, err
	}
	if to.now.Protected {
		_, err := to.efs.UpdateFileSystemProtection(ctx, &efs.UpdateFileSystemProtectionInput{
			FileSystemId: aws.String(to.now.ID), ReplicationOverwriteProtection: types.ReplicationOverwriteProtectionDisabled,
		})
		if err != nil {
			return Output{}, failure.FromAWS(err, "%s: lift the protection of %s", op, to.now.ID)
		}
	}
	_, err := source.efs.CreateReplicationConfiguration(ctx, &efs.CreateReplicationConfigurationInput{
		SourceFileSystemId: aws.String(source.now.ID),
		Destinations:       []types.DestinationToCreate{{FileSystemId: aws.String(to.now.ID), Region: aws.String(to.region)}},
	})
	var exists *types.ReplicationAlreadyExists
	if err != nil && !errors.As(err, &exists) { // exists: by an attempt whose answer was lost
		return Output{}, failure.FromAWS(err, "%s", op)
	}
	return Output{Detail: "the replication was asked for"}, nil
}

// drop removes one side's record of a replication that the other side has let go, or never knew.
func (h *Handler) drop(ctx context.Context, claim incident.Claim, op string, s *side) (Output, error) {
	if err := h.changed(ctx, claim, fmt.Sprintf("%s: what was left of the old replication of file system %s was removed", s.region, s.now.ID)); err != nil {
		return Output{}, err
	}
	of := s.now.ID
	if s.now.CopyOf != "" {
		of = s.now.CopyOf
	}
	_, err := s.efs.DeleteReplicationConfiguration(ctx, &efs.DeleteReplicationConfigurationInput{
		SourceFileSystemId: aws.String(of), DeletionMode: types.DeletionModeLocalConfigurationOnly,
	})
	var gone *types.ReplicationNotFound
	if err != nil && !errors.As(err, &gone) {
		return Output{}, failure.FromAWS(err, "%s: remove the old replication of %s", op, s.now.ID)
	}
	return Output{Detail: "the old replication of " + s.now.ID + " is being removed"}, nil
}

func synced(to filesystem.Side) Output {
	if to.LastSync.IsZero() {
		return Output{Detail: "its first sync is " + to.Status}
	}
	return Output{Done: true, LastSync: to.LastSync.UTC().Format(time.RFC3339), Detail: "it is " + to.Status + ", its last sync of " + to.LastSync.UTC().Format(time.RFC3339)}
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
