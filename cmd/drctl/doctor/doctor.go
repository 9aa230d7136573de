// Package doctor examines a machine and an account before a deployment.
//
// It only reads, and it never takes silence for health: a check whose question was not answered is unknown, and one
// unknown is enough for "not ready". It repairs nothing; each check that did not pass says what to do.
package doctor

import (
	"context"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/acso/disaster-recovery/internal/environment"
	"github.com/acso/disaster-recovery/internal/platform"
	"github.com/acso/disaster-recovery/stacks/quota"
)

// Result is the answer of a check.
type Result string

// The results.
const (
	Pass    Result = "pass"
	Fail    Result = "fail"
	Unknown Result = "unknown"
)

// Check is one examined thing.
type Check struct {
	Name   string `json:"check"`
	Result Result `json:"result"`
	Detail string `json:"detail"`
	Todo   string `json:"todo,omitempty"` // what to do when it did not pass
}

// Doctor is who examines.
type Doctor struct {
	Environment *environment.Environment
	// Config gives the AWS configuration of a region, by the ordinary credential chain or of the lab.
	Config func(ctx context.Context, region string) (aws.Config, error)
	Clock  platform.Clock
	// Assembly is the folder of the synthesised templates, in which the needed quotas are counted.
	Assembly string
	// Needs are the quotas that are needed, instead of those of the templates; nil reads the templates.
	Needs []quota.Row
	// Tool runs a program of this machine and gives what it printed.
	Tool func(ctx context.Context, name string, arguments ...string) (string, error)
}

// patience bounds each question to AWS: an account that cannot be reached makes checks unknown, and does not hang.
const patience = 10 * time.Second

// Examine makes all checks, in the order in which a deployment would stumble over them.
func (d *Doctor) Examine(ctx context.Context) []Check {
	checks := d.tools(ctx)
	configs := map[string]aws.Config{}
	for _, region := range d.deployed() {
		config, check := d.credentials(ctx, region)
		checks = append(checks, check)
		if check.Result == Pass {
			configs[region] = config
		}
	}
	for _, region := range d.deployed() {
		config, signedIn := configs[region]
		if !signedIn {
			checks = append(checks, Check{Name: "account in " + region, Result: Unknown, Detail: "nothing was asked without credentials", Todo: "sign in first"})
			continue
		}
		looks := []func(context.Context, aws.Config, string) Check{d.bootstrapped}
		if d.ofThePair(region) {
			looks = append(looks, d.snapshotQuota, d.replicated, d.incident)
		}
		for _, examine := range looks {
			checks = append(checks, d.bounded(ctx, func(ctx context.Context) Check { return examine(ctx, config, region) }))
		}
		checks = append(checks, d.quotas(ctx, config, region)...)
	}
	return checks
}

// controlPlane is the region of Route 53's control plane, where the names' stack is whatever the pair is, and where the quotas of
// global services are kept. https://docs.aws.amazon.com/servicequotas/latest/userguide/intro.html
const controlPlane = "us-east-1"

// deployed are the regions that have stacks.
func (d *Doctor) deployed() []string {
	regions := []string{d.Environment.Regions.Primary, d.Environment.Regions.Recovery}
	if !d.ofThePair(controlPlane) {
		regions = append(regions, controlPlane)
	}
	return regions
}

func (d *Doctor) ofThePair(region string) bool {
	return region == d.Environment.Regions.Primary || region == d.Environment.Regions.Recovery
}

func (d *Doctor) bounded(ctx context.Context, examine func(context.Context) Check) Check {
	ctx, cancel := d.Clock.WithTimeout(ctx, patience)
	defer cancel()
	return examine(ctx)
}

// Ready tells whether every check passed.
func Ready(checks []Check) bool {
	for _, c := range checks {
		if c.Result != Pass {
			return false
		}
	}
	return len(checks) > 0
}

func unknown(name string, err error, todo string, args ...any) Check {
	return Check{Name: name, Result: Unknown, Detail: err.Error(), Todo: fmt.Sprintf(todo, args...)}
}
