package stacks

import (
	"fmt"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsstepfunctions"
	"github.com/aws/jsii-runtime-go"

	"github.com/acso/disaster-recovery/functions"
	"github.com/acso/disaster-recovery/internal/grant"
	"github.com/acso/disaster-recovery/internal/retention"
	"github.com/acso/disaster-recovery/internal/watching"
	"github.com/acso/disaster-recovery/statemachines"
)

// machine deploys one state machine: the text that the lab runs, with its placeholders replaced by CloudFormation, all
// logging, tracing, an alarm on executions that fail, and a role that may start and invoke what the text names.
func (p *place) machine(m statemachines.Machine, f *foundation) awsstepfunctions.StateMachine {
	name := p.env.MachineName(m.Name)
	logs := p.logGroup(m.Name+"-logs", "/aws/vendedlogs/states/"+name, f.data)
	values, grants := p.placeholders(m)
	role := p.role(m.Name, "states.amazonaws.com", "What the state machine "+name+" may start and invoke", append(grants, p.orchestrating(m)...)...)
	machine := awsstepfunctions.NewStateMachine(p.Stack, jsii.String(m.Name), &awsstepfunctions.StateMachineProps{
		StateMachineName: jsii.String(name), StateMachineType: awsstepfunctions.StateMachineType_STANDARD,
		DefinitionBody: awsstepfunctions.DefinitionBody_FromString(jsii.String(m.Definition)), DefinitionSubstitutions: &values,
		Logs:           &awsstepfunctions.LogOptions{Destination: logs, Level: awsstepfunctions.LogLevel_ALL, IncludeExecutionData: jsii.Bool(true)},
		TracingEnabled: jsii.Bool(true), Role: role.frozen, RemovalPolicy: awscdk.RemovalPolicy_RETAIN,
	})
	machine.Node().AddDependency(role.policy)
	if strings.Contains(m.Definition, `"TimeoutSeconds": "{%`) {
		// cfn-lint's E3601 reads definitions by an older schema, which knows no expression as a number: asl-validator does.
		// https://docs.aws.amazon.com/step-functions/latest/dg/transforming-data.html
		machine.Node().DefaultChild().(awsstepfunctions.CfnStateMachine).AddMetadata(jsii.String("cfn-lint"), map[string]any{"config": map[string]any{"ignore_checks": []string{"E3601"}}})
	}
	p.alarmOnFailures(m, name)
	return machine
}

// placeholders are what the text's placeholders stand for: ARNs, and the right to use each, and the namespace of metrics.
func (p *place) placeholders(m statemachines.Machine) (map[string]*string, []grant.Grant) {
	values := map[string]*string{}
	var grants []grant.Grant
	for _, name := range m.Placeholders() {
		if name == statemachines.BackupMetrics {
			values[name] = jsii.String(watching.Namespace(p.env))
			continue
		}
		if _, is := functions.Named(name); is {
			arn := p.env.FunctionARN(p.region, name)
			values[name] = jsii.String(arn)
			grants = append(grants, grant.Grant{Actions: []string{"lambda:InvokeFunction"}, Resources: []string{arn}})
			continue
		}
		if _, is := statemachines.Named(name); !is {
			panic(fmt.Sprintf("state machine %s: ${%s} names neither a function nor a state machine", m.Name, name))
		}
		arn := p.env.MachineARN(p.region, name)
		values[name] = jsii.String(arn)
		grants = append(grants, grant.Grant{Actions: []string{"states:StartExecution"}, Resources: []string{arn}})
		if strings.Contains(m.Definition, "states:startExecution.sync") {
			grants = append(grants, p.waiting(name)...)
		}
	}
	return values, grants
}

// waiting is what .sync takes: Step Functions describes the execution, stops it with its parent, and learns of its end
// through a rule that it manages. https://docs.aws.amazon.com/step-functions/latest/dg/connect-stepfunctions.html
func (p *place) waiting(machine string) []grant.Grant {
	return []grant.Grant{
		{Actions: []string{"states:DescribeExecution", "states:StopExecution"}, Resources: []string{p.arn("states", "execution:"+p.env.MachineName(machine)+":*")}},
		{Actions: []string{"events:PutTargets", "events:PutRule", "events:DescribeRule"}, Resources: []string{p.arn("events", "rule/StepFunctionsGetEventsForStepFunctionsExecutionRule")}},
	}
}

