package doctor

import (
	"context"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"github.com/acso/disaster-recovery/internal/environment"
	"github.com/acso/disaster-recovery/lab/asl/jsonata"
	"github.com/acso/disaster-recovery/lab/cloud"
	"github.com/acso/disaster-recovery/lab/sim"
	"github.com/acso/disaster-recovery/lab/world"
	"github.com/acso/disaster-recovery/stacks/quota"
)

// Caller is the name under which the lab records the doctor's calls.
const Caller = "doctor"

// Laboratory is the lab's account on a normal day: both regions bootstrapped, and the snapshot quota as the environment
// file says that it is.
func Laboratory(e *environment.Environment) (*world.World, error) {
	machines, err := world.ParseMachines(e)
	if err != nil {
		return nil, err
	}
	evaluator, err := jsonata.New()
	if err != nil {
		return nil, err
	}
	w := world.New(world.Options{Seed: 1, Environment: e, Evaluator: evaluator, Machines: machines})
	table, err := quota.Defaults()
	if err != nil {
		return nil, err
	}
	for _, region := range w.Cloud.Regions() {
		for _, q := range table.Quotas {
			w.Quotas.Set(region, q.ServiceCode, q.Code, float64(q.Default))
		}
		w.SSM.Put(region, BootstrapParameter, strconv.Itoa(leastBootstrap), types.ParameterTypeString, "")
		w.RDS.SetSnapshotQuota(region, e.Backup.SnapshotQuota)
	}
	return w, nil
}

// ExamineLab examines the lab's account instead of a real one, and this machine's tools as they are.
func (d *Doctor) ExamineLab(ctx context.Context, w *world.World) (checks []Check) {
	d.Clock = virtual{w.Sim}
	var err error // the lab's account needs what follows from the environment, without templates
	if _, d.Needs, err = quota.Rows(d.Environment, nil); err != nil {
		return []Check{unknown("quotas", err, "mend stacks/quota/quotas.yaml")}
	}
	d.Config = func(_ context.Context, region string) (aws.Config, error) {
		config := w.Cloud.Config(cloud.Principal{Name: Caller, Region: cloud.Clients, Unlimited: true})
		config.Region = region
		return config, nil
	}
	ended := false
	w.Sim.Go(ctx, func(ctx context.Context) { checks = d.Examine(ctx) }, func(bool) { ended = true })
	w.Sim.Run(w.Sim.Now().Add(time.Hour), func() bool { return ended })
	w.Traffic.Stop()
	return checks
}

// virtual is the lab's clock.
type virtual struct{ *sim.Sim }

func (v virtual) WithTimeout(ctx context.Context, limit time.Duration) (context.Context, context.CancelFunc) {
	return v.Sim.WithTimeout(ctx, limit)
}
