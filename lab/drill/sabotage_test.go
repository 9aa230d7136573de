package drill

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"

	"github.com/acso/disaster-recovery/environments"
	"github.com/acso/disaster-recovery/lab/cloud"
	"github.com/acso/disaster-recovery/lab/cloud/cloudwatch"
	"github.com/acso/disaster-recovery/lab/world"
	"github.com/acso/disaster-recovery/statemachines"
)

// TestSabotageIsSeen takes the safety out of the failover, piece by piece: an invariant that no such machine breaks
// would prove nothing.
func TestSabotageIsSeen(t *testing.T) {
	for _, c := range []struct {
		name, scenario string
		edits          []edit
		invariant      string // that has to fail
	}{
		{
			"promotes without asking about health", "healthy-primary",
			[]edit{
				{`"Condition": "{% $unhealthyInARow >= 2 %}"`, `"Condition": "{% true %}"`},
				{`"Condition": "{% $health = 'healthy' %}"`, `"Condition": "{% false %}"`},
			},
			"no promotion of a healthy system without approval",
		},
		{
			"reports no loss", "region-outage",
			[]edit{{`"lossBoundSeconds": "{% $finalLoss %}"`, `"lossBoundSeconds": 0`}},
			"reported loss covers the real loss",
		},
		{
			"never closes the incident", "region-outage",
			[]edit{{`"action": "close",
          "outcome": "recovered"`, `"action": "record",
          "stage": "forgotten"`}},
			"the lock is free",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			result := sabotaged(t, c.scenario, c.edits)
			mustFail(t, result, c.invariant)
		})
	}
}

func mustFail(t *testing.T, result *Result, invariant string) {
	t.Helper()
	for _, i := range result.Invariants {
		if i.Name == invariant && i.Result == Fail {
			return
		}
	}
	t.Errorf("%q did not fail; outcome %s, invariants %+v", invariant, result.Outcome, result.Invariants)
}

// TestMeddlingIsSeen does from outside what the machines refuse to do.
func TestMeddlingIsSeen(t *testing.T) {
	e, err := environments.Named("production")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, invariant string
		prepare         func(*run)
	}{
		{"somebody flips the switch before anything is promoted", "traffic only to a validated region", func(r *run) {
			r.at(0, r.killPrimary)
			r.at(10*time.Second, r.throwSwitch)
		}},
		{"somebody promotes by hand and flips the switch while the primary serves", "single writer", func(r *run) {
			r.at(0, func() { r.world.RDS.Promoted(r.standby(), r.env.Database.Replica); r.throwSwitch() })
			r.at(10*time.Minute, r.alarm)
		}},
		{"somebody opens the old primary again", "the old primary is fenced", func(r *run) {
			r.at(0, r.killPrimary)
			r.at(30*time.Minute, r.revivePrimary)
			r.at(40*time.Minute, r.openPrimary)
			r.at(60*time.Minute, func() {})
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			result, err := Run(context.Background(), Scenario{Name: c.name, prepare: c.prepare}, Options{Seed: 1, Environment: e})
			if err != nil {
				t.Fatal(err)
			}
			mustFail(t, result, c.invariant)
		})
	}
}

// throwSwitch puts the switch's metric as nobody but the failover should, and goes on doing so.
func (r *run) throwSwitch() {
	r.world.Sim.Every(0, 10*time.Second, func() {
		r.world.Metrics.Put(r.standby(), "ACSO/Failover", "Switch", cloudwatch.Dimensions("Environment", r.env.Name), 1)
	})
}

// openPrimary takes the fence away behind the back of everybody who keeps account of it.
func (r *run) openPrimary() {
	primary := r.active()
	config := r.world.Cloud.Config(cloud.Principal{Name: "meddler", Region: cloud.Clients, Unlimited: true})
	config.Region = primary
	client := ec2.NewFromConfig(config)
	r.world.Sim.Go(context.Background(), func(ctx context.Context) {
		found, err := client.DescribeNetworkAcls(ctx, &ec2.DescribeNetworkAclsInput{})
		if err != nil {
			panic(err)
		}
		for _, egress := range []bool{true, false} {
			if _, err := client.DeleteNetworkAclEntry(ctx, &ec2.DeleteNetworkAclEntryInput{
				NetworkAclId: found.NetworkAcls[0].NetworkAclId, RuleNumber: aws.Int32(1), Egress: aws.Bool(egress),
			}); err != nil {
				panic(err)
			}
		}
	}, func(bool) {})
	for _, s := range r.env.Services {
		r.world.ECS.Scale(primary, r.env.Service(primary, s.Name), s.Desired)
	}
}

// edit replaces a text wherever it stands in the definition.
type edit struct{ old, replacement string }

func sabotaged(t *testing.T, scenario string, edits []edit) *Result {
	t.Helper()
	e, err := environments.Named("production")
	if err != nil {
		t.Fatal(err)
	}
	bench, err := NewBench()
	if err != nil {
		t.Fatal(err)
	}
	machines, err := bench.parsed(e)
	if err != nil {
		t.Fatal(err)
	}
	s, err := Find(scenario)
	if err != nil {
		t.Fatal(err)
	}
	m, _ := statemachines.Named(s.Machine())
	for _, edit := range edits {
		if !strings.Contains(m.Definition, edit.old) {
			t.Fatalf("%s has no %s any more: sabotage it elsewhere", m.Name, edit.old)
		}
		m.Definition = strings.ReplaceAll(m.Definition, edit.old, edit.replacement)
	}
	if machines[m.Name], err = world.ParseMachine(m, e); err != nil {
		t.Fatal(err)
	}
	result, err := Run(context.Background(), s, Options{Seed: 1, Environment: e, Bench: bench})
	if err != nil {
		t.Fatal(err)
	}
	return result
}
