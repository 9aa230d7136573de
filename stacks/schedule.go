package stacks

import (
	"github.com/aws/aws-cdk-go/awscdk/v2/awsscheduler"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"
	"github.com/aws/jsii-runtime-go"

	"github.com/acso/disaster-recovery/internal/grant"
)

// schedule is an EventBridge schedule of a function or a state machine.
type schedule struct {
	name       string // deployed name, also of its target
	expression string
	target     string // ARN
	action     string // what the scheduler does to the target: lambda:InvokeFunction
	input      string // JSON, "" for Scheduler's own event
	disabled   bool
}

// schedule makes the schedule with a role that may do nothing but fire it. What cannot be delivered is tried again for
// as long as it is of use and then kept in the dead-letter queue.
func (p *place) schedule(s schedule, dead awssqs.IQueue) awsscheduler.CfnSchedule {
	role := p.role(s.name+"-schedule", "scheduler.amazonaws.com", "Fires the schedule "+s.name,
		grant.Grant{Actions: []string{s.action}, Resources: []string{s.target}},
		grant.Grant{Actions: []string{"sqs:SendMessage"}, Resources: []string{*dead.QueueArn()}},
	)
	target := &awsscheduler.CfnSchedule_TargetProperty{
		Arn: jsii.String(s.target), RoleArn: role.RoleArn(),
		DeadLetterConfig: &awsscheduler.CfnSchedule_DeadLetterConfigProperty{Arn: dead.QueueArn()},
		// A heartbeat or a probe that is five minutes old says nothing any more; 60 s is the least that is allowed.
		RetryPolicy: &awsscheduler.CfnSchedule_RetryPolicyProperty{MaximumEventAgeInSeconds: jsii.Number(300), MaximumRetryAttempts: jsii.Number(5)},
	}
	if s.input != "" {
		target.Input = jsii.String(s.input)
	}
	state := "ENABLED"
	if s.disabled {
		state = "DISABLED"
	}
	made := awsscheduler.NewCfnSchedule(p.Stack, jsii.String(s.name+"-schedule"), &awsscheduler.CfnScheduleProps{
		Name: jsii.String(s.name), Description: jsii.String("Fires " + s.name),
		ScheduleExpression: jsii.String(s.expression), ScheduleExpressionTimezone: jsii.String("UTC"),
		FlexibleTimeWindow: &awsscheduler.CfnSchedule_FlexibleTimeWindowProperty{Mode: jsii.String("OFF")},
		State:              jsii.String(state), Target: target,
	})
	made.Node().AddDependency(role.policy)
	return made
}
