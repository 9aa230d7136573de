// Package returnconfig brings the configuration that was changed while the other region served back to its own region.
//
// It never overwrites a parameter that was changed here too and did not arrive there: such a one is left as it is and
// listed, for a person. It never touches what belongs to a region alone, writes no value into a report, and deletes nothing.
package returnconfig

import (
	"bytes"
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"github.com/acso/disaster-recovery/internal/environment"
	"github.com/acso/disaster-recovery/internal/failure"
	"github.com/acso/disaster-recovery/internal/grant"
	"github.com/acso/disaster-recovery/internal/incident"
	"github.com/acso/disaster-recovery/internal/parameters"
	"github.com/acso/disaster-recovery/internal/platform"
)

// Event is an example input.
//
//go:embed event.json
var Event []byte

// Errors are the kinds that it fails with.
var Errors = append([]failure.Kind{failure.InvalidInput, failure.Superseded, failure.Aborted, failure.KeyMissing, failure.QuotaReached}, incident.Errors...)

// Input is the claim of the failback.
type Input struct{ incident.Claim }

// Output is what was brought and what was left.
type Output struct {
	Same    int    `json:"same"`
	Brought int    `json:"brought"`
	Left    int    `json:"left"` // listed
	Bucket  string `json:"bucket"`
	Key     string `json:"key"`
	Summary string `json:"summary"`
}

// Difference is one line of the list. What the parameter holds is in Parameter Store's history, and nowhere else.
type Difference struct {
	Name         string    `json:"name"`
	What         string    `json:"what"` // brought; or left: conflict (changed on both sides), newer (changed here, never arrived there), only-here
	Version      int64     `json:"version"`
	Modified     time.Time `json:"modified,omitzero"`
	ThereVersion int64     `json:"thereVersion"`
	There        time.Time `json:"there,omitzero"`
}

// Report is the document in the bucket.
type Report struct {
	Environment string       `json:"environment"`
	Region      string       `json:"region"`
	From        string       `json:"from"`
	Since       time.Time    `json:"since"`
	Split       time.Time    `json:"split"`
	ComparedAt  time.Time    `json:"comparedAt"`
	Differences []Difference `json:"differences"`
}

// patience with the other region's Parameter Store.
const patience = 20 * time.Second

// Handler writes the parameters of its region.
type Handler struct {
	p     platform.Platform
	store *incident.Store
	own   *ssm.Client
	there *ssm.Client
	s3    *s3.Client
}

// New makes the handler.
func New(p platform.Platform) *Handler {
	return &Handler{
		p: p, store: incident.NewStore(p), own: ssm.NewFromConfig(p.AWS), there: ssm.NewFromConfig(p.In(p.Environment.Pair(p.Region()))), s3: s3.NewFromConfig(p.AWS),
	}
}

// Grants is what it may do: read both trees with their secrets, write the own one, and the list.
func Grants(e *environment.Environment, region string) []grant.Grant {
	there := e.Pair(region)
	key := func(region string) string { return fmt.Sprintf("arn:aws:kms:%s:%s:key/*", region, e.Account) }
	return append(incident.Grants(e, region),
		grant.Grant{Actions: []string{"ssm:GetParametersByPath"}, Resources: []string{e.ParameterARN(region), e.ParameterARN(there)}},
		grant.Grant{Actions: []string{"ssm:PutParameter"}, Resources: []string{e.ParameterARN(region) + "/*"}},
		grant.Grant{Actions: []string{"kms:Decrypt"}, Resources: []string{key(region), key(there)}},
		// https://docs.aws.amazon.com/kms/latest/developerguide/services-parameter-store.html: a secure string is encrypted in
		// the caller's name.
		grant.Grant{Actions: []string{"kms:Encrypt"}, Resources: []string{key(region)}},
		grant.Grant{Actions: []string{"s3:PutObject"}, Resources: []string{"arn:aws:s3:::" + e.BucketIn(region, e.Buckets.Compliance) + "/failback/*/configuration.json"}},
	)
}

