package stacks

import (
	"fmt"

	"github.com/aws/aws-cdk-go/awscdk/v2/awscertificatemanager"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsec2"
	elb "github.com/aws/aws-cdk-go/awscdk/v2/awselasticloadbalancingv2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsroute53"
	"github.com/aws/jsii-runtime-go"
)

// loadBalancer takes HTTPS for the public name and for the region's own name, and nothing else.
func (w *workload) loadBalancer() {
	access := awsec2.NewSecurityGroup(w.Stack, jsii.String("balancer-access"), &awsec2.SecurityGroupProps{
		Vpc: w.foundation.vpc, Description: jsii.String("HTTPS from clients and health checkers"), AllowAllOutbound: jsii.Bool(false),
	})
	accept(access, solutions("EC23", "It is the public entrance: HTTPS from anywhere, and nothing else."))
	access.AddIngressRule(awsec2.Peer_AnyIpv4(), awsec2.Port_Tcp(jsii.Number(443)), jsii.String("clients"), jsii.Bool(false))
	services := awsec2.Peer_Ipv4(jsii.String(w.env.Network(w.region))) // whatever group they have, if they exist already
	if !w.existing().Cluster.Imported() {
		w.reachedFrom(access)
		services = w.reached
	}
	access.AddEgressRule(services, awsec2.Port_Tcp(jsii.Number(servicePort)), jsii.String("services"), jsii.Bool(false))

	balancer := elb.NewCfnLoadBalancer(w.Stack, jsii.String("balancer"), &elb.CfnLoadBalancerProps{
		Type: jsii.String("application"), Scheme: jsii.String("internet-facing"), SecurityGroups: &[]*string{access.SecurityGroupId()},
		Subnets: w.foundation.vpc.SelectSubnets(&awsec2.SubnetSelection{SubnetType: awsec2.SubnetType_PUBLIC}).SubnetIds,
		LoadBalancerAttributes: &[]any{
			attribute("deletion_protection.enabled", "true"), attribute("routing.http.drop_invalid_header_fields.enabled", "true"),
			attribute("access_logs.s3.enabled", "true"), attribute("access_logs.s3.bucket", *w.foundation.accessLogs.Ref()), attribute("access_logs.s3.prefix", "balancer"),
		},
	})
	accept(balancer, both("ALBWAFEnabled", "The rules of a web ACL are the application's: its owner attaches one to the load balancers of both regions, or standby and primary would filter differently."))
	listener := elb.NewCfnListener(w.Stack, jsii.String("listener"), &elb.CfnListenerProps{
		LoadBalancerArn: balancer.Ref(), Port: jsii.Number(443), Protocol: jsii.String("HTTPS"), SslPolicy: jsii.String("ELBSecurityPolicy-TLS13-1-2-2021-06"),
		Certificates: &[]any{&elb.CfnListener_CertificateProperty{CertificateArn: w.certificate().Ref()}},
		DefaultActions: &[]any{&elb.CfnListener_ActionProperty{Type: jsii.String("fixed-response"), FixedResponseConfig: &elb.CfnListener_FixedResponseConfigProperty{
			StatusCode: jsii.String("404"), ContentType: jsii.String("text/plain"), MessageBody: jsii.String("no such service"),
		}}},
	})
	w.listener = listener.Ref()
	w.regionalName(balancer.AttrDnsName(), balancer.AttrCanonicalHostedZoneId())
}

// reachedFrom makes the group of the services, which the load balancer reaches.
func (w *workload) reachedFrom(balancer awsec2.ISecurityGroup) {
	w.reached = awsec2.NewSecurityGroup(w.Stack, jsii.String("service-access"), &awsec2.SecurityGroupProps{
		Vpc: w.foundation.vpc, Description: jsii.String("Services, from the load balancer"), AllowAllOutbound: jsii.Bool(true),
	})
	w.reached.AddIngressRule(balancer, awsec2.Port_Tcp(jsii.Number(servicePort)), jsii.String("load balancer"), jsii.Bool(false))
}

func attribute(key, value string) *elb.CfnLoadBalancer_LoadBalancerAttributeProperty {
	return &elb.CfnLoadBalancer_LoadBalancerAttributeProperty{Key: jsii.String(key), Value: jsii.String(value)}
}

// certificate is for the public name and the region's own, in each region: after a failover the standby has to answer
// for the public name at once.
func (w *workload) certificate() awscertificatemanager.CfnCertificate {
	validate := func(name string) any {
		return &awscertificatemanager.CfnCertificate_DomainValidationOptionProperty{DomainName: jsii.String(name), HostedZoneId: jsii.String(w.env.Domain.HostedZone)}
	}
	own := w.env.RegionalName(w.region)
	return awscertificatemanager.NewCfnCertificate(w.Stack, jsii.String("certificate"), &awscertificatemanager.CfnCertificateProps{
		DomainName: jsii.String(w.env.Domain.Name), SubjectAlternativeNames: jsii.Strings(own), ValidationMethod: jsii.String("DNS"),
		DomainValidationOptions: &[]any{validate(w.env.Domain.Name), validate(own)},
	})
}

// regionalName is where the region answers whoever is active: health checks and validation use it.
func (w *workload) regionalName(balancer, zone *string) {
	awsroute53.NewCfnRecordSet(w.Stack, jsii.String("regional-name"), &awsroute53.CfnRecordSetProps{
		HostedZoneId: jsii.String(w.env.Domain.HostedZone), Name: jsii.String(w.env.RegionalName(w.region)), Type: jsii.String("A"),
		AliasTarget: &awsroute53.CfnRecordSet_AliasTargetProperty{
			DnsName: balancer, HostedZoneId: zone, EvaluateTargetHealth: jsii.Bool(false),
		},
	})
}

// route sends a service's paths to its tasks; the first service answers the health path and everything that no other has.
func (w *workload) route(i int, service string) elb.CfnTargetGroup {
	targets := elb.NewCfnTargetGroup(w.Stack, jsii.String("targets-"+service), &elb.CfnTargetGroupProps{
		TargetType: jsii.String("ip"), Protocol: jsii.String("HTTP"), Port: jsii.Number(servicePort), VpcId: w.foundation.vpc.VpcId(),
		HealthCheckPath: jsii.String(w.env.Domain.HealthPath), HealthCheckIntervalSeconds: jsii.Number(10), HealthCheckTimeoutSeconds: jsii.Number(5),
		HealthyThresholdCount: jsii.Number(2), UnhealthyThresholdCount: jsii.Number(3),
		TargetGroupAttributes: &[]any{&elb.CfnTargetGroup_TargetGroupAttributeProperty{Key: jsii.String("deregistration_delay.timeout_seconds"), Value: jsii.String("30")}},
	})
	paths, priority := []string{fmt.Sprintf("/%s", service), fmt.Sprintf("/%s/*", service)}, 10+i
	if i == 0 {
		paths, priority = []string{"*"}, 1000
	}
	elb.NewCfnListenerRule(w.Stack, jsii.String("route-"+service), &elb.CfnListenerRuleProps{
		ListenerArn: w.listener, Priority: jsii.Number(priority),
		Conditions: &[]any{&elb.CfnListenerRule_RuleConditionProperty{Field: jsii.String("path-pattern"), PathPatternConfig: &elb.CfnListenerRule_PathPatternConfigProperty{Values: jsii.Strings(paths...)}}},
		Actions:    &[]any{&elb.CfnListenerRule_ActionProperty{Type: jsii.String("forward"), TargetGroupArn: targets.Ref()}},
	})
	return targets
}
