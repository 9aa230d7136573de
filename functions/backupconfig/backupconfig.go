// Package backupconfig keeps the configuration: the parameters of its region as a recovery point, and in the other region's
// Parameter Store, where a failover finds them.
//
// It refuses to write a secret in the clear anywhere, to write what belongs to one region alone into the other, and to
// delete: a parameter that is gone here stays there until a person removes it, and the answer names it.
package backupconfig

import (
	"context"
	_ "embed"
	"fmt"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/ssm"

	"github.com/acso/disaster-recovery/internal/environment"
	"github.com/acso/disaster-recovery/internal/failure"
	"github.com/acso/disaster-recovery/internal/grant"
	"github.com/acso/disaster-recovery/internal/parameters"
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

// Input says which half is done.
type Input struct {
	Action string `json:"action"` // store (the default): the recovery point; copy: the other region's Parameter Store
}

// Output has the field of the action that ran.
type Output struct {
	Point *recoverypoint.Point `json:"point,omitempty"` // store
	Copy  *Copy                `json:"copy,omitempty"`  // copy
}

// Handler keeps the configuration.
type Handler struct {
	p    platform.Platform
	ssm  *ssm.Client
	kms  *kms.Client
	twin *ssm.Client // in the other region
}

// New makes the handler.
func New(p platform.Platform) *Handler {
	return &Handler{
		p: p, ssm: ssm.NewFromConfig(p.AWS), kms: kms.NewFromConfig(p.AWS),
		twin: ssm.NewFromConfig(p.In(p.Environment.Pair(p.Region()))),
	}
}

// Grants is what it may do: read the tree here with its secrets, write it there, and use the key in both regions.
func Grants(e *environment.Environment, region string) []grant.Grant {
	there := e.Pair(region)
	return append(recoverypoint.Grants(e, region, retention.Configuration),
		grant.Grant{Actions: []string{"ssm:GetParametersByPath"}, Resources: []string{e.ParameterARN(region), e.ParameterARN(there)}},
		grant.Grant{Actions: []string{"ssm:PutParameter"}, Resources: []string{e.ParameterARN(there) + "/*"}},
		grant.Grant{Actions: []string{"kms:Decrypt"}, Resources: []string{anyKey(e, region), anyKey(e, there)}},
		grant.Grant{Actions: []string{"kms:GenerateDataKey"}, Resources: []string{anyKey(e, region)}},
		// https://docs.aws.amazon.com/kms/latest/developerguide/services-parameter-store.html: a secure string is encrypted in
		// the caller's name.
		grant.Grant{Actions: []string{"kms:Encrypt"}, Resources: []string{anyKey(e, there)}},
	)
}

// anyKey is any key of a region: IAM checks the key and not its alias, and the keys' own policies narrow it.
func anyKey(e *environment.Environment, region string) string {
	return fmt.Sprintf("arn:aws:kms:%s:%s:key/*", region, e.Account)
}

// Handle does one half.
func (h *Handler) Handle(ctx context.Context, in Input) (Output, error) {
	switch in.Action {
	case "", "store":
		point, err := h.store(ctx)
		return Output{Point: point}, err
	case "copy":
		made, err := h.copy(ctx)
		return Output{Copy: made}, err
	}
	return Output{}, failure.New(failure.InvalidInput, "back up the configuration", "action %q is neither store nor copy", in.Action)
}

// store makes the recovery point.
func (h *Handler) store(ctx context.Context) (*recoverypoint.Point, error) {
	path := h.p.Environment.Parameters
	tree, moving, err := parameters.Read(ctx, h.ssm, path)
	if err != nil {
		return nil, err
	}
	if len(tree) == 0 {
		return nil, failure.New(failure.NotFound, "back up the parameters below "+path+" in "+h.p.Region(), "there are none").Next("compare parameters in the environment file with Parameter Store")
	}
	read := h.p.Clock.Now().UTC()
	d := parameters.Document{Region: h.p.Region(), Path: path, Read: read.Format(time.RFC3339), Moving: moving}
	for _, p := range tree {
		entry, err := parameters.Seal(ctx, h.kms, h.p.Environment.KeyAlias(), p)
		if err != nil {
			return nil, err
		}
		d.Parameters = append(d.Parameters, entry)
	}
	text, err := parameters.Marshal(d)
	if err != nil {
		return nil, err
	}
	source := recoverypoint.Texts{{Path: parameters.File, Text: text, Modified: read}}
	point, err := recoverypoint.Take(ctx, h.p, retention.Configuration, source, recoverypoint.Options{})
	if err != nil {
		return nil, err
	}
	return &point, nil
}
