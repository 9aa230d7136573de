// Package world assembles the two regions of an environment as they are on a normal day: the workload in the primary,
// the warm standby in the recovery region, and everything that this project deploys in both.
//
// It breaks nothing and judges nothing: scenarios do the one, package drill the other. What is deployed here has to be
// what the stacks deploy.
package world

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/acso/disaster-recovery/functions"
	"github.com/acso/disaster-recovery/internal/environment"
	"github.com/acso/disaster-recovery/internal/watching"
	"github.com/acso/disaster-recovery/lab/asl"
	"github.com/acso/disaster-recovery/lab/asl/jsonata"
	"github.com/acso/disaster-recovery/lab/cloud"
	"github.com/acso/disaster-recovery/lab/cloud/cloudformation"
	"github.com/acso/disaster-recovery/lab/cloud/cloudwatch"
	"github.com/acso/disaster-recovery/lab/cloud/codebuild"
	"github.com/acso/disaster-recovery/lab/cloud/dynamodb"
	"github.com/acso/disaster-recovery/lab/cloud/ec2"
	"github.com/acso/disaster-recovery/lab/cloud/ecr"
	"github.com/acso/disaster-recovery/lab/cloud/ecs"
	"github.com/acso/disaster-recovery/lab/cloud/efs"
	"github.com/acso/disaster-recovery/lab/cloud/eventbridge"
	"github.com/acso/disaster-recovery/lab/cloud/iam"
	"github.com/acso/disaster-recovery/lab/cloud/kms"
	"github.com/acso/disaster-recovery/lab/cloud/lambda"
	"github.com/acso/disaster-recovery/lab/cloud/logs"
	"github.com/acso/disaster-recovery/lab/cloud/rds"
	"github.com/acso/disaster-recovery/lab/cloud/route53"
	"github.com/acso/disaster-recovery/lab/cloud/s3"
	"github.com/acso/disaster-recovery/lab/cloud/scheduler"
	"github.com/acso/disaster-recovery/lab/cloud/servicequotas"
	"github.com/acso/disaster-recovery/lab/cloud/sns"
	"github.com/acso/disaster-recovery/lab/cloud/ssm"
	"github.com/acso/disaster-recovery/lab/cloud/stepfunctions"
	"github.com/acso/disaster-recovery/lab/files"
	"github.com/acso/disaster-recovery/lab/sim"
	"github.com/acso/disaster-recovery/lab/sources"
	"github.com/acso/disaster-recovery/lab/traffic"
	"github.com/acso/disaster-recovery/statemachines"
)

// World is one account with both regions, and the clients.
type World struct {
	Began     time.Time
	Sim       *sim.Sim
	Cloud     *cloud.Cloud
	Env       *environment.Environment
	KMS       *kms.Service
	DynamoDB  *dynamodb.Service
	SNS       *sns.Service
	Metrics   *cloudwatch.Service
	Events    *eventbridge.Service
	Scheduler *scheduler.Service
	S3        *s3.Service
	EC2       *ec2.Service
	RDS       *rds.Service
	EFS       *efs.Service
	ECS       *ecs.Service
	ECR       *ecr.Service
	Quotas    *servicequotas.Service
	DNS       *route53.Service
	Lambda    *lambda.Service
	States    *stepfunctions.Service
	IAM       *iam.Service
	Traffic   *traffic.Traffic
	SSM       *ssm.Service
	Logs      *logs.Service
	Stacks    *cloudformation.Service
	Builds    *codebuild.Service
	Files     *files.Tree // under /app/data
	Sources   *sources.Repository
	Away      *files.Tree // the same in the recovery region: one with Files until SplitFiles

	split bool
	Hooks *Hooks

	questions map[*stepfunctions.Execution]string // task tokens that wait for a person
	asked     []func(*stepfunctions.Execution)
	notices   []func(kind, region, text string)
	approved  bool
}

// Options say which world is made.
type Options struct {
	Seed        uint64
	Environment *environment.Environment
	Evaluator   *jsonata.Evaluator
	Machines    Machines
	// Scheduled has backups start by their schedules, and be watched; without it only what a scenario starts runs.
	Scheduled bool
	// Checkers adds the second trigger, Route 53's alarm forwarded to the region that would be activated. A scenario without it
	// has the probe's alarm alone, and delivers the other by World.Alarm.
	Checkers bool
	// Active is the region that serves when the world begins; "" means the primary. When it is the recovery region, an
	// earlier failover brought clients there and the primary was rebuilt as its standby.
	Active string
	// Recent has that failover be of this very moment, so that its cool-down runs.
	Recent bool
	// Begin is when the world begins; the zero time means sim.Epoch.
	Begin time.Time
}

// Machines are the parsed state machines of an environment, by name. They may be shared by worlds of one thread.
type Machines map[string]*asl.Machine

// ParseMachines parses all state machines with the functions of the environment.
func ParseMachines(e *environment.Environment) (Machines, error) {
	parsed := Machines{}
	for _, m := range statemachines.All() {
		var err error
		if parsed[m.Name], err = ParseMachine(m, e); err != nil {
			return nil, err
		}
	}
	return parsed, nil
}

