package stacks

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsec2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsevents"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsrds"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/jsii-runtime-go"

	"github.com/acso/disaster-recovery/internal/grant"
)

// restoreTests is where restores are tested: a network corner that only functions reach and that reaches nothing, a bucket in
// which nothing lives longer than a day, and the rule that clears away after a test that could not do it itself.
func (r *restore) restoreTests() {
	r.throwawayNetwork()
	r.throwawayBucket()
	r.clearOnEnd()
}

// throwawayNetwork: the groups have names, since a test finds them by name and takes no others.
func (r *restore) throwawayNetwork() {
	name := jsii.String(r.env.RestoreTest())
	group := awsec2.NewSecurityGroup(r.Stack, jsii.String("restoretest-access"), &awsec2.SecurityGroupProps{
		Vpc: r.foundation.vpc, SecurityGroupName: name, Description: jsii.String("Throwaway databases of restore tests: functions only, and nothing outwards"), AllowAllOutbound: jsii.Bool(false),
	})
	group.AddIngressRule(r.foundation.functions, awsec2.Port_Tcp(jsii.Number(postgresPort)), jsii.String("functions that log in to a database"), jsii.Bool(false))
	awsrds.NewCfnDBSubnetGroup(r.Stack, jsii.String("restoretest-subnets"), &awsrds.CfnDBSubnetGroupProps{
		DbSubnetGroupName: name, DbSubnetGroupDescription: jsii.String("Throwaway databases of restore tests"),
		SubnetIds: r.foundation.vpc.SelectSubnets(&awsec2.SubnetSelection{SubnetType: awsec2.SubnetType_PRIVATE_ISOLATED}).SubnetIds,
	})
}

// throwawayBucket has no versions and no lock, so that what a test deletes is gone.
func (r *restore) throwawayBucket() {
	made := awss3.NewCfnBucket(r.Stack, jsii.String("restoretest"), &awss3.CfnBucketProps{
		BucketName: jsii.String(r.env.RestoreTestBucket(r.region)), BucketEncryption: encryption(r.foundation.data), PublicAccessBlockConfiguration: closed(),
		OwnershipControls: &awss3.CfnBucket_OwnershipControlsProperty{Rules: &[]any{&awss3.CfnBucket_OwnershipControlsRuleProperty{ObjectOwnership: jsii.String("BucketOwnerEnforced")}}},
		LifecycleConfiguration: &awss3.CfnBucket_LifecycleConfigurationProperty{Rules: &[]any{&awss3.CfnBucket_RuleProperty{
			Id: jsii.String("throwaway"), Status: jsii.String("Enabled"), ExpirationInDays: jsii.Number(1),
			AbortIncompleteMultipartUpload: &awss3.CfnBucket_AbortIncompleteMultipartUploadProperty{DaysAfterInitiation: jsii.Number(1)},
		}}},
		LoggingConfiguration: &awss3.CfnBucket_LoggingConfigurationProperty{DestinationBucketName: r.foundation.accessLogs.Ref(), LogFilePrefix: jsii.String("s3/restoretest/")},
	})
	made.ApplyRemovalPolicy(awscdk.RemovalPolicy_DESTROY, nil)
	const throwaway = "It holds copies for the minutes of a restore test; a version or a replica would be what the test proves not to leave."
	accept(made, both("S3BucketVersioningEnabled", throwaway), both("S3BucketReplicationEnabled", throwaway))
	r.bucketPolicy(bucket{id: "restoretest"}, made)
}

// clearOnEnd starts the clearing when a test ended otherwise than by its own states: no Catch runs when one is aborted or
// times out. After its own end there is nothing to clear, and the clearing says so.
func (r *restore) clearOnEnd() {
	target := r.env.MachineARN(r.region, "clear-test-restore")
	role := r.role("clear-restoretest", "events.amazonaws.com", "Starts the clearing after a restore test",
		grant.Grant{Actions: []string{"states:StartExecution"}, Resources: []string{target}})
	r.rule(rule{
		name: r.env.RestoreTestEndedRule(), description: "Clears away what a restore test left that was aborted or failed",
		pattern: map[string]any{
			"source": []string{"aws.states"}, "detail-type": []string{"Step Functions Execution Status Change"},
			"detail": map[string]any{"status": []string{"FAILED", "TIMED_OUT", "ABORTED"}, "stateMachineArn": []string{r.env.MachineARN(r.region, "test-restore")}},
		},
		target: &awsevents.CfnRule_TargetProperty{Id: jsii.String("clear-test-restore"), Arn: jsii.String(target), RoleArn: role.RoleArn()},
	}, r.dead)
}
