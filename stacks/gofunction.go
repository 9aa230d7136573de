package stacks

import (
	"fmt"
	"path/filepath"
	"slices"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsec2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslogs"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3assets"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"
	"github.com/aws/jsii-runtime-go"

	"github.com/acso/disaster-recovery/functions"
	"github.com/acso/disaster-recovery/internal/environment"
	"github.com/acso/disaster-recovery/internal/grant"
)

// goFunction deploys one function of the registry: its binary for arm64 with the environment beside it, a log group, a
// role of exactly its grants, tracing, a queue for asynchronous events that failed for good, and an alarm on errors.
func (p *place) goFunction(f functions.Function, n *foundation, files *storage, dead awssqs.IQueue) awslambda.Function {
	name := p.env.FunctionName(f.Name)
	logs := p.logGroup(f.Name+"-logs", "/aws/lambda/"+name, n.data)
	grants := f.Grants(p.env, p.region)
	inNetwork := needsDatabase(grants) || f.Files
	needed := append(grants, p.running(name, dead, inNetwork)...)
	if f.Files {
		// https://docs.aws.amazon.com/lambda/latest/dg/configuration-filesystem.html#configuration-filesystem-permissions
		actions := []string{"elasticfilesystem:ClientMount", "elasticfilesystem:ClientRootAccess"}
		if f.Writes {
			actions = append(actions, "elasticfilesystem:ClientWrite")
		}
		needed = append(needed, grant.Grant{Actions: actions, Resources: []string{*files.filesARN()}})
	}
	role := p.role(f.Name, "lambda.amazonaws.com", "What the function "+name+" may do: its grants in the registry", needed...)
	props := &awslambda.FunctionProps{
		FunctionName: jsii.String(name),
		Description:  jsii.String("Step " + f.Name + " of the recovery of " + p.env.Prefix()),
		Runtime:      awslambda.Runtime_PROVIDED_AL2023(), Architecture: awslambda.Architecture_ARM_64(),
		Handler: jsii.String(binaryFile), Code: p.code(f.Name),
		Timeout:    awscdk.Duration_Seconds(jsii.Number(f.Timeout.Seconds())),
		MemorySize: jsii.Number(f.MemoryMB),
		LogGroup:   logs, LoggingFormat: awslambda.LoggingFormat_JSON,
		Tracing: awslambda.Tracing_ACTIVE, DeadLetterQueue: dead,
		Role: role.frozen,
	}
	if f.Concurrency > 0 {
		props.ReservedConcurrentExecutions = jsii.Number(f.Concurrency)
	}
	if f.Files {
		props.Filesystem = files.mounted()
	}
	if inNetwork {
		props.Vpc, props.VpcSubnets = n.vpc, &awsec2.SubnetSelection{SubnetType: awsec2.SubnetType_PRIVATE_WITH_EGRESS}
		props.SecurityGroups = &[]awsec2.ISecurityGroup{n.functions}
	}
	function := awslambda.NewFunction(p.Stack, jsii.String(f.Name), props)
	function.Node().AddDependency(role.policy)
	if f.Concurrency == 0 {
		accept(function, both("LambdaConcurrency", "A reservation is a ceiling too, and it takes from the account's pool: a failover must never be throttled by it. Functions that must run one at a time have one."))
	}
	if !inNetwork {
		accept(function, both("LambdaInsideVPC", "It calls AWS endpoints only, in both regions, over TLS. Inside the network it would need NAT to reach the other region and gain nothing."))
	}
	p.alarmOnErrors(f, function)
	return function
}

