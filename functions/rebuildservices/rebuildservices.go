// Package rebuildservices has the services of its region run what was recorded: each container the image with the recorded
// digest, each service as many tasks as the environment wants of an active region, tier by tier.
//
// It takes no tag for a digest: a service whose recorded image has none is refused. Everything else of a task definition it
// takes from the deployment that has just been made, whose roles exist. A task counts when it runs.
package rebuildservices

import (
	"context"
	_ "embed"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/applicationautoscaling"
	scaletypes "github.com/aws/aws-sdk-go-v2/service/applicationautoscaling/types"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/acso/disaster-recovery/internal/environment"
	"github.com/acso/disaster-recovery/internal/failure"
	"github.com/acso/disaster-recovery/internal/grant"
	"github.com/acso/disaster-recovery/internal/incident"
	"github.com/acso/disaster-recovery/internal/infrastructure"
	"github.com/acso/disaster-recovery/internal/platform"
	"github.com/acso/disaster-recovery/internal/rebuild"
	"github.com/acso/disaster-recovery/internal/retention"
)

// Event is an example input.
//
//go:embed event.json
var Event []byte

// Errors are the kinds that it fails with.
var Errors = append([]failure.Kind{failure.InvalidInput, failure.Superseded, failure.Unsafe, failure.QuotaReached}, incident.Errors...)

// Input says which tier, of which recorded deployment.
type Input struct {
	Tier     environment.Tier `json:"tier,omitempty"` // critical, standard or non-critical; all without it
	Manifest string           `json:"manifest"`       // key of the infrastructure point
	incident.Claim
}

// Output is how far it is.
type Output struct {
	Done    bool   `json:"done"`    // every service of the tier runs what it should, with the recorded images
	Running int32  `json:"running"` // tasks
	Wanted  int32  `json:"wanted"`  // tasks
	Summary string `json:"summary"`
}

// Handler deploys in its region.
type Handler struct {
	p     platform.Platform
	store *incident.Store
	s3    *s3.Client
	ecs   *ecs.Client
	scale *applicationautoscaling.Client
}

// New makes the handler.
func New(p platform.Platform) *Handler {
	return &Handler{p: p, store: incident.NewStore(p), s3: s3.NewFromConfig(p.AWS), ecs: ecs.NewFromConfig(p.AWS), scale: applicationautoscaling.NewFromConfig(p.AWS)}
}

// Grants is what it may do to the services of its region.
func Grants(e *environment.Environment, region string) []grant.Grant {
	bucket := "arn:aws:s3:::" + e.BucketIn(region, e.Buckets.Backups)
	var services []string
	for _, s := range e.Services {
		services = append(services, fmt.Sprintf("arn:aws:ecs:%s:%s:service/%s/%s", region, e.Account, e.Cluster(region), e.Service(region, s.Name)))
	}
	return append(incident.ReadGrants(e, region),
		grant.Grant{Actions: []string{"s3:GetObject"}, Resources: []string{bucket + "/*/manifests/*"}},
		grant.Grant{Actions: []string{"s3:GetObjectVersion"}, Resources: []string{bucket + "/*/" + retention.Infrastructure + "/*"}},
		grant.Grant{Actions: []string{"ecs:DescribeServices", "ecs:UpdateService"}, Resources: services},
		grant.Grant{Actions: []string{"ecs:DescribeTaskDefinition", "ecs:RegisterTaskDefinition", "application-autoscaling:DescribeScalableTargets"}, Resources: []string{"*"}},
		// The roles that the deployment made for the tasks: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-iam-roles.html
		grant.Grant{Actions: []string{"iam:PassRole"}, Resources: e.TaskRoles(region)},
		grant.Grant{
			Actions:   []string{"application-autoscaling:RegisterScalableTarget"},
			Resources: []string{fmt.Sprintf("arn:aws:application-autoscaling:%s:%s:scalable-target/*", region, e.Account)},
		},
	)
}

// Handle describes, compares and acts, once; the state machine repeats it until it is done.
func (h *Handler) Handle(ctx context.Context, in Input) (Output, error) {
	if _, err := h.store.Owned(ctx, in.Claim); err != nil { // it writes nothing down: the step before took the lock
		return Output{}, err
	}
	e, region := h.p.Environment, h.p.Region()
	d, _, err := rebuild.Open(ctx, h.s3, e.BucketIn(region, e.Buckets.Backups), in.Manifest)
	if err != nil {
		return Output{}, err
	}
	out := Output{Done: true, Summary: "tasks:"}
	for _, recorded := range rebuild.Of(d, e, region, in.Tier) {
		wanted := h.wanted(recorded.Service)
		running, right, err := h.service(ctx, recorded, wanted)
		if err != nil {
			return Output{}, err
		}
		out.Running, out.Wanted, out.Done = out.Running+running, out.Wanted+wanted, out.Done && right && running >= wanted
		out.Summary += fmt.Sprintf(" %s %d of %d,", recorded.Service, running, wanted)
	}
	out.Summary = strings.TrimSuffix(out.Summary, ",")
	return out, nil
}

func (h *Handler) wanted(service string) int32 {
	for _, s := range h.p.Environment.Services {
		if h.p.Environment.Service(h.p.Region(), s.Name) == service {
			return int32(s.Desired) // #nosec G115 -- the environment allows no such numbers
		}
	}
	return 0
}

