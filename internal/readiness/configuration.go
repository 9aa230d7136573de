package readiness

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/acso/disaster-recovery/internal/judging"
	"github.com/acso/disaster-recovery/internal/parameters"
)

func configurationRules() []rule {
	return []rule{
		{
			name: "parameters-regional", after: []string{"shared-key"}, look: (*run).parametersRegional,
			why:    "Endpoints and other regional parameters are never copied: each region has to have its own.",
			next:   "put the missing parameters here by hand; they are this region's own",
			forced: "services start without their endpoints, so they do not serve, and the validation before the DNS switch fails",
		},
		{
			name: "parameters-in-step", at: active, after: []string{"shared-key"}, look: (*run).parametersInStep,
			why:    "Services that start here read their configuration here; it has to be what the active region uses.",
			next:   "start backup-configuration in the active region: it copies what differs",
			forced: "services start with old settings or without some of them",
		},
	}
}

func (r *run) parametersRegional(ctx context.Context) judging.Finding {
	tree, err := r.tree(ctx)
	if err != nil {
		return judging.Of(err)
	}
	var missing []string
	for _, name := range r.e.RegionalParameters {
		full := r.e.Parameters + "/" + name
		if !slices.ContainsFunc(tree, func(p parameters.Parameter) bool { return p.Name == full }) {
			missing = append(missing, full+" is missing")
		}
	}
	return judging.All(missing, "all %d are here", len(r.e.RegionalParameters))
}

func (r *run) tree(ctx context.Context) ([]parameters.Parameter, error) {
	return r.parameters.Get(func() ([]parameters.Parameter, error) {
		tree, _, err := parameters.Read(ctx, r.near.ssm, r.e.Parameters)
		return tree, err
	})
}

// parametersInStep compares values, also those of secrets, in memory: the evidence names parameters and never values. A
// parameter that changes just now is not held against the copy, which takes its seconds.
func (r *run) parametersInStep(ctx context.Context) judging.Finding {
	here, err := r.tree(ctx)
	if err != nil {
		return judging.Of(err)
	}
	var there []parameters.Parameter
	if err := r.there.ask(ctx, func(ctx context.Context) (err error) {
		there, _, err = parameters.Read(ctx, r.far.ssm, r.e.Parameters)
		return err
	}); err != nil {
		return judging.Of(err)
	}
	mine := map[string]parameters.Parameter{}
	for _, p := range here {
		mine[p.Name] = p
	}
	var wrong []string
	compared := 0
	for _, p := range there {
		if slices.Contains(r.e.RegionalParameters, strings.TrimPrefix(p.Name, r.e.Parameters+"/")) {
			continue
		}
		compared++
		own, found := mine[p.Name]
		switch {
		case r.p.Clock.Now().Sub(p.Modified) < settling:
		case !found:
			wrong = append(wrong, p.Name+" is missing")
		case own.Value != p.Value || own.Type != p.Type:
			wrong = append(wrong, fmt.Sprintf("%s differs from %s", p.Name, r.other))
		}
	}
	return judging.All(wrong, "%d are the same as in %s", compared, r.other)
}

// settling is how long a change in the active region may take until it is here.
const settling = 5 * time.Minute
