// Package codebuild models CodeBuild as a procedure uses it: a project whose build takes its time and then succeeds or fails.
//
// It runs no commands: what the buildspec would do in the world, and what it would refuse, is given by package world.
package codebuild

import (
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awscodebuild "github.com/aws/aws-sdk-go-v2/service/codebuild"
	"github.com/aws/aws-sdk-go-v2/service/codebuild/types"

	"github.com/acso/disaster-recovery/internal/grant"
	"github.com/acso/disaster-recovery/lab/cloud"
)

// Span is a duration that is drawn between two bounds; equal bounds fix it.
type Span struct{ Low, High time.Duration }

// Durations are how long a build takes.
type Durations struct {
	// Provision is until the container runs and has its tools. A guess: AWS publishes no time for it.
	Provision Span
	// Deploy is what CloudFormation takes for the stacks of a workload: load balancer, cluster, services, file system with its
	// mount targets. A guess.
	Deploy Span
}

// Defaults are the durations of a world that nobody changed.
func Defaults() Durations {
	return Durations{Provision: Span{30 * time.Second, 90 * time.Second}, Deploy: Span{10 * time.Minute, 20 * time.Minute}}
}

// Project is a build project of a region.
type Project struct {
	Region, Name string
	// Check is what the build does first; an error is a build that failed before it changed anything.
	Check func(variables map[string]string) error
	// Deploy is what it does then, and the variables that it exports.
	Deploy func(variables map[string]string) map[string]string
}

// Build is one build.
type Build struct {
	ID, Region, Project string
	Began, Ended        time.Time
	Status              types.StatusType
	Why                 string // of a failure

	phase     string
	variables map[string]string
	exported  map[string]string
	waiting   []func()
}

// Service is CodeBuild in all regions.
type Service struct {
	Durations Durations

	cloud    *cloud.Cloud
	projects []Project
	builds   []*Build
}

// New models CodeBuild.
func New(c *cloud.Cloud) *Service {
	s := &Service{Durations: Defaults(), cloud: c}
	s.register()
	return s
}

// Create puts a project into the world.
func (s *Service) Create(p Project) { s.projects = append(s.projects, p) }

// Builds are all builds, in the order in which they were started.
func (s *Service) Builds() []*Build { return append([]*Build(nil), s.builds...) }

// OnEnd has f called when a build ends, at once when it has.
func (s *Service) OnEnd(id string, f func()) {
	for _, b := range s.builds {
		if b.ID == id {
			if b.Status != types.StatusTypeInProgress {
				f()
				return
			}
			b.waiting = append(b.waiting, f)
		}
	}
}

func (s *Service) later(region string, d time.Duration, f func()) {
	s.cloud.Sim.After(d, func() { s.cloud.WhenAlive(region, f) })
}

func (s *Service) draw(purpose string, span Span) time.Duration {
	return s.cloud.Sim.Between("codebuild "+purpose, span.Low, span.High)
}

// register models the operations. Their IAM actions and resources:
// https://docs.aws.amazon.com/service-authorization/latest/reference/list_awscodebuild.html
func (s *Service) register() {
	cloud.Register(s.cloud, "CodeBuild.StartBuild", cloud.Spec[awscodebuild.StartBuildInput]{
		Mutating: true,
		Actions: func(call *cloud.Call, in *awscodebuild.StartBuildInput) []grant.Action {
			return s.on(call.Region, "StartBuild", aws.ToString(in.ProjectName))
		},
	}, s.start)
	cloud.Register(s.cloud, "CodeBuild.StopBuild", cloud.Spec[awscodebuild.StopBuildInput]{
		Mutating: true,
		Actions: func(call *cloud.Call, in *awscodebuild.StopBuildInput) []grant.Action {
			return s.on(call.Region, "StopBuild", project(aws.ToString(in.Id)))
		},
	}, s.stop)
	cloud.Register(s.cloud, "CodeBuild.BatchGetBuilds", cloud.Spec[awscodebuild.BatchGetBuildsInput]{
		Actions: func(call *cloud.Call, in *awscodebuild.BatchGetBuildsInput) []grant.Action {
			var actions []grant.Action
			for _, id := range in.Ids {
				actions = append(actions, s.on(call.Region, "BatchGetBuilds", project(id))...)
			}
			return actions
		},
	}, s.get)
}

func project(id string) string { name, _, _ := strings.Cut(id, ":"); return name }

func (s *Service) on(region, action, name string) []grant.Action {
	return []grant.Action{{Name: "codebuild:" + action, Resource: s.ARN(region, name)}}
}

