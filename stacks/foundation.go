package stacks

import (
	"github.com/aws/aws-cdk-go/awscdk/v2/awsec2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/jsii-runtime-go"
)

// foundation is what everything else in a region stands on. It holds no data and changes rarely.
type foundation struct {
	*place
	database awskms.IKey // database, snapshots, file system
	data     awskms.IKey // everything else
	vpc      awsec2.IVpc
	// The route tables of the private and the database subnets.
	routeTables []*string
	// The subnets of the database: reached from the networks of both regions, and from nowhere else.
	databaseACL awsec2.CfnNetworkAcl
	functions   awsec2.SecurityGroup           // of functions that log in to a database
	peering     awsec2.CfnVPCPeeringConnection // nil when the owner of both networks peers them
	accessLogs  awss3.CfnBucket
}

// foundation makes the stack of a region; origin is that of the other region, whose multi-region keys are replicated and
// whose network is joined, and nil in the first.
func (a *app) foundation(region string, origin *foundation) *foundation {
	f := &foundation{place: a.place(region, "foundation", "Keys and network of "+a.options.Environment.Prefix())}
	if origin == nil {
		origin = &foundation{}
	}
	f.database = f.databaseKey(origin.database)
	f.data = f.multiRegionKey("data", f.env.KeyAlias(), "Buckets, tables, topics, queues and logs of "+f.env.Prefix(), origin.data)
	f.accessLogs = f.accessLogBucket()
	if existing := f.existing().Network; existing.Imported() {
		f.importNetwork(existing)
	} else {
		f.network()
		f.flowLog()
		f.closeToStrangers()
	}
	f.functions = awsec2.NewSecurityGroup(f.Stack, jsii.String("functions"), &awsec2.SecurityGroupProps{
		Vpc: f.vpc, Description: jsii.String("Functions that log in to the databases of both regions"), AllowAllOutbound: jsii.Bool(true),
	})
	// Two networks that exist are joined by their owner, or nobody's functions reach the other region's database now.
	if made := !f.existing().Network.Imported() || !f.pair().Network.Imported(); origin.vpc != nil && made {
		f.join(origin)
	}
	return f
}

// accessLogBucket takes the access logs of buckets and load balancers. It is encrypted with S3's own keys: neither can be
// delivered under a key of ours, nor into a bucket with Object Lock.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/enable-server-access-logging.html
// https://docs.aws.amazon.com/elasticloadbalancing/latest/application/enable-access-logging.html
func (f *foundation) accessLogBucket() awss3.CfnBucket {
	logs := f.bucket(bucket{
		id: "access-logs", lifecycle: []any{aged(f.env.Backup.Infrastructure.Days()), tidying()},
		writers: []writer{{"Buckets", "logging.s3.amazonaws.com", "s3"}, {"LoadBalancers", "logdelivery.elasticloadbalancing.amazonaws.com", "balancer"}},
	})
	accept(logs,
		solutions("S1", "It is the bucket of the access logs: logging its own deliveries would never end."),
		both("S3BucketLoggingEnabled", "It is the bucket of the access logs: logging its own deliveries would never end."),
		both("S3BucketReplicationEnabled", "Each region keeps its own access logs; they are no data to recover from."),
		both("S3DefaultEncryptionKMS", "S3 and load balancers deliver logs only under S3's own keys."))
	return logs
}

// network is three layers of subnets in two zones: load balancer, services and functions, database. Each zone has a NAT
// gateway of its own, so that losing one zone leaves the functions their way to the other region's APIs.
func (f *foundation) network() {
	layer := func(name string, kind awsec2.SubnetType) *awsec2.SubnetConfiguration {
		c := &awsec2.SubnetConfiguration{Name: jsii.String(name), SubnetType: kind, CidrMask: jsii.Number(20)}
		if kind == awsec2.SubnetType_PUBLIC {
			c.MapPublicIpOnLaunch = jsii.Bool(false)
		}
		return c
	}
	f.vpc = awsec2.NewVpc(f.Stack, jsii.String("network"), &awsec2.VpcProps{
		VpcName: jsii.String(f.env.Prefix()), IpAddresses: awsec2.IpAddresses_Cidr(jsii.String(f.env.Network(f.region))),
		AvailabilityZones: jsii.Strings(zones(f.region)...), NatGateways: jsii.Number(2),
		RestrictDefaultSecurityGroup: jsii.Bool(false), // it takes a function of CDK's own; nothing uses the group
		SubnetConfiguration: &[]*awsec2.SubnetConfiguration{
			layer("public", awsec2.SubnetType_PUBLIC), layer("private", awsec2.SubnetType_PRIVATE_WITH_EGRESS), layer("database", awsec2.SubnetType_PRIVATE_ISOLATED),
		},
		GatewayEndpoints: &map[string]*awsec2.GatewayVpcEndpointOptions{
			"s3": {Service: awsec2.GatewayVpcEndpointAwsService_S3()}, "dynamodb": {Service: awsec2.GatewayVpcEndpointAwsService_DYNAMODB()},
		},
	})
	accept(f.vpc,
		both("VPCDefaultSecurityGroupClosed", "Nothing uses the default group: every resource names its own. CloudFormation can close it only with a function of CDK's own."),
		both("VPCNoUnrestrictedRouteToIGW", "The public subnets hold the load balancer and the NAT gateways, which serve and reach the internet; nothing else is in them."))
	for _, subnet := range append(append([]awsec2.ISubnet{}, *f.vpc.PrivateSubnets()...), *f.vpc.IsolatedSubnets()...) {
		f.routeTables = append(f.routeTables, subnet.RouteTable().RouteTableId())
	}
}

