package operate

import (
	"context"
	"errors"
	"fmt"

	reviewfn "github.com/acso/disaster-recovery/functions/review"
	"github.com/acso/disaster-recovery/internal/incident"
)

// Review asks the function review of a region about an incident: to show it, or to take what a person adds.
func (o *Operator) Review(ctx context.Context, region string, in reviewfn.Input) (out reviewfn.Output, err error) {
	err = o.Invoke(ctx, region, "review", in, &out)
	return out, err
}

// Last is the region of the incident that was opened last in either region. It says which region did not answer when the other
// one knows of none.
func (o *Operator) Last(ctx context.Context) (string, error) {
	var newest incident.Incident
	var silent []error
	found := ""
	for _, region := range o.Regions() {
		i, err := o.present(ctx, region)
		switch {
		case err != nil:
			silent = append(silent, fmt.Errorf("read the incident of %s: %w", region, err))
		case i.Epoch > 0 && (found == "" || i.OpenedAt.After(newest.OpenedAt)):
			newest, found = i, region
		}
	}
	switch {
	case found != "":
		return found, nil
	case len(silent) > 0:
		return "", errors.Join(silent...)
	}
	return "", errors.New("there never was an incident in either region (next: drctl drill shows one in the lab; drctl incident show --lab)")
}