// service brings one service to its recorded images and its size. right tells whether it had both already.
func (h *Handler) service(ctx context.Context, recorded infrastructure.Service, wanted int32) (running int32, right bool, err error) {
	cluster := h.p.Environment.Cluster(h.p.Region())
	op := "deploy service " + recorded.Service
	found, err := h.ecs.DescribeServices(ctx, &ecs.DescribeServicesInput{Cluster: aws.String(cluster), Services: []string{recorded.Service}})
	if err != nil {
		return 0, false, failure.FromAWS(err, "%s", op)
	}
	if len(found.Services) != 1 {
		return 0, false, failure.New(failure.NotFound, op, "cluster %s has no such service, though the infrastructure was deployed", cluster)
	}
	s := found.Services[0]
	definition, err := h.ecs.DescribeTaskDefinition(ctx, &ecs.DescribeTaskDefinitionInput{TaskDefinition: s.TaskDefinition})
	if err != nil {
		return 0, false, failure.FromAWS(err, "%s: read %s", op, aws.ToString(s.TaskDefinition))
	}
	pinned, changed, err := pin(op, *definition.TaskDefinition, recorded.Images)
	if err != nil {
		return 0, false, err
	}
	arn := s.TaskDefinition
	if changed {
		made, err := h.ecs.RegisterTaskDefinition(ctx, pinned)
		if err != nil {
			return 0, false, failure.FromAWS(err, "%s: register its task definition", op)
		}
		arn = made.TaskDefinition.TaskDefinitionArn
	}
	if err := h.bound(ctx, cluster, recorded.Service, wanted); err != nil {
		return 0, false, err
	}
	if changed || s.DesiredCount < wanted {
		_, err := h.ecs.UpdateService(ctx, &ecs.UpdateServiceInput{Cluster: aws.String(cluster), Service: aws.String(recorded.Service), TaskDefinition: arn, DesiredCount: aws.Int32(wanted)})
		if err != nil {
			return 0, false, failure.FromAWS(err, "%s", op)
		}
		return s.RunningCount, false, nil
	}
	return s.RunningCount, true, nil
}

// pin is the deployed definition with the recorded images in it.
func pin(op string, d types.TaskDefinition, images []infrastructure.Image) (*ecs.RegisterTaskDefinitionInput, bool, error) {
	recorded := map[string]string{}
	for _, i := range images {
		if !strings.Contains(i.Image, "@sha256:") {
			return nil, false, failure.New(failure.Unsafe, op, "container %s was recorded as %s, which has no digest", i.Container, i.Image).
				Next("deploy this service by hand, or give a date whose infrastructure point has the digests")
		}
		recorded[i.Container] = i.Image
	}
	changed := false
	containers := append([]types.ContainerDefinition{}, d.ContainerDefinitions...)
	for n := range containers {
		image, known := recorded[aws.ToString(containers[n].Name)]
		if known && image != aws.ToString(containers[n].Image) {
			containers[n].Image, changed = aws.String(image), true
		}
	}
	return &ecs.RegisterTaskDefinitionInput{
		Family: d.Family, ContainerDefinitions: containers, TaskRoleArn: d.TaskRoleArn, ExecutionRoleArn: d.ExecutionRoleArn, Cpu: d.Cpu, Memory: d.Memory,
		NetworkMode: d.NetworkMode, Volumes: d.Volumes, RequiresCompatibilities: d.RequiresCompatibilities, RuntimePlatform: d.RuntimePlatform,
		PlacementConstraints: d.PlacementConstraints, EphemeralStorage: d.EphemeralStorage, IpcMode: d.IpcMode, PidMode: d.PidMode,
	}, changed, nil
}

// bound keeps the scaling from going below what is wanted, before the service is sized: it would take the tasks away.
func (h *Handler) bound(ctx context.Context, cluster, service string, wanted int32) error {
	resource := "service/" + cluster + "/" + service
	found, err := h.scale.DescribeScalableTargets(ctx, &applicationautoscaling.DescribeScalableTargetsInput{
		ServiceNamespace: scaletypes.ServiceNamespaceEcs, ResourceIds: []string{resource}, ScalableDimension: scaletypes.ScalableDimensionECSServiceDesiredCount,
	})
	if err != nil {
		return failure.FromAWS(err, "describe the scaling of %s", service)
	}
	for _, target := range found.ScalableTargets {
		if aws.ToInt32(target.MinCapacity) == wanted && aws.ToInt32(target.MaxCapacity) >= wanted {
			continue
		}
		_, err := h.scale.RegisterScalableTarget(ctx, &applicationautoscaling.RegisterScalableTargetInput{
			ServiceNamespace: scaletypes.ServiceNamespaceEcs, ResourceId: aws.String(resource), ScalableDimension: scaletypes.ScalableDimensionECSServiceDesiredCount,
			MinCapacity: aws.Int32(wanted), MaxCapacity: aws.Int32(max(2*wanted, aws.ToInt32(target.MaxCapacity))),
		})
		if err != nil {
			return failure.FromAWS(err, "set the scaling of %s", service)
		}
	}
	return nil
}
