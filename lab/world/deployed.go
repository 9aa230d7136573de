package world

import (
	"fmt"

	"github.com/acso/disaster-recovery/internal/infrastructure"
	"github.com/acso/disaster-recovery/lab/cloud/cloudformation"
	"github.com/acso/disaster-recovery/lab/cloud/iam"
)

// release is what the environment was deployed from.
func release() map[string]string {
	return map[string]string{"app.go": "package main\n", "stacks/stacks.go": "package stacks\n"}
}

// layStacks deploys the stacks of a region, as far as CloudFormation tells of them, and puts their commit into the repository.
func (w *World) layStacks(region string) {
	commit := w.Sources.Push(release())
	for _, name := range []string{"foundation", "storage", "workload", "backup", "recovery", "restore"} {
		w.Stacks.Put(region, w.stack(region, name, commit))
	}
}

// stack is a stack as a commit deploys it; without one, it says of none.
func (w *World) stack(region, name, from string) cloudformation.Stack {
	s := cloudformation.Stack{
		Name: w.Env.Prefix() + "-" + name, Template: fmt.Sprintf("{\"Description\":%q,\"Resources\":{}}", name+" of "+region+" by commit "+from),
		Parameters: map[string]string{"BootstrapVersion": "/cdk-bootstrap/hnb659fds/version"},
	}
	if from != "" {
		s.Outputs = map[string]string{infrastructure.CommitOutput: from}
	}
	return s
}

// Deploy deploys a stack of a region from a commit, or from a template that names none when it is "".
func (w *World) Deploy(region, name, from string) {
	w.Stacks.Deploy(region, w.stack(region, name, from))
}

// roles are those that machines and functions run as, as their stacks made them.
func (w *World) roles() (all []iam.Role) {
	for _, arn := range w.States.Roles() {
		all = append(all, iam.Role{ARN: arn, Service: "states.amazonaws.com"})
	}
	for _, arn := range w.Lambda.Roles() {
		all = append(all, iam.Role{ARN: arn, Service: "lambda.amazonaws.com"})
	}
	return all
}
