package stacks

import (
	"fmt"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudtrail"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/jsii-runtime-go"

	"github.com/acso/disaster-recovery/functions"
	"github.com/acso/disaster-recovery/internal/grant"
	"github.com/acso/disaster-recovery/statemachines"
)

// access is the stack of people: who may start, approve, read and audit, and the trail of what everybody did. IAM is
// global and made here in advance; no recovery makes or changes a role.
type access struct {
	*place
	foundation *foundation
	boundary   awsiam.ManagedPolicy
}

func (a *app) access(f *foundation) *access {
	made := &access{place: a.place(f.region, "access", "People's roles and the audit trail of "+a.options.Environment.Prefix()), foundation: f}
	made.bound()
	reading, auditing := made.policy("reading", made.reading()), made.policy("auditing", made.auditing())
	operating, breaking := made.policy("operating", made.operating()), made.policy("breaking", made.breaking())
	made.person("reader", "Looks at everything and changes nothing", hour(12), reading)
	made.person("auditor", "Reads evidence, reports and the trail", hour(12), reading, auditing)
	made.person("operator", "Starts, approves and redrives procedures", hour(12), reading, operating)
	made.person("break-glass", "Does by hand what a procedure could not, in an emergency", hour(1), reading, operating, breaking)
	made.trail()
	return made
}

func hour(n int) awscdk.Duration { return awscdk.Duration_Hours(jsii.Number(n)) }

// bound is the outermost any of these roles can reach, whatever policy is attached to them later: no identities, no way
// round the trail, and no end of what holds data.
func (a *access) bound() {
	deny := func(sid string, resources []string, actions ...string) awsiam.PolicyStatement {
		return awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{Sid: jsii.String(sid), Effect: awsiam.Effect_DENY, Actions: jsii.Strings(actions...), Resources: jsii.Strings(resources...)})
	}
	all := []string{"*"}
	a.boundary = awsiam.NewManagedPolicy(a.Stack, jsii.String("boundary"), &awsiam.ManagedPolicyProps{
		ManagedPolicyName: jsii.String(a.env.Prefix() + "-boundary"), Description: jsii.String("The outermost that people's roles can reach"),
		Statements: &[]awsiam.PolicyStatement{
			awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{Sid: jsii.String("Anything"), Actions: jsii.Strings("*"), Resources: jsii.Strings("*")}),
			deny("NoIdentities", all, "iam:*", "organizations:*", "account:*"),
			deny("NoSilence", all, "cloudtrail:DeleteTrail", "cloudtrail:StopLogging", "cloudtrail:UpdateTrail", "cloudtrail:PutEventSelectors"),
			deny("NoEnd", all, "kms:ScheduleKeyDeletion", "kms:DisableKey", "s3:DeleteBucket", "dynamodb:DeleteTable", "rds:DeleteDBInstance", "elasticfilesystem:DeleteFileSystem"),
		},
	})
	const ceiling = "It is a permissions boundary: it grants nothing, and what it leaves open is what the roles' own policies may name."
	accept(a.boundary, solutions("IAM5", ceiling), both("IAMPolicyNoStatementsWithAdminAccess", ceiling), both("IAMPolicyNoStatementsWithFullAccess", ceiling))
}

// policy makes a policy that several roles share: all rights of break-glass in one would be longer than IAM allows.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
func (a *access) policy(name string, grants []grant.Grant) awsiam.IManagedPolicy {
	policy := awsiam.NewManagedPolicy(a.Stack, jsii.String(name+"-policy"), &awsiam.ManagedPolicyProps{Statements: statements(grants)})
	acceptWildcards(policy, grants)
	return policy
}

// person makes a role for people of the account who signed in with a second factor.
func (a *access) person(name, description string, session awscdk.Duration, policies ...awsiam.IManagedPolicy) {
	awsiam.NewRole(a.Stack, jsii.String(name), &awsiam.RoleProps{
		RoleName: jsii.String(a.env.PersonRole(name)), Description: jsii.String(description), MaxSessionDuration: session, PermissionsBoundary: a.boundary,
		AssumedBy:       awsiam.NewPrincipalWithConditions(awsiam.NewAccountPrincipal(jsii.String(a.env.Account)), &map[string]any{"Bool": map[string]string{"aws:MultiFactorAuthPresent": "true"}}),
		ManagedPolicies: &policies,
	})
}

