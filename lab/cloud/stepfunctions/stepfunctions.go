// Package stepfunctions runs the project's state machines in the lab: the service around the interpreter of lab/asl.
//
// Executions live in their region: while it is dead nothing of them happens, and they go on when it returns. It offers
// Standard workflows only.
package stepfunctions

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/acso/disaster-recovery/lab/asl"
	"github.com/acso/disaster-recovery/lab/asl/jsonata"
	"github.com/acso/disaster-recovery/lab/cloud"
	"github.com/acso/disaster-recovery/lab/cloud/lambda"
)

// Machine is a deployed state machine.
type Machine struct {
	Name       string // as deployed: acso-production-failover
	Definition *asl.Machine
	Role       string // "" for one of its own
}

// Execution is one execution with the place where it runs.
type Execution struct {
	*asl.Execution
	Region  string
	Machine string // as deployed
	Name    string
	ARN     string
	Input   json.RawMessage
}

// Service is AWS Step Functions in all regions.
type Service struct {
	builds     Builds // nil until Wait
	cloud      *cloud.Cloud
	lambda     *lambda.Service
	evaluator  *jsonata.Evaluator
	machines   map[string]Machine // by ARN
	executions []*Execution
	byARN      map[string]*Execution
	tokens     map[string]*Execution
	onToken    []func(*Execution, string)
	onEvent    []func(*Execution, asl.Event)
	onEnd      []func(*Execution)
}

// New makes the service. The evaluator may be shared by all worlds of one thread.
func New(c *cloud.Cloud, functions *lambda.Service, evaluator *jsonata.Evaluator) *Service {
	s := &Service{
		cloud: c, lambda: functions, evaluator: evaluator,
		machines: map[string]Machine{}, byARN: map[string]*Execution{}, tokens: map[string]*Execution{},
	}
	s.register()
	s.registerReading()
	return s
}

// ARN is the ARN of a machine in a region.
func (s *Service) ARN(region, machine string) string {
	return s.cloud.ARN("states", region, "stateMachine:"+machine)
}

// Deploy creates or replaces a machine in a region.
func (s *Service) Deploy(region string, m Machine) { s.machines[s.ARN(region, m.Name)] = m }

// OnToken has f called when a state begins to wait for a task token.
func (s *Service) OnToken(f func(x *Execution, token string)) { s.onToken = append(s.onToken, f) }

// OnEvent has f called for every history event, before the execution takes its next step.
func (s *Service) OnEvent(f func(*Execution, asl.Event)) { s.onEvent = append(s.onEvent, f) }

// OnEnd has f called when an execution ends, each time it does (a redriven one ends again).
func (s *Service) OnEnd(f func(*Execution)) { s.onEnd = append(s.onEnd, f) }

// Executions are all executions in the order in which they started.
func (s *Service) Executions() []*Execution { return s.executions }

// Start starts an execution. As on AWS, a name that is taken is refused unless machine, name and input are those of an
// execution that still runs, which is then the answer.
// https://docs.aws.amazon.com/step-functions/latest/apireference/API_StartExecution.html
func (s *Service) Start(region, machine, name string, input json.RawMessage) (*Execution, error) {
	machineARN := s.ARN(region, machine)
	m, ok := s.machines[machineARN]
	if !ok {
		return nil, cloud.Error("StateMachineDoesNotExist", "State Machine Does Not Exist: '%s'", machineARN)
	}
	if name == "" {
		name = fmt.Sprintf("%08x-%d", s.cloud.Sim.Rand("execution").Uint32(), len(s.executions)+1)
	}
	arn := s.cloud.ARN("states", region, "execution:"+machine+":"+name)
	if old, taken := s.byARN[arn]; taken {
		if old.Status() == asl.Running && string(old.Input) == string(input) {
			return old, nil
		}
		return nil, cloud.Error("ExecutionAlreadyExists", "Execution Already Exists: '%s'", arn)
	}
	x := &Execution{Region: region, Machine: machine, Name: name, ARN: arn, Input: input}
	started, err := asl.Start(m.Definition, asl.Options{
		Clock:           regionClock{s.cloud, region},
		Integrations:    &integrations{s, region},
		Rand:            s.cloud.Sim.Rand("asl"),
		Evaluator:       s.evaluator,
		Region:          region,
		Account:         s.cloud.Account,
		RoleARN:         "arn:aws:iam::" + s.cloud.Account + ":role/" + machine,
		Name:            name,
		ARN:             arn,
		StateMachineARN: machineARN,
		Observer: func(_ *asl.Execution, e asl.Event) {
			s.noteMapRun(x, e)
			for _, f := range s.onEvent {
				f(x, e)
			}
		},
	}, input)
	if err != nil {
		return nil, err
	}
	x.Execution = started
	s.executions = append(s.executions, x)
	s.byARN[arn] = x
	x.OnEnd(func(*asl.Execution) { s.ended(x) })
	return x, nil
}

func (s *Service) ended(x *Execution) {
	for _, f := range s.onEnd {
		f(x)
	}
}

// regionClock is virtual time as something inside a region lives it: what comes due while the region is dead happens
// when it returns.
type regionClock struct {
	cloud  *cloud.Cloud
	region string
}

func (c regionClock) Now() time.Time { return c.cloud.Sim.Now() }

func (c regionClock) After(d time.Duration, f func()) (cancel func()) {
	cancelled := false
	stop := c.cloud.Sim.After(d, func() {
		c.cloud.WhenAlive(c.region, func() {
			if !cancelled {
				f()
			}
		})
	})
	return func() { cancelled = true; stop() }
}
