// Package restoredata makes the application data of its region what a recovery point says, in place or in a folder beside
// it: byte for byte, deletions, links, modes and empty files included.
//
// It refuses to touch anything in place before the services are stopped and a verified recovery point, taken since, holds
// what is there; without one it writes only where nothing is. It never calls the data restored before every object was
// found right by its SHA-256. It stops well before Lambda would and says how far it is: given that again, it goes on.
package restoredata

import (
	"context"
	_ "embed"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/acso/disaster-recovery/internal/backup"
	"github.com/acso/disaster-recovery/internal/environment"
	"github.com/acso/disaster-recovery/internal/failure"
	"github.com/acso/disaster-recovery/internal/grant"
	"github.com/acso/disaster-recovery/internal/incident"
	"github.com/acso/disaster-recovery/internal/platform"
	"github.com/acso/disaster-recovery/internal/recoverypoint"
	"github.com/acso/disaster-recovery/internal/restore"
	"github.com/acso/disaster-recovery/internal/retention"
	"github.com/acso/disaster-recovery/internal/writeback"
)

// Event is an example input.
//
//go:embed event.json
var Event []byte

// Errors are the kinds that it fails with.
var Errors = append([]failure.Kind{failure.InvalidInput, failure.Superseded, failure.Unsafe, failure.Aborted}, incident.Errors...)

// Input says what to do.
type Input struct {
	Action   string              `json:"action"`             // restore (the default), safety, back or discard
	Manifest string              `json:"manifest,omitempty"` // restore: key of the manifest; safety: of the point of what is there
	Into     string              `json:"into,omitempty"`     // live, or the name of a folder beside the live data
	To       string              `json:"to,omitempty"`       // files (the default): what is mounted; bucket: the data bucket of the region
	Progress *writeback.Progress `json:"progress,omitempty"` // of the last answer, to go on from there; null begins anew
	// Claim is required in place. Beside the live data it is not, and nothing is recorded without it.
	incident.Claim
}

// Live is into for the data that the services use.
const Live = "live"

// Output is how far it is.
type Output struct {
	State    restore.State       `json:"state"`
	Progress *writeback.Progress `json:"progress"`
	Place    string              `json:"place"` // where the data go
	Detail   string              `json:"detail"`
}

// Handler restores application data in its region.
type Handler struct {
	p     platform.Platform
	s3    *s3.Client
	store *incident.Store
}

// New makes the handler.
func New(p platform.Platform) *Handler {
	return &Handler{p: p, s3: s3.NewFromConfig(p.AWS), store: incident.NewStoreIn(p, p.Environment.Pair(p.Region()))}
}

// Grants is what it may do: read points, and write the data. In a bucket, deleting leaves every version where it is.
func Grants(e *environment.Environment, region string) []grant.Grant {
	backups := "arn:aws:s3:::" + recoverypoint.Bucket(e, region)
	data := "arn:aws:s3:::" + e.BucketIn(region, e.Buckets.Data)
	return append(append(incident.Grants(e, e.Pair(region)), incident.Grants(e, region)...),
		grant.Grant{Actions: []string{"s3:ListBucket"}, Resources: []string{backups, data}},
		grant.Grant{Actions: []string{"s3:GetObject", "s3:GetObjectVersion"}, Resources: []string{backups + "/*/manifests/*"}},
		grant.Grant{Actions: []string{"s3:GetObjectVersion"}, Resources: []string{backups + "/*/" + retention.ApplicationData + "/*"}},
		grant.Grant{Actions: []string{"s3:GetObject", "s3:PutObject", "s3:DeleteObject"}, Resources: []string{data + "/*"}},
	)
}

// enough is when a run ends early and says how far it is: a large file that was just begun has five minutes then.
const enough = 10 * time.Minute

// Handle does one action, or a part of it.
func (h *Handler) Handle(ctx context.Context, in Input) (Output, error) {
	const op = "restore the application data"
	if err := restore.Known(op, in.Action); err != nil {
		return Output{}, err
	}
	live := in.Into == Live || in.Action == "safety" || in.Action == "back"
	if !live && !name(in.Into) {
		return Output{}, failure.New(failure.InvalidInput, op, "into %q is neither live nor the name of a folder", in.Into)
	}
	i, err := restore.Admit(ctx, h.store, in.Claim, op, in.Action, live)
	if err != nil {
		return Output{}, err
	}
	switch in.Action {
	case "safety":
		return h.safety(ctx, in, i)
	case "back":
		return h.back(ctx, in, i)
	case "discard":
		return h.discard(ctx, in)
	}
	if in.Manifest == "" {
		return Output{}, failure.New(failure.InvalidInput, op, "no manifest is named")
	}
	if live {
		return h.place(ctx, in, i)
	}
	return h.beside(ctx, in)
}

// name tells whether a text can be a folder's.
func name(text string) bool {
	return text != "" && text != "." && text != ".." && !strings.ContainsAny(text, "/\x00") && len(text) <= 200
}

// begun is when the invocation began, so that it can end in time.
func (h *Handler) enough() func() bool {
	begun := h.p.Clock.Now()
	return func() bool { return h.p.Clock.Now().Sub(begun) >= enough }
}

func (h *Handler) points() backup.Store {
	return backup.Store{Client: h.s3, Bucket: recoverypoint.Bucket(h.p.Environment, h.p.Region())}
}

// destination is where data go: below a folder, or in place with "".
func (h *Handler) destination(to, folder string) (writeback.Destination, string, error) {
	const op = "restore the application data"
	if folder != "" {
		folder = writeback.Beside + "/" + folder
	}
	switch to {
	case "", "files":
		files, ok := h.p.Files.(platform.Folder)
		if !ok {
			return nil, "", failure.New(failure.NotFound, op, "no file system is mounted that takes writes").
				Next("look at the function's mount; where the data are in a bucket, say to: bucket")
		}
		return writeback.Tree(files, folder), "files/" + folder, nil
	case "bucket":
		if folder != "" {
			folder += "/"
		}
		bucket := h.p.Environment.BucketIn(h.p.Region(), h.p.Environment.Buckets.Data)
		return writeback.Bucket(h.s3, bucket, folder), fmt.Sprintf("s3://%s/%s", bucket, folder), nil
	}
	return nil, "", failure.New(failure.InvalidInput, op, "to %q is neither files nor bucket", to)
}

// run writes a point to a place, or goes on with it.
func (h *Handler) run(ctx context.Context, in Input, manifest, folder string, overwrite bool) (Output, error) {
	to, place, err := h.destination(in.To, folder)
	if err != nil {
		return Output{}, err
	}
	var before writeback.Progress
	if in.Progress != nil {
		before = *in.Progress
	}
	p, err := writeback.Run(ctx, h.points(), manifest, to, writeback.Options{Overwrite: overwrite, Width: h.p.Parallel, Enough: h.enough()}, before)
	if err != nil {
		return Output{}, err
	}
	out := Output{State: restore.Working, Progress: &p, Place: place}
	out.Detail = fmt.Sprintf("%d of %d objects are as in %s (%d were already), %d were removed", p.Same+p.Written, p.Objects, manifest, p.Same, p.Removed)
	if p.Unread > 0 {
		out.Detail += fmt.Sprintf("; %d files could not be read when it was taken, and what is there of them was left", p.Unread)
	}
	if p.Phase == writeback.Done {
		out.State = restore.Done
	}
	return out, nil
}