// ARN is the ARN of a project.
func (s *Service) ARN(region, name string) string {
	return s.cloud.ARN("codebuild", region, "project/"+name)
}

func (s *Service) start(call *cloud.Call, in *awscodebuild.StartBuildInput) (*awscodebuild.StartBuildOutput, error) {
	name := aws.ToString(in.ProjectName)
	for _, p := range s.projects {
		if p.Region != call.Region || p.Name != name {
			continue
		}
		b := &Build{
			ID: fmt.Sprintf("%s:%08d-0000-4000-8000-000000000000", name, len(s.builds)+1), Region: call.Region, Project: name,
			Began: s.cloud.Sim.Now(), Status: types.StatusTypeInProgress, phase: "PROVISIONING", variables: map[string]string{},
		}
		for _, v := range in.EnvironmentVariablesOverride {
			b.variables[aws.ToString(v.Name)] = aws.ToString(v.Value)
		}
		s.builds = append(s.builds, b)
		s.later(b.Region, s.draw("provision", s.Durations.Provision), func() { s.run(p, b) })
		return &awscodebuild.StartBuildOutput{Build: s.describe(b)}, nil
	}
	return nil, &types.ResourceNotFoundException{Message: aws.String("Project cannot be found: " + s.ARN(call.Region, name))}
}

func (s *Service) run(p Project, b *Build) {
	if b.Status != types.StatusTypeInProgress {
		return
	}
	b.phase = "PRE_BUILD"
	if err := p.Check(b.variables); err != nil {
		s.end(b, types.StatusTypeFailed, err.Error())
		return
	}
	b.phase = "BUILD"
	s.later(b.Region, s.draw("deploy", s.Durations.Deploy), func() {
		if b.Status == types.StatusTypeInProgress {
			b.exported = p.Deploy(b.variables)
			s.end(b, types.StatusTypeSucceeded, "")
		}
	})
}

func (s *Service) end(b *Build, status types.StatusType, why string) {
	b.Status, b.Why, b.Ended = status, why, s.cloud.Sim.Now()
	for _, f := range b.waiting {
		f()
	}
	b.waiting = nil
}

func (s *Service) stop(_ *cloud.Call, in *awscodebuild.StopBuildInput) (*awscodebuild.StopBuildOutput, error) {
	for _, b := range s.builds {
		if b.ID == aws.ToString(in.Id) {
			if b.Status == types.StatusTypeInProgress {
				s.end(b, types.StatusTypeStopped, "stopped")
			}
			return &awscodebuild.StopBuildOutput{Build: s.describe(b)}, nil
		}
	}
	return nil, &types.ResourceNotFoundException{Message: aws.String("Build cannot be found: " + aws.ToString(in.Id))}
}

func (s *Service) get(call *cloud.Call, in *awscodebuild.BatchGetBuildsInput) (*awscodebuild.BatchGetBuildsOutput, error) {
	out := &awscodebuild.BatchGetBuildsOutput{}
	for _, id := range in.Ids {
		found := false
		for _, b := range s.builds {
			if b.ID == id && b.Region == call.Region {
				found = true
				out.Builds = append(out.Builds, *s.describe(b))
			}
		}
		if !found {
			out.BuildsNotFound = append(out.BuildsNotFound, id)
		}
	}
	return out, nil
}

func (s *Service) describe(b *Build) *types.Build {
	out := &types.Build{
		Id: aws.String(b.ID), Arn: aws.String(s.cloud.ARN("codebuild", b.Region, "build/"+b.ID)), ProjectName: aws.String(b.Project),
		BuildStatus: b.Status, CurrentPhase: aws.String(b.phase), StartTime: aws.Time(b.Began), BuildComplete: b.Status != types.StatusTypeInProgress,
	}
	if out.BuildComplete {
		out.EndTime, out.CurrentPhase = aws.Time(b.Ended), aws.String("COMPLETED")
	}
	if b.Why != "" { // the phase's context says why, as the command wrote it
		out.Phases = []types.BuildPhase{{PhaseType: types.BuildPhaseType(b.phase), PhaseStatus: b.Status, Contexts: []types.PhaseContext{{StatusCode: aws.String("COMMAND_EXECUTION_ERROR"), Message: aws.String(b.Why)}}}}
	}
	for _, name := range sorted(b.exported) {
		out.ExportedEnvironmentVariables = append(out.ExportedEnvironmentVariables, types.ExportedEnvironmentVariable{Name: aws.String(name), Value: aws.String(b.exported[name])})
	}
	return out
}