// code is the function's asset, made by the go command when CDK wants it: no Docker.
func (p *place) code(function string) awslambda.Code {
	hash, err := assetHash(p.options.Builder, p.env, function)
	if err != nil {
		panic(err)
	}
	return awslambda.Code_FromAsset(jsii.String(filepath.Join(p.options.Root, "functions", function, "lambda")), &awss3assets.AssetOptions{
		AssetHash: jsii.String(hash), AssetHashType: awscdk.AssetHashType_CUSTOM,
		Bundling: &awscdk.BundlingOptions{
			Image: awscdk.DockerImage_FromRegistry(jsii.String("unused")), // required, and never pulled: Local does it
			Local: &bundling{p.options.Builder, p.env, function},
		},
	})
}

// bundling is called back by CDK for each asset that cdk.out does not have yet.
type bundling struct {
	builder  Builder
	env      *environment.Environment
	function string
}

// TryBundle fills the directory. It panics when that fails: false would send CDK looking for Docker.
func (b *bundling) TryBundle(outputDir *string, _ *awscdk.BundlingOptions) *bool {
	if err := writeAsset(b.builder, b.env, b.function, *outputDir); err != nil {
		panic(err)
	}
	return jsii.Bool(true)
}

// running is what Lambda itself needs of the role: to write logs and traces, to keep failed events, and to reach a network.
func (p *place) running(name string, dead awssqs.IQueue, inNetwork bool) []grant.Grant {
	grants := []grant.Grant{
		{Actions: []string{"logs:CreateLogStream", "logs:PutLogEvents"}, Resources: []string{p.arn("logs", "log-group:/aws/lambda/"+name+":*")}},
		// X-Ray knows no resources: https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsx-ray.html
		{Actions: []string{"xray:PutTelemetryRecords", "xray:PutTraceSegments"}, Resources: []string{"*"}},
		{Actions: []string{"sqs:SendMessage"}, Resources: []string{*dead.QueueArn()}},
	}
	if inNetwork {
		// Lambda makes network interfaces in the role's name, before anything names them:
		// https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html#configuration-vpc-permissions
		grants = append(grants, grant.Grant{Actions: []string{
			"ec2:AssignPrivateIpAddresses", "ec2:CreateNetworkInterface", "ec2:DeleteNetworkInterface",
			"ec2:DescribeNetworkInterfaces", "ec2:DescribeSubnets", "ec2:UnassignPrivateIpAddresses",
		}, Resources: []string{"*"}})
	}
	return grants
}

// needsDatabase tells whether a function logs in to a database, which it reaches through the network only.
func needsDatabase(grants []grant.Grant) bool {
	return slices.ContainsFunc(grants, func(g grant.Grant) bool { return slices.Contains(g.Actions, "rds-db:connect") })
}

// logRetention keeps logs for a year, as long as infrastructure backups: an incident is looked at again in an audit.
const logRetention = awslogs.RetentionDays_ONE_YEAR

func (p *place) logGroup(id, name string, key awskms.IKey) awslogs.LogGroup {
	return awslogs.NewLogGroup(p.Stack, jsii.String(id), &awslogs.LogGroupProps{
		LogGroupName: jsii.String(name), Retention: logRetention, EncryptionKey: key,
		RemovalPolicy: awscdk.RemovalPolicy_RETAIN,
	})
}

// alarmOnErrors tells the on-call engineer when invocations fail. A function that a schedule calls every minute may fail
// now and then; one that fails in three of five periods is broken.
func (p *place) alarmOnErrors(f functions.Function, function awslambda.Function) {
	periods, needed := 1, 1
	if f.Schedule != "" {
		periods, needed = 5, 3
	}
	p.alarm(alarm{
		id: f.Name + "-errors", name: p.env.FunctionName(f.Name) + "-errors",
		description: fmt.Sprintf("Invocations of %s fail in %s: read its log group, then docs/runbooks", p.env.FunctionName(f.Name), p.region),
		namespace:   "AWS/Lambda", metric: "Errors", dimensions: map[string]string{"FunctionName": p.env.FunctionName(f.Name)},
		statistic: "Sum", period: 60, periods: periods, needed: needed, threshold: 1, missing: "notBreaching",
	})
}
