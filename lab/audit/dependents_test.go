package audit_test

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/acso/disaster-recovery/lab/cloud"
	"github.com/acso/disaster-recovery/lab/cloud/s3"
	"github.com/acso/disaster-recovery/lab/labtest"
	"github.com/acso/disaster-recovery/lab/world"
)

// prefixes are the IAM names of the services, where they are not the SDK's in small letters.
// https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
var prefixes = map[string]string{
	"CloudWatch Logs":          "logs",
	"Application Auto Scaling": "application-autoscaling", "EFS": "elasticfilesystem", "EventBridge": "events", "Route 53": "route53", "SFN": "states",
	"Service Quotas": "servicequotas",
}

// dependents are the calls that AWS checks more for than the action of their name, or another one: with arguments that
// bring all of them out, and the actions in the order of their names.
//
// RDS: docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Overview.Encryption.Keys.html and
// docs.aws.amazon.com/service-authorization/latest/reference/list_amazonrds.html.
// S3: docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html and
// docs.aws.amazon.com/AmazonS3/latest/userguide/UsingKMSEncryption.html.
// ECS: docs.aws.amazon.com/AmazonECS/latest/developerguide/task-iam-roles.html (iam:PassRole).
// DynamoDB: docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis-iam.html.
var dependents = []struct{ operation, arguments, actions string }{
	{"CodeBuild.BatchGetBuilds", `{"Ids":["p:1"]}`, "codebuild:BatchGetBuilds"},
	{"DynamoDB.TransactWriteItems", `{"TransactItems":[{"Put":{"TableName":"t","Item":{}}},{"ConditionCheck":{"TableName":"t","Key":{},"ConditionExpression":"a"}}]}`, "dynamodb:ConditionCheckItem dynamodb:PutItem"},
	{"ECS.DescribeClusters", `{"Clusters":["c"]}`, "ecs:DescribeClusters"},
	{"ECS.DescribeServices", `{"Cluster":"c","Services":["a"]}`, "ecs:DescribeServices"},
	{"ECS.RegisterTaskDefinition", `{"Family":"f","TaskRoleArn":"arn:aws:iam::1:role/t","ExecutionRoleArn":"arn:aws:iam::1:role/e"}`, "ecs:RegisterTaskDefinition iam:PassRole iam:PassRole"},
	{"EFS.CreateReplicationConfiguration", `{"SourceFileSystemId":"fs-1"}`, "elasticfilesystem:CreateReplicationConfiguration iam:CreateServiceLinkedRole"},
	{"Lambda.Invoke", `{"FunctionName":"f"}`, "lambda:InvokeFunction"},
	{"RDS.CopyDBSnapshot", `{"SourceDBSnapshotIdentifier":"s","TargetDBSnapshotIdentifier":"t","KmsKeyId":"alias/acso-production-database","Tags":[{"Key":"a","Value":"b"}]}`, "kms:CreateGrant kms:DescribeKey rds:AddTagsToResource rds:CopyDBSnapshot rds:CopyDBSnapshot"},
	{"RDS.CreateDBInstanceReadReplica", `{"DBInstanceIdentifier":"r","SourceDBInstanceIdentifier":"s","KmsKeyId":"alias/acso-production-database","Tags":[{"Key":"a","Value":"b"}]}`, "kms:CreateGrant kms:DescribeKey rds:AddTagsToResource rds:CreateDBInstanceReadReplica"},
	{"RDS.CreateDBSnapshot", `{"DBInstanceIdentifier":"d","DBSnapshotIdentifier":"s","Tags":[{"Key":"a","Value":"b"}]}`, "rds:AddTagsToResource rds:CreateDBSnapshot rds:CreateDBSnapshot"},
	{"RDS.RestoreDBInstanceFromDBSnapshot", `{"DBInstanceIdentifier":"d","DBSnapshotIdentifier":"s"}`, "rds:RestoreDBInstanceFromDBSnapshot rds:RestoreDBInstanceFromDBSnapshot"},
	{"RDS.RestoreDBInstanceToPointInTime", `{"TargetDBInstanceIdentifier":"d","SourceDBInstanceIdentifier":"s"}`, "rds:RestoreDBInstanceToPointInTime rds:RestoreDBInstanceToPointInTime"},
	{"RDS.StartDBInstanceAutomatedBackupsReplication", `{"SourceDBInstanceArn":"arn:aws:rds:us-west-2:1:db:d","KmsKeyId":"alias/acso-production-database"}`, "kms:CreateGrant kms:DescribeKey rds:StartDBInstanceAutomatedBackupsReplication"},
	{"S3.CompleteMultipartUpload", `{"Bucket":"sealed","Key":"k"}`, "kms:Decrypt kms:GenerateDataKey s3:PutObject"},
	{"S3.CopyObject", `{"Bucket":"sealed","Key":"k","CopySource":"sealed/there"}`, "kms:Decrypt kms:GenerateDataKey s3:GetObject s3:GetObjectTagging s3:PutObject s3:PutObjectTagging"},
	{"S3.CreateMultipartUpload", `{"Bucket":"sealed","Key":"k"}`, "kms:GenerateDataKey s3:PutObject"},
	{"S3.GetObject", `{"Bucket":"sealed","Key":"there"}`, "kms:Decrypt s3:GetObject"},
	{"S3.GetObjectAttributes", `{"Bucket":"sealed","Key":"there"}`, "kms:Decrypt s3:GetObject s3:GetObjectAttributes"},
	{"S3.HeadBucket", `{"Bucket":"sealed"}`, "s3:ListBucket"},
	{"S3.HeadObject", `{"Bucket":"sealed","Key":"there"}`, "kms:Decrypt s3:GetObject"},
	{"S3.ListMultipartUploads", `{"Bucket":"sealed"}`, "s3:ListBucketMultipartUploads"},
	{"S3.ListObjectVersions", `{"Bucket":"sealed"}`, "s3:ListBucketVersions"},
	{"S3.ListObjectsV2", `{"Bucket":"sealed"}`, "s3:ListBucket"},
	{"S3.PutObject", `{"Bucket":"sealed","Key":"k","Tagging":"a=b","ObjectLockMode":"COMPLIANCE","Body":"x"}`, "kms:GenerateDataKey s3:PutObject s3:PutObjectRetention s3:PutObjectTagging"},
	{"S3.UploadPart", `{"Bucket":"sealed","Key":"k"}`, "kms:Decrypt kms:GenerateDataKey s3:PutObject"},
	{"Scheduler.GetSchedule", `{"Name":"s"}`, "scheduler:GetSchedule"},
	{"S3.GetBucketReplication", `{"Bucket":"b"}`, "s3:GetReplicationConfiguration"},
	{"Scheduler.UpdateSchedule", `{"Name":"s","Target":{"RoleArn":"arn:aws:iam::1:role/r"}}`, "iam:PassRole scheduler:UpdateSchedule"},
	{"SSM.DeleteParameter", `{"Name":"a"}`, "ssm:DeleteParameter"},
	{"SSM.GetParameter", `{"Name":"a"}`, "ssm:GetParameter"},
	{"SSM.GetParameterHistory", `{"Name":"a"}`, "ssm:GetParameterHistory"},
	{"SSM.GetParametersByPath", `{"Path":"/a"}`, "ssm:GetParametersByPath"},
	{"SSM.PutParameter", `{"Name":"a","Type":"SecureString","KeyId":"alias/acso-production-database"}`, "kms:Encrypt ssm:PutParameter"},
	{"SSM.DeleteParameters", `{"Names":["a"]}`, "ssm:DeleteParameters"},
	{"SSM.GetParameters", `{"Names":["a"]}`, "ssm:GetParameters"},
}

