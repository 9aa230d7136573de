package doctor

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"github.com/acso/disaster-recovery/internal/failure"
	"github.com/acso/disaster-recovery/internal/incident"
	"github.com/acso/disaster-recovery/internal/platform"
	"github.com/acso/disaster-recovery/internal/retention"
)

// BootstrapParameter is where CDK keeps the version of a region's bootstrap stack, and leastBootstrap the version that
// templates of CDK 2 ask for.
// https://docs.aws.amazon.com/cdk/v2/guide/bootstrapping-env.html
const (
	BootstrapParameter = "/cdk-bootstrap/hnb659fds/version"
	leastBootstrap     = 6
)

// credentials looks whether the ordinary chain finds any. It makes no call that could change something.
func (d *Doctor) credentials(ctx context.Context, region string) (aws.Config, Check) {
	c := Check{Name: "credentials for " + region, Result: Fail, Todo: "sign in: aws sso login, or set AWS_PROFILE to a profile that may deploy"}
	config, err := d.Config(ctx, region)
	if err != nil {
		c.Detail = "load the AWS configuration: " + err.Error()
		return config, c
	}
	if config.Credentials == nil {
		c.Detail = "the credential chain is empty"
		return config, c
	}
	ctx, cancel := d.Clock.WithTimeout(ctx, patience)
	defer cancel()
	found, err := config.Credentials.Retrieve(ctx)
	switch {
	case err != nil:
		c.Detail = err.Error()
	case found.Expired():
		c.Detail = "the credentials have expired"
	default:
		c.Result, c.Detail, c.Todo = Pass, "found by "+found.Source, ""
	}
	return config, c
}

// bootstrapped reads CDK's own parameter, whose ARN also tells which account answers.
func (d *Doctor) bootstrapped(ctx context.Context, config aws.Config, region string) Check {
	c := Check{Name: "bootstrap of " + region, Result: Fail}
	c.Todo = fmt.Sprintf("npx cdk bootstrap aws://%s/%s", d.Environment.Account, region)
	out, err := ssm.NewFromConfig(config).GetParameter(ctx, &ssm.GetParameterInput{Name: aws.String(BootstrapParameter)})
	var missing *types.ParameterNotFound
	switch {
	case errors.As(err, &missing):
		c.Detail = "the parameter " + BootstrapParameter + " does not exist"
		return c
	case err != nil:
		return unknown(c.Name, err, "allow ssm:GetParameter on %s, then ask again", BootstrapParameter)
	}
	if parts := strings.Split(aws.ToString(out.Parameter.ARN), ":"); len(parts) < 6 || parts[4] != d.Environment.Account {
		c.Detail = fmt.Sprintf("%s is not of account %s, which the environment names", aws.ToString(out.Parameter.ARN), d.Environment.Account)
		c.Todo = "sign in to account " + d.Environment.Account + ", or correct account in the environment file"
		return c
	}
	version, err := strconv.Atoi(aws.ToString(out.Parameter.Value))
	c.Detail = "version " + aws.ToString(out.Parameter.Value) + " in account " + d.Environment.Account
	if err == nil && version >= leastBootstrap {
		c.Result, c.Todo = Pass, ""
	}
	return c
}

// snapshotQuota is the quota that stops backups when it is full. RDS is the service that tells its own.
func (d *Doctor) snapshotQuota(ctx context.Context, config aws.Config, region string) Check {
	c := Check{Name: "snapshot quota of " + region}
	q := retention.Quota{Region: region, Needed: retention.Snapshots(d.Environment)}
	out, err := rds.NewFromConfig(config).DescribeAccountAttributes(ctx, &rds.DescribeAccountAttributesInput{})
	if err != nil {
		return unknown(c.Name, err, "allow rds:DescribeAccountAttributes, then ask again; %d are needed", q.Needed)
	}
	for _, quota := range out.AccountQuotas {
		if aws.ToString(quota.AccountQuotaName) == "ManualSnapshots" {
			q.Used, q.Limit = int(aws.ToInt64(quota.Used)), int(aws.ToInt64(quota.Max))
		}
	}
	c.Detail = fmt.Sprintf("%d of %d are used, the retention comes to hold %d", q.Used, q.Limit, q.Needed)
	raise := q.Raise()
	switch {
	case q.Limit == 0:
		c.Result, c.Detail, c.Todo = Unknown, "RDS does not say how many manual snapshots the account may have", raise
	case raise != "":
		c.Result, c.Todo = Fail, raise+" (Service Quotas, L-272F1212); docs/quotas.md has the other quotas"
	default:
		c.Result = Pass
	}
	return c
}

// incident: a deployment during an incident, or before an owed fence is proven, could undo either.
func (d *Doctor) incident(ctx context.Context, config aws.Config, region string) Check {
	c := Check{Name: "incident in " + region, Result: Fail}
	store := incident.NewStore(platform.Platform{AWS: config, Environment: d.Environment, Clock: d.Clock})
	i, err := store.Present(ctx)
	switch {
	case failure.Is(err, failure.NotFound):
		c.Result, c.Detail = Pass, "there is no incident table yet: nothing was deployed"
	case err != nil:
		return unknown(c.Name, err, "allow dynamodb:GetItem on table %s, then ask again", d.Environment.IncidentTable())
	case i.Epoch == 0:
		c.Result, c.Detail = Pass, "there was never one"
	case i.State == incident.Open:
		c.Detail = fmt.Sprintf("incident %d is open since %s, held by %s", i.Epoch, i.OpenedAt.UTC().Format("2006-01-02 15:04"), i.Owner)
		c.Todo = "wait for its execution to end, or read docs/runbooks/failover.md"
	case i.Fence.State == incident.FenceOwed:
		c.Detail = fmt.Sprintf("the fence of %s is owed since incident %d", i.Fence.Region, i.Epoch)
		c.Todo = "leave the probe enabled: it completes the fence when the region answers; deploy when it is proven"
	case i.Outcome == incident.FailedDirty:
		c.Detail = fmt.Sprintf("incident %d ended with changes that are not undone: %s", i.Epoch, i.Reason)
		c.Todo = "do what its reason says next, or start the failover again"
	default:
		c.Result, c.Detail = Pass, fmt.Sprintf("the last one (%d) ended %s", i.Epoch, i.Outcome)
	}
	return c
}
