package ecs

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsecs "github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/acso/disaster-recovery/internal/grant"
	"github.com/acso/disaster-recovery/lab/cloud"
)

type taskDefinition struct {
	family     string
	revision   int32
	containers []types.ContainerDefinition
	size       Size
	// The roles; nil where the definition names none.
	executionRole, taskRole *string
}

// Actions and their resources: docs.aws.amazon.com/service-authorization/latest/reference/list_amazonelasticcontainerservice.html.
func (s *Service) registerServices() {
	c := s.cloud
	cloud.Register(c, "ECS.DescribeServices", cloud.Spec[awsecs.DescribeServicesInput]{
		Actions: func(call *cloud.Call, in *awsecs.DescribeServicesInput) []grant.Action {
			var out []grant.Action
			for _, name := range in.Services {
				out = append(out, grant.Action{Name: "ecs:DescribeServices", Resource: s.serviceARN(call.Region, cluster(in.Cluster), short(name))})
			}
			return out
		},
	}, s.describeServices)
	cloud.Register(c, "ECS.UpdateService", cloud.Spec[awsecs.UpdateServiceInput]{
		Mutating: true,
		Actions: func(call *cloud.Call, in *awsecs.UpdateServiceInput) []grant.Action {
			return []grant.Action{{Name: "ecs:UpdateService", Resource: s.serviceARN(call.Region, cluster(in.Cluster), short(aws.ToString(in.Service)))}}
		},
	}, s.updateService)
	cloud.Register(c, "ECS.DescribeClusters", cloud.Spec[awsecs.DescribeClustersInput]{
		Actions: func(call *cloud.Call, in *awsecs.DescribeClustersInput) []grant.Action {
			var out []grant.Action
			for _, name := range in.Clusters {
				out = append(out, grant.Action{Name: "ecs:DescribeClusters", Resource: c.ARN("ecs", call.Region, "cluster/"+short(name))})
			}
			return out
		},
	}, s.describeClusters)
	cloud.Register(c, "ECS.DescribeTaskDefinition", cloud.Spec[awsecs.DescribeTaskDefinitionInput]{
		Actions: func(*cloud.Call, *awsecs.DescribeTaskDefinitionInput) []grant.Action {
			return []grant.Action{{Name: "ecs:DescribeTaskDefinition", Resource: "*"}}
		},
	}, s.describeTaskDefinition)
	cloud.Register(c, "ECS.RegisterTaskDefinition", cloud.Spec[awsecs.RegisterTaskDefinitionInput]{
		Mutating: true,
		Actions: func(call *cloud.Call, in *awsecs.RegisterTaskDefinitionInput) []grant.Action {
			out := []grant.Action{{Name: "ecs:RegisterTaskDefinition", Resource: "*"}}
			for _, role := range []*string{in.ExecutionRoleArn, in.TaskRoleArn} {
				if role != nil {
					out = append(out, grant.Action{Name: "iam:PassRole", Resource: *role})
				}
			}
			return out
		},
	}, s.registerTaskDefinition)
}

func (s *Service) serviceARN(region, cluster, name string) string {
	return s.cloud.ARN("ecs", region, "service/"+cluster+"/"+name)
}

func short(name string) string { return name[strings.LastIndex(name, "/")+1:] }

func cluster(name *string) string {
	if name == nil {
		return "default"
	}
	return short(*name)
}

func (s *Service) in(regionName string, name *string) (*region, error) {
	r := s.regions[regionName]
	if r.cluster == "" || cluster(name) != r.cluster {
		return nil, &types.ClusterNotFoundException{Message: aws.String("Cluster not found.")}
	}
	return r, nil
}

func (s *Service) describeServices(call *cloud.Call, in *awsecs.DescribeServicesInput) (*awsecs.DescribeServicesOutput, error) {
	r, err := s.in(call.Region, in.Cluster)
	if err != nil {
		return nil, err
	}
	if len(in.Services) == 0 || len(in.Services) > 10 {
		return nil, &types.InvalidParameterException{Message: aws.String(fmt.Sprintf("Services must have 1 to 10 members, not %d.", len(in.Services)))}
	}
	out := &awsecs.DescribeServicesOutput{}
	for _, name := range in.Services {
		if w := s.Workload(call.Region, short(name)); w != nil {
			out.Services = append(out.Services, s.describe(r, w))
			continue
		}
		out.Failures = append(out.Failures, types.Failure{Arn: aws.String(s.serviceARN(call.Region, r.cluster, short(name))), Reason: aws.String("MISSING")})
	}
	return out, nil
}

func (s *Service) describe(r *region, w *Workload) types.Service {
	running := int32(w.Running())
	pending := int32(len(w.tasks)) - running
	desired := int32(w.desired)
	rollout := types.DeploymentRolloutStateInProgress
	if running == desired && pending == 0 {
		rollout = types.DeploymentRolloutStateCompleted
	}
	return types.Service{
		ServiceName: aws.String(w.Name), ServiceArn: aws.String(s.serviceARN(r.name, r.cluster, w.Name)), ClusterArn: aws.String(s.cloud.ARN("ecs", r.name, "cluster/"+r.cluster)),
		Status: aws.String("ACTIVE"), DesiredCount: desired, RunningCount: running, PendingCount: pending, LaunchType: types.LaunchTypeFargate,
		TaskDefinition: aws.String(w.definition), CreatedAt: aws.Time(w.created), Events: slices.Clone(w.events),
		Deployments: []types.Deployment{{
			Id: aws.String("ecs-svc/" + w.Name), Status: aws.String("PRIMARY"), TaskDefinition: aws.String(w.definition),
			DesiredCount: desired, RunningCount: running, PendingCount: pending, RolloutState: rollout, CreatedAt: aws.Time(w.created), UpdatedAt: aws.Time(s.sim.Now().Truncate(time.Minute)),
		}},
	}
}

