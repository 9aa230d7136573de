package environment

import (
	"fmt"
	"strings"
)

// Pair is the other region of the pair.
func (e *Environment) Pair(region string) string {
	if region == e.Regions.Primary {
		return e.Regions.Recovery
	}
	return e.Regions.Primary
}

// Prefix begins the name of every resource of this environment: acso-production.
func (e *Environment) Prefix() string { return e.Application + "-" + e.Name }

// Cluster is the ECS cluster of a region; the standby's carries -dr, as the procedures name it.
func (e *Environment) Cluster(region string) string {
	if c := e.Existing(region).Cluster; c.Imported() {
		return c.Name
	}
	return e.workload(region) + "-cluster"
}

// Service is the ECS service of a region.
func (e *Environment) Service(region, service string) string {
	if existing, is := e.Existing(region).Cluster.service(service); is {
		return existing.Service
	}
	return e.workload(region) + "-" + service
}

func (e *Environment) workload(region string) string {
	if region == e.Regions.Recovery {
		return e.Prefix() + "-dr"
	}
	return e.Prefix()
}

// DatabaseIn is the identifier of the instance that lives in a region.
func (e *Environment) DatabaseIn(region string) string {
	if region == e.Regions.Recovery {
		return e.Database.Replica
	}
	return e.Database.Identifier
}

// DatabaseKey is the KMS key of the database and its snapshots in a region.
func (e *Environment) DatabaseKey(region string) string {
	if region == e.Regions.Recovery {
		return e.Database.Keys.Recovery
	}
	return e.Database.Keys.Primary
}

// BucketIn is a bucket's name in a region: S3 names are global, so the recovery region's copy has a suffix, unless it is a
// data bucket that exists already.
func (e *Environment) BucketIn(region, bucket string) string {
	if existing := e.Existing(region).Data; existing != "" && bucket == e.Buckets.Data {
		return existing
	}
	if region == e.Regions.Recovery {
		return bucket + "-" + region
	}
	return bucket
}

// ReplicationRule is the identifier of the rule by which S3 copies a region's buckets to the other one.
func (e *Environment) ReplicationRule(region string) string { return "to-" + e.Pair(region) }

// RegionalName is the name of one region's own endpoint, which health checks and validation use.
func (e *Environment) RegionalName(region string) string { return region + "." + e.Domain.Name }

// CheckersName is the TXT record through which the verdict of Route 53's own checkers on a region is read.
func (e *Environment) CheckersName(region string) string {
	return "checkers-" + region + "." + e.Domain.Name
}

// FileSystem is the Name tag of the EFS file system of a region, or the identifier (fs-...) of one that exists already.
func (e *Environment) FileSystem(region string) string {
	if existing := e.Existing(region).Files; existing != "" {
		return existing
	}
	return e.workload(region) + "-data"
}

// DatabaseACL is the Name tag of the network ACL around the database subnets of a region, or the identifier (acl-...) of one
// that exists already.
func (e *Environment) DatabaseACL(region string) string {
	if existing := e.Existing(region).Network; existing.Imported() {
		return existing.DatabaseACL
	}
	return e.workload(region) + "-database-acl"
}

// ACLFilter is the filter by which EC2 finds a network ACL of that name: the Name tag, or the identifier of one that exists
// already. https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeNetworkAcls.html
func ACLFilter(name string) string {
	if aclShape.Fits(name) {
		return "network-acl-id"
	}
	return "tag:Name"
}

// IncidentTable is the DynamoDB table of incidents; each region has one.
func (e *Environment) IncidentTable() string { return e.Prefix() + "-incidents" }

// Topics are the names of the SNS topics of all contacts.
func (e *Environment) Topics() []string {
	var topics []string
	for _, role := range e.Contacts.Roles() {
		topics = append(topics, role.Contact.Topic)
	}
	return topics
}

// Topic is the ARN of an SNS topic in a region.
func (e *Environment) Topic(region, name string) string {
	return fmt.Sprintf("arn:aws:sns:%s:%s:%s", region, e.Account, name)
}

// FunctionName is the deployed name of a Lambda function.
func (e *Environment) FunctionName(function string) string { return e.Prefix() + "-" + function }

// MachineName is the deployed name of a state machine.
func (e *Environment) MachineName(machine string) string { return e.Prefix() + "-" + machine }

// MachineARN is the ARN of a state machine in a region.
func (e *Environment) MachineARN(region, machine string) string {
	return fmt.Sprintf("arn:aws:states:%s:%s:stateMachine:%s", region, e.Account, e.MachineName(machine))
}

// SwitchAlarm is the alarm behind the failover switch: the health check on the PRIMARY record follows it.
func (e *Environment) SwitchAlarm() string { return e.Prefix() + "-failover-switch" }

