package stepfunctions

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/acso/disaster-recovery/internal/grant"
	"github.com/acso/disaster-recovery/lab/asl"
)

// Builds is CodeBuild as a machine waits for it.
type Builds interface {
	// OnEnd has f called when a build ends, at once when it has.
	OnEnd(id string, f func())
	// ARN is the ARN of a project.
	ARN(region, project string) string
}

// Wait makes the service wait for builds of a CodeBuild.
func (s *Service) Wait(builds Builds) { s.builds = builds }

// startBuild starts a build and, with .sync, waits for its end: the answer is the build, and one that did not succeed fails
// the task with the build as its cause. A machine that is stopped stops its build.
// https://docs.aws.amazon.com/step-functions/latest/dg/connect-codebuild.html
func (i *integrations) startBuild(t asl.Task, finish done) (cancel func()) {
	sync := strings.Contains(t.Resource, ".sync")
	var arguments struct{ ProjectName string }
	if err := json.Unmarshal(t.Arguments, &arguments); err != nil || arguments.ProjectName == "" {
		return i.later(finish, nil, &asl.TaskError{Error: "States.Runtime", Cause: "codebuild:startBuild needs Arguments with ProjectName"})
	}
	if sync {
		i.service.noteRights(i.region, t.StateMachineARN, "CodeBuild.Wait", i.buildRights(arguments.ProjectName)...)
	}
	stopped, id := false, ""
	begun := i.call(t, "CodeBuild.StartBuild", "CodeBuild", func(out json.RawMessage, err *asl.TaskError) {
		if err != nil || !sync {
			finish(out, err)
			return
		}
		var answer struct{ Build struct{ Id string } }
		if json.Unmarshal(out, &answer) != nil || answer.Build.Id == "" {
			panic(fmt.Sprintf("lab: StartBuild answered %s", out))
		}
		if id = answer.Build.Id; t.Submitted != nil {
			t.Submitted(out)
		}
		i.service.builds.OnEnd(id, func() {
			if !stopped {
				i.built(t, id, finish)
			}
		})
	})
	return func() {
		stopped = true
		begun()
		if id != "" {
			i.act(t, "CodeBuild.StopBuild", map[string]any{"Id": id}, func(json.RawMessage, error) {})
		}
	}
}

// built answers with a build that ended.
func (i *integrations) built(t asl.Task, id string, finish done) {
	i.act(t, "CodeBuild.BatchGetBuilds", map[string]any{"Ids": []string{id}}, func(out json.RawMessage, err error) {
		var answer struct{ Builds []json.RawMessage }
		if err != nil || json.Unmarshal(out, &answer) != nil || len(answer.Builds) != 1 {
			finish(nil, &asl.TaskError{Error: "States.TaskFailed", Cause: fmt.Sprintf("the build %s cannot be read: %v", id, err)})
			return
		}
		var state struct{ BuildStatus string }
		if json.Unmarshal(answer.Builds[0], &state) == nil && state.BuildStatus == "SUCCEEDED" {
			finish(json.RawMessage(`{"Build":`+string(answer.Builds[0])+`}`), nil)
			return
		}
		finish(nil, &asl.TaskError{Error: "States.TaskFailed", Cause: string(answer.Builds[0])})
	})
}

// act makes a call of Step Functions itself, as the machine's role.
func (i *integrations) act(t asl.Task, operation string, arguments map[string]any, then func(json.RawMessage, error)) {
	var out json.RawMessage
	var err error
	i.service.cloud.Sim.Go(context.Background(), func(ctx context.Context) {
		out, err = i.service.cloud.Invoke(ctx, role(i.region, t.StateMachineARN), i.region, operation, mustJSON(arguments))
	}, func(bool) { then(out, err) })
}

// buildRights are what waiting for a build takes:
// https://docs.aws.amazon.com/step-functions/latest/dg/connect-codebuild.html#codebuild-iam
func (i *integrations) buildRights(project string) []grant.Action {
	arn := i.service.builds.ARN(i.region, project)
	rule := i.service.cloud.ARN("events", i.region, "rule/StepFunctionsGetEventForCodeBuildStartBuildRule")
	return []grant.Action{
		{Name: "codebuild:StopBuild", Resource: arn}, {Name: "codebuild:BatchGetBuilds", Resource: arn},
		{Name: "events:PutTargets", Resource: rule}, {Name: "events:PutRule", Resource: rule}, {Name: "events:DescribeRule", Resource: rule},
	}
}
