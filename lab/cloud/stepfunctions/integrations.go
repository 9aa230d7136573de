package stepfunctions

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/acso/disaster-recovery/internal/grant"
	"github.com/acso/disaster-recovery/lab/asl"
	"github.com/acso/disaster-recovery/lab/cloud"
	"github.com/acso/disaster-recovery/lab/cloud/lambda"
)

// integrations carries out what the machines of one region ask for.
type integrations struct {
	service *Service
	region  string
}

type done = func(json.RawMessage, *asl.TaskError)

// Start carries out a task.
func (i *integrations) Start(t asl.Task, finish done) (cancel func()) {
	if t.Token != "" {
		x := i.service.byARN[t.ExecutionARN]
		i.service.tokens[t.Token] = x
		for _, f := range i.service.onToken {
			f(x, t.Token)
		}
	}
	resource, _, _ := strings.Cut(strings.TrimPrefix(t.Resource, "arn:aws:states:::"), ".")
	switch {
	case strings.HasPrefix(t.Resource, "arn:aws:lambda:"):
		i.noteInvoke(t, t.Resource)
		return i.service.lambda.Invoke(t.Resource, t.Arguments, func(out json.RawMessage, err *lambda.Error) { finish(out, taskError(err)) })
	case resource == "lambda:invoke":
		return i.invoke(t, finish)
	case resource == "states:startExecution":
		return i.startExecution(t, finish)
	case resource == "codebuild:startBuild":
		return i.startBuild(t, finish)
	case resource == "sns:publish":
		return i.call(t, "SNS.Publish", "SNS", finish)
	case strings.HasPrefix(resource, "aws-sdk:"):
		parts := strings.SplitN(resource, ":", 3)
		operation, ok := i.service.cloud.Find(parts[1], parts[2])
		if !ok {
			panic(fmt.Sprintf("lab: state %s uses %s, which the lab does not model: register it under lab/cloud", t.StateName, t.Resource))
		}
		return i.call(t, operation, parts[1], finish)
	}
	panic(fmt.Sprintf("lab: state %s uses %s, which the lab does not carry out", t.StateName, t.Resource))
}

// invoke is lambda:invoke: the payload goes in, and the answer comes back wrapped.
// https://docs.aws.amazon.com/step-functions/latest/dg/connect-lambda.html
func (i *integrations) invoke(t asl.Task, finish done) (cancel func()) {
	var arguments struct {
		FunctionName, Qualifier, InvocationType, ClientContext string
		Payload                                                json.RawMessage
	}
	if err := json.Unmarshal(t.Arguments, &arguments); err != nil || arguments.FunctionName == "" {
		return i.later(finish, nil, &asl.TaskError{Error: "States.Runtime", Cause: "lambda:invoke needs Arguments with FunctionName"})
	}
	arn := arguments.FunctionName
	if !strings.HasPrefix(arn, "arn:") {
		arn = i.service.lambda.ARN(i.region, arn)
	}
	arn = strings.TrimSuffix(arn, ":$LATEST")
	i.noteInvoke(t, arn)
	switch arguments.InvocationType {
	case "", "RequestResponse":
	case "Event":
		return i.service.lambda.Accept(arn, arguments.Payload, func(err *lambda.Error) {
			// An event's answer has no payload: https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
			finish(json.RawMessage(`{"ExecutedVersion":"$LATEST","Payload":null,"StatusCode":202}`), taskError(err))
		})
	default:
		return i.later(finish, nil, &asl.TaskError{Error: "States.Runtime", Cause: "the lab does not invoke as " + arguments.InvocationType})
	}
	return i.service.lambda.Invoke(arn, arguments.Payload, func(out json.RawMessage, err *lambda.Error) {
		if err != nil {
			finish(nil, taskError(err))
			return
		}
		if len(out) == 0 {
			out = json.RawMessage("null")
		}
		finish(json.RawMessage(`{"ExecutedVersion":"$LATEST","Payload":`+string(out)+`,"StatusCode":200}`), nil)
	})
}

func (i *integrations) noteInvoke(t asl.Task, function string) {
	i.service.noteRights(i.region, t.StateMachineARN, "Lambda.Invoke", grant.Action{Name: "lambda:InvokeFunction", Resource: function})
}

// taskError is how an invocation's failure reaches ErrorEquals: the error type as the name, the whole error as the cause.
func taskError(err *lambda.Error) *asl.TaskError {
	if err == nil {
		return nil
	}
	cause, marshalErr := json.Marshal(err)
	if marshalErr != nil {
		panic(marshalErr) // two strings always marshal
	}
	return &asl.TaskError{Error: err.Type, Cause: string(cause)}
}

