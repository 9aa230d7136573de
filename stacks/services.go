package stacks

import (
	"fmt"

	"github.com/aws/aws-cdk-go/awscdk/v2/awsapplicationautoscaling"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsec2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsecs"
	elb "github.com/aws/aws-cdk-go/awscdk/v2/awselasticloadbalancingv2"
	"github.com/aws/jsii-runtime-go"

	"github.com/acso/disaster-recovery/internal/environment"
	"github.com/acso/disaster-recovery/internal/grant"
)

const servicePort = 8080

// services are the tasks that serve clients. How many run is no business of a template: a deployment during an incident
// would start what the fence has stopped. Autoscaling and the state machines own the count.
func (w *workload) services() {
	w.cluster = awsecs.NewCfnCluster(w.Stack, jsii.String("cluster"), &awsecs.CfnClusterProps{
		ClusterName: jsii.String(w.env.Cluster(w.region)), CapacityProviders: jsii.Strings("FARGATE"),
		ClusterSettings: &[]any{&awsecs.CfnCluster_ClusterSettingsProperty{Name: jsii.String("containerInsights"), Value: jsii.String("enabled")}},
	})
	execution := w.role("execution", "ecs-tasks.amazonaws.com", "Starts tasks: pulls images and writes logs",
		grant.Grant{Actions: []string{"ecr:GetAuthorizationToken"}, Resources: []string{"*"}}, // knows no resources
		grant.Grant{Actions: []string{"ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"}, Resources: w.repositories()},
		grant.Grant{Actions: []string{"logs:CreateLogStream", "logs:PutLogEvents"}, Resources: []string{w.arn("logs", "log-group:"+w.env.LogGroup(w.region)+"/*")}},
	)
	for i, s := range w.env.Services {
		w.service(i, s, execution)
	}
}

// repositories are the ARNs of the services' images.
func (w *workload) repositories() []string {
	var all []string
	for _, s := range w.env.Services {
		all = append(all, w.arn("ecr", "repository/"+w.env.Repository(s.Name)))
	}
	return all
}

func (w *workload) service(i int, s environment.Service, execution *role) {
	targets := w.route(i, s.Name)
	logs := w.logGroup("logs-"+s.Name, w.env.LogGroup(w.region)+"/"+s.Name, w.foundation.data)
	task := w.task(s.Name, execution, *logs.LogGroupName())
	service := awsecs.NewCfnService(w.Stack, jsii.String("service-"+s.Name), &awsecs.CfnServiceProps{
		ServiceName: jsii.String(w.env.Service(w.region, s.Name)), Cluster: w.cluster.Ref(), TaskDefinition: task.Ref(),
		LaunchType: jsii.String("FARGATE"), PlatformVersion: jsii.String("LATEST"), PropagateTags: jsii.String("SERVICE"), EnableEcsManagedTags: jsii.Bool(true),
		NetworkConfiguration: &awsecs.CfnService_NetworkConfigurationProperty{AwsvpcConfiguration: &awsecs.CfnService_AwsVpcConfigurationProperty{
			AssignPublicIp: jsii.String("DISABLED"), SecurityGroups: &[]*string{w.reached.SecurityGroupId()},
			Subnets: w.foundation.vpc.SelectSubnets(&awsec2.SubnetSelection{SubnetType: awsec2.SubnetType_PRIVATE_WITH_EGRESS}).SubnetIds,
		}},
		LoadBalancers:                 &[]any{&awsecs.CfnService_LoadBalancerProperty{ContainerName: jsii.String(s.Name), ContainerPort: jsii.Number(servicePort), TargetGroupArn: targets.Ref()}},
		HealthCheckGracePeriodSeconds: jsii.Number(60),
		DeploymentConfiguration: &awsecs.CfnService_DeploymentConfigurationProperty{
			MinimumHealthyPercent: jsii.Number(100), MaximumPercent: jsii.Number(200),
			DeploymentCircuitBreaker: &awsecs.CfnService_DeploymentCircuitBreakerProperty{Enable: jsii.Bool(true), Rollback: jsii.Bool(true)},
		},
	})
	service.Node().AddDependency(w.routed(s.Name))
	w.scaling(s, service)
}

// routed is the listener rule of a service: ECS refuses target groups that no load balancer uses.
func (w *workload) routed(service string) elb.CfnListenerRule {
	return w.Stack.Node().FindChild(jsii.String("route-" + service)).(elb.CfnListenerRule)
}

// scaling keeps the count between the region's share and twice what the service needs when its region is active. The
// fence sets both bounds to nothing and the failover raises them; CloudFormation puts them back only when a template
// changes them.
func (w *workload) scaling(s environment.Service, service awsecs.CfnService) {
	least := s.Desired
	if !w.active() {
		least = s.Standby
	}
	resource := fmt.Sprintf("service/%s/%s", w.env.Cluster(w.region), w.env.Service(w.region, s.Name))
	target := awsapplicationautoscaling.NewCfnScalableTarget(w.Stack, jsii.String("scaling-"+s.Name), &awsapplicationautoscaling.CfnScalableTargetProps{
		ServiceNamespace: jsii.String("ecs"), ScalableDimension: jsii.String("ecs:service:DesiredCount"), ResourceId: jsii.String(resource),
		MinCapacity: jsii.Number(least), MaxCapacity: jsii.Number(2 * s.Desired),
	})
	target.Node().AddDependency(service)
	awsapplicationautoscaling.NewCfnScalingPolicy(w.Stack, jsii.String("policy-"+s.Name), &awsapplicationautoscaling.CfnScalingPolicyProps{
		PolicyName: jsii.String("cpu"), PolicyType: jsii.String("TargetTrackingScaling"), ScalingTargetId: target.Ref(),
		TargetTrackingScalingPolicyConfiguration: &awsapplicationautoscaling.CfnScalingPolicy_TargetTrackingScalingPolicyConfigurationProperty{
			TargetValue: jsii.Number(60), ScaleInCooldown: jsii.Number(300), ScaleOutCooldown: jsii.Number(60),
			PredefinedMetricSpecification: &awsapplicationautoscaling.CfnScalingPolicy_PredefinedMetricSpecificationProperty{PredefinedMetricType: jsii.String("ECSServiceAverageCPUUtilization")},
		},
	})
}
