// Package backupdata takes a recovery point of the application data: of the files under the mount, or of the data bucket
// where the application keeps its data there.
//
// It refuses to take the one for the other: a mount that is missing is a failure, and not a tree in which everything was
// deleted. It refuses to call a point complete that lacks a file which could not be read, and it deletes nothing: what the
// application removed is said in the point, and stays in the points before it.
//
// It stops well before Lambda would, with what it has stored so far noted in the bucket; called again, by whomever, it goes
// on from there, within a large file too.
package backupdata

import (
	"context"
	_ "embed"
	"errors"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/acso/disaster-recovery/internal/backup"
	"github.com/acso/disaster-recovery/internal/environment"
	"github.com/acso/disaster-recovery/internal/failure"
	"github.com/acso/disaster-recovery/internal/grant"
	"github.com/acso/disaster-recovery/internal/platform"
	"github.com/acso/disaster-recovery/internal/recoverypoint"
	"github.com/acso/disaster-recovery/internal/retention"
	"github.com/acso/disaster-recovery/internal/writeback"
)

// Event is an example input.
//
//go:embed event.json
var Event []byte

// Errors are the kinds that it fails with.
var Errors = slices.Clone(recoverypoint.Errors)

// Input says how the point is taken. {} is an incremental point, or a full one when it is the day's first.
type Input struct {
	From     string `json:"from"`     // files (the default): what is mounted; bucket: the data bucket of the region
	Full     bool   `json:"full"`     // send everything: the point refers to nothing older
	Checksum bool   `json:"checksum"` // read files whose size and time are as before, and compare their content
}

// Output is the point, or how far it is.
type Output struct {
	Done   bool                 `json:"done"`   // false: time was up, and it has to be called again
	Point  *recoverypoint.Point `json:"point"`  // null until it is done
	Stored int                  `json:"stored"` // objects that an unfinished point has so far
}

// budget is how long one invocation works. What is left of Lambda's 15 minutes is for the part that is under way and for the
// note.
const budget = 11 * time.Minute

// Handler backs up application data.
type Handler struct{ p platform.Platform }

// New makes the handler.
func New(p platform.Platform) *Handler { return &Handler{p: p} }

// Grants is what it may do.
func Grants(e *environment.Environment, region string) []grant.Grant {
	data := "arn:aws:s3:::" + e.BucketIn(region, e.Buckets.Data)
	return append(recoverypoint.Grants(e, region, retention.ApplicationData),
		grant.Grant{Actions: []string{"s3:ListBucket"}, Resources: []string{data}},
		grant.Grant{Actions: []string{"s3:GetObject"}, Resources: []string{data + "/*"}},
	)
}

// Handle takes one point.
func (h *Handler) Handle(ctx context.Context, in Input) (Output, error) {
	source, err := h.source(in.From)
	if err != nil {
		return Output{}, err
	}
	until := h.p.Clock.Now().Add(budget)
	point, err := recoverypoint.Take(ctx, h.p, retention.ApplicationData, source, recoverypoint.Options{
		Full: in.Full, Checksum: in.Checksum, Late: func() bool { return !h.p.Clock.Now().Before(until) },
	})
	var unfinished *backup.UnfinishedError
	if errors.As(err, &unfinished) {
		return Output{Stored: unfinished.Stored}, nil
	}
	if err != nil {
		return Output{}, failure.FromAWS(err, "back up the application data of %s", h.p.Region())
	}
	return Output{Done: true, Point: &point}, nil
}

func (h *Handler) source(from string) (backup.Source, error) {
	op := "back up the application data of " + h.p.Region()
	switch {
	case (from == "" || from == "files") && h.p.Files == nil:
		return nil, failure.New(failure.NotFound, op, "no file system is mounted").Next("look at the function's mount; where the data are in a bucket, say from: bucket")
	case from == "" || from == "files":
		return application{backup.Directory(h.p.Files)}, nil
	case from == "bucket":
		return application{backup.Prefix(s3.NewFromConfig(h.p.AWS), h.p.Environment.BucketIn(h.p.Region(), h.p.Environment.Buckets.Data), "")}, nil
	}
	return nil, failure.New(failure.InvalidInput, op, "from %q is neither files nor bucket", from)
}

// application is a source without what restores put beside the application's data.
type application struct{ backup.Source }

func (a application) List(ctx context.Context, use func(backup.File) error) error {
	return a.Source.List(ctx, func(f backup.File) error {
		if writeback.Own(f.Path) {
			return nil
		}
		return use(f)
	})
}
