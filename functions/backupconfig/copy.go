package backupconfig

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"github.com/acso/disaster-recovery/internal/failure"
	"github.com/acso/disaster-recovery/internal/incident"
	"github.com/acso/disaster-recovery/internal/parameters"
)

// Copy is what the other region's Parameter Store has now.
type Copy struct {
	Region  string   `json:"region"`
	Written int      `json:"written"` // parameters that differed
	Same    int      `json:"same"`    // parameters that were as here
	Kept    []string `json:"kept"`    // names that belong to their region alone
	Surplus []string `json:"surplus"` // names that exist there and not here
}

// patience bounds a call to the other region, which may be the one that is down.
const patience = 10 * time.Second

// rounds is how often the copy is compared again when the tree changes under it.
const rounds = 3

// copy makes the other region's tree like this one's, as it is now: whatever another copy that began earlier writes late,
// the last one to look finds it. Values are compared first, so that nothing gets a new version without need.
func (h *Handler) copy(ctx context.Context) (*Copy, error) {
	path := h.p.Environment.Parameters
	// What stands by may hold older values than what serves, and must not bring them back.
	if err := incident.RequireActive(ctx, h.p, "copy the parameters below "+path); err != nil {
		return nil, err
	}
	made := &Copy{Region: h.p.Environment.Pair(h.p.Region()), Kept: []string{}, Surplus: []string{}}
	tree, _, err := parameters.Read(ctx, h.ssm, path)
	if err != nil {
		return nil, err
	}
	for range rounds {
		if err := h.match(ctx, tree, made); err != nil {
			return nil, err
		}
		now, _, err := parameters.Read(ctx, h.ssm, path)
		if err != nil {
			return nil, err
		}
		if slices.Equal(now, tree) {
			return made, nil
		}
		tree = now
	}
	return nil, failure.New(failure.Unavailable, "copy the parameters below "+path+" to "+made.Region, "they changed %d times meanwhile", rounds)
}

// match writes what differs.
func (h *Handler) match(ctx context.Context, tree []parameters.Parameter, made *Copy) error {
	bounded, stop := h.p.Clock.WithTimeout(ctx, patience)
	there, _, err := parameters.Read(bounded, h.twin, h.p.Environment.Parameters)
	stop()
	if err != nil {
		return failure.FromAWS(err, "read the parameters of %s", made.Region)
	}
	has := map[string]parameters.Parameter{}
	for _, p := range there {
		has[p.Name] = p
	}
	made.Same, made.Kept = 0, []string{}
	for _, p := range tree {
		twin := has[p.Name]
		delete(has, p.Name)
		switch {
		case h.regional(p.Name):
			made.Kept = append(made.Kept, p.Name)
		case twin.Value == p.Value && twin.Type == p.Type:
			made.Same++
		default:
			if err := h.put(ctx, p, made.Region); err != nil {
				return err
			}
			made.Written++
		}
	}
	made.Surplus = []string{}
	for _, p := range there {
		if _, left := has[p.Name]; left && !h.regional(p.Name) {
			made.Surplus = append(made.Surplus, p.Name)
		}
	}
	return nil
}

// regional tells whether a parameter belongs to its region alone.
func (h *Handler) regional(name string) bool {
	return slices.Contains(h.p.Environment.RegionalParameters, strings.TrimPrefix(name, h.p.Environment.Parameters+"/"))
}

func (h *Handler) put(ctx context.Context, p parameters.Parameter, region string) error {
	in := &ssm.PutParameterInput{
		Name: aws.String(p.Name), Value: aws.String(p.Value), Type: p.Type, Overwrite: aws.Bool(true),
		Tier: types.ParameterTierIntelligentTiering, // advanced where the value needs it
	}
	if p.Secret() {
		in.KeyId = aws.String(h.p.Environment.KeyAlias())
	}
	ctx, stop := h.p.Clock.WithTimeout(ctx, patience)
	defer stop()
	_, err := h.twin.PutParameter(ctx, in)
	if failure.Code(err) == "InvalidKeyId" {
		return failure.New(failure.KeyMissing, "write parameter "+p.Name+" in "+region, "%w", err).
			Next("make %s usable in %s: secrets are never written without a key of their region", h.p.Environment.KeyAlias(), region)
	}
	return failure.FromAWS(err, "write parameter %s in %s", p.Name, region)
}
