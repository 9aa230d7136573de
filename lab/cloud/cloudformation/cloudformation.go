// Package cloudformation models CloudFormation as a backup of the infrastructure sees it: stacks that are deployed, with the
// template, the parameters, the tags and the outputs of the last deployment, and an event for each change of a stack's status.
//
// It creates nothing: what the templates would make is put into the world by package world.
package cloudformation

import (
	"encoding/json"
	"fmt"
	"slices"
	"sort"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"

	"github.com/acso/disaster-recovery/internal/grant"
	"github.com/acso/disaster-recovery/lab/cloud"
)

// Service is CloudFormation in all regions.
type Service struct {
	cloud       *cloud.Cloud
	stacks      []*stack
	subscribers []func(Change)
}

// Stack is what a deployment brings.
type Stack struct {
	Name, Template            string
	Parameters, Tags, Outputs map[string]string
}

type stack struct {
	Stack
	region, id       string
	status           types.StackStatus
	created, updated time.Time
}

// Change is one change of a stack's status.
type Change struct {
	Region, StackID string
	Status          types.StackStatus
}

// Detail is the detail of the event "CloudFormation Stack Status Change" (source aws.cloudformation).
// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/eventbridge-events.html
func (c Change) Detail() json.RawMessage {
	text, err := json.Marshal(map[string]any{
		"stack-id": c.StackID, "status-details": map[string]string{"status": string(c.Status), "status-reason": ""}, "client-request-token": "",
	})
	if err != nil {
		panic(err) // made of strings
	}
	return text
}

// New models CloudFormation.
func New(c *cloud.Cloud) *Service {
	s := &Service{cloud: c}
	s.register()
	return s
}

// OnChange has f called at every change of a stack's status in any region.
func (s *Service) OnChange(f func(Change)) { s.subscribers = append(s.subscribers, f) }

// Put makes a stack as it has been for long, without an event.
func (s *Service) Put(region string, d Stack) {
	id := s.cloud.ARN("cloudformation", region, fmt.Sprintf("stack/%s/44444444-0000-4000-8000-%012d", d.Name, len(s.stacks)+1))
	s.stacks = append(s.stacks, &stack{Stack: d, region: region, id: id, status: types.StackStatusCreateComplete, created: s.cloud.Sim.Now()})
}

// Templates are the templates of a region's stacks by name, as they were deployed last.
func (s *Service) Templates(region string) map[string]string {
	templates := map[string]string{}
	for _, k := range s.stacks {
		if k.region == region {
			templates[k.Name] = k.Template
		}
	}
	return templates
}

// deploying is how long an update of a stack takes. A guess; a stack of functions and rules takes minutes.
const fastest, slowest = time.Minute, 5 * time.Minute

// Deploy updates a stack; the new template is what it has from the end of the update on.
func (s *Service) Deploy(region string, d Stack) {
	k := s.find(region, d.Name)
	if k == nil {
		panic(fmt.Sprintf("lab: no stack %s in %s", d.Name, region))
	}
	s.set(k, types.StackStatusUpdateInProgress)
	s.cloud.Sim.After(s.cloud.Sim.Between("cloudformation.update", fastest, slowest), func() {
		k.Stack, k.updated = d, s.cloud.Sim.Now()
		s.set(k, types.StackStatusUpdateComplete)
	})
}

func (s *Service) set(k *stack, status types.StackStatus) {
	k.status = status
	for _, f := range s.subscribers {
		f(Change{Region: k.region, StackID: k.id, Status: status})
	}
}

// find takes a name or an ARN.
func (s *Service) find(region, name string) *stack {
	for _, k := range s.stacks {
		if k.region == region && (k.Name == name || k.id == name) {
			return k
		}
	}
	return nil
}

// register models the operations. Their IAM actions:
// https://docs.aws.amazon.com/service-authorization/latest/reference/list_awscloudformation.html
func (s *Service) register() {
	cloud.Register(s.cloud, "CloudFormation.DescribeStacks", cloud.Spec[cloudformation.DescribeStacksInput]{
		Actions: func(call *cloud.Call, in *cloudformation.DescribeStacksInput) []grant.Action {
			return s.actions(call, "DescribeStacks", in.StackName)
		},
	}, s.describe)
	cloud.Register(s.cloud, "CloudFormation.GetTemplate", cloud.Spec[cloudformation.GetTemplateInput]{
		Actions: func(call *cloud.Call, in *cloudformation.GetTemplateInput) []grant.Action {
			return s.actions(call, "GetTemplate", in.StackName)
		},
	}, s.template)
}

// actions: a stack is checked by its ARN; without a name DescribeStacks is checked on everything.
func (s *Service) actions(call *cloud.Call, action string, name *string) []grant.Action {
	resource := "*"
	if name != nil {
		resource = s.cloud.ARN("cloudformation", call.Region, "stack/"+*name+"/")
		if k := s.find(call.Region, *name); k != nil {
			resource = k.id
		}
	}
	return []grant.Action{{Name: "cloudformation:" + action, Resource: resource}}
}

func missing(name string) error {
	return cloud.Error("ValidationError", "Stack with id %s does not exist", name)
}

func (s *Service) describe(call *cloud.Call, in *cloudformation.DescribeStacksInput) (*cloudformation.DescribeStacksOutput, error) {
	out := &cloudformation.DescribeStacksOutput{}
	for _, k := range s.stacks {
		if k.region != call.Region || in.StackName != nil && k != s.find(call.Region, *in.StackName) {
			continue
		}
		d := types.Stack{StackName: aws.String(k.Name), StackId: aws.String(k.id), StackStatus: k.status, CreationTime: aws.Time(k.created)}
		if !k.updated.IsZero() {
			d.LastUpdatedTime = aws.Time(k.updated)
		}
		for _, name := range sorted(k.Parameters) {
			d.Parameters = append(d.Parameters, types.Parameter{ParameterKey: aws.String(name), ParameterValue: aws.String(k.Parameters[name])})
		}
		for _, name := range sorted(k.Tags) {
			d.Tags = append(d.Tags, types.Tag{Key: aws.String(name), Value: aws.String(k.Tags[name])})
		}
		for _, name := range sorted(k.Outputs) {
			d.Outputs = append(d.Outputs, types.Output{OutputKey: aws.String(name), OutputValue: aws.String(k.Outputs[name])})
		}
		out.Stacks = append(out.Stacks, d)
	}
	if in.StackName != nil && len(out.Stacks) == 0 {
		return nil, missing(*in.StackName)
	}
	slices.SortFunc(out.Stacks, func(a, b types.Stack) int { return strings.Compare(*a.StackName, *b.StackName) })
	return out, nil
}

func (s *Service) template(call *cloud.Call, in *cloudformation.GetTemplateInput) (*cloudformation.GetTemplateOutput, error) {
	k := s.find(call.Region, aws.ToString(in.StackName))
	if k == nil {
		return nil, missing(aws.ToString(in.StackName))
	}
	return &cloudformation.GetTemplateOutput{TemplateBody: aws.String(k.Template), StagesAvailable: []types.TemplateStage{types.TemplateStageOriginal, types.TemplateStageProcessed}}, nil
}

func sorted(values map[string]string) []string {
	var names []string
	for name := range values {
		names = append(names, name)
	}
	sort.Strings(names)
	return names
}