// each gives something for both regions.
func (a *access) each(f func(region string) []string) []string {
	return append(f(a.env.Regions.Primary), f(a.env.Regions.Recovery)...)
}

// reading is what everybody may: states, metrics, logs of procedures, and the incident.
func (a *access) reading() []grant.Grant {
	e := a.env
	machines := a.each(func(region string) []string { return []string{e.MachineARN(region, "*")} })
	executions := a.each(func(region string) []string { return []string{e.ExecutionARN(region, "*")} })
	tables := a.each(func(region string) []string {
		return []string{fmt.Sprintf("arn:aws:dynamodb:%s:%s:table/%s", region, e.Account, e.IncidentTable())}
	})
	return []grant.Grant{
		{Actions: []string{"states:DescribeStateMachine", "states:ListExecutions"}, Resources: machines},
		{Actions: []string{"states:DescribeExecution", "states:GetExecutionHistory"}, Resources: executions},
		{Actions: []string{"dynamodb:GetItem", "dynamodb:Query", "dynamodb:Scan"}, Resources: tables},
		{Actions: []string{"logs:DescribeLogStreams", "logs:FilterLogEvents", "logs:GetLogEvents"}, Resources: append(append(
			a.arns("logs", "log-group:/aws/lambda/"+e.Prefix()+"-*"), a.arns("logs", "log-group:/aws/vendedlogs/states/"+e.Prefix()+"-*")...), a.serviceLogs()...)},
		{Actions: []string{"rds:DescribeDBInstances"}, Resources: a.arns("rds", "db:*")},
		{Actions: []string{"ecs:DescribeServices"}, Resources: a.services()},
		{Actions: []string{"elasticfilesystem:DescribeFileSystems", "elasticfilesystem:DescribeReplicationConfigurations"}, Resources: a.arns("elasticfilesystem", "file-system/*")},
		{Actions: []string{"route53:ListResourceRecordSets"}, Resources: []string{"arn:aws:route53:::hostedzone/" + e.Domain.HostedZone}},
		{Actions: []string{"route53:GetHealthCheckStatus"}, Resources: []string{"arn:aws:route53:::healthcheck/*"}},
		{Actions: []string{"cloudwatch:GetDashboard"}, Resources: []string{fmt.Sprintf("arn:aws:cloudwatch::%s:dashboard/%s-*", e.Account, e.Prefix())}},
		// https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoncloudwatch.html
		{Actions: []string{"cloudwatch:DescribeAlarms", "cloudwatch:GetMetricData", "cloudwatch:ListDashboards", "cloudwatch:ListMetrics", "logs:DescribeLogGroups", "states:ListStateMachines"}, Resources: []string{"*"}},
	}
}

// arns are a resource of a service in both regions.
func (a *access) arns(service, resource string) []string {
	return a.each(func(region string) []string {
		return []string{fmt.Sprintf("arn:aws:%s:%s:%s:%s", service, region, a.env.Account, resource)}
	})
}

// services are the ECS services of both regions, by the names that they have there.
func (a *access) services() []string {
	return a.each(func(region string) []string {
		return []string{fmt.Sprintf("arn:aws:ecs:%s:%s:service/%s/*", region, a.env.Account, a.env.Cluster(region))}
	})
}

// serviceLogs are the log groups of the services.
func (a *access) serviceLogs() []string {
	return a.each(func(region string) []string {
		if !a.env.Existing(region).Cluster.Imported() {
			return []string{fmt.Sprintf("arn:aws:logs:%s:%s:log-group:%s/*", region, a.env.Account, a.env.LogGroup(region))}
		}
		var all []string
		for _, group := range a.env.LogGroups(region) {
			all = append(all, fmt.Sprintf("arn:aws:logs:%s:%s:log-group:%s:*", region, a.env.Account, group))
		}
		return all
	})
}