func (s *Service) updateService(call *cloud.Call, in *awsecs.UpdateServiceInput) (*awsecs.UpdateServiceOutput, error) {
	r, err := s.in(call.Region, in.Cluster)
	if err != nil {
		return nil, err
	}
	w := s.Workload(call.Region, short(aws.ToString(in.Service)))
	if w == nil {
		return nil, &types.ServiceNotFoundException{Message: aws.String("Service not found.")}
	}
	if in.DesiredCount != nil {
		if *in.DesiredCount < 0 {
			return nil, &types.InvalidParameterException{Message: aws.String("Desired count must not be negative.")}
		}
		w.desired = int(*in.DesiredCount)
	}
	if in.TaskDefinition != nil {
		d := r.definition(*in.TaskDefinition)
		if d == nil {
			return nil, noDefinition()
		}
		w.definition = s.definitionARN(r.name, d)
	}
	// The call answers before the scheduler has started or stopped anything.
	s.later(r.name, time.Second, func() { s.reconcile(w, s.Durations.Start) })
	return &awsecs.UpdateServiceOutput{Service: new(s.describe(r, w))}, nil
}

func (s *Service) describeClusters(call *cloud.Call, in *awsecs.DescribeClustersInput) (*awsecs.DescribeClustersOutput, error) {
	out := &awsecs.DescribeClustersOutput{}
	r := s.regions[call.Region]
	for _, name := range in.Clusters {
		arn := s.cloud.ARN("ecs", call.Region, "cluster/"+short(name))
		if short(name) != r.cluster {
			out.Failures = append(out.Failures, types.Failure{Arn: aws.String(arn), Reason: aws.String("MISSING")})
			continue
		}
		c := types.Cluster{ClusterName: aws.String(r.cluster), ClusterArn: aws.String(arn), Status: aws.String("ACTIVE"), ActiveServicesCount: int32(len(r.workload))}
		for _, w := range r.workload {
			running := int32(w.Running())
			c.RunningTasksCount += running
			c.PendingTasksCount += int32(len(w.tasks)) - running
		}
		out.Clusters = append(out.Clusters, c)
	}
	return out, nil
}

func (s *Service) definitionARN(region string, d *taskDefinition) string {
	return s.cloud.ARN("ecs", region, fmt.Sprintf("task-definition/%s:%d", d.family, d.revision))
}

// definition finds by ARN, family:revision, or family, which means the newest.
func (r *region) definition(name string) (found *taskDefinition) {
	family, revision, exact := strings.Cut(short(name), ":")
	for _, d := range r.families {
		if d.family == family && (!exact || fmt.Sprint(d.revision) == revision) {
			found = d
		}
	}
	return found
}

func noDefinition() error {
	return cloud.Error("ClientException", "Unable to describe task definition.")
}

func (s *Service) describeTaskDefinition(call *cloud.Call, in *awsecs.DescribeTaskDefinitionInput) (*awsecs.DescribeTaskDefinitionOutput, error) {
	d := s.regions[call.Region].definition(aws.ToString(in.TaskDefinition))
	if d == nil {
		return nil, noDefinition()
	}
	return &awsecs.DescribeTaskDefinitionOutput{TaskDefinition: s.describeDefinition(call.Region, d)}, nil
}

func (s *Service) registerTaskDefinition(call *cloud.Call, in *awsecs.RegisterTaskDefinitionInput) (*awsecs.RegisterTaskDefinitionOutput, error) {
	r := s.regions[call.Region]
	d := &taskDefinition{family: aws.ToString(in.Family), revision: 1, containers: slices.Clone(in.ContainerDefinitions), size: Size{aws.ToString(in.Cpu), aws.ToString(in.Memory)}, executionRole: in.ExecutionRoleArn, taskRole: in.TaskRoleArn}
	if newest := r.definition(d.family); newest != nil {
		d.revision = newest.revision + 1
	}
	r.families = append(r.families, d)
	return &awsecs.RegisterTaskDefinitionOutput{TaskDefinition: s.describeDefinition(call.Region, d)}, nil
}

func (s *Service) describeDefinition(region string, d *taskDefinition) *types.TaskDefinition {
	out := &types.TaskDefinition{
		Family: aws.String(d.family), Revision: d.revision, Status: types.TaskDefinitionStatusActive,
		TaskDefinitionArn: aws.String(s.definitionARN(region, d)), ContainerDefinitions: slices.Clone(d.containers),
		ExecutionRoleArn: d.executionRole, TaskRoleArn: d.taskRole,
	}
	if d.size.CPU != "" {
		out.Cpu, out.Memory = aws.String(d.size.CPU), aws.String(d.size.Memory)
	}
	return out
}
