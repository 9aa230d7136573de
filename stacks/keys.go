package stacks

import (
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/jsii-runtime-go"
)

// services may use the key for whoever is allowed to use them: AWS's own keys work the same way, and a role that may
// read a bucket need not name the bucket's key.
// https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html#conditions-kms-via-service
var services = []string{"dynamodb", "ecr", "elasticfilesystem", "rds", "s3", "secretsmanager", "sns", "sqs", "ssm"}

// multiRegionKey makes the primary of a multi-region key, or in the other region the replica of one: the same key
// material under the same key identifier, usable when the region it came from is gone.
func (p *place) multiRegionKey(id, alias, description string, origin awskms.IKey) awskms.IKey {
	var key awskms.IKey
	if origin == nil {
		primary := awskms.NewCfnKey(p.Stack, jsii.String(id), &awskms.CfnKeyProps{
			Description: jsii.String(description), MultiRegion: jsii.Bool(true), EnableKeyRotation: jsii.Bool(true),
			PendingWindowInDays: jsii.Number(30), KeyPolicy: p.keyPolicy(),
		})
		primary.ApplyRemovalPolicy(awscdk.RemovalPolicy_RETAIN, nil)
		key = awskms.Key_FromKeyArn(p.Stack, jsii.String(id+"-key"), primary.AttrArn())
	} else {
		replica := awskms.NewCfnReplicaKey(p.Stack, jsii.String(id), &awskms.CfnReplicaKeyProps{
			Description: jsii.String(description), PrimaryKeyArn: origin.KeyArn(), PendingWindowInDays: jsii.Number(30), KeyPolicy: p.keyPolicy(),
		})
		replica.ApplyRemovalPolicy(awscdk.RemovalPolicy_RETAIN, nil)
		key = awskms.Key_FromKeyArn(p.Stack, jsii.String(id+"-key"), replica.AttrArn())
	}
	awskms.NewCfnAlias(p.Stack, jsii.String(id+"-alias"), &awskms.CfnAliasProps{AliasName: jsii.String(alias), TargetKeyId: key.KeyArn()})
	return key
}

// databaseKey is the key that the environment names: made here when it is an alias, the owner's own when it is an
// identifier or an ARN.
func (p *place) databaseKey(origin awskms.IKey) awskms.IKey {
	name := p.env.DatabaseKey(p.region)
	switch {
	case strings.HasPrefix(name, "alias/"):
		return p.multiRegionKey("database", name, "Database, its snapshots and the file system of "+p.env.Prefix(), origin)
	case strings.HasPrefix(name, "arn:"):
		return awskms.Key_FromKeyArn(p.Stack, jsii.String("database-key"), jsii.String(name))
	default:
		return awskms.Key_FromKeyArn(p.Stack, jsii.String("database-key"), jsii.String(p.arn("kms", keyResource(name))))
	}
}

// keyResource is the last part of the ARN of an alias or a key identifier.
func keyResource(name string) string {
	if strings.HasPrefix(name, "alias/") {
		return name
	}
	return "key/" + name
}

// ourKey tells whether the key is made by the foundation stacks: replicas of one key, under the same identifier.
func ourKey(name string) bool { return strings.HasPrefix(name, "alias/") }

func (p *place) keyPolicy() awsiam.PolicyDocument {
	var via []string
	for _, service := range services {
		via = append(via, service+"."+p.region+".amazonaws.com")
	}
	all := jsii.Strings("*")
	use := jsii.Strings("kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:DescribeKey")
	statement := func(sid string, s awsiam.PolicyStatementProps) awsiam.PolicyStatement {
		s.Sid, s.Resources = jsii.String(sid), all
		return awsiam.NewPolicyStatement(&s)
	}
	return awsiam.NewPolicyDocument(&awsiam.PolicyDocumentProps{Statements: &[]awsiam.PolicyStatement{
		statement("Administration", awsiam.PolicyStatementProps{
			Principals: &[]awsiam.IPrincipal{awsiam.NewAccountRootPrincipal()}, Actions: jsii.Strings("kms:*"),
		}),
		statement("ThroughServices", awsiam.PolicyStatementProps{
			Principals: &[]awsiam.IPrincipal{awsiam.NewAnyPrincipal()}, Actions: use,
			Conditions: &map[string]any{"StringEquals": map[string]any{"kms:CallerAccount": p.env.Account, "kms:ViaService": via}},
		}),
		// https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html
		statement("Logs", awsiam.PolicyStatementProps{
			Principals: &[]awsiam.IPrincipal{awsiam.NewServicePrincipal(jsii.String("logs."+p.region+".amazonaws.com"), nil)}, Actions: use,
			Conditions: &map[string]any{"ArnLike": map[string]string{"kms:EncryptionContext:aws:logs:arn": p.arn("logs", "*")}},
		}),
		// Exports into an encrypted bucket: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/S3ExportTasksConsole.html
		statement("LogExports", awsiam.PolicyStatementProps{
			Principals: &[]awsiam.IPrincipal{awsiam.NewServicePrincipal(jsii.String("logs."+p.region+".amazonaws.com"), nil)}, Actions: jsii.Strings("kms:Decrypt", "kms:GenerateDataKey*"),
			Conditions: &map[string]any{"StringEquals": map[string]string{"aws:SourceAccount": p.env.Account}, "ArnLike": map[string]string{"aws:SourceArn": p.arn("logs", "log-group:*")}},
		}),
		// https://docs.aws.amazon.com/awscloudtrail/latest/userguide/create-kms-key-policy-for-cloudtrail.html
		statement("Trail", awsiam.PolicyStatementProps{
			Principals: &[]awsiam.IPrincipal{awsiam.NewServicePrincipal(jsii.String("cloudtrail.amazonaws.com"), nil)}, Actions: jsii.Strings("kms:DescribeKey", "kms:GenerateDataKey*"),
			Conditions: &map[string]any{"StringEquals": map[string]string{"aws:SourceAccount": p.env.Account}},
		}),
		// Who puts messages into encrypted topics and queues needs the key itself:
		// https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html#compatibility-with-aws-services
		statement("Messages", awsiam.PolicyStatementProps{
			Principals: &[]awsiam.IPrincipal{
				awsiam.NewServicePrincipal(jsii.String("cloudwatch.amazonaws.com"), nil),
				awsiam.NewServicePrincipal(jsii.String("events.amazonaws.com"), nil),
				awsiam.NewServicePrincipal(jsii.String("scheduler.amazonaws.com"), nil),
			},
			Actions:    jsii.Strings("kms:Decrypt", "kms:GenerateDataKey*"),
			Conditions: &map[string]any{"StringEquals": map[string]string{"aws:SourceAccount": p.env.Account}},
		}),
	}})
}
