package stacks

import (
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsevents"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssns"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"
	"github.com/aws/jsii-runtime-go"

	"github.com/acso/disaster-recovery/internal/grant"
	"github.com/acso/disaster-recovery/internal/switching"
)

// triggers are what starts a failover by itself, and what cleans up after one that could not.
func (r *recovery) triggers() {
	r.switchAlarms()
	r.startOnAlarm()
	r.tellFromTheStart()
	r.releaseOnEnd()
}

// switchAlarms are the alarm on the probe's verdict and the alarm behind the failover switch. The second is shaped by
// what a health check of type CLOUDWATCH_METRIC can follow: one metric, one period of 60 s, no metric math, no M of N.
// https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/dns-failover-determining-health-of-endpoints.html
func (r *recovery) switchAlarms() {
	both := alarm{
		namespace: switching.Namespace, dimensions: map[string]string{"Environment": r.env.Name},
		statistic: "Maximum", period: 60, periods: 1, needed: 1, threshold: 1,
	}
	unhealthy, flipped := both, both
	unhealthy.id, unhealthy.name, unhealthy.metric, unhealthy.missing = "primary-unhealthy", r.env.PrimaryAlarm(), switching.PrimaryUnhealthy, "notBreaching"
	unhealthy.description = "The active region was seen down from " + r.region + " for as long as the environment asks: starts the failover"
	// Missing data is left missing: the health check then keeps its last state, and a silent probe moves nobody.
	flipped.id, flipped.name, flipped.metric, flipped.missing = "failover-switch", r.env.SwitchAlarm(), switching.Switch, "missing"
	flipped.description = "The failover switch: while it is in ALARM, clients are sent to " + r.env.Regions.Recovery
	r.alarm(unhealthy)
	r.alarm(flipped)
}

// startOnAlarm starts the failover machine with the alarm's event as its input: the alarm of this region's probe, or the one
// on what Route 53's checkers see of the other region, which the Dns stack forwards from us-east-1.
func (r *recovery) startOnAlarm() {
	target := r.env.MachineARN(r.region, "failover")
	role := r.role("start-failover", "events.amazonaws.com", "Starts the failover when the primary's alarm is raised",
		grant.Grant{Actions: []string{"states:StartExecution"}, Resources: []string{target}})
	r.rule(rule{
		name: r.env.PrimaryAlarm(), description: "Starts the failover when the primary was seen down",
		pattern: alarmRaised(r.env.PrimaryAlarm(), r.env.EndpointAlarm(r.env.Pair(r.region))),
		target:  &awsevents.CfnRule_TargetProperty{Id: jsii.String("failover"), Arn: jsii.String(target), RoleArn: role.RoleArn()},
	}, r.dead)
}

// tellFromTheStart starts the escalation beside every failover and failback: it lives on when they die.
func (r *recovery) tellFromTheStart() {
	target := r.env.MachineARN(r.region, "escalation")
	role := r.role("start-escalation", "events.amazonaws.com", "Starts telling people when a failover or a failback starts",
		grant.Grant{Actions: []string{"states:StartExecution"}, Resources: []string{target}})
	r.rule(rule{
		name: r.env.EscalationRule(), description: "Starts telling people when a failover or a failback starts",
		pattern: map[string]any{
			"source": []string{"aws.states"}, "detail-type": []string{"Step Functions Execution Status Change"},
			"detail": map[string]any{"status": []string{"RUNNING"}, "stateMachineArn": []string{r.env.MachineARN(r.region, "failover"), r.env.MachineARN(r.region, "failback")}},
		},
		target: &awsevents.CfnRule_TargetProperty{Id: jsii.String("escalation"), Arn: jsii.String(target), RoleArn: role.RoleArn()},
	}, r.dead)
}

// alarmRaised matches the event of an alarm that is raised.
func alarmRaised(names ...string) map[string]any {
	return map[string]any{
		"source": []string{"aws.cloudwatch"}, "detail-type": []string{"CloudWatch Alarm State Change"},
		"detail": map[string]any{"alarmName": names, "state": map[string]any{"value": []string{"ALARM"}}},
	}
}

