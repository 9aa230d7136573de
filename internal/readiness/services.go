package readiness

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/applicationautoscaling"
	aastypes "github.com/aws/aws-sdk-go-v2/service/applicationautoscaling/types"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/acso/disaster-recovery/internal/failure"
	"github.com/acso/disaster-recovery/internal/judging"
)

func serviceRules() []rule {
	return []rule{
		{
			name: "services-exist", blocks: true, look: (*run).servicesExist,
			why:    "A failover scales services that are there; it makes none.",
			next:   "deploy the workload stack of this region",
			forced: "the missing services do not come back; without a critical one the validation fails and clients stay where they are",
		},
		{
			name: "standby-running", after: []string{"services-exist"}, look: (*run).standbyRunning,
			why:    "The standby is warm: a task of each service runs, so that it is known to start with today's image and settings.",
			next:   "read the events of the service in ECS: no capacity, no image, no secret or a failing health check",
			forced: "the service may not start at all; it has to be found out during the outage",
		},
		{
			name: "scaling-room", after: []string{"services-exist"}, look: (*run).scalingRoom,
			why:    "Application Auto Scaling takes back what is above a scalable target's maximum.",
			next:   "raise the target's maximum to at least the service's desired count, or release a fence that was left here",
			forced: "the service stays below what the active region needs",
		},
		{
			name: "task-definitions-in-step", at: active, after: []string{"services-exist", "images-here"}, look: (*run).definitionsInStep,
			why:    "What starts here has to be what runs there, apart from names, registries and region.",
			next:   "release to both regions: deploy the workload stack of this region at the same commit",
			forced: "clients get another version of the service than before the failover",
		},
	}
}

// servicesOf reads the services of a region, by their short names.
func (r *run) servicesOf(ctx context.Context, client *ecs.Client, region string) (map[string]ecstypes.Service, error) {
	cluster := r.e.Cluster(region)
	found := map[string]ecstypes.Service{}
	// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DescribeServices.html: at most 10 at once.
	const most = 10
	for from := 0; from < len(r.e.Services); from += most {
		short := map[string]string{}
		in := &ecs.DescribeServicesInput{Cluster: aws.String(cluster)}
		for _, s := range r.e.Services[from:min(from+most, len(r.e.Services))] {
			name := r.e.Service(region, s.Name)
			short[name], in.Services = s.Name, append(in.Services, name)
		}
		out, err := client.DescribeServices(ctx, in)
		if err != nil {
			return nil, failure.FromAWS(err, "describe the services of %s in %s", cluster, region)
		}
		for _, s := range out.Services {
			if aws.ToString(s.Status) == "ACTIVE" {
				found[short[aws.ToString(s.ServiceName)]] = s
			}
		}
	}
	return found, nil
}

func (r *run) running(ctx context.Context) (map[string]ecstypes.Service, error) {
	return r.services.Get(func() (map[string]ecstypes.Service, error) { return r.servicesOf(ctx, r.near.ecs, r.here) })
}

func (r *run) servicesExist(ctx context.Context) judging.Finding {
	found, err := r.running(ctx)
	if err != nil {
		return judging.Of(err)
	}
	var wrong []string
	for _, s := range r.e.Services {
		if _, ok := found[s.Name]; !ok {
			wrong = append(wrong, fmt.Sprintf("%s is not active in %s", r.e.Service(r.here, s.Name), r.e.Cluster(r.here)))
		}
	}
	return judging.All(wrong, "all %d are active in %s", len(r.e.Services), r.e.Cluster(r.here))
}

func (r *run) standbyRunning(ctx context.Context) judging.Finding {
	found, err := r.running(ctx)
	if err != nil {
		return judging.Of(err)
	}
	var wrong []string
	for _, s := range r.e.Services {
		service := found[s.Name]
		if int(service.DesiredCount) < s.Standby || int(service.RunningCount) < s.Standby {
			wrong = append(wrong, fmt.Sprintf("%s runs %d of %d tasks, and a standby has %d", s.Name, service.RunningCount, service.DesiredCount, s.Standby))
		}
	}
	return judging.All(wrong, "every service runs what a standby has")
}

func (r *run) scalingRoom(ctx context.Context) judging.Finding {
	in := &applicationautoscaling.DescribeScalableTargetsInput{ServiceNamespace: aastypes.ServiceNamespaceEcs, ScalableDimension: aastypes.ScalableDimensionECSServiceDesiredCount}
	want := map[string]int{}
	for _, s := range r.e.Services {
		id := "service/" + r.e.Cluster(r.here) + "/" + r.e.Service(r.here, s.Name)
		want[id], in.ResourceIds = s.Desired, append(in.ResourceIds, id)
	}
	var wrong []string
	pages := applicationautoscaling.NewDescribeScalableTargetsPaginator(r.near.scaling, in)
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return judging.Of(failure.FromAWS(err, "describe the scalable targets of %s", r.e.Cluster(r.here)))
		}
		for _, t := range page.ScalableTargets {
			if id := aws.ToString(t.ResourceId); whole(t.MaxCapacity) < want[id] {
				wrong = append(wrong, fmt.Sprintf("%s may have at most %d tasks and needs %d", id, whole(t.MaxCapacity), want[id]))
			}
		}
	}
	return judging.All(wrong, "every service may have as many tasks as it needs when active")
}
