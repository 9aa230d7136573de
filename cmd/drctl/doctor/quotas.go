package doctor

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/servicequotas"
	"github.com/aws/aws-sdk-go-v2/service/servicequotas/types"

	"github.com/acso/disaster-recovery/stacks/quota"
	"github.com/acso/disaster-recovery/stacks/template"
)

// needs are the quotas that the synthesised templates need, as docs/quotas.md computes them.
func (d *Doctor) needs() ([]quota.Row, error) {
	if d.Needs != nil {
		return d.Needs, nil
	}
	templates, err := template.Read(d.Assembly)
	if err != nil {
		return nil, err
	}
	_, rows, err := quota.Rows(d.Environment, templates)
	return rows, err
}

// quotas compares every quota that the deployment needs in a region with what the account has there. The snapshots' quota,
// which RDS tells itself, is a check of its own.
func (d *Doctor) quotas(ctx context.Context, config aws.Config, region string) []Check {
	rows, err := d.needs()
	if err != nil {
		return []Check{unknown("quotas of "+region, err, "go run . -c environment=%s writes the templates that the needs are computed from; then ask again, with --assembly if they are elsewhere", d.Environment.Name)}
	}
	client := servicequotas.NewFromConfig(config)
	var checks []Check
	for _, row := range rows {
		need := row.Needs[region]
		if row.Scope == "account" && region == controlPlane {
			need = row.Needs["account"]
		}
		if need == 0 || row.Need == "snapshots" {
			continue
		}
		checks = append(checks, d.bounded(ctx, func(ctx context.Context) Check { return d.quota(ctx, client, region, row, need) }))
	}
	return checks
}

func (d *Doctor) quota(ctx context.Context, client *servicequotas.Client, region string, row quota.Row, need int) Check {
	c := Check{Name: fmt.Sprintf("quota of %s in %s: %s", row.Service, region, row.Name), Result: Pass}
	if row.Code == "" || row.ServiceCode == "" {
		// Service Quotas does not list it: AWS's default is all that is known, and it cannot be less.
		c.Detail = fmt.Sprintf("%d are needed of %d, AWS's default; no API tells this account's", need, row.Default)
		if need > row.Default {
			c.Result, c.Todo = Unknown, "read it in the console, and have it raised to "+fmt.Sprint(need)+": "+row.Source
		}
		return c
	}
	out, err := client.GetServiceQuota(ctx, &servicequotas.GetServiceQuotaInput{ServiceCode: aws.String(row.ServiceCode), QuotaCode: aws.String(row.Code)})
	var none *types.NoSuchResourceException
	switch {
	case errors.As(err, &none):
		c.Result, c.Detail = Unknown, fmt.Sprintf("Service Quotas has no value here; %d are needed, AWS's default is %d", need, row.Default)
		c.Todo = fmt.Sprintf("look for %s (%s) in the Service Quotas console of %s", row.Name, row.Code, region)
		return c
	case err != nil:
		return unknown(c.Name, err, "allow servicequotas:GetServiceQuota, then ask again; %d are needed", need)
	case out.Quota == nil || out.Quota.Value == nil:
		c.Result, c.Detail, c.Todo = Unknown, "Service Quotas answered without a value", "ask again"
		return c
	}
	has := int(*out.Quota.Value)
	c.Detail = fmt.Sprintf("%d are needed of %d", need, has)
	if has < need {
		c.Result = Fail
		c.Todo = fmt.Sprintf("aws service-quotas request-service-quota-increase --region %s --service-code %s --quota-code %s --desired-value %d", region, row.ServiceCode, row.Code, need)
	}
	return c
}