// ParseMachine parses a state machine with what its ${placeholders} stand for in the lab: names of the environment's functions and
// machines, and the namespace of its metrics. One that names nothing is a mistake: on AWS the deployment would refuse it.
func ParseMachine(m statemachines.Machine, e *environment.Environment) (*asl.Machine, error) {
	values := map[string]string{}
	for _, name := range m.Placeholders() {
		_, function := functions.Named(name)
		_, machine := statemachines.Named(name)
		switch {
		case function:
			values[name] = e.FunctionName(name)
		case machine:
			values[name] = e.MachineName(name)
		case name == statemachines.BackupMetrics:
			values[name] = watching.Namespace(e)
		default:
			return nil, fmt.Errorf("prepare the state machine %s: ${%s} is neither a function nor a state machine of this project", m.Name, name)
		}
	}
	definition, err := m.Substitute(values)
	if err != nil {
		return nil, fmt.Errorf("prepare the state machine %s: %w", m.Name, err)
	}
	return asl.Parse(m.Name, []byte(definition))
}

// New makes a world at sim.Epoch, or when the options say.
func New(o Options) *World {
	e := o.Environment
	s := sim.New(o.Seed)
	if !o.Begin.IsZero() {
		s = sim.NewAt(o.Seed, o.Begin)
	}
	c := cloud.New(s, e.Account, e.Regions.Primary, e.Regions.Recovery)
	w := &World{Sim: s, Began: s.Now(), Cloud: c, Env: e, questions: map[*stepfunctions.Execution]string{}}
	w.KMS = kms.New(c)
	w.DynamoDB = dynamodb.New(c)
	w.SNS = sns.New(c)
	w.Metrics = cloudwatch.New(c, w.SNS)
	w.Events = eventbridge.New(c)
	w.Scheduler = scheduler.New(c)
	w.S3 = s3.New(c, w.KMS)
	w.S3.Measure(w.Metrics)
	w.EC2 = ec2.New(c)
	w.RDS = rds.New(c, keys{w.KMS}, w.EC2, metrics{w.Metrics})
	w.EFS = efs.New(c)
	w.ECR = ecr.New(c)
	w.Quotas = servicequotas.New(c)
	_, zone, _ := strings.Cut(e.Domain.Name, ".") // the public name is a CNAME, which no zone has at its apex
	w.DNS = route53.New(c, e.Domain.HostedZone, zone, alarms{w.Metrics}, metrics{w.Metrics})
	w.ECS = ecs.New(c, w.RDS, w.DNS)
	w.Lambda = lambda.New(c)
	w.States = stepfunctions.New(c, w.Lambda, o.Evaluator)
	w.IAM = iam.New(c, w.roles)
	w.SSM = ssm.New(c, w.KMS)
	w.Logs = logs.New(c, w.S3)
	w.Stacks = cloudformation.New(c)
	w.Builds = codebuild.New(c)
	w.States.Wait(w.Builds)
	w.Files = files.New(s)
	w.Sources = sources.New(s)
	w.Away = w.Files.Twin()
	w.EFS.OnCopied(w.copied)
	w.Hooks = &Hooks{world: w}

	active := o.Active
	if active == "" {
		active = e.Regions.Primary
	}
	w.layWorkload(active)
	w.layBuckets()
	w.layBackedUp(active)
	w.layNames()
	w.layControl(o.Machines, o.Scheduled)
	if o.Checkers {
		w.layCheckers()
	}
	w.layBackupRules()
	w.layRebuild()
	if active != e.Regions.Primary {
		w.layTurned(active, o.Recent)
	}
	if o.Scheduled {
		w.laySchedules()
	}
	w.Traffic = traffic.Start(s, w.DNS, w.ECS, w.RDS, e.Domain.Name, traffic.Default)
	w.watch()
	return w
}

// ServesClients tells whether a region serves clients now: they reach it and their writes would be taken.
func (w *World) ServesClients(region string) bool { return w.ECS.Answers(cloud.Clients, region) }

// Answer is what a person says when asked.
type Answer struct {
	Approved     bool   `json:"approved"`
	By           string `json:"by"`
	FencedByHand bool   `json:"fencedByHand"`
}

// OnQuestion has f called when a machine begins to wait for a person.
func (w *World) OnQuestion(f func(*stepfunctions.Execution)) { w.asked = append(w.asked, f) }

// Reply answers the question that an execution waits with. It does nothing when the execution waits no more.
func (w *World) Reply(x *stepfunctions.Execution, a Answer) {
	token, waiting := w.questions[x]
	if !waiting || x.Status() != asl.Running {
		return
	}
	delete(w.questions, x)
	if a.By == "" {
		a.By = "the on-call engineer"
	}
	text, err := json.Marshal(a)
	if err != nil {
		panic(err) // two booleans and a name
	}
	if err := w.States.Answer(token, text); err != nil {
		w.notice("service", x.Region, fmt.Sprintf("the answer was refused: %v", err))
		return
	}
	w.approved = w.approved || a.Approved
}

// Approve counts as a yes: a person started the failover themselves.
func (w *World) Approve() { w.approved = true }

// Approved tells whether a person has said yes in this world.
func (w *World) Approved() bool { return w.approved }

// OnNotice has f called for what a person who watches would want to see: alarms, DNS, schedules.
func (w *World) OnNotice(f func(kind, region, text string)) { w.notices = append(w.notices, f) }

func (w *World) notice(kind, region, text string) {
	for _, f := range w.notices {
		f(kind, region, text)
	}
}
