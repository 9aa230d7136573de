package template

import "cmp"

// kinds are the resource types whose Ref and ARN follow from a property that names them. In the ARN's pattern, %r, %a, %n
// and %p stand for the region, the account, the name and the path, which IAM's names have.
var kinds = map[string]struct {
	name     string // property
	arn      string
	refIsARN bool
}{
	"AWS::Lambda::Function":            {name: "FunctionName", arn: "arn:aws:lambda:%r:%a:function:%n"},
	"AWS::StepFunctions::StateMachine": {name: "StateMachineName", arn: "arn:aws:states:%r:%a:stateMachine:%n", refIsARN: true},
	"AWS::DynamoDB::Table":             {name: "TableName", arn: "arn:aws:dynamodb:%r:%a:table/%n"},
	"AWS::DynamoDB::GlobalTable":       {name: "TableName", arn: "arn:aws:dynamodb:%r:%a:table/%n"},
	"AWS::SNS::Topic":                  {name: "TopicName", arn: "arn:aws:sns:%r:%a:%n", refIsARN: true},
	"AWS::SQS::Queue":                  {name: "QueueName", arn: "arn:aws:sqs:%r:%a:%n"},
	"AWS::S3::Bucket":                  {name: "BucketName", arn: "arn:aws:s3:::%n"},
	"AWS::Logs::LogGroup":              {name: "LogGroupName", arn: "arn:aws:logs:%r:%a:log-group:%n:*"},
	"AWS::IAM::Role":                   {name: "RoleName", arn: "arn:aws:iam::%a:role%p%n"},
	"AWS::IAM::ManagedPolicy":          {name: "ManagedPolicyName", arn: "arn:aws:iam::%a:policy/%n", refIsARN: true},
	"AWS::KMS::Key":                    {arn: "arn:aws:kms:%r:%a:key/%n"},
	"AWS::KMS::ReplicaKey":             {arn: "arn:aws:kms:%r:%a:key/%n"},
	"AWS::CloudWatch::Alarm":           {name: "AlarmName", arn: "arn:aws:cloudwatch:%r:%a:alarm:%n"},
	"AWS::Events::Rule":                {name: "Name", arn: "arn:aws:events:%r:%a:rule/%n"},
	"AWS::Scheduler::Schedule":         {name: "Name", arn: "arn:aws:scheduler:%r:%a:schedule/default/%n"},
	"AWS::Scheduler::ScheduleGroup":    {name: "Name", arn: "arn:aws:scheduler:%r:%a:schedule-group/%n"},
	"AWS::RDS::DBInstance":             {name: "DBInstanceIdentifier", arn: "arn:aws:rds:%r:%a:db:%n"},
	"AWS::ECS::Cluster":                {name: "ClusterName", arn: "arn:aws:ecs:%r:%a:cluster/%n"},
	"AWS::ECR::Repository":             {name: "RepositoryName", arn: "arn:aws:ecr:%r:%a:repository/%n"},
	"AWS::EFS::FileSystem":             {arn: "arn:aws:elasticfilesystem:%r:%a:file-system/%n"},
	"AWS::SecretsManager::Secret":      {name: "Name", arn: "arn:aws:secretsmanager:%r:%a:secret:%n-??????", refIsARN: true},
	"AWS::SSM::Parameter":              {name: "Name", arn: "arn:aws:ssm:%r:%a:parameter%n"},
	"AWS::CloudTrail::Trail":           {name: "TrailName", arn: "arn:aws:cloudtrail:%r:%a:trail/%n"},
}

// physical is what Ref gives for a resource.
func (t *Template) physical(id string) string {
	kind, known := kinds[t.Resources[id].Type]
	if known && kind.refIsARN {
		return t.attribute(id, "Arn")
	}
	return t.name(id)
}

func (t *Template) name(id string) string {
	if kind := kinds[t.Resources[id].Type]; kind.name != "" {
		if name := t.Text(id, kind.name); name != "" {
			return name
		}
	}
	return "${" + id + "}"
}

// attribute is what Fn::GetAtt gives: the ARN where it follows from a name, and otherwise a placeholder.
func (t *Template) attribute(id, attribute string) string {
	kind, known := kinds[t.Resources[id].Type]
	isARN := attribute == "Arn" || attribute == "DBInstanceArn" || attribute == "TopicArn"
	if !known || !isARN {
		return "${" + id + "." + attribute + "}"
	}
	var arn []byte
	for i := 0; i < len(kind.arn); i++ {
		if kind.arn[i] != '%' {
			arn = append(arn, kind.arn[i])
			continue
		}
		i++
		switch kind.arn[i] {
		case 'r':
			arn = append(arn, t.Region...)
		case 'a':
			arn = append(arn, t.Account...)
		case 'n':
			arn = append(arn, t.name(id)...)
		case 'p':
			arn = append(arn, cmp.Or(t.Text(id, "Path"), "/")...)
		}
	}
	return string(arn)
}
