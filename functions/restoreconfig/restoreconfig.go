// Package restoreconfig makes the parameters of its region what a recovery point of the configuration says, in place or
// below a path beside them: only what differs is written, and secrets only under the key of the region.
//
// It refuses to touch anything in place before a verified recovery point, taken since the restore was opened, holds what
// is there; without one it writes only what is missing. It never writes what belongs to one region alone into another.
package restoreconfig

import (
	"context"
	_ "embed"
	"fmt"
	"regexp"

	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/ssm"

	"github.com/acso/disaster-recovery/internal/environment"
	"github.com/acso/disaster-recovery/internal/failure"
	"github.com/acso/disaster-recovery/internal/grant"
	"github.com/acso/disaster-recovery/internal/incident"
	"github.com/acso/disaster-recovery/internal/platform"
	"github.com/acso/disaster-recovery/internal/recoverypoint"
	"github.com/acso/disaster-recovery/internal/restore"
	"github.com/acso/disaster-recovery/internal/retention"
)

// Event is an example input.
//
//go:embed event.json
var Event []byte

// Errors are the kinds that it fails with.
var Errors = append([]failure.Kind{failure.InvalidInput, failure.Superseded, failure.Unsafe, failure.KeyMissing, failure.Aborted}, incident.Errors...)

// Input says what to do.
type Input struct {
	Action   string `json:"action"`             // restore (the default), safety, back or discard
	Manifest string `json:"manifest,omitempty"` // restore: key of the manifest; safety: of the point of what is there
	Into     string `json:"into,omitempty"`     // live, or the last part of the path beside the live parameters
	// Claim is required in place. Beside the live parameters it is not, and nothing is recorded without it.
	incident.Claim
}

// Live is into for the parameters that the services read.
const Live = "live"

// Output is what was done.
type Output struct {
	State   restore.State `json:"state"`
	Place   string        `json:"place"`   // path of the parameters
	Written int           `json:"written"` // differed or were missing
	Same    int           `json:"same"`
	Removed int           `json:"removed"` // were not in the point
	Kept    []string      `json:"kept"`    // belong to this region alone, and the point is of the other
	Detail  string        `json:"detail"`
}

// Handler restores the configuration of its region.
type Handler struct {
	p     platform.Platform
	s3    *s3.Client
	ssm   *ssm.Client
	kms   *kms.Client
	store *incident.Store
}

// New makes the handler.
func New(p platform.Platform) *Handler {
	return &Handler{
		p: p, s3: s3.NewFromConfig(p.AWS), ssm: ssm.NewFromConfig(p.AWS), kms: kms.NewFromConfig(p.AWS),
		store: incident.NewStoreIn(p, p.Environment.Pair(p.Region())),
	}
}

// Beside is the path below which configuration is restored beside what is there. No backup reads it.
func Beside(e *environment.Environment) string { return e.Parameters + "-restored" }

// Grants is what it may do: read points, open their secrets, and write the parameters here.
func Grants(e *environment.Environment, region string) []grant.Grant {
	backups := "arn:aws:s3:::" + recoverypoint.Bucket(e, region)
	tree := e.ParameterARN(region)
	beside := tree + "-restored/*"
	key := fmt.Sprintf("arn:aws:kms:%s:%s:key/*", region, e.Account)
	return append(append(incident.Grants(e, e.Pair(region)), incident.Grants(e, region)...),
		grant.Grant{Actions: []string{"s3:ListBucket"}, Resources: []string{backups}},
		grant.Grant{Actions: []string{"s3:GetObject"}, Resources: []string{backups + "/*/manifests/*"}},
		grant.Grant{Actions: []string{"s3:GetObjectVersion"}, Resources: []string{backups + "/*/" + retention.Configuration + "/*"}},
		grant.Grant{Actions: []string{"ssm:GetParametersByPath"}, Resources: []string{tree, beside}},
		grant.Grant{Actions: []string{"ssm:PutParameter", "ssm:DeleteParameter"}, Resources: []string{tree + "/*", beside}},
		// https://docs.aws.amazon.com/kms/latest/developerguide/services-parameter-store.html: a secure string is encrypted in
		// the caller's name.
		grant.Grant{Actions: []string{"kms:Decrypt", "kms:Encrypt"}, Resources: []string{key}},
	)
}

// part is what the last part of a path may be.
var part = regexp.MustCompile(`^[a-zA-Z0-9_.-]{1,200}$`)

// Handle does one action.
func (h *Handler) Handle(ctx context.Context, in Input) (Output, error) {
	const op = "restore the configuration"
	if err := restore.Known(op, in.Action); err != nil {
		return Output{}, err
	}
	live := in.Into == Live || in.Action == "safety" || in.Action == "back"
	if !live && !part.MatchString(in.Into) {
		return Output{}, failure.New(failure.InvalidInput, op, "into %q is neither live nor a part of a path", in.Into)
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
