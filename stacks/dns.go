package stacks

import (
	"fmt"

	"github.com/aws/aws-cdk-go/awscdk/v2/awsevents"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsroute53"
	"github.com/aws/jsii-runtime-go"

	"github.com/acso/disaster-recovery/internal/grant"
)

// controlPlane is the region of Route 53's control plane, and the only one that has the metrics of its health checks.
// https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/monitoring-cloudwatch.html
const controlPlane = "us-east-1"

// dns is the stack of the names. Everything in it is made in advance: moving clients changes none of it.
type dns struct{ *place }

func (a *app) dns(after ...*recovery) *dns {
	d := &dns{a.place(controlPlane, "dns", "Names of "+a.options.Environment.Prefix()+": failover records, health checks, the second trigger")}
	for _, r := range after {
		d.AddDependency(r.Stack, jsii.String("a health check follows the switch's alarm, and events are sent to a bus with a rule"))
	}
	d.publicName(d.switchCheck())
	for _, region := range []string{d.env.Regions.Primary, d.env.Regions.Recovery} {
		check := d.endpointCheck(region)
		d.checkersName(region, check)
		d.forward(region, check)
	}
	return d
}

// switchCheck follows the alarm in the recovery region. It is not inverted: ALARM is unhealthy, which sends clients to the
// SECONDARY record. Without data it keeps what it said last; a new check would start as healthy.
func (d *dns) switchCheck() awsroute53.CfnHealthCheck {
	return d.check("switch", d.env.Prefix()+" failover switch", &awsroute53.CfnHealthCheck_HealthCheckConfigProperty{
		Type: jsii.String("CLOUDWATCH_METRIC"), Inverted: jsii.Bool(false), InsufficientDataHealthStatus: jsii.String("LastKnownStatus"),
		AlarmIdentifier: &awsroute53.CfnHealthCheck_AlarmIdentifierProperty{Name: jsii.String(d.env.SwitchAlarm()), Region: jsii.String(d.env.Regions.Recovery)},
	})
}

// publicName is the pair of records that clients resolve. Only PRIMARY has a check, and it is the switch: an endpoint check
// here would move clients before the promotion, and back again after it.
func (d *dns) publicName(check awsroute53.CfnHealthCheck) {
	primary := d.record("public-primary", d.env.Domain.Name, "CNAME", d.env.Regions.Primary, "PRIMARY", int(d.env.Domain.TTL.Std().Seconds()), d.env.RegionalName(d.env.Regions.Primary))
	primary.SetHealthCheckId(check.AttrHealthCheckId())
	d.record("public-recovery", d.env.Domain.Name, "CNAME", d.env.Regions.Recovery, "SECONDARY", int(d.env.Domain.TTL.Std().Seconds()), d.env.RegionalName(d.env.Regions.Recovery))
}

// endpointCheck has Route 53's checkers ask a region's own name. It detects and moves nothing.
func (d *dns) endpointCheck(region string) awsroute53.CfnHealthCheck {
	return d.check("endpoint-"+region, d.env.Prefix()+" endpoint in "+region, &awsroute53.CfnHealthCheck_HealthCheckConfigProperty{
		Type: jsii.String("HTTPS"), FullyQualifiedDomainName: jsii.String(d.env.RegionalName(region)), Port: jsii.Number(443), EnableSni: jsii.Bool(true),
		ResourcePath: jsii.String(d.env.Domain.HealthPath), RequestInterval: jsii.Number(10), FailureThreshold: jsii.Number(3),
	})
}

// checkersTTL is short, since the answer is a measurement.
const checkersTTL = 10

// checkersName is how a function reads the checkers' verdict without Route 53's API, which is in us-east-1: the name
// servers answer "healthy" for as long as the check is, and "unhealthy" else.
func (d *dns) checkersName(region string, check awsroute53.CfnHealthCheck) {
	healthy := d.record("checkers-healthy-"+region, d.env.CheckersName(region), "TXT", "healthy", "PRIMARY", checkersTTL, `"healthy"`)
	healthy.SetHealthCheckId(check.AttrHealthCheckId())
	d.record("checkers-unhealthy-"+region, d.env.CheckersName(region), "TXT", "unhealthy", "SECONDARY", checkersTTL, `"unhealthy"`)
}

func (d *dns) check(id, name string, config *awsroute53.CfnHealthCheck_HealthCheckConfigProperty) awsroute53.CfnHealthCheck {
	return awsroute53.NewCfnHealthCheck(d.Stack, jsii.String(id), &awsroute53.CfnHealthCheckProps{
		HealthCheckConfig: config, HealthCheckTags: &[]*awsroute53.CfnHealthCheck_HealthCheckTagProperty{{Key: jsii.String("Name"), Value: jsii.String(name)}},
	})
}

func (d *dns) record(id, name, kind, set, failover string, ttl int, value string) awsroute53.CfnRecordSet {
	return awsroute53.NewCfnRecordSet(d.Stack, jsii.String(id), &awsroute53.CfnRecordSetProps{
		HostedZoneId: jsii.String(d.env.Domain.HostedZone), Name: jsii.String(name), Type: jsii.String(kind), Ttl: jsii.String(fmt.Sprint(ttl)),
		ResourceRecords: jsii.Strings(value), SetIdentifier: jsii.String(set), Failover: jsii.String(failover),
	})
}

// forward is the second trigger: an alarm on the checkers' verdict on a region, whose event is sent to the region that
// would be activated. It works only while us-east-1 does; the probe in the recovery region is the first trigger.
func (d *dns) forward(region string, check awsroute53.CfnHealthCheck) {
	name, target := d.env.EndpointAlarm(region), d.env.Pair(region)
	minutes := max(1, int(d.env.Monitoring.Confirmation.Std().Minutes()))
	made := d.alarm(alarm{
		id: "endpoint-alarm-" + region, name: name, description: "Route 53's checkers see " + region + " down: starts the failover in " + target,
		namespace: "AWS/Route53", metric: "HealthCheckStatus", dimensions: map[string]string{"HealthCheckId": *check.AttrHealthCheckId()},
		statistic: "Minimum", period: 60, periods: minutes, needed: minutes, threshold: 1, under: true, missing: "missing", silent: true,
	})
	accept(made, both("CloudWatchAlarmAction", "A rule takes the alarm's event to the machine that would fail over, which tells the people: topics are in the pair's regions, and this alarm need not be."))
	if target == controlPlane {
		return // the rule of that region's recovery stack sees the event where it is
	}
	bus := fmt.Sprintf("arn:aws:events:%s:%s:event-bus/default", target, d.env.Account)
	role := d.role("forward-"+region, "events.amazonaws.com", "Sends the alarm of "+region+" to "+target, grant.Grant{Actions: []string{"events:PutEvents"}, Resources: []string{bus}})
	awsevents.NewCfnRule(d.Stack, jsii.String("forward-rule-"+region), &awsevents.CfnRuleProps{
		Name: jsii.String(name), Description: jsii.String("Sends the alarm's event to " + target), State: jsii.String("ENABLED"),
		EventPattern: alarmRaised(name), Targets: &[]any{&awsevents.CfnRule_TargetProperty{Id: jsii.String("bus"), Arn: jsii.String(bus), RoleArn: role.RoleArn()}},
	})
}
