package stacks

import (
	"fmt"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/jsii-runtime-go"

	"github.com/acso/disaster-recovery/internal/grant"
)

// bucket is an S3 bucket: versioned, encrypted, closed to the public and to plain HTTP, with its access logged.
type bucket struct {
	id, name  string      // name "" is CloudFormation's choice
	key       awskms.IKey // nil for S3's own keys
	logs      string      // bucket of the access logs; "" for none
	lockDays  int         // nothing is deleted for good before; 0 leaves the bucket without Object Lock
	lifecycle []any
	replica   string // bucket in the other region; "" for none
	deletes   bool   // delete markers are replicated too
	writers   []writer

	inspectors []string // services that look at the bucket's permissions before they deliver
	exports    []string // ARNs of log groups that CloudWatch Logs may export into it
}

// staging is where CloudWatch Logs puts exports; function backuplogs makes a recovery point of them.
const staging = "/staging/logs/*"

// writer is a service that delivers into the bucket, under a prefix.
type writer struct{ sid, service, prefix string }

// bucket makes the bucket with its policy. What it holds outlives the stack.
func (p *place) bucket(b bucket) awss3.CfnBucket {
	props := &awss3.CfnBucketProps{
		BucketEncryption:               encryption(b.key),
		VersioningConfiguration:        &awss3.CfnBucket_VersioningConfigurationProperty{Status: jsii.String("Enabled")},
		OwnershipControls:              &awss3.CfnBucket_OwnershipControlsProperty{Rules: &[]any{&awss3.CfnBucket_OwnershipControlsRuleProperty{ObjectOwnership: jsii.String("BucketOwnerEnforced")}}},
		LifecycleConfiguration:         &awss3.CfnBucket_LifecycleConfigurationProperty{Rules: &b.lifecycle},
		PublicAccessBlockConfiguration: closed(),
	}
	if b.name != "" {
		props.BucketName = jsii.String(b.name)
	}
	if b.logs != "" {
		props.LoggingConfiguration = &awss3.CfnBucket_LoggingConfigurationProperty{DestinationBucketName: jsii.String(b.logs), LogFilePrefix: jsii.String("s3/" + b.id + "/")}
	}
	if b.lockDays > 0 {
		props.ObjectLockEnabled = jsii.Bool(true)
		// Governance: only break-glass may delete before the time, and CloudTrail records it. Compliance mode could not even
		// be undone for a test environment.
		props.ObjectLockConfiguration = &awss3.CfnBucket_ObjectLockConfigurationProperty{
			ObjectLockEnabled: jsii.String("Enabled"),
			Rule: &awss3.CfnBucket_ObjectLockRuleProperty{DefaultRetention: &awss3.CfnBucket_DefaultRetentionProperty{
				Mode: jsii.String("GOVERNANCE"), Days: jsii.Number(b.lockDays),
			}},
		}
	}
	var ready *role
	if b.replica != "" {
		props.ReplicationConfiguration, ready = p.replication(b)
	}
	made := awss3.NewCfnBucket(p.Stack, jsii.String(b.id), props)
	made.ApplyRemovalPolicy(awscdk.RemovalPolicy_RETAIN, nil)
	if b.replica == "" && b.name != "" {
		accept(made, both("S3BucketReplicationEnabled", "The first deployment makes it before the bucket that it is replicated to."))
	}
	if ready != nil {
		made.Node().AddDependency(ready.policy)
	}
	p.bucketPolicy(b, made)
	return made
}