// PrimaryAlarm is the alarm on the probe's verdict, which starts the failover.
func (e *Environment) PrimaryAlarm() string { return e.Prefix() + "-primary-unhealthy" }

// EndpointAlarm is the alarm on what Route 53's own checkers see of a region. Its event is forwarded to the other region as
// a second trigger of the failover; its metric exists in us-east-1 only.
func (e *Environment) EndpointAlarm(region string) string { return e.Prefix() + "-endpoint-" + region }

// EndedRule is the rule that releases the lock of a failover that ended otherwise than by its own states.
func (e *Environment) EndedRule() string { return e.Prefix() + "-execution-ended" }

// EscalationRule is the rule that begins to tell people when a failover or a failback starts.
func (e *Environment) EscalationRule() string { return e.Prefix() + "-escalation" }

// RestoreEndedRule is the same for a restore.
func (e *Environment) RestoreEndedRule() string { return e.Prefix() + "-restore-ended" }

// FailbackEndedRule is the same for a failback.
func (e *Environment) FailbackEndedRule() string { return e.Prefix() + "-failback-ended" }

// FunctionARN is the ARN of a Lambda function in a region.
func (e *Environment) FunctionARN(region, function string) string {
	return fmt.Sprintf("arn:aws:lambda:%s:%s:function:%s", region, e.Account, e.FunctionName(function))
}

// KeyAlias is the alias of the multi-region key of everything but the database: buckets, topics, queues, logs and tables.
func (e *Environment) KeyAlias() string { return "alias/" + e.Prefix() + "-data" }

// Network is the range of private addresses of a region's network. The two differ because the networks are peered:
// functions of either region prove a fence at the other's database.
func (e *Environment) Network(region string) string {
	if existing := e.Existing(region).Network; existing.Imported() {
		return existing.Range
	}
	if region == e.Regions.Recovery {
		return "10.1.0.0/16"
	}
	return "10.0.0.0/16"
}

// Repository is the ECR repository of a service's image, the same in both regions.
func (e *Environment) Repository(service string) string {
	for _, existing := range append(append([]ExistingImage{}, e.Imports.Primary.Images...), e.Imports.Recovery.Images...) {
		if existing.Name == service {
			return existing.Repository
		}
	}
	return e.Prefix() + "/" + service
}

// LogGroup is the log group of the services of a region.
func (e *Environment) LogGroup(region string) string {
	if region == e.Regions.Recovery {
		return "/aws/" + e.Application + "/" + e.Name + "-dr/agents"
	}
	return "/aws/" + e.Application + "/" + e.Name + "/agents"
}

// RolePath is the IAM path of the roles that a stack has in a region for one service, such as scheduler or ecs-tasks. Their
// names are CloudFormation's choice: IAM is global, and the same stack exists in two regions. The path says whose they are,
// and a policy can name all roles below it: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html
func (e *Environment) RolePath(region, stack, service string) string {
	return "/" + strings.Join([]string{e.Prefix(), region, stack, service}, "/") + "/"
}

// RolesOf is the pattern of the ARNs of these roles. The roles of people lie under no path and are never among them.
func (e *Environment) RolesOf(region, stack, service string) string {
	return fmt.Sprintf("arn:aws:iam::%s:role%s*", e.Account, e.RolePath(region, stack, service))
}

// TaskRoles are the roles of the services' tasks in a region: ARNs, or the pattern of those that the workload stack makes.
func (e *Environment) TaskRoles(region string) []string {
	if existing := e.Existing(region).Cluster; existing.Imported() {
		return existing.TaskRoles
	}
	return []string{e.RolesOf(region, "workload", "ecs-tasks")}
}

// PersonRole is the IAM role of people: reader, auditor, operator or break-glass.
func (e *Environment) PersonRole(who string) string { return e.Prefix() + "-" + who }

// RestoreTest begins the name of everything that a test of the backups makes, and of nothing else:
// acso-restoretest-production.
func (e *Environment) RestoreTest() string { return e.Application + "-restoretest-" + e.Name }

// RestoreTestBucket is the bucket that tests restore objects into, in a region; nothing else is in it.
func (e *Environment) RestoreTestBucket(region string) string {
	return e.BucketIn(region, e.RestoreTest())
}

// RestoreTestEndedRule is the rule that clears away what a test left that was aborted or ran out of time.
func (e *Environment) RestoreTestEndedRule() string { return e.Prefix() + "-restoretest-ended" }

// RebuildProject is the CodeBuild project that deploys a region's workload again from the archive of what was deployed.
func (e *Environment) RebuildProject() string { return e.Prefix() + "-rebuild" }

// RebuildEndedRule is the rule that releases the lock of a restore of the whole system that ended otherwise than by its own
// states.
func (e *Environment) RebuildEndedRule() string { return e.Prefix() + "-rebuild-ended" }