// databases are the instances of both regions, and what a restore made in their place.
func (a *access) databases() []string {
	return a.each(func(region string) []string {
		arn := fmt.Sprintf("arn:aws:rds:%s:%s:db:%s", region, a.env.Account, a.env.DatabaseIn(region))
		return []string{arn, arn + "-restored-*"}
	})
}

// auditing is reading what is evidence.
func (a *access) auditing() []grant.Grant {
	e := a.env
	buckets := a.each(func(region string) []string {
		return []string{"arn:aws:s3:::" + e.BucketIn(region, e.Buckets.Compliance), "arn:aws:s3:::" + e.BucketIn(region, e.Buckets.Backups)}
	})
	return []grant.Grant{
		{Actions: []string{"s3:GetBucketObjectLockConfiguration", "s3:GetLifecycleConfiguration", "s3:GetReplicationConfiguration", "s3:ListBucket", "s3:ListBucketVersions"}, Resources: buckets},
		{Actions: []string{"s3:GetObject", "s3:GetObjectRetention", "s3:GetObjectVersion"}, Resources: suffixed(buckets, "/*")},
		{Actions: []string{"cloudtrail:DescribeTrails", "cloudtrail:GetEventSelectors", "cloudtrail:GetTrailStatus", "cloudtrail:LookupEvents"}, Resources: []string{"*"}},
	}
}

// operating is starting a procedure, stopping and redriving it, and answering its questions.
func (a *access) operating() []grant.Grant {
	e := a.env
	var starts []string
	for _, m := range statemachines.All() {
		starts = append(starts, a.each(func(region string) []string { return []string{e.MachineARN(region, m.Name)} })...)
	}
	executions := a.each(func(region string) []string { return []string{e.ExecutionARN(region, "*")} })
	var asked []string
	for _, name := range []string{"checkhealth", "incident", "planrestore", "readiness", "review"} {
		if _, deployed := functions.Named(name); deployed {
			asked = append(asked, a.each(func(region string) []string { return []string{e.FunctionARN(region, name)} })...)
		}
	}
	return []grant.Grant{
		// drctl asks these functions by themselves: what a restore would do, whether a region serves or is ready, to abort, and for the
		// record of an incident.
		{Actions: []string{"lambda:InvokeFunction"}, Resources: asked},
		// Answers carry a task token, which only who was asked has; the action is checked on the machine.
		// https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsstepfunctions.html
		{Actions: []string{"states:StartExecution", "states:SendTaskSuccess", "states:SendTaskFailure"}, Resources: starts},
		{Actions: []string{"states:StopExecution", "states:RedriveExecution"}, Resources: executions},
	}
}

// breaking is what the runbooks tell a person to do by hand: fence, promote, scale, and move clients.
func (a *access) breaking() []grant.Grant {
	e := a.env
	arns := a.arns
	buckets := a.each(func(region string) []string {
		return []string{"arn:aws:s3:::" + e.BucketIn(region, e.Buckets.Backups) + "/*"}
	})
	return []grant.Grant{
		{Actions: []string{"ec2:CreateNetworkAclEntry", "ec2:DeleteNetworkAclEntry", "ec2:ReplaceNetworkAclEntry"}, Resources: arns("ec2", "network-acl/*")},
		{Actions: []string{"ec2:DescribeNetworkAcls", "application-autoscaling:DescribeScalableTargets", "cloudwatch:PutMetricData"}, Resources: []string{"*"}},
		{Actions: []string{"rds:PromoteReadReplica", "rds:RebootDBInstance"}, Resources: a.databases()},
		{Actions: []string{"ecs:UpdateService"}, Resources: a.services()},
		{Actions: []string{"application-autoscaling:RegisterScalableTarget"}, Resources: arns("application-autoscaling", "scalable-target/*")},
		{Actions: []string{"elasticfilesystem:DeleteReplicationConfiguration"}, Resources: arns("elasticfilesystem", "file-system/*")},
		{Actions: []string{"route53:ChangeResourceRecordSets"}, Resources: []string{"arn:aws:route53:::hostedzone/" + e.Domain.HostedZone}},
		{Actions: []string{"route53:UpdateHealthCheck"}, Resources: []string{"arn:aws:route53:::healthcheck/*"}},
		{Actions: []string{"dynamodb:PutItem"}, Resources: arns("dynamodb", "table/"+e.IncidentTable())},
		{Actions: []string{"s3:BypassGovernanceRetention", "s3:DeleteObjectVersion"}, Resources: buckets},
	}
}