// TestEveryModelledCallNamesTheActionsThatAWSChecks makes each call that the lab models as somebody without rights, and
// looks at the actions that the refusal was judged by.
func TestEveryModelledCallNamesTheActionsThatAWSChecks(t *testing.T) {
	o := labtest.Production(t)
	e := o.Environment
	w := world.New(o)
	region := e.Regions.Primary
	w.S3.Create(s3.Bucket{Name: "sealed", Region: region, Versioned: true, Lock: true, Key: e.DatabaseKey(region)})
	w.S3.Put("sealed", "there", []byte("bytes"))
	const nobody = "nobody"
	var got []string
	w.Cloud.Observe(func(r cloud.Record) {
		if r.Caller == nobody {
			for _, action := range r.Actions {
				got = append(got, action.Name)
			}
		}
	})
	for _, operation := range w.Cloud.Operations() {
		service, name, _ := strings.Cut(operation, ".")
		prefix, other := prefixes[service]
		if !other {
			prefix = strings.ToLower(service)
		}
		arguments, want := `{}`, prefix+":"+name
		for _, row := range dependents {
			if row.operation == operation {
				arguments, want = row.arguments, row.actions
			}
		}
		got = nil
		w.Sim.Go(context.Background(), func(ctx context.Context) {
			defer func() {
				if broken := recover(); broken != nil {
					t.Errorf("%s cannot say what it is checked for with the arguments %s (%v): give it a row in the table above", operation, arguments, broken)
				}
			}()
			_, err := w.Cloud.Invoke(ctx, cloud.Principal{Name: nobody, Region: region}, region, operation, json.RawMessage(arguments))
			if !cloud.IsDenied(err) {
				t.Errorf("%s: somebody without rights got %v", operation, err)
			}
		}, func(bool) {})
		w.Sim.Run(w.Sim.Now().Add(time.Second), nil)
		slices.Sort(got)
		if actions := strings.Join(got, " "); actions != want {
			t.Errorf("%s is checked for %q, AWS checks %q", operation, actions, want)
		}
	}
}
