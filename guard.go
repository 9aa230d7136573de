package main

import (
	"context"
	"fmt"
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
// could undo what they did. It looks only where it can: the CDK command line sets CDK_DEFAULT_ACCOUNT when it has
// credentials, and without those nothing can be deployed. A table that does not exist is a first deployment; one that
// cannot be read is unknown, and unknown refuses too.
func guard(ctx context.Context, e *environment.Environment) error {
	if os.Getenv("CDK_DEFAULT_ACCOUNT") != e.Account {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	return look(ctx, e, func(ctx context.Context, region string) (aws.Config, error) {
		return config.LoadDefaultConfig(ctx, config.WithRegion(region), config.WithRetryMaxAttempts(2))
	})
}

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
	const how = "; if it has to be, write -c despite-incident=yes"
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
