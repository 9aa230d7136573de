package stacks

import (
	"fmt"

	"github.com/aws/aws-cdk-go/awscdk/v2/awsecs"
	"github.com/aws/jsii-runtime-go"

	"github.com/acso/disaster-recovery/internal/grant"
)

// serviceUser is the database user of the services, who log in by IAM as the functions do.
const serviceUser = "acso_service"

// task is what one copy of a service runs: its image, the shared files under /app/data, and no root file system to write.
func (w *workload) task(service string, execution *role, logs string) awsecs.CfnTaskDefinition {
	own := w.role("task-"+service, "ecs-tasks.amazonaws.com", "What the service "+service+" may do",
		grant.Grant{Actions: []string{"ssm:GetParameter", "ssm:GetParameters", "ssm:GetParametersByPath"}, Resources: []string{w.arn("ssm", "parameter"+w.env.Parameters+"/*")}},
		grant.Grant{Actions: []string{"s3:ListBucket"}, Resources: []string{"arn:aws:s3:::" + w.env.BucketIn(w.region, w.env.Buckets.Data)}},
		grant.Grant{Actions: []string{"s3:DeleteObject", "s3:GetObject", "s3:PutObject"}, Resources: []string{"arn:aws:s3:::" + w.env.BucketIn(w.region, w.env.Buckets.Data) + "/*"}},
		grant.Grant{Actions: []string{"rds-db:connect"}, Resources: []string{w.arn("rds-db", "dbuser:*/"+serviceUser)}},
	)
	text := func(name, value string) any {
		return &awsecs.CfnTaskDefinition_KeyValuePairProperty{Name: jsii.String(name), Value: jsii.String(value)}
	}
	container := &awsecs.CfnTaskDefinition_ContainerDefinitionProperty{
		Name: jsii.String(service), Essential: jsii.Bool(true), ReadonlyRootFilesystem: jsii.Bool(true),
		// The tag is moved by whoever releases the service; a deployment of this stack releases nothing.
		Image:        jsii.String(fmt.Sprintf("%s.dkr.ecr.%s.amazonaws.com/%s:stable", w.env.Account, w.region, w.env.Repository(service))),
		PortMappings: &[]any{&awsecs.CfnTaskDefinition_PortMappingProperty{ContainerPort: jsii.Number(servicePort)}},
		Environment:  &[]any{text("AWS_REGION", w.region), text("ACSO_ENVIRONMENT", w.env.Name), text("ACSO_PARAMETERS", w.env.Parameters)},
		MountPoints:  &[]any{&awsecs.CfnTaskDefinition_MountPointProperty{SourceVolume: jsii.String("data"), ContainerPath: jsii.String("/app/data"), ReadOnly: jsii.Bool(false)}},
		LogConfiguration: &awsecs.CfnTaskDefinition_LogConfigurationProperty{LogDriver: jsii.String("awslogs"), Options: map[string]string{
			"awslogs-group": logs, "awslogs-region": w.region, "awslogs-stream-prefix": service,
		}},
	}
	definition := awsecs.NewCfnTaskDefinition(w.Stack, jsii.String("task-"+service), &awsecs.CfnTaskDefinitionProps{
		Family: jsii.String(w.env.Service(w.region, service)), NetworkMode: jsii.String("awsvpc"), RequiresCompatibilities: jsii.Strings("FARGATE"),
		Cpu: jsii.String("1024"), Memory: jsii.String("2048"), ExecutionRoleArn: execution.RoleArn(), TaskRoleArn: own.RoleArn(),
		RuntimePlatform:      &awsecs.CfnTaskDefinition_RuntimePlatformProperty{CpuArchitecture: jsii.String("ARM64"), OperatingSystemFamily: jsii.String("LINUX")},
		ContainerDefinitions: &[]any{container},
		Volumes: &[]any{&awsecs.CfnTaskDefinition_VolumeProperty{Name: jsii.String("data"), EfsVolumeConfiguration: &awsecs.CfnTaskDefinition_EFSVolumeConfigurationProperty{
			FilesystemId: w.storage.files, TransitEncryption: jsii.String("ENABLED"),
		}}},
	})
	definition.Node().AddDependency(own.policy, execution.policy)
	accept(definition, solutions("ECS2", "The variables say which region, environment and parameter path: names, no secrets. Everything else is read from Parameter Store."))
	return definition
}