// flowLog records every connection, accepted or not: it tells after a partition who still wrote to the old side.
func (f *foundation) flowLog() {
	logs := f.logGroup("flow-logs", "/"+f.env.Prefix()+"/network", f.data)
	role := f.role("flow-log", "vpc-flow-logs.amazonaws.com", "Writes the flow log", deliver(*logs.LogGroupArn()))
	awsec2.NewCfnFlowLog(f.Stack, jsii.String("flow-log"), &awsec2.CfnFlowLogProps{
		ResourceId: f.vpc.VpcId(), ResourceType: jsii.String("VPC"), TrafficType: jsii.String("ALL"),
		LogDestinationType: jsii.String("cloud-watch-logs"), LogGroupName: logs.LogGroupName(), DeliverLogsPermissionArn: role.RoleArn(),
	}).Node().AddDependency(role.policy)
}

// closeToStrangers puts the network ACL around the database subnets. The fence closes it with rule 1 in both directions,
// and a deployment leaves that rule alone: CloudFormation knows only the rules that it made.
func (f *foundation) closeToStrangers() {
	f.databaseACL = awsec2.NewCfnNetworkAcl(f.Stack, jsii.String("database-acl"), &awsec2.CfnNetworkAclProps{
		VpcId: f.vpc.VpcId(), Tags: tags("Name", f.env.DatabaseACL(f.region)),
	})
	fence := solutions("VPC3", "The fence closes the database with this ACL: security groups leave established connections alive, so they cannot fence.")
	accept(f.databaseACL, fence)
	for i, subnet := range *f.vpc.IsolatedSubnets() {
		awsec2.NewCfnSubnetNetworkAclAssociation(f.Stack, id("database-acl-subnet", i), &awsec2.CfnSubnetNetworkAclAssociationProps{
			NetworkAclId: f.databaseACL.AttrId(), SubnetId: subnet.SubnetId(),
		})
	}
	for i, region := range []string{f.region, f.env.Pair(f.region)} {
		for _, way := range []struct {
			name     string
			egress   bool
			from, to float64
		}{{"in", false, postgresPort, postgresPort}, {"out", true, 1024, 65535}} {
			entry := awsec2.NewCfnNetworkAclEntry(f.Stack, id("database-acl-"+way.name, i), &awsec2.CfnNetworkAclEntryProps{
				NetworkAclId: f.databaseACL.AttrId(), RuleNumber: jsii.Number(100 + 10*i), Egress: jsii.Bool(way.egress),
				CidrBlock: jsii.String(f.env.Network(region)), Protocol: jsii.Number(6), RuleAction: jsii.String("allow"),
				PortRange: &awsec2.CfnNetworkAclEntry_PortRangeProperty{From: jsii.Number(way.from), To: jsii.Number(way.to)},
			})
			accept(entry, fence)
		}
	}
}

const postgresPort = 5432

// join peers the network with the other region's. Within one account CloudFormation accepts the request by itself:
// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-ec2-vpcpeeringconnection.html
func (f *foundation) join(origin *foundation) {
	f.peering = awsec2.NewCfnVPCPeeringConnection(f.Stack, jsii.String("peering"), &awsec2.CfnVPCPeeringConnectionProps{
		VpcId: f.vpc.VpcId(), PeerVpcId: origin.vpc.VpcId(), PeerRegion: jsii.String(origin.region), Tags: tags("Name", f.env.Prefix()),
	})
	f.routeToPair(f.place, f.peering)
}

// routeToPair sends what is for the other region's network through the peering. The stack is that of the caller: the
// first region learns of the peering when the second has made it.
func (f *foundation) routeToPair(in *place, peering awsec2.CfnVPCPeeringConnection) {
	if peering == nil {
		return
	}
	for i, table := range f.routeTables {
		awsec2.NewCfnRoute(in.Stack, id("route-to-pair", i), &awsec2.CfnRouteProps{
			RouteTableId: table, DestinationCidrBlock: jsii.String(f.env.Network(f.env.Pair(f.region))),
			VpcPeeringConnectionId: peering.AttrId(),
		})
	}
}
