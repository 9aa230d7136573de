package stacks

import (
	"maps"
	"slices"

	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"
	"github.com/aws/jsii-runtime-go"
)

// alarm is a CloudWatch alarm on one metric.
type alarm struct {
	id, name, description string
	namespace, metric     string
	dimensions            map[string]string
	statistic             string
	period                int // seconds
	periods, needed       int
	threshold             float64 // the alarm is raised at it and above, or under it
	under                 bool
	missing               string // what a period without data means
	topic                 string // that is told; "" for the on-call engineer's
	silent                bool   // tells nobody: something else acts on it
	muted                 bool   // tells nobody for as long as its region has the other role
	noOK                  bool   // tells nobody when it is over
}

// alarm makes the alarm; unless it is silent it tells somebody when it is raised and when it is over.
func (p *place) alarm(a alarm) awscloudwatch.CfnAlarm {
	comparison := "GreaterThanOrEqualToThreshold"
	if a.under {
		comparison = "LessThanThreshold"
	}
	var dimensions []any
	for _, name := range slices.Sorted(maps.Keys(a.dimensions)) {
		dimensions = append(dimensions, &awscloudwatch.CfnAlarm_DimensionProperty{Name: jsii.String(name), Value: jsii.String(a.dimensions[name])})
	}
	props := &awscloudwatch.CfnAlarmProps{
		AlarmName: jsii.String(a.name), AlarmDescription: jsii.String(a.description),
		Namespace: jsii.String(a.namespace), MetricName: jsii.String(a.metric), Dimensions: &dimensions,
		Statistic: jsii.String(a.statistic), Period: jsii.Number(a.period),
		EvaluationPeriods: jsii.Number(a.periods), DatapointsToAlarm: jsii.Number(a.needed),
		Threshold: jsii.Number(a.threshold), ComparisonOperator: jsii.String(comparison), TreatMissingData: jsii.String(a.missing),
	}
	if a.muted {
		props.ActionsEnabled = jsii.Bool(false)
	}
	if !a.silent {
		if a.topic == "" {
			a.topic = p.env.Contacts.OnCall.Topic
		}
		tell := jsii.Strings(p.env.Topic(p.region, a.topic))
		props.AlarmActions = tell
		if !a.noOK {
			props.OkActions = tell
		}
	}
	return awscloudwatch.NewCfnAlarm(p.Stack, jsii.String(a.id), props)
}
