package audit

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/route53"

	"github.com/acso/disaster-recovery/functions"
	"github.com/acso/disaster-recovery/internal/catalog"
	"github.com/acso/disaster-recovery/internal/environment"
	"github.com/acso/disaster-recovery/lab/asl/jsonata"
	"github.com/acso/disaster-recovery/lab/cloud"
	"github.com/acso/disaster-recovery/lab/cloud/lambda"
	"github.com/acso/disaster-recovery/lab/cloud/stepfunctions"
	"github.com/acso/disaster-recovery/lab/drill"
	"github.com/acso/disaster-recovery/lab/world"
)

// Everything runs every scenario once as it is, then so many runs with random troubles, then the exercises, and gives the
// log of all of them.
func Everything(ctx context.Context, e *environment.Environment, random int) (*Log, error) {
	bench, err := drill.NewBench()
	if err != nil {
		return nil, err
	}
	log := New()
	scenarios := drill.Scenarios()
	for n := range len(scenarios) + random {
		o := drill.Options{Seed: uint64(n), Environment: e, Bench: bench, Random: n >= len(scenarios)} // #nosec G115 -- small
		if _, err := drill.Run(ctx, scenarios[n%len(scenarios)].Watched(log.Record), o); err != nil {
			return nil, err
		}
	}
	return log, exercise(e, log)
}

// exercises take the ways of a failover that no scenario takes, because they need two troubles at once that are chosen to
// fit each other. They prove that a right is needed; what they leave is judged by the tests of the functions.
var exercises = []func(*site){
	(*site).takeBackHalfAFence,
	(*site).fenceOverATakenRule,
	(*site).fenceAfterTheProofDied,
	(*site).watchAnIsolatedPrimary,
	(*site).flipByRecords,
	(*site).failABackup,
	(*site).keep,
	(*site).judgeReadiness,
	(*site).verifyCopies,
	(*site).clearAnUpload,
	(*site).changeRoles,
}

// site is a world to exercise in.
type site struct {
	*world.World
	primary, recovery string
}

const (
	calm = 10 * time.Minute // a normal day before the trouble
	long = 90 * time.Minute // more than any failover takes
)

func exercise(e *environment.Environment, log *Log) error {
	machines, err := world.ParseMachines(e)
	if err != nil {
		return err
	}
	evaluator, err := jsonata.New()
	if err != nil {
		return err
	}
	for n, run := range exercises {
		o := world.Options{Seed: uint64(n), Environment: e, Evaluator: evaluator, Machines: machines} // #nosec G115 -- small
		o.Scheduled = n == len(exercises)-1                                                           // the last one is about schedules
		w := world.New(o)
		w.Cloud.Observe(log.Record)
		s := &site{World: w, primary: e.Regions.Primary, recovery: e.Regions.Recovery}
		s.pass(calm)
		run(s)
		s.pass(long)
		w.Traffic.Stop()
	}
	return nil
}

func (s *site) pass(d time.Duration) { s.Sim.Run(s.Sim.Now().Add(d), nil) }

// approve has a person say yes to a failover away from a primary that still answers, after Route 53's checkers lost it.
func (s *site) approve() {
	s.Cloud.Cut(cloud.Checkers, s.primary)
	s.OnQuestion(func(x *stepfunctions.Execution) {
		s.Sim.After(time.Minute, func() { s.Reply(x, world.Answer{Approved: true}) })
	})
	s.pass(2 * time.Minute)
	s.Alarm()
}

// takeBackHalfAFence: one direction of the network ACL closes and the other one does not, so the fence is never proven,
// and what was closed is opened again.
func (s *site) takeBackHalfAFence() {
	s.Cloud.Inject(cloud.Fault{Operation: "EC2.CreateNetworkAclEntry", First: 2, Effect: cloud.ErrorBefore})
	s.approve()
}

// fenceOverATakenRule: somebody gave the number of the fence's rule to a rule that lets traffic through, in both regions;
// first the machine fences over it, and in the next failure the probe does.
func (s *site) fenceOverATakenRule() {
	s.takeRule(s.primary)
	s.Cloud.Kill(s.primary)
	s.pass(long)
	s.Cloud.Revive(s.primary)
}

// fenceAfterTheProofDied: the function dies just after it closed the way to the database, and with it the connection that
// would have proven it: only a reboot can.
func (s *site) fenceAfterTheProofDied() {
	s.takeRule(s.primary)
	s.Cloud.Inject(cloud.Fault{Operation: "EC2.ReplaceNetworkAclEntry", First: 2, Count: 1, Effect: cloud.KillAfter})
	s.approve()
}

