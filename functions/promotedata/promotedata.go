// Package promotedata makes the replicated file system of its region writable, by deleting the replication from this side.
//
// It refuses to do so when the last sync is older than the standard recovery point or unknown, unless a person approved.
package promotedata

import (
	"context"
	_ "embed"
	"errors"
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

// Input says what to do.
type Input struct {
	Action   string `json:"action"`   // promote, status or look
	Approved bool   `json:"approved"` // a person accepted the loss
	Local    bool   `json:"local"`    // promote: delete this side only, when the other side does not let go
	incident.Claim
}

// Output is where the file system stands.
type Output struct {
	FileSystem string `json:"fileSystem"`
	Done       bool   `json:"done"` // writable
	Detail     string `json:"detail"`
}

// Handler acts on the file system of its region.
type Handler struct {
	p     platform.Platform
	store *incident.Store
	efs   *efs.Client
	files *filesystem.FileSystem
}

// New makes the handler.
func New(p platform.Platform) *Handler {
	client := efs.NewFromConfig(p.AWS)
	return &Handler{p: p, store: incident.NewStore(p), efs: client, files: filesystem.In(p, client)}
}

// Grants is what it may do in its region.
func Grants(e *environment.Environment, region string) []grant.Grant {
	grants := append(incident.Grants(e, region), filesystem.Grants(e, region)...)
	return append(grants, grant.Grant{
		Actions: []string{"elasticfilesystem:DeleteReplicationConfiguration"}, Resources: []string{
			filesystem.ARN(e, region), filesystem.ARN(e, e.Pair(region)), // the call names the source's file system
		},
	})
}

// Handle does one action; neither of them waits.
func (h *Handler) Handle(ctx context.Context, in Input) (Output, error) {
	var i incident.Incident
	var err error
	switch in.Action {
	case "look": // needs no claim, since it changes nothing
	case "promote", "status":
		if i, err = h.store.Guard(ctx, in.Claim); err == nil && in.Action == "promote" {
			err = i.Halted()
		}
	default:
		err = failure.New(failure.InvalidInput, "promote the file system", "action %q is none of promote, status, look", in.Action)
	}
	if err != nil {
		return Output{}, err
	}
	state, err := h.files.State(ctx)
	if err != nil {
		return Output{}, err
	}
	out := Output{FileSystem: state.ID, Done: state.Writable}
	switch {
	case state.Writable:
		out.Detail = "no replication, available and protected from being overwritten"
	case !state.Replicating:
		out.Detail = "its replication is gone; it is not writable yet"
	case in.Action == "look":
		out.Detail = "a replica of " + state.Source + ", " + state.Status + ", last synced as of " + state.LastSync.UTC().Format(time.RFC3339)
	case in.Action == "status" || deleting(state.Status) && !in.Local:
		out.Detail = "its replication is " + state.Status
	default:
		out.Detail, err = h.promote(ctx, in, i, state)
	}
	return out, err
}

func deleting(status string) bool { return status == string(types.ReplicationStatusDeleting) }

func (h *Handler) promote(ctx context.Context, in Input, i incident.Incident, state filesystem.State) (string, error) {
	op := "promote file system " + state.ID
	limit := h.p.Environment.Objectives.RecoveryPoint.Standard.Std()
	if age := until(i, h.p.Clock.Now()).Sub(state.LastSync); !in.Approved && (state.LastSync.IsZero() || age > limit) {
		return "", failure.New(failure.Unsafe, op, "its last sync (%s) is unknown or older than %s before the outage, and nobody approved", state.LastSync.UTC().Format(time.RFC3339), limit)
	}
	what := h.p.Region() + ": replication to file system " + state.ID + " deleted; it cannot be resumed, only built anew"
	if _, err := h.store.Update(ctx, in.Claim, func(i *incident.Incident) bool {
		i.Changed(h.p.Clock.Now(), what, "")
		return true
	}); err != nil {
		return "", err
	}
	input := &efs.DeleteReplicationConfigurationInput{SourceFileSystemId: aws.String(state.Source)}
	if in.Local {
		input.DeletionMode = types.DeletionModeLocalConfigurationOnly
	}
	_, err := h.efs.DeleteReplicationConfiguration(ctx, input)
	var gone *types.ReplicationNotFound
	if err != nil && !errors.As(err, &gone) { // gone: by an attempt whose answer was lost
		return "", failure.FromAWS(err, "%s", op)
	}
	return "its replication is being deleted", nil
}

// until is when the outage began, as far as it is known: syncs are judged against that, not against the time that the
// failover took since.
func until(i incident.Incident, now time.Time) time.Time {
	if i.Seen.FirstDown.IsZero() {
		return now
	}
	return i.Seen.FirstDown
}
