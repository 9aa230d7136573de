package fencing

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/applicationautoscaling"
	scaletypes "github.com/aws/aws-sdk-go-v2/service/applicationautoscaling/types"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/smithy-go"

	"github.com/acso/disaster-recovery/internal/environment"
	"github.com/acso/disaster-recovery/internal/incident"
)

// ruleNumber is reserved for the fence in the network ACL around the database: rules are evaluated from the lowest
// number, which is 1, so this one wins over every other.
// https://docs.aws.amazon.com/vpc/latest/userguide/nacl-basics.html
const ruleNumber = 1

const (
	anywhere   = "0.0.0.0/0" // the database subnets have no IPv6
	anyTraffic = "-1"
)

// survey is the old primary as it is now. What did not answer has its error.
type survey struct {
	sizes       []incident.Size
	running     int32
	runs        map[string]int32 // tasks by service
	servicesErr error
	acl         string // identifier
	ingress     bool   // denied
	egress      bool   // denied
	aclErr      error
	status      string // of the database instance
	databaseErr error
}

func (s *survey) aclClosed() bool { return s.aclErr == nil && s.ingress && s.egress }

func (s *survey) stopped() bool {
	if s.servicesErr != nil || s.running > 0 {
		return false
	}
	for _, size := range s.sizes {
		if size.Desired != 0 || size.Max != 0 {
			return false
		}
	}
	return true
}

func (f *Fencer) look(ctx context.Context, r *round) survey {
	var s survey
	s.servicesErr = f.lookAtServices(ctx, r, &s)
	s.aclErr = f.lookAtACL(ctx, r, &s)
	s.databaseErr = f.call(ctx, r, func(ctx context.Context) error {
		instance, err := f.writer.Describe(ctx)
		s.status = aws.ToString(instance.DBInstanceStatus)
		return err
	})
	return s
}

// Look says what closing would find, and changes nothing.
func (f *Fencer) Look(ctx context.Context) Report {
	r := &round{}
	s := f.look(ctx, r)
	checks := []incident.Check{f.servicesCheck(&s), f.aclCheck(&s)}
	status := incident.Check{Check: "database", Result: incident.Pass, Detail: f.writer.Identifier() + " is " + s.status}
	if s.databaseErr != nil {
		status = unknown("database", s.databaseErr.Error())
	}
	return Report{State: incident.FenceNone, Answered: r.answered, Evidence: append(checks, status)}
}

// servicesPerCall is the most that DescribeServices takes.
// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DescribeServices.html
const servicesPerCall = 10

func (f *Fencer) lookAtServices(ctx context.Context, r *round, s *survey) error {
	e := f.p.Environment
	s.sizes, s.running, s.runs = nil, 0, map[string]int32{}
	var names, resources []string
	for _, service := range e.Services {
		names = append(names, e.Service(f.old, service.Name))
		resources = append(resources, f.resource(e.Service(f.old, service.Name)))
	}
	for from := 0; from < len(names); from += servicesPerCall {
		batch := names[from:min(from+servicesPerCall, len(names))]
		err := f.call(ctx, r, func(ctx context.Context) error {
			out, err := f.ecs.DescribeServices(ctx, &ecs.DescribeServicesInput{Cluster: aws.String(e.Cluster(f.old)), Services: batch})
			if err != nil {
				return err
			}
			for _, service := range out.Services { // one that does not exist is in Failures, and has no task
				s.sizes = append(s.sizes, incident.Size{Service: aws.ToString(service.ServiceName), Desired: service.DesiredCount})
				s.running += service.RunningCount
				s.runs[aws.ToString(service.ServiceName)] = service.RunningCount
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return f.call(ctx, r, func(ctx context.Context) error {
		out, err := f.scale.DescribeScalableTargets(ctx, &applicationautoscaling.DescribeScalableTargetsInput{
			ServiceNamespace: scaletypes.ServiceNamespaceEcs, ResourceIds: resources,
			ScalableDimension: scaletypes.ScalableDimensionECSServiceDesiredCount,
		})
		if err != nil {
			return err
		}
		for n := range s.sizes {
			for _, target := range out.ScalableTargets {
				if aws.ToString(target.ResourceId) == f.resource(s.sizes[n].Service) {
					s.sizes[n].Scaled, s.sizes[n].Min, s.sizes[n].Max = true, aws.ToInt32(target.MinCapacity), aws.ToInt32(target.MaxCapacity)
				}
			}
		}
		return nil
	})
}

// resource is a service as application auto scaling names it.
func (f *Fencer) resource(service string) string {
	return "service/" + f.p.Environment.Cluster(f.old) + "/" + service
}

func (f *Fencer) lookAtACL(ctx context.Context, r *round, s *survey) error {
	name := f.p.Environment.DatabaseACL(f.old)
	s.ingress, s.egress = false, false
	return f.call(ctx, r, func(ctx context.Context) error {
		out, err := f.ec2.DescribeNetworkAcls(ctx, &ec2.DescribeNetworkAclsInput{
			Filters: []ec2types.Filter{{Name: aws.String(environment.ACLFilter(name)), Values: []string{name}}},
		})
		if err != nil {
			return err
		}
		if len(out.NetworkAcls) != 1 {
			// With a code, since the region did answer.
			return &smithy.GenericAPIError{Code: "NoSingleNetworkAcl", Message: fmt.Sprintf("%d network ACLs are called %s, one is needed", len(out.NetworkAcls), name)}
		}
		s.acl = aws.ToString(out.NetworkAcls[0].NetworkAclId)
		for _, entry := range out.NetworkAcls[0].Entries {
			if aws.ToInt32(entry.RuleNumber) != ruleNumber || entry.RuleAction != ec2types.RuleActionDeny ||
				aws.ToString(entry.Protocol) != anyTraffic || aws.ToString(entry.CidrBlock) != anywhere {
				continue
			}
			if aws.ToBool(entry.Egress) {
				s.egress = true
			} else {
				s.ingress = true
			}
		}
		return nil
	})
}
