package stacks

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsec2"
	"github.com/aws/jsii-runtime-go"

	"github.com/acso/disaster-recovery/internal/environment"
)

// existing are the parts of the workload in this region that are not made, since they exist already.
func (p *place) existing() environment.Existing { return p.env.Existing(p.region) }

// pair is what exists already in the other region.
func (p *place) pair() environment.Existing { return p.env.Existing(p.env.Pair(p.region)) }

// importNetwork refers to a VPC. Its flow log, its endpoints and the rules of its ACL stay its owner's; rule 1 of the ACL
// around the database is the fence's.
func (f *foundation) importNetwork(n environment.ExistingNetwork) {
	var zones []string
	for i := range n.PublicSubnets {
		zones = append(zones, f.region+string(rune('a'+i))) // of no consequence: subnets are named by their identifiers
	}
	f.vpc = awsec2.Vpc_FromVpcAttributes(f.Stack, jsii.String("network"), &awsec2.VpcAttributes{
		VpcId: jsii.String(n.VPC), VpcCidrBlock: jsii.String(n.Range), AvailabilityZones: jsii.Strings(zones...),
		PublicSubnetIds: jsii.Strings(n.PublicSubnets...), PrivateSubnetIds: jsii.Strings(n.PrivateSubnets...), IsolatedSubnetIds: jsii.Strings(n.DatabaseSubnets...),
	})
	// The route tables are a list of their own here, and nothing asks CDK for one by its subnet.
	awscdk.Annotations_Of(f.vpc).AcknowledgeWarning(jsii.String("@aws-cdk/aws-ec2:noSubnetRouteTableId"), jsii.String("named by imports.network.routeTables"))
	for _, table := range n.RouteTables {
		f.routeTables = append(f.routeTables, jsii.String(table))
	}
}

// importBalancer refers to a load balancer, whose owner sees to its certificate for the public name and the region's own.
func (w *workload) importBalancer(b environment.ExistingBalancer) {
	w.listener = jsii.String(b.Listener)
	group := awsec2.SecurityGroup_FromSecurityGroupId(w.Stack, jsii.String("balancer-access"), jsii.String(b.SecurityGroup), &awsec2.SecurityGroupImportOptions{Mutable: jsii.Bool(false)})
	if !w.existing().Cluster.Imported() {
		w.reachedFrom(group)
	}
	w.regionalName(jsii.String(b.Name), jsii.String(b.HostedZone))
}

// routeToExisting makes the target groups that services which exist already are to be registered with, by their owner: a
// service that is not made here is not changed here either. Their ARNs are outputs of the stack.
func (w *workload) routeToExisting() {
	for i, s := range w.env.Services {
		awscdk.NewCfnOutput(w.Stack, jsii.String("targets-of-"+s.Name), &awscdk.CfnOutputProps{
			Description: jsii.String("Register " + w.env.Service(w.region, s.Name) + " with this target group"), Value: w.route(i, s.Name).Ref(),
		})
	}
}
