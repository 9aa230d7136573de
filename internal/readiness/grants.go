package readiness

import (
	"fmt"

	"github.com/acso/disaster-recovery/internal/environment"
	"github.com/acso/disaster-recovery/internal/grant"
	"github.com/acso/disaster-recovery/internal/incident"
	"github.com/acso/disaster-recovery/internal/switching"
)

// Grants is what an examiner may do in a region: read in both, and write its metrics and its record in its own.
func Grants(e *environment.Environment, region string) []grant.Grant {
	other := e.Pair(region)
	grants := append(incident.Grants(e, region), incident.ReadGrants(e, other)...)
	grants = append(grants, switching.Grants()...)
	grants = append(grants, nowhere()...)
	for _, in := range []string{region, other} {
		grants = append(grants, both(e, in)...)
	}
	return append(grants, own(e, region)...)
}

// nowhere are the actions that know no resources, or whose resources have no names that are known beforehand.
func nowhere() []grant.Grant {
	return []grant.Grant{{Actions: []string{
		"application-autoscaling:DescribeScalableTargets", "cloudwatch:GetMetricStatistics",
		"ecs:DescribeTaskDefinition", "iam:ListRoles", "lambda:ListFunctions", "scheduler:ListSchedules",
		"servicequotas:GetServiceQuota", "states:ListStateMachines",
	}, Resources: []string{"*"}}}
}

// both is read in each of the two regions, to compare them.
func both(e *environment.Environment, region string) []grant.Grant {
	at := func(service, resource string) string {
		return fmt.Sprintf("arn:aws:%s:%s:%s:%s", service, region, e.Account, resource)
	}
	var images []string
	for _, s := range e.Services {
		images = append(images, at("ecr", "repository/"+e.Repository(s.Name)))
	}
	return []grant.Grant{
		{Actions: []string{"cloudwatch:DescribeAlarms"}, Resources: []string{at("cloudwatch", "alarm:*")}},
		{Actions: []string{"ecr:DescribeImages"}, Resources: images},
		{Actions: []string{"ecs:DescribeServices"}, Resources: []string{at("ecs", "service/"+e.Cluster(region)+"/*")}},
		{Actions: []string{"events:DescribeRule"}, Resources: []string{at("events", "rule/"+e.Prefix()+"-*")}},
		// https://docs.aws.amazon.com/systems-manager/latest/userguide/sysman-paramstore-securestring.html: reading a secret decrypts
		// it in the caller's name.
		{Actions: []string{"kms:Decrypt", "kms:DescribeKey"}, Resources: []string{at("kms", "key/*")}},
		{Actions: []string{"ssm:GetParametersByPath"}, Resources: []string{e.ParameterARN(region)}},
		{Actions: []string{"states:DescribeStateMachine"}, Resources: []string{at("states", "stateMachine:"+e.Prefix()+"-*")}},
	}
}

// own is read in the region that would be activated.
func own(e *environment.Environment, region string) []grant.Grant {
	grants := []grant.Grant{
		{Actions: []string{"lambda:InvokeFunction"}, Resources: []string{e.FunctionARN(region, Inspector)}},
		{Actions: []string{"route53:ListResourceRecordSets"}, Resources: []string{"arn:aws:route53:::hostedzone/" + e.Domain.HostedZone}},
		{Actions: []string{"route53:GetHealthCheck"}, Resources: []string{"arn:aws:route53:::healthcheck/*"}},
	}
	var topics []string
	for _, name := range e.Topics() {
		topics = append(topics, e.Topic(region, name))
	}
	return append(grants, grant.Grant{Actions: []string{"sns:GetTopicAttributes"}, Resources: topics})
}
