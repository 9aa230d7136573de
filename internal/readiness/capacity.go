package readiness

import (
	"context"
	"fmt"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/rds"
	rdstypes "github.com/aws/aws-sdk-go-v2/service/rds/types"
	"github.com/aws/aws-sdk-go-v2/service/servicequotas"

	"github.com/acso/disaster-recovery/internal/failure"
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
			name: "snapshot-quota", look: (*run).snapshotQuota,
			why:    "Backups go on here after a failover; retention is never cut short to fit the quota of manual snapshots.",
			next:   "raise the quota of manual DB snapshots in this region to backup.snapshotQuota of the environment file",
			forced: "none for the failover itself: afterwards backups of the database fail",
		},
		{
			name: "database-quota", look: (*run).databaseQuota,
			why:    "A restore and a failback both need a second instance beside the one that is there.",
			next:   "delete instances that nobody needs, or raise the quota of DB instances in this region",
			forced: "none for the failover itself: afterwards no restore and no failback is possible here",
		},
	}
}

// Fargate's quota of vCPUs: https://docs.aws.amazon.com/general/latest/gr/ecs-service.html.
const fargate, vCPUs = "fargate", "L-3032A538"

func (r *run) taskQuota(ctx context.Context) finding {
	definitions, err := r.mine(ctx)
	if err != nil {
		return failed(err)
	}
	need := 0.0
	for _, s := range r.e.Services {
		d := definitions[s.Name]
		if d == nil {
			continue // the services say so
		}
		units, err := strconv.ParseFloat(aws.ToString(d.Cpu), 64)
		if err != nil {
			return unknown("the task definition of %s says %q CPU units", s.Name, aws.ToString(d.Cpu))
		}
		need += float64(s.Desired) * units / 1024
	}
	out, err := r.near.quotas.GetServiceQuota(ctx, &servicequotas.GetServiceQuotaInput{ServiceCode: aws.String(fargate), QuotaCode: aws.String(vCPUs)})
	if err != nil {
		return unknown("%s", failure.FromAWS(err, "read the quota of vCPUs of Fargate in %s", r.here))
	}
	have := aws.ToFloat64(out.Quota.Value)
	r.fact("quota of vCPUs", "%v", have)
	if have < need {
		return fail("the quota is %v vCPUs, and production needs %v", have, need)
	}
	return pass("the quota is %v vCPUs, and production needs %v", have, need)
}

func (r *run) quota(ctx context.Context, name string) (rdstypes.AccountQuota, error) {
	quotas, err := r.attributes.get(func() (map[string]rdstypes.AccountQuota, error) {
		out, err := r.near.rds.DescribeAccountAttributes(ctx, &rds.DescribeAccountAttributesInput{})
		if err != nil {
			return nil, failure.FromAWS(err, "read the quotas of RDS in %s", r.here)
		}
		found := map[string]rdstypes.AccountQuota{}
		for _, q := range out.AccountQuotas {
			found[aws.ToString(q.AccountQuotaName)] = q
		}
		return found, nil
	})
	if err != nil {
		return rdstypes.AccountQuota{}, err
	}
	q, ok := quotas[name]
	if !ok {
		return q, fmt.Errorf("RDS names no quota %s in %s", name, r.here)
	}
	return q, nil
}

// Names of RDS's quotas: https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_AccountQuota.html.
func (r *run) snapshotQuota(ctx context.Context) finding {
	q, err := r.quota(ctx, "ManualSnapshots")
	if err != nil {
		return unknown("%s", err)
	}
	used, most, need := aws.ToInt64(q.Used), aws.ToInt64(q.Max), int64(r.e.Backup.SnapshotQuota)
	told := fmt.Sprintf("%d of %d are used, and the retention comes to hold up to %d", used, most, need)
	if most < need || used >= most {
		return fail("%s", told)
	}
	return pass("%s", told)
}

func (r *run) databaseQuota(ctx context.Context) finding {
	q, err := r.quota(ctx, "DBInstances")
	if err != nil {
		return unknown("%s", err)
	}
	used, most := aws.ToInt64(q.Used), aws.ToInt64(q.Max)
	if used >= most {
		return fail("%d of %d instances are used", used, most)
	}
	return pass("%d of %d instances are used", used, most)
}