// releaseOnEnd frees the lock of an execution that its own states could not: no Catch runs when one is aborted or times out.
func (r *recovery) releaseOnEnd() {
	r.releaseBy(r.env.EndedRule(), "failover", "incident", r.dead)
	r.releaseBy(r.env.FailbackEndedRule(), "failback", "failbacklock", r.dead)
}

// releaseBy has a function of the same stack release the lock of a machine.
func (p *place) releaseBy(name, machine, handler string, dead awssqs.IQueue) {
	function := p.env.FunctionARN(p.region, handler)
	ended := p.rule(rule{
		name: name, description: "Releases the lock of a " + machine + " that ended otherwise than by its own states",
		pattern: map[string]any{
			"source": []string{"aws.states"}, "detail-type": []string{"Step Functions Execution Status Change"},
			"detail": map[string]any{"status": []string{"FAILED", "TIMED_OUT", "ABORTED"}, "stateMachineArn": []string{p.env.MachineARN(p.region, machine)}},
		},
		target: &awsevents.CfnRule_TargetProperty{Id: jsii.String(handler), Arn: jsii.String(function)},
	}, dead)
	permission := awslambda.NewCfnPermission(p.Stack, jsii.String(handler+"-from-rule"), &awslambda.CfnPermissionProps{
		Action: jsii.String("lambda:InvokeFunction"), FunctionName: jsii.String(function),
		Principal: jsii.String("events.amazonaws.com"), SourceArn: ended.AttrArn(),
	})
	permission.Node().AddDependency(p.Stack.Node().FindChild(jsii.String(handler)))
}

// topics reach the emergency response team and whom it tells, one topic for each role. The address of the environment file is
// subscribed; it gets messages once whoever reads it has confirmed.
func (r *recovery) topics() {
	for i, role := range r.env.Contacts.Roles() {
		name := role.Contact.Topic
		topic := awssns.NewCfnTopic(r.Stack, id("topic", i), &awssns.CfnTopicProps{
			TopicName: jsii.String(name), DisplayName: jsii.String(r.env.Prefix()), KmsMasterKeyId: r.foundation.data.KeyArn(),
		})
		awssns.NewCfnTopicPolicy(r.Stack, id("topic-policy", i), &awssns.CfnTopicPolicyProps{Topics: &[]*string{topic.Ref()}, PolicyDocument: r.publishing(topic)})
		if role.Contact.Email != "" {
			awssns.NewCfnSubscription(r.Stack, id("topic-subscription", i), &awssns.CfnSubscriptionProps{
				TopicArn: topic.Ref(), Protocol: jsii.String("email"), Endpoint: jsii.String(role.Contact.Email),
			})
		}
	}
}

func (r *recovery) publishing(topic awssns.CfnTopic) awsiam.PolicyDocument {
	ours := map[string]any{"StringEquals": map[string]string{"aws:SourceAccount": r.env.Account}}
	return awsiam.NewPolicyDocument(&awsiam.PolicyDocumentProps{Statements: &[]awsiam.PolicyStatement{
		awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
			Sid: jsii.String("Alarms"), Principals: &[]awsiam.IPrincipal{awsiam.NewServicePrincipal(jsii.String("cloudwatch.amazonaws.com"), nil)},
			Actions: jsii.Strings("sns:Publish"), Resources: &[]*string{topic.Ref()}, Conditions: &ours,
		}),
		awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
			Sid: jsii.String("EncryptedOnly"), Effect: awsiam.Effect_DENY, Principals: &[]awsiam.IPrincipal{awsiam.NewAnyPrincipal()},
			Actions: jsii.Strings("sns:Publish"), Resources: &[]*string{topic.Ref()},
			Conditions: &map[string]any{"Bool": map[string]string{"aws:SecureTransport": "false"}},
		}),
	}})
}

// dashboard shows what the region knows now. It shows no number that nothing measures.
func (r *recovery) dashboard() {
	awscloudwatch.NewCfnDashboard(r.Stack, jsii.String("dashboard"), &awscloudwatch.CfnDashboardProps{
		DashboardName: jsii.String(r.env.Prefix() + "-recovery-" + r.region), DashboardBody: jsii.String(dashboard(r.env, r.region)),
	})
}