// watchAnIsolatedPrimary: nobody reaches the primary for an hour while it lives on; when it can be reached again, the
// probe fences a database that takes connections.
func (s *site) watchAnIsolatedPrimary() {
	outside := []string{cloud.Clients, cloud.Checkers, s.recovery}
	for _, from := range outside {
		s.Cloud.Cut(from, s.primary)
	}
	s.pass(long)
	for _, from := range outside {
		s.Cloud.Heal(from, s.primary)
	}
}

// flipByRecords: somebody disabled the health check of the failover switch, which then counts as healthy whatever its
// alarm says, so only editing the records moves clients.
func (s *site) flipByRecords() {
	s.do("disable the health check", s.primary, func(ctx context.Context, config aws.Config) error {
		_, err := route53.NewFromConfig(config).UpdateHealthCheck(ctx, &route53.UpdateHealthCheckInput{HealthCheckId: aws.String("failover-switch"), Disabled: aws.Bool(true)})
		return err
	})
	s.approve()
}

// failABackup: the copy to the other region is refused for good, and the team has to hear of it.
func (s *site) failABackup() {
	s.Cloud.Inject(cloud.Fault{Operation: "RDS.CopyDBSnapshot", Effect: cloud.ErrorBefore})
	if _, err := s.States.Start(s.primary, s.Env.MachineName("backup-database"), "", json.RawMessage("{}")); err != nil {
		panic(fmt.Sprintf("lab: start backup-database: %v", err))
	}
}

// keep calls what looks after recovery points by itself, as its schedules do: with a snapshot in both regions whose
// retention is over, and a newer one that makes it dispensable.
func (s *site) keep() {
	for _, days := range []int{800, 1} {
		at := s.Sim.Now().Truncate(24*time.Hour).AddDate(0, 0, -days)
		name := s.Env.Database.Identifier + "-" + at.Format("20060102-150405") + "-01234567" // as function snapshot names them
		s.RDS.PutSnapshot(s.primary, name, s.Env.DatabaseIn(s.primary), at)
		s.RDS.PutSnapshot(s.recovery, name+catalog.CopySuffix, s.Env.DatabaseIn(s.recovery), at)
	}
	for _, f := range functions.OfBackup() {
		if f.Schedule == "" {
			continue
		}
		for _, region := range s.Cloud.Regions() {
			s.Lambda.Invoke(s.Lambda.ARN(region, s.Env.FunctionName(f.Name)), json.RawMessage(f.Payload), func(json.RawMessage, *lambda.Error) {})
		}
	}
}

// judgeReadiness asks each region whether it could be activated. With everything in its place each look is made, also those
// that another one has to pass before. After a failover, the switch is in the other region than the one that is judged.
func (s *site) judgeReadiness() {
	s.Mature()
	s.askReadiness()
	s.pass(calm)
	s.Cloud.Kill(s.primary)
	s.pass(long)
	s.Cloud.Revive(s.primary)
	s.pass(calm)
	s.askReadiness()
}

func (s *site) askReadiness() {
	for _, region := range s.Cloud.Regions() {
		s.Lambda.Invoke(s.Lambda.ARN(region, s.Env.FunctionName("readiness")), json.RawMessage("{}"), func(json.RawMessage, *lambda.Error) {})
	}
}

func (s *site) takeRule(region string) {
	s.do("take rule 1", region, func(ctx context.Context, config aws.Config) error {
		client := ec2.NewFromConfig(config)
		found, err := client.DescribeNetworkAcls(ctx, &ec2.DescribeNetworkAclsInput{Filters: []types.Filter{{Name: aws.String(environment.ACLFilter(s.Env.DatabaseACL(region))), Values: []string{s.Env.DatabaseACL(region)}}}})
		if err != nil {
			return err
		}
		for _, egress := range []bool{false, true} {
			_, err := client.CreateNetworkAclEntry(ctx, &ec2.CreateNetworkAclEntryInput{
				NetworkAclId: found.NetworkAcls[0].NetworkAclId, RuleNumber: aws.Int32(1), Egress: aws.Bool(egress),
				RuleAction: types.RuleActionAllow, Protocol: aws.String("-1"), CidrBlock: aws.String("0.0.0.0/0"),
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// do acts as a person in a region's console. An exercise that cannot be set up would prove nothing, so it panics.
func (s *site) do(what, region string, act func(context.Context, aws.Config) error) {
	config := s.Cloud.Config(cloud.Principal{Name: "operator", Region: cloud.Clients, Unlimited: true})
	config.Region = region
	s.Sim.Go(context.Background(), func(ctx context.Context) {
		if err := act(ctx, config); err != nil {
			panic(fmt.Sprintf("lab: %s: %v", what, err))
		}
	}, func(bool) {})
	s.pass(time.Minute)
}