// integrations are the services that a definition calls without a function, and the rights that each call takes.
func (p *place) integrations() map[string][]grant.Grant {
	work := "arn:aws:s3:::" + p.env.BucketIn(p.region, p.env.Buckets.Backups) + "/" + retention.Verifications + "*"
	return map[string][]grant.Grant{
		// CloudWatch knows no resources for it, but a condition on the namespace: see statements of the role's users.
		"aws-sdk:cloudwatch:putMetricData": {{Actions: []string{"cloudwatch:PutMetricData"}, Resources: []string{"*"}}},
		// A distributed map reads its items and writes its results:
		// https://docs.aws.amazon.com/step-functions/latest/dg/iam-policies-eg-dist-map.html
		"s3:getObject": {{Actions: []string{"s3:GetObject"}, Resources: []string{work}}},
		"s3:putObject": {
			{Actions: []string{"s3:PutObject", "s3:GetObject", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts"}, Resources: []string{work}},
		},
	}
}

// orchestrating is what the machine itself needs: its integrations, its child executions, its log and its traces.
func (p *place) orchestrating(m statemachines.Machine) []grant.Grant {
	var grants []grant.Grant
	integrations := p.integrations()
	for _, name := range []string{"aws-sdk:cloudwatch:putMetricData", "s3:getObject", "s3:putObject"} {
		if strings.Contains(m.Definition, "arn:aws:states:::"+name) {
			grants = append(grants, integrations[name]...)
		}
	}
	if strings.Contains(m.Definition, "arn:aws:states:::codebuild:startBuild.sync") {
		grants = append(grants, p.building()...)
	}
	if strings.Contains(m.Definition, `"DISTRIBUTED"`) {
		name := p.env.MachineName(m.Name)
		grants = append(grants,
			grant.Grant{Actions: []string{"states:StartExecution"}, Resources: []string{p.env.MachineARN(p.region, m.Name)}},
			grant.Grant{Actions: []string{"states:DescribeExecution", "states:StopExecution"}, Resources: []string{p.arn("states", "execution:"+name+"/*:*")}},
			grant.Grant{Actions: []string{"states:RedriveExecution"}, Resources: []string{p.arn("states", "execution:"+name+"/*:*")}},
		)
	}
	return append(grants,
		// Delivery of vended logs knows no resources: https://docs.aws.amazon.com/step-functions/latest/dg/cw-logs.html
		grant.Grant{Actions: []string{
			"logs:CreateLogDelivery", "logs:DeleteLogDelivery", "logs:DescribeLogGroups", "logs:DescribeResourcePolicies",
			"logs:GetLogDelivery", "logs:ListLogDeliveries", "logs:PutResourcePolicy", "logs:UpdateLogDelivery",
		}, Resources: []string{"*"}},
		grant.Grant{Actions: []string{"xray:GetSamplingRules", "xray:GetSamplingTargets", "xray:PutTelemetryRecords", "xray:PutTraceSegments"}, Resources: []string{"*"}},
	)
}

// alarmOnFailures tells the on-call engineer of executions that failed, timed out or were aborted: no Catch runs on the
// last two.
func (p *place) alarmOnFailures(m statemachines.Machine, name string) {
	for _, ended := range []struct{ id, metric, text string }{
		{"failed", "ExecutionsFailed", "failed"}, {"timed-out", "ExecutionsTimedOut", "ran out of time"}, {"aborted", "ExecutionsAborted", "was aborted"},
	} {
		p.alarm(alarm{
			id: m.Name + "-" + ended.id, name: name + "-" + ended.id,
			description: "An execution of " + name + " in " + p.region + " " + ended.text + ": its output says what was changed and what to do",
			namespace:   "AWS/States", metric: ended.metric, dimensions: map[string]string{"StateMachineArn": p.env.MachineARN(p.region, m.Name)},
			statistic: "Sum", period: 60, periods: 1, needed: 1, threshold: 1, missing: "notBreaching",
		})
	}
}