func suffixed(all []string, suffix string) []string {
	out := make([]string, len(all))
	for i, s := range all {
		out[i] = s + suffix
	}
	return out
}

// trail records what was done in both regions, and every read and write of backups, evidence and incidents.
func (a *access) trail() {
	e := a.env
	name := e.Prefix() + "-trail"
	kept := a.bucket(bucket{
		id: "trail-bucket", key: a.foundation.data, logs: *a.foundation.accessLogs.Ref(), lockDays: int(e.Backup.Infrastructure.Days()), lifecycle: []any{aged(e.Backup.Data.Monthly.Days()), tidying()},
		writers: []writer{{"Trail", "cloudtrail.amazonaws.com", "AWSLogs/" + e.Account}}, inspectors: []string{"cloudtrail.amazonaws.com"},
	})
	accept(kept, both("S3BucketReplicationEnabled", "The trail is delivered to its log group too, and is evidence, not data to recover from. Object Lock keeps it."))
	logs := a.logGroup("trail-logs", "/"+e.Prefix()+"/trail", a.foundation.data)
	role := a.role("trail-delivery", "cloudtrail.amazonaws.com", "Writes the trail to its log group", deliver(*logs.LogGroupArn()))
	made := awscloudtrail.NewCfnTrail(a.Stack, jsii.String("trail"), &awscloudtrail.CfnTrailProps{
		TrailName: jsii.String(name), S3BucketName: kept.Ref(), IsLogging: jsii.Bool(true), IsMultiRegionTrail: jsii.Bool(true),
		IncludeGlobalServiceEvents: jsii.Bool(true), EnableLogFileValidation: jsii.Bool(true), KmsKeyId: a.foundation.data.KeyArn(),
		CloudWatchLogsLogGroupArn: logs.LogGroupArn(), CloudWatchLogsRoleArn: role.RoleArn(), AdvancedEventSelectors: a.selectors(),
	})
	made.Node().AddDependency(role.policy, a.Stack.Node().FindChild(jsii.String("trail-bucket-policy")))
}

func (a *access) selectors() *[]any {
	e := a.env
	field := func(name string, f func(*awscloudtrail.CfnTrail_AdvancedFieldSelectorProperty, *[]*string), values ...string) any {
		s := &awscloudtrail.CfnTrail_AdvancedFieldSelectorProperty{Field: jsii.String(name)}
		f(s, jsii.Strings(values...))
		return s
	}
	equals := func(s *awscloudtrail.CfnTrail_AdvancedFieldSelectorProperty, v *[]*string) { s.EqualTo = v }
	starts := func(s *awscloudtrail.CfnTrail_AdvancedFieldSelectorProperty, v *[]*string) { s.StartsWith = v }
	selector := func(name string, fields ...any) any {
		return &awscloudtrail.CfnTrail_AdvancedEventSelectorProperty{Name: jsii.String(name), FieldSelectors: &fields}
	}
	objects := a.each(func(region string) []string {
		return []string{"arn:aws:s3:::" + e.BucketIn(region, e.Buckets.Backups) + "/", "arn:aws:s3:::" + e.BucketIn(region, e.Buckets.Compliance) + "/"}
	})
	tables := a.each(func(region string) []string {
		return []string{fmt.Sprintf("arn:aws:dynamodb:%s:%s:table/%s", region, e.Account, e.IncidentTable())}
	})
	return &[]any{
		selector("What was changed and read", field("eventCategory", equals, "Management")),
		selector("Backups and evidence", field("eventCategory", equals, "Data"), field("resources.type", equals, "AWS::S3::Object"), field("resources.ARN", starts, objects...)),
		selector("Incidents", field("eventCategory", equals, "Data"), field("resources.type", equals, "AWS::DynamoDB::Table"), field("resources.ARN", equals, tables...)),
	}
}
