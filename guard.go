package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"

	"github.com/acso/disaster-recovery/internal/environment"
	"github.com/acso/disaster-recovery/internal/failure"
	"github.com/acso/disaster-recovery/internal/incident"
	"github.com/acso/disaster-recovery/internal/platform"
)

// guard refuses to synthesise for a deployment while an incident is open or a fence is owed in either region: a deployment
// could undo what they did. The CDK command line sets CDK_DEFAULT_ACCOUNT when it has credentials. Without any, nothing can be
// deployed, so that templates are made, and it is said that nobody looked. With those of another account it might be deployed all
// the same, through roles that trust that account: this is refused. A table that does not exist is a first deployment; one that
// cannot be read is unknown, and unknown refuses too.
func guard(ctx context.Context, e *environment.Environment, warnings io.Writer) error {
	switch account := os.Getenv("CDK_DEFAULT_ACCOUNT"); account {
	case e.Account:
	case "":
		_, _ = fmt.Fprintf(warnings, "not checked, for want of credentials: whether an incident is open or a fence is owed in %s or %s\n", e.Regions.Primary, e.Regions.Recovery)
		return nil
	default:
		return fmt.Errorf("nothing is deployed: the credentials are of account %s, so whether an incident is open in account %s of environment %s is unknown; sign in to that account, or synthesise without credentials%s", account, e.Account, e.Name, how)
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	return look(ctx, e, func(ctx context.Context, region string) (aws.Config, error) {
		return config.LoadDefaultConfig(ctx, config.WithRegion(region), config.WithRetryMaxAttempts(2))
	})
}

// how is how a refusal is overridden.
const how = "; if it has to be, write -c despite-incident=yes"

// patience is how long both regions may take to answer: one that does not is unknown.
const patience = 30 * time.Second

// look reads the incident tables of both regions.
func look(ctx context.Context, e *environment.Environment, configured func(ctx context.Context, region string) (aws.Config, error)) error {
	for _, region := range []string{e.Regions.Primary, e.Regions.Recovery} {
		config, err := configured(ctx, region)
		if err != nil {
			return fmt.Errorf("look for incidents before a deployment: %w", err)
		}
		present, err := incident.NewStore(platform.Platform{AWS: config, Environment: e}).Present(ctx)
		if err := judge(region, present, err); err != nil {
			return err
		}
	}
	return nil
}

// judge says whether what a region knows of incidents allows a deployment.
func judge(region string, present incident.Incident, err error) error {
	switch {
	case failure.Is(err, failure.NotFound):
		return nil // no table yet
	case err != nil:
		return fmt.Errorf("nothing is deployed: whether an incident is open in %s is unknown; allow dynamodb:GetItem on its incident table, or wait until the region answers%s: %w", region, how, err)
	case present.State == incident.Open:
		return fmt.Errorf("nothing is deployed: incident %d is open in %s since %s; end it first%s", present.Epoch, region, present.OpenedAt.UTC().Format("2006-01-02 15:04 MST"), how)
	case present.Fence.State == incident.FenceOwed:
		return fmt.Errorf("nothing is deployed: incident %d in %s owes the fence of %s; complete it first%s", present.Epoch, region, present.Fence.Region, how)
	}
	return nil
}