func (p *place) bucketPolicy(b bucket, made awss3.CfnBucket) {
	all := []*string{made.AttrArn(), awscdk.Fn_Join(jsii.String(""), &[]*string{made.AttrArn(), jsii.String("/*")})}
	refuse := func(sid string, condition map[string]any) awsiam.PolicyStatement {
		return awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
			Sid: jsii.String(sid), Effect: awsiam.Effect_DENY, Principals: &[]awsiam.IPrincipal{awsiam.NewAnyPrincipal()},
			Actions: jsii.Strings("s3:*"), Resources: &all, Conditions: &condition,
		})
	}
	statements := []awsiam.PolicyStatement{
		refuse("EncryptedOnly", map[string]any{"Bool": map[string]string{"aws:SecureTransport": "false"}}),
		refuse("ModernTLS", map[string]any{"NumericLessThan": map[string]string{"s3:TlsVersion": "1.2"}}),
	}
	for _, w := range b.writers {
		statements = append(statements, awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
			Sid: jsii.String(w.sid), Principals: &[]awsiam.IPrincipal{awsiam.NewServicePrincipal(jsii.String(w.service), nil)}, Actions: jsii.Strings("s3:PutObject"),
			Resources:  &[]*string{awscdk.Fn_Join(jsii.String(""), &[]*string{made.AttrArn(), jsii.String("/" + w.prefix + "/*")})},
			Conditions: &map[string]any{"StringEquals": map[string]string{"aws:SourceAccount": p.env.Account}},
		}))
	}
	for _, service := range b.inspectors {
		statements = append(statements, awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
			Sid: jsii.String("Inspection"), Principals: &[]awsiam.IPrincipal{awsiam.NewServicePrincipal(jsii.String(service), nil)}, Actions: jsii.Strings("s3:GetBucketAcl"),
			Resources: &[]*string{made.AttrArn()}, Conditions: &map[string]any{"StringEquals": map[string]string{"aws:SourceAccount": p.env.Account}},
		}))
	}
	if len(b.exports) > 0 {
		statements = append(statements, p.exporting(b, made)...)
	}
	awss3.NewCfnBucketPolicy(p.Stack, jsii.String(b.id+"-policy"), &awss3.CfnBucketPolicyProps{
		Bucket: made.Ref(), PolicyDocument: awsiam.NewPolicyDocument(&awsiam.PolicyDocumentProps{Statements: &statements}),
	})
}

// exporting lets CloudWatch Logs of this region write exports of the log groups, in one folder, and see that the bucket is ours.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/S3ExportTasksConsole.html
func (p *place) exporting(b bucket, made awss3.CfnBucket) []awsiam.PolicyStatement {
	ours := map[string]any{"StringEquals": map[string]string{"aws:SourceAccount": p.env.Account}, "ArnLike": map[string]any{"aws:SourceArn": suffixed(b.exports, ":*")}}
	allow := func(sid, action string, resource *string) awsiam.PolicyStatement {
		return awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
			Sid: jsii.String(sid), Principals: &[]awsiam.IPrincipal{awsiam.NewServicePrincipal(jsii.String("logs."+p.region+".amazonaws.com"), nil)},
			Actions: jsii.Strings(action), Resources: &[]*string{resource}, Conditions: &ours,
		})
	}
	return []awsiam.PolicyStatement{
		allow("LogsInspect", "s3:GetBucketAcl", made.AttrArn()),
		allow("LogsExport", "s3:PutObject", awscdk.Fn_Join(jsii.String(""), &[]*string{made.AttrArn(), jsii.String(staging)})),
	}
}

func encryption(key awskms.IKey) *awss3.CfnBucket_BucketEncryptionProperty {
	by := &awss3.CfnBucket_ServerSideEncryptionByDefaultProperty{SseAlgorithm: jsii.String("AES256")}
	rule := &awss3.CfnBucket_ServerSideEncryptionRuleProperty{ServerSideEncryptionByDefault: by}
	if key != nil {
		by.SseAlgorithm, by.KmsMasterKeyId = jsii.String("aws:kms"), key.KeyArn()
		rule.BucketKeyEnabled = jsii.Bool(true) // one call to KMS for many objects
	}
	return &awss3.CfnBucket_BucketEncryptionProperty{ServerSideEncryptionConfiguration: &[]any{rule}}
}

func closed() *awss3.CfnBucket_PublicAccessBlockConfigurationProperty {
	return &awss3.CfnBucket_PublicAccessBlockConfigurationProperty{BlockPublicAcls: yes, BlockPublicPolicy: yes, IgnorePublicAcls: yes, RestrictPublicBuckets: yes}
}

// replicaOf is the bucket in the other region that a bucket of ours is replicated to: in both directions, since either region
// may be the active one, and S3 does not replicate replicas. S3 refuses a target that does not exist, and one of two buckets
// has to be made first: docs/decisions/0030-buckets-replicate-both-ways.md.
func (p *place) replicaOf(bucket string) string {
	if p.options.First && !p.active() {
		return ""
	}
	return p.env.BucketIn(p.env.Pair(p.region), bucket)
}

