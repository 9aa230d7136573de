package readiness

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/applicationautoscaling"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/ecr"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/route53"
	"github.com/aws/aws-sdk-go-v2/service/scheduler"
	"github.com/aws/aws-sdk-go-v2/service/servicequotas"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
)

// clients are the services of one region.
type clients struct {
	scaling    *applicationautoscaling.Client
	cloudwatch *cloudwatch.Client
	ecr        *ecr.Client
	ecs        *ecs.Client
	events     *eventbridge.Client
	iam        *iam.Client
	kms        *kms.Client
	lambda     *lambda.Client
	route53    *route53.Client
	scheduler  *scheduler.Client
	quotas     *servicequotas.Client
	sfn        *sfn.Client
	sns        *sns.Client
	ssm        *ssm.Client
}

func newClients(config aws.Config) clients {
	return clients{
		scaling: applicationautoscaling.NewFromConfig(config), cloudwatch: cloudwatch.NewFromConfig(config),
		ecr: ecr.NewFromConfig(config), ecs: ecs.NewFromConfig(config), events: eventbridge.NewFromConfig(config), iam: iam.NewFromConfig(config), kms: kms.NewFromConfig(config),
		lambda: lambda.NewFromConfig(config), route53: route53.NewFromConfig(config),
		scheduler: scheduler.NewFromConfig(config), quotas: servicequotas.NewFromConfig(config), sfn: sfn.NewFromConfig(config),
		sns: sns.NewFromConfig(config), ssm: ssm.NewFromConfig(config),
	}
}
