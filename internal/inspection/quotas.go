package inspection

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/rds"
	rdstypes "github.com/aws/aws-sdk-go-v2/service/rds/types"

	"github.com/acso/disaster-recovery/internal/failure"
	"github.com/acso/disaster-recovery/internal/judging"
)

func (r *run) quota(ctx context.Context, name string) (rdstypes.AccountQuota, error) {
	quotas, err := r.attributes.Get(func() (map[string]rdstypes.AccountQuota, error) {
		out, err := r.rds.DescribeAccountAttributes(ctx, &rds.DescribeAccountAttributesInput{})
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
func (r *run) snapshotQuota(ctx context.Context) judging.Finding {
	q, err := r.quota(ctx, "ManualSnapshots")
	if err != nil {
		return judging.Unclear("%s", err)
	}
	used, most, need := aws.ToInt64(q.Used), aws.ToInt64(q.Max), int64(r.e.Backup.SnapshotQuota)
	told := fmt.Sprintf("%d of %d are used, and the retention comes to hold up to %d", used, most, need)
	if most < need || used >= most {
		return judging.Fails("%s", told)
	}
	return judging.Passes("%s", told)
}

func (r *run) databaseQuota(ctx context.Context) judging.Finding {
	q, err := r.quota(ctx, "DBInstances")
	if err != nil {
		return judging.Unclear("%s", err)
	}
	used, most := aws.ToInt64(q.Used), aws.ToInt64(q.Max)
	if used >= most {
		return judging.Fails("%d of %d instances are used", used, most)
	}
	return judging.Passes("%d of %d instances are used", used, most)
}
