// Package backupdata takes a recovery point of the application data: of the files under the mount, or of the data bucket
// where nothing is mounted.
//
// It refuses to call a point complete that lacks a file which could not be read, and it deletes nothing: what the
// application removed is said in the point, and stays in the points before it.
package backupdata

import (
	"context"
	_ "embed"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/acso/disaster-recovery/internal/backup"
	"github.com/acso/disaster-recovery/internal/environment"
	"github.com/acso/disaster-recovery/internal/failure"
	"github.com/acso/disaster-recovery/internal/grant"
	"github.com/acso/disaster-recovery/internal/platform"
	"github.com/acso/disaster-recovery/internal/recoverypoint"
	"github.com/acso/disaster-recovery/internal/retention"
)

// Event is an example input.
//
//go:embed event.json
var Event []byte

// Errors are the kinds that it fails with.
var Errors = slices.Clone(recoverypoint.Errors)

// Input says how the point is taken. {} is an incremental point, or a full one when it is the day's first.
type Input struct {
	Full     bool `json:"full"`     // send everything: the point refers to nothing older
	Checksum bool `json:"checksum"` // read files whose size and time are as before, and compare their content
}

// Output is the point.
type Output struct {
	Point recoverypoint.Point `json:"point"`
}

// Handler backs up application data.
type Handler struct{ p platform.Platform }

// New makes the handler.
func New(p platform.Platform) *Handler { return &Handler{p: p} }

// Grants is what it may do.
func Grants(e *environment.Environment, region string) []grant.Grant {
	return recoverypoint.Grants(e, region, retention.ApplicationData)
}

// Handle takes one point.
func (h *Handler) Handle(ctx context.Context, in Input) (Output, error) {
	var source backup.Source
	switch {
	case h.p.Files != nil:
		source = backup.Directory(h.p.Files)
	default:
		source = backup.Prefix(s3.NewFromConfig(h.p.AWS), h.p.Environment.BucketIn(h.p.Region(), h.p.Environment.Buckets.Data), "")
	}
	point, err := recoverypoint.Take(ctx, h.p, retention.ApplicationData, source, recoverypoint.Options{Full: in.Full, Checksum: in.Checksum})
	return Output{Point: point}, failure.FromAWS(err, "back up the application data of %s", h.p.Region())
}
