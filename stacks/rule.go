package stacks

import (
	"github.com/aws/aws-cdk-go/awscdk/v2/awsevents"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"
	"github.com/aws/jsii-runtime-go"
)

// rule is an EventBridge rule on the default bus with one target.
type rule struct {
	name, description string
	pattern           map[string]any
	target            *awsevents.CfnRule_TargetProperty
	disabled          bool
}

// rule makes the rule. Events that could not be delivered are kept in the queue.
func (p *place) rule(r rule, dead awssqs.IQueue) awsevents.CfnRule {
	state := "ENABLED"
	if r.disabled {
		state = "DISABLED"
	}
	r.target.DeadLetterConfig = &awsevents.CfnRule_DeadLetterConfigProperty{Arn: dead.QueueArn()}
	made := awsevents.NewCfnRule(p.Stack, jsii.String(r.name), &awsevents.CfnRuleProps{
		Name: jsii.String(r.name), Description: jsii.String(r.description), EventPattern: r.pattern, State: jsii.String(state), Targets: &[]any{r.target},
	})
	// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-dlq.html
	dead.AddToResourcePolicy(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
		Principals: &[]awsiam.IPrincipal{awsiam.NewServicePrincipal(jsii.String("events.amazonaws.com"), nil)},
		Actions:    jsii.Strings("sqs:SendMessage"), Resources: &[]*string{dead.QueueArn()},
		Conditions: &map[string]any{"ArnEquals": map[string]any{"aws:SourceArn": made.AttrArn()}},
	}))
	return made
}
