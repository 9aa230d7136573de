package readiness

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/acso/disaster-recovery/internal/failure"
	"github.com/acso/disaster-recovery/internal/judging"
)

// definitionsOf reads the task definitions that the services of a region use, by the services' short names.
func (r *run) definitionsOf(ctx context.Context, client *ecs.Client, services map[string]ecstypes.Service) (map[string]*ecstypes.TaskDefinition, error) {
	found := map[string]*ecstypes.TaskDefinition{}
	for _, s := range r.e.Services {
		service, ok := services[s.Name]
		if !ok {
			continue
		}
		out, err := client.DescribeTaskDefinition(ctx, &ecs.DescribeTaskDefinitionInput{TaskDefinition: service.TaskDefinition})
		if err != nil {
			return nil, failure.FromAWS(err, "describe %s", aws.ToString(service.TaskDefinition))
		}
		found[s.Name] = out.TaskDefinition
	}
	return found, nil
}

func (r *run) mine(ctx context.Context) (map[string]*ecstypes.TaskDefinition, error) {
	return r.definitions.Get(func() (map[string]*ecstypes.TaskDefinition, error) {
		services, err := r.running(ctx)
		if err != nil {
			return nil, err
		}
		return r.definitionsOf(ctx, r.near.ecs, services)
	})
}

func (r *run) yours(ctx context.Context) (map[string]*ecstypes.TaskDefinition, error) {
	return r.theirs.Get(func() (found map[string]*ecstypes.TaskDefinition, err error) {
		err = r.there.ask(ctx, func(ctx context.Context) error {
			services, err := r.servicesOf(ctx, r.far.ecs, r.other)
			if err != nil {
				return err
			}
			found, err = r.definitionsOf(ctx, r.far.ecs, services)
			return err
		})
		return found, err
	})
}

func (r *run) definitionsInStep(ctx context.Context) judging.Finding {
	mine, err := r.mine(ctx)
	if err != nil {
		return judging.Of(err)
	}
	yours, err := r.yours(ctx)
	if err != nil {
		return judging.Of(err)
	}
	var wrong []string
	for _, s := range r.e.Services {
		here, there := mine[s.Name], yours[s.Name]
		if here == nil || there == nil {
			wrong = append(wrong, fmt.Sprintf("%s has no task definition in both regions", s.Name))
			continue
		}
		r.fact("task definition "+s.Name, "%s", aws.ToString(here.TaskDefinitionArn))
		if field := r.difference(here, there); field != "" {
			wrong = append(wrong, fmt.Sprintf("%s differs from %s in %s", s.Name, r.other, field))
		}
	}
	return judging.All(wrong, "%d definitions are the same but for what has to differ", len(r.e.Services))
}

// difference names the first field in which two definitions differ, apart from what has to: names, ARNs, registries and
// whatever else has the region in it.
func (r *run) difference(here, there *ecstypes.TaskDefinition) string {
	fields := func(d *ecstypes.TaskDefinition) []any {
		return []any{d.Cpu, d.Memory, d.NetworkMode, d.RuntimePlatform, d.ContainerDefinitions, d.Volumes, d.TaskRoleArn != nil, d.ExecutionRoleArn != nil}
	}
	names := []string{"cpu", "memory", "network mode", "platform", "containers", "volumes", "task role", "execution role"}
	mine, yours := fields(here), fields(there)
	for n, name := range names {
		if r.plain(mine[n], r.here) != r.plain(yours[n], r.other) {
			return name
		}
	}
	return ""
}

// fileSystemID is what EFS calls a file system: each region has its own.
var fileSystemID = regexp.MustCompile(`fs-[0-9a-f]+`)

// plain is a value as JSON, with what names a region taken out.
func (r *run) plain(value any, region string) string {
	text, err := json.Marshal(value)
	if err != nil {
		return err.Error() // a field that does not encode differs, which somebody has to look at
	}
	plain := strings.ReplaceAll(string(text), r.e.Cluster(region), "CLUSTER")
	for _, s := range r.e.Services {
		plain = strings.ReplaceAll(plain, r.e.Service(region, s.Name), "SERVICE-"+s.Name)
	}
	plain = strings.ReplaceAll(plain, region, "REGION")
	return fileSystemID.ReplaceAllString(plain, "FILES")
}
