package readiness

import (
	"context"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/servicequotas"

	"github.com/acso/disaster-recovery/internal/failure"
	"github.com/acso/disaster-recovery/internal/incident"
	"github.com/acso/disaster-recovery/internal/judging"
)

func capacityRules() []rule {
	return []rule{
		{
			name: "task-quota", look: (*run).taskQuota,
			why:    "Fargate starts no task beyond the region's quota of vCPUs, and raising it takes hours or days.",
			next:   "raise the quota Fargate On-Demand vCPU resource count (L-3032A538) in this region",
			forced: "only some of the tasks start: critical services first, the rest is reported missing",
		},
		{
			name:   "snapshot-quota",
			why:    "Backups go on here after a failover; retention is never cut short to fit the quota of manual snapshots.",
			next:   "raise the quota of manual DB snapshots in this region to backup.snapshotQuota of the environment file",
			forced: incident.NotHindered + "afterwards backups of the database fail",
		},
		{
			name:   "database-quota",
			why:    "A restore and a failback both need a second instance beside the one that is there.",
			next:   "delete instances that nobody needs, or raise the quota of DB instances in this region",
			forced: incident.NotHindered + "afterwards no restore and no failback is possible here",
		},
	}
}

// Fargate's quota of vCPUs: https://docs.aws.amazon.com/general/latest/gr/ecs-service.html.
const fargate, vCPUs = "fargate", "L-3032A538"

func (r *run) taskQuota(ctx context.Context) judging.Finding {
	definitions, err := r.mine(ctx)
	if err != nil {
		return judging.Of(err)
	}
	need := 0.0
	for _, s := range r.e.Services {
		d := definitions[s.Name]
		if d == nil {
			continue // the services say so
		}
		units, err := strconv.ParseFloat(aws.ToString(d.Cpu), 64)
		if err != nil {
			return judging.Unclear("the task definition of %s says %q CPU units", s.Name, aws.ToString(d.Cpu))
		}
		need += float64(s.Desired) * units / 1024
	}
	out, err := r.near.quotas.GetServiceQuota(ctx, &servicequotas.GetServiceQuotaInput{ServiceCode: aws.String(fargate), QuotaCode: aws.String(vCPUs)})
	if err != nil {
		return judging.Unclear("%s", failure.FromAWS(err, "read the quota of vCPUs of Fargate in %s", r.here))
	}
	have := aws.ToFloat64(out.Quota.Value)
	r.fact("quota of vCPUs", "%v", have)
	if have < need {
		return judging.Fails("the quota is %v vCPUs, and production needs %v", have, need)
	}
	return judging.Passes("the quota is %v vCPUs, and production needs %v", have, need)
}