// replication copies every new object to the bucket in the other region, within 15 minutes by S3's promise, and counts
// what is late. Delete markers are outside that promise.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/replication-time-control.html
func (p *place) replication(b bucket) (*awss3.CfnBucket_ReplicationConfigurationProperty, *role) {
	source, copies := "arn:aws:s3:::"+b.name, "arn:aws:s3:::"+b.replica
	copyKey := p.keyInPair(b.key)
	role := p.role(b.id+"-replication", "s3.amazonaws.com", "Replicates "+b.name,
		// https://docs.aws.amazon.com/AmazonS3/latest/userguide/setting-repl-config-perm-overview.html
		grant.Grant{Actions: []string{"s3:GetReplicationConfiguration", "s3:ListBucket"}, Resources: []string{source}},
		grant.Grant{Actions: []string{
			"s3:GetObjectLegalHold", "s3:GetObjectRetention", "s3:GetObjectVersionAcl", "s3:GetObjectVersionForReplication", "s3:GetObjectVersionTagging",
		}, Resources: []string{source + "/*"}},
		grant.Grant{Actions: []string{"s3:ReplicateDelete", "s3:ReplicateObject", "s3:ReplicateTags"}, Resources: []string{copies + "/*"}},
		grant.Grant{Actions: []string{"kms:Decrypt"}, Resources: []string{*b.key.KeyArn()}},
		grant.Grant{Actions: []string{"kms:Encrypt", "kms:GenerateDataKey"}, Resources: []string{*copyKey}},
	)
	state := func(on bool) *string {
		if on {
			return jsii.String("Enabled")
		}
		return jsii.String("Disabled")
	}
	quarter := &awss3.CfnBucket_ReplicationTimeValueProperty{Minutes: jsii.Number(15)}
	return &awss3.CfnBucket_ReplicationConfigurationProperty{Role: role.RoleArn(), Rules: &[]any{&awss3.CfnBucket_ReplicationRuleProperty{
		Id: jsii.String(p.env.ReplicationRule(p.region)), Priority: jsii.Number(1), Status: state(true),
		Filter:                  &awss3.CfnBucket_ReplicationRuleFilterProperty{Prefix: jsii.String("")},
		DeleteMarkerReplication: &awss3.CfnBucket_DeleteMarkerReplicationProperty{Status: state(b.deletes)},
		SourceSelectionCriteria: &awss3.CfnBucket_SourceSelectionCriteriaProperty{
			SseKmsEncryptedObjects: &awss3.CfnBucket_SseKmsEncryptedObjectsProperty{Status: state(true)},
			// Tags and locks that are set on a replica reach the original, or the two would expire at different times.
			// https://docs.aws.amazon.com/AmazonS3/latest/userguide/replication-for-metadata-changes.html
			ReplicaModifications: &awss3.CfnBucket_ReplicaModificationsProperty{Status: state(true)},
		},
		Destination: &awss3.CfnBucket_ReplicationDestinationProperty{
			Bucket:                  jsii.String(copies),
			EncryptionConfiguration: &awss3.CfnBucket_EncryptionConfigurationProperty{ReplicaKmsKeyId: copyKey},
			Metrics:                 &awss3.CfnBucket_MetricsProperty{Status: state(true), EventThreshold: quarter},
			ReplicationTime:         &awss3.CfnBucket_ReplicationTimeProperty{Status: state(true), Time: quarter},
		},
	}}}, role
}

// keyInPair is a multi-region key as the other region knows it: the same identifier in another region's ARN.
// https://docs.aws.amazon.com/kms/latest/developerguide/multi-region-keys-overview.html
func (p *place) keyInPair(key awskms.IKey) *string {
	identifier := awscdk.Fn_Select(jsii.Number(1), awscdk.Fn_Split(jsii.String("/"), key.KeyArn(), nil))
	return awscdk.Fn_Join(jsii.String("/"), &[]*string{jsii.String(fmt.Sprintf("arn:aws:kms:%s:%s:key", p.env.Pair(p.region), p.env.Account)), identifier})
}