// Handle compares, brings and lists. Repeated, it finds what it brought.
func (h *Handler) Handle(ctx context.Context, in Input) (Output, error) {
	i, err := h.store.Guard(ctx, in.Claim)
	if err == nil {
		err = i.Halted() // an operator asked to end it, in time
	}
	if err != nil {
		return Output{}, err
	}
	e, f := h.p.Environment, i.Failback
	op := "bring the configuration back to " + h.p.Region()
	if f == nil || f.Region != h.p.Region() || f.Split.IsZero() {
		return Output{}, failure.New(failure.InvalidInput, op, "incident %d is no failback to it", i.Epoch)
	}
	own, _, err := parameters.Read(ctx, h.own, e.Parameters)
	if err != nil {
		return Output{}, failure.FromAWS(err, "read the parameters of %s", f.Region)
	}
	limited, cancel := h.p.Clock.WithTimeout(ctx, patience)
	defer cancel()
	there, _, err := parameters.Read(limited, h.there, e.Parameters)
	if err != nil {
		return Output{}, failure.FromAWS(err, "read the parameters of %s", f.From)
	}
	report := Report{Environment: e.Name, Region: f.Region, From: f.From, Since: f.Since, Split: f.Split, ComparedAt: h.p.Clock.Now().UTC(), Differences: []Difference{}}
	out := Output{Bucket: e.BucketIn(f.Region, e.Buckets.Compliance), Key: "failback/" + f.Kept + "/configuration.json"}
	if err := h.match(ctx, in.Claim, own, there, &report, &out); err != nil {
		return Output{}, err
	}
	out.Summary = fmt.Sprintf("%d parameters are the same, %d were brought from %s, %d were left as they are and listed", out.Same, out.Brought, f.From, out.Left)
	text, err := json.MarshalIndent(report, "", " ")
	if err != nil {
		return Output{}, fmt.Errorf("write the list of parameters: %w", err)
	}
	_, err = h.s3.PutObject(ctx, &s3.PutObjectInput{Bucket: aws.String(out.Bucket), Key: aws.String(out.Key), Body: bytes.NewReader(text), ContentType: aws.String("application/json")})
	return out, failure.FromAWS(err, "write s3://%s/%s", out.Bucket, out.Key)
}

// match goes through both trees. Everything differs in one of four ways; only what was changed there alone is brought.
func (h *Handler) match(ctx context.Context, claim incident.Claim, own, there []parameters.Parameter, r *Report, out *Output) error {
	has := map[string]parameters.Parameter{}
	for _, p := range own {
		has[p.Name] = p
	}
	for _, p := range there {
		mine, exists := has[p.Name]
		delete(has, p.Name)
		d := Difference{Name: p.Name, Version: mine.Version, Modified: mine.Modified, ThereVersion: p.Version, There: p.Modified}
		switch {
		case h.regional(p.Name):
			continue
		case exists && mine.Value == p.Value && mine.Type == p.Type:
			out.Same++
			continue
		case exists && !mine.Modified.Before(r.Since):
			d.What = "newer"
			if p.Modified.After(r.Split) {
				d.What = "conflict"
			}
			out.Left++
		default:
			d.What = "brought"
			if err := h.bring(ctx, claim, p); err != nil {
				return err
			}
			out.Brought++
		}
		r.Differences = append(r.Differences, d)
	}
	for _, p := range own {
		if _, left := has[p.Name]; left && !h.regional(p.Name) {
			out.Left++
			r.Differences = append(r.Differences, Difference{Name: p.Name, What: "only-here", Version: p.Version, Modified: p.Modified})
		}
	}
	return nil
}

// regional tells whether a parameter belongs to its region alone.
func (h *Handler) regional(name string) bool {
	return slices.Contains(h.p.Environment.RegionalParameters, strings.TrimPrefix(name, h.p.Environment.Parameters+"/"))
}

func (h *Handler) bring(ctx context.Context, claim incident.Claim, p parameters.Parameter) error {
	at := h.p.Clock.Now()
	_, err := h.store.Update(ctx, claim, func(i *incident.Incident) bool {
		before := len(i.Changes)
		i.Changed(at, h.p.Region()+": parameters that were changed in the other region were brought back; their history has what was there", "")
		return len(i.Changes) != before
	})
	if err != nil {
		return err
	}
	in := &ssm.PutParameterInput{
		Name: aws.String(p.Name), Value: aws.String(p.Value), Type: p.Type, Overwrite: aws.Bool(true),
		Tier: types.ParameterTierIntelligentTiering, // advanced where the value needs it
	}
	if p.Secret() {
		in.KeyId = aws.String(h.p.Environment.KeyAlias())
	}
	_, err = h.own.PutParameter(ctx, in)
	if failure.Code(err) == "InvalidKeyId" {
		return failure.New(failure.KeyMissing, "write parameter "+p.Name, "%w", err).Next("make %s usable in %s", h.p.Environment.KeyAlias(), h.p.Region())
	}
	return failure.FromAWS(err, "write parameter %s", p.Name)
}