// call makes one AWS call as the state machine's role.
func (i *integrations) call(t asl.Task, operation, service string, finish done) (cancel func()) {
	c := i.service.cloud
	principal := role(i.region, t.StateMachineARN)
	var out json.RawMessage
	var err error
	process := c.Sim.Go(context.Background(), func(ctx context.Context) {
		out, err = c.Invoke(ctx, principal, i.region, operation, t.Arguments)
	}, func(killed bool) {
		switch {
		case killed:
			finish(nil, &asl.TaskError{Error: "States.Runtime", Cause: "the call died with its region"})
		case err != nil:
			name, cause := cloud.IntegrationError(service, err)
			finish(nil, &asl.TaskError{Error: name, Cause: cause})
		default:
			finish(out, nil)
		}
	})
	return process.Kill
}

// startExecution starts a nested execution and, with .sync, waits for its end.
// https://docs.aws.amazon.com/step-functions/latest/dg/connect-stepfunctions.html
func (i *integrations) startExecution(t asl.Task, finish done) (cancel func()) {
	var arguments struct {
		StateMachineArn, Name string
		Input                 json.RawMessage
	}
	if err := json.Unmarshal(t.Arguments, &arguments); err != nil || arguments.StateMachineArn == "" {
		return i.later(finish, nil, &asl.TaskError{Error: "States.Runtime", Cause: "states:startExecution needs Arguments with StateMachineArn"})
	}
	input := arguments.Input
	if len(input) == 0 {
		input = json.RawMessage("{}")
	}
	machine := arguments.StateMachineArn[strings.LastIndex(arguments.StateMachineArn, ":")+1:]
	actions := []grant.Action{{Name: "states:StartExecution", Resource: i.service.ARN(i.region, machine)}}
	if strings.Contains(t.Resource, ".sync") {
		actions = append(actions, i.service.waitRights(i.region, machine)...)
	}
	i.service.noteRights(i.region, t.StateMachineARN, "SFN.StartExecution", actions...)
	child, err := i.service.Start(i.region, machine, arguments.Name, input)
	if err != nil {
		name, cause := cloud.IntegrationError("StepFunctions", err)
		return i.later(finish, nil, &asl.TaskError{Error: name, Cause: cause})
	}
	begun := json.RawMessage(fmt.Sprintf(`{"ExecutionArn":%q,"StartDate":%d}`, child.ARN, child.StartedAt().UnixMilli()))
	if !strings.Contains(t.Resource, ".sync") {
		return i.later(finish, begun, nil)
	}
	if t.Submitted != nil {
		i.service.cloud.Sim.After(0, func() { t.Submitted(begun) })
	}
	parsed := strings.HasSuffix(t.Resource, ".sync:2")
	child.OnEnd(func(*asl.Execution) {
		if child.Status() != asl.Succeeded {
			finish(nil, &asl.TaskError{Error: "States.TaskFailed", Cause: string(i.describe(child, parsed))})
			return
		}
		finish(i.describe(child, parsed), nil)
	})
	return func() { child.Stop("States.TaskFailed", "the execution that started this one gave up waiting") }
}

// describe is what .sync answers: DescribeExecution's fields, with the output as JSON for .sync:2 and as text otherwise.
func (i *integrations) describe(x *Execution, parsed bool) json.RawMessage {
	fields := map[string]any{
		"ExecutionArn": x.ARN, "Name": x.Name, "StateMachineArn": i.service.ARN(x.Region, x.Machine),
		"StartDate": x.StartedAt().UnixMilli(), "StopDate": x.StoppedAt().UnixMilli(), "Status": string(x.Status()),
		"Input": asText(x.Input, parsed), "InputDetails": map[string]bool{"Included": true},
	}
	if x.Status() == asl.Succeeded {
		fields["Output"] = asText(x.Output(), parsed)
		fields["OutputDetails"] = map[string]bool{"Included": true}
	} else {
		fields["Error"], fields["Cause"] = x.Error(), x.Cause()
	}
	text, err := json.Marshal(fields)
	if err != nil {
		panic(err) // made of what was JSON before
	}
	return text
}

func asText(value json.RawMessage, parsed bool) any {
	if parsed {
		return value
	}
	return string(value)
}

func (i *integrations) later(finish done, out json.RawMessage, err *asl.TaskError) (cancel func()) {
	return i.service.cloud.Sim.After(0, func() { finish(out, err) })
}
