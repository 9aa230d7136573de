// Package stacks says where everything runs and what it may touch: the CloudFormation stacks of an environment, in both
// regions of its pair.
//
// It reads nothing but the environment, the registry of functions and the state machines, looks nothing up in an account,
// refuses an environment with a mistake, and refuses to start without Node.js, in which CDK runs. What it deploys equals what the lab runs; a test compares.
package stacks

import (
	"fmt"
	"os/exec"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/jsii-runtime-go"

	"github.com/acso/disaster-recovery/internal/environment"
	"github.com/acso/disaster-recovery/internal/infrastructure"
)

// Options say what is synthesised and where to.
type Options struct {
	Environment *environment.Environment
	Outdir      string  // of the cloud assembly; "" for CDK's choice, which the CDK CLI makes through CDK_OUTDIR
	Builder     Builder // makes the functions' binaries
	// Commit is the full hash of what is deployed; every stack says it in an output, and the infrastructure's backups archive it.
	Commit string
	// Root is the directory of go.mod, the nominal source of the functions' assets.
	Root string
	// First leaves out what refers to the primary region's buckets in the recovery region, which is deployed before it.
	First bool
	// Aspects visit the whole app before it is synthesised, as cdk-nag does in the tests.
	Aspects []awscdk.IAspect
}

// New makes all stacks of an environment, in the order in which they are deployed.
func New(o Options) (awscdk.App, error) {
	if _, err := exec.LookPath("node"); err != nil {
		return nil, fmt.Errorf("CDK runs in Node.js: install Node.js 20 or later and put node on the PATH: %w", err)
	}
	e := o.Environment
	if mistakes := e.Check(); len(mistakes) > 0 { // whoever made it without the loader, which says the lines too
		return nil, fmt.Errorf("environment %s: %w", e.Name, mistakes)
	}
	primary, recovery := e.Regions.Primary, e.Regions.Recovery
	app := &app{App: newApp(o), options: o}

	home := app.foundation(primary, nil)
	standby := app.foundation(recovery, home)

	copies := app.storage(standby, nil)
	originals := app.storage(home, copies)

	serving := app.workload(originals, nil, standby)
	app.workload(copies, serving, nil)

	points := app.backup(copies, nil)
	app.backup(originals, points)

	there, here := app.recovery(originals), app.recovery(copies)
	app.restore(there)
	app.restore(here)
	app.dns(there, here)
	app.access(home)

	for _, tag := range *tags("Application", e.Application, "Environment", e.Name, "ManagedBy", "cdk") {
		awscdk.Tags_Of(app.App).Add(tag.Key, tag.Value, nil)
	}
	for _, aspect := range o.Aspects {
		awscdk.Aspects_Of(app.App).Add(aspect, nil)
	}
	return app.App, nil
}

// app is the CDK app of one environment.
type app struct {
	awscdk.App
	options Options
}

func newApp(o Options) awscdk.App {
	e := o.Environment
	// Availability zones would be looked up in the account at synthesis; a template must not depend on who makes it.
	lookups := map[string]any{"aws:cdk:enable-path-metadata": true}
	for _, region := range []string{e.Regions.Primary, e.Regions.Recovery} {
		lookups[fmt.Sprintf("availability-zones:account=%s:region=%s", e.Account, region)] = zones(region)
	}
	props := &awscdk.AppProps{Context: &lookups, AnalyticsReporting: jsii.Bool(false)}
	if o.Outdir != "" {
		props.Outdir = jsii.String(o.Outdir)
	}
	return awscdk.NewApp(props)
}

// zones are two availability zones of a region, the number that an RDS subnet group needs at least.
func zones(region string) []string { return []string{region + "a", region + "b"} }

// place is a stack in one region of an environment.
type place struct {
	awscdk.Stack
	env     *environment.Environment
	name    string // without the environment's: recovery
	region  string
	options Options
}

// place makes a stack. Stacks that hold data refuse to be deleted by mistake.
func (a *app) place(region, name, description string) *place {
	e := a.options.Environment
	stack := awscdk.NewStack(a.App, jsii.String(name+"-"+region), &awscdk.StackProps{
		StackName:             jsii.String(e.Prefix() + "-" + name),
		Description:           jsii.String(description),
		Env:                   &awscdk.Environment{Account: jsii.String(e.Account), Region: jsii.String(region)},
		CrossRegionReferences: jsii.Bool(true),
		TerminationProtection: jsii.Bool(true),
		AnalyticsReporting:    jsii.Bool(false),
		// CloudFormation takes templates of up to 1 MB, and the machines' texts are much of one: docs/decisions/0012.
		// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html
		SuppressTemplateIndentation: jsii.Bool(true),
	})
	awscdk.NewCfnOutput(stack, jsii.String(infrastructure.CommitOutput), &awscdk.CfnOutputProps{
		Description: jsii.String("The commit that this was deployed from"), Value: jsii.String(a.options.Commit),
	})
	return &place{Stack: stack, env: e, name: name, region: region, options: a.options}
}

// active tells whether the region is the one that serves in normal operation.
func (p *place) active() bool { return p.region == p.env.Regions.Primary }

// arn is the ARN of a resource of a service in the place's region and account.
func (p *place) arn(service, resource string) string {
	return fmt.Sprintf("arn:aws:%s:%s:%s:%s", service, p.region, p.env.Account, resource)
}

// id is the construct identifier of one of several alike.
func id(name string, i int) *string { return jsii.String(fmt.Sprintf("%s-%d", name, i+1)) }

// tags are pairs of key and value.
func tags(pairs ...string) *[]*awscdk.CfnTag {
	var all []*awscdk.CfnTag
	for i := 0; i+1 < len(pairs); i += 2 {
		all = append(all, &awscdk.CfnTag{Key: jsii.String(pairs[i]), Value: jsii.String(pairs[i+1])})
	}
	return &all
}
