package drill

import (
	"math/rand/v2"
	"slices"
	"time"

	"github.com/acso/disaster-recovery/lab/asl"
	"github.com/acso/disaster-recovery/lab/cloud"
	"github.com/acso/disaster-recovery/lab/cloud/stepfunctions"
)

// chaos is what a campaign adds to a scenario. It follows from the seed alone.
type chaos struct {
	faults     []cloud.Fault
	kill       *Kill
	skew       time.Duration // of the clocks of the functions in the recovery region
	duplicates int           // more copies of each alarm event
	delay      time.Duration // of each alarm event
	returns    time.Duration // a dead primary comes back so long after it died; 0 for never
}

// targets are what random faults break: each service that the recovery depends on, and everything that changes something.
var targets = []string{
	"mutating", "RDS.*", "RDS.PromoteReadReplica", "RDS.DescribeDBInstances", "ECS.*", "ECS.UpdateService",
	"Application Auto Scaling.*", "EFS.*", "EFS.DeleteReplicationConfiguration", "DynamoDB.*", "DynamoDB.PutItem", "DynamoDB.GetItem",
	"CloudWatch.PutMetricData", "SNS.Publish", "KMS.*", "S3.*", "*",
}

// restoreTargets are what random faults break under a restore.
var restoreTargets = []string{
	"mutating", "RDS.*", "RDS.RestoreDBInstanceToPointInTime", "RDS.ModifyDBInstance", "RDS.DescribeDBInstances", "RDS.CreateDBSnapshot",
	"ECS.*", "ECS.UpdateService", "DynamoDB.*", "DynamoDB.PutItem", "S3.*", "S3.GetObject", "S3.PutObject", "S3.ListObjectVersions",
	"SSM.*", "SSM.PutParameter", "KMS.*", "EFS.*", "SNS.Publish", "*",
}

// tellingTargets are what random faults break where people are told: what messages go through, and what is written of them.
var tellingTargets = []string{
	"SNS.Publish", "SNS.*", "SSM.GetParameter", "DynamoDB.PutItem", "DynamoDB.GetItem", "KMS.*", "S3.PutObject", "Step Functions.GetExecutionHistory", "mutating", "*",
}

// rebuildTargets are what random faults break under a restore of the whole system.
var rebuildTargets = []string{
	"mutating", "RDS.*", "RDS.RestoreDBInstanceFromDBSnapshot", "RDS.ModifyDBInstance", "RDS.DescribeDBInstances", "RDS.DescribeDBSnapshots",
	"CodeBuild.*", "CodeBuild.StartBuild", "ECS.*", "ECS.UpdateService", "ECS.RegisterTaskDefinition", "Application Auto Scaling.*",
	"DynamoDB.*", "DynamoDB.PutItem", "S3.*", "S3.GetObject", "SSM.*", "SSM.PutParameter", "KMS.*", "CloudWatch.PutMetricData", "SNS.Publish", "*",
}

// testTargets are what random faults break under a restore test.
var testTargets = []string{
	"mutating", "RDS.*", "RDS.RestoreDBInstanceFromDBSnapshot", "RDS.RestoreDBInstanceToPointInTime", "RDS.DeleteDBInstance", "RDS.DescribeDBInstances",
	"S3.*", "S3.GetObject", "S3.CopyObject", "S3.PutObject", "S3.DeleteObject", "S3.ListObjectVersions", "SSM.*", "SSM.PutParameter", "SSM.DeleteParameters",
	"KMS.*", "SNS.Publish", "CloudWatch.PutMetricData", "*",
}

// draw makes the chaos of a seed, of targets in regions: no fault to three, and each other trouble in a part of the runs.
func draw(seed uint64, targets []string, regions ...string) chaos {
	random := rand.New(rand.NewPCG(seed, 0xACC0))
	var c chaos
	for range random.IntN(4) {
		region := regions[0]
		if len(regions) > 1 {
			region = regions[random.IntN(len(regions))]
		}
		c.faults = append(c.faults, cloud.Fault{
			Region: region, Operation: targets[random.IntN(len(targets))],
			First: 1 + random.IntN(25), Count: 1 + random.IntN(3), Effect: cloud.Effects[random.IntN(len(cloud.Effects))],
		})
	}
	switch random.IntN(6) {
	case 0:
		c.kill = &Kill{Transition: 1 + random.IntN(400)}
	case 1:
		effects := []cloud.Effect{cloud.KillBefore, cloud.KillAfter}
		c.kill = &Kill{Call: 1 + random.IntN(60), Effect: effects[random.IntN(2)]}
	}
	if random.IntN(3) == 0 {
		c.skew = time.Duration(random.IntN(41)-20) * time.Second
	}
	if random.IntN(4) == 0 {
		c.duplicates = 1 + random.IntN(3)
	}
	if random.IntN(4) == 0 {
		c.delay = time.Duration(random.IntN(120)) * time.Second
	}
	if random.IntN(4) == 0 {
		c.returns = time.Duration(60+random.IntN(3000)) * time.Second
	}
	return c
}

// unleash lets the chaos of the run's seed loose.
func (r *run) unleash() {
	primary, recovery := r.env.Regions.Primary, r.standby()
	c := draw(r.options.Seed, targets, recovery)
	switch {
	case r.scenario.telling:
		c = draw(r.options.Seed, tellingTargets, recovery)
	case r.scenario.machine == restoreMachine: // it works in the one and writes its record and the replica in the other
		c = draw(r.options.Seed, restoreTargets, primary, primary, recovery)
	case r.scenario.machine == rebuildMachine:
		c = draw(r.options.Seed, rebuildTargets, primary, primary, recovery)
	case r.scenario.machine == testMachine, r.scenario.machine == clearMachine:
		c = draw(r.options.Seed, testTargets, primary, primary, recovery)
	}
	if slices.Contains([]string{restoreMachine, rebuildMachine, testMachine, clearMachine}, r.scenario.machine) {
		r.onStart(func() { r.let(c.faults) }) // the backups that come first would use them up
	} else {
		r.inject(c.faults)
	}
	if c.kill != nil && r.options.Kill == nil {
		r.killAt(*c.kill)
	}
	r.world.Cloud.Skew(recovery, c.skew)
	r.world.Events.Duplicate(recovery, r.env.PrimaryAlarm(), c.duplicates)
	r.world.Events.Delay(recovery, r.env.PrimaryAlarm(), c.delay)
	r.returns = c.returns
}

// onStart does something when the first judged execution starts.
func (r *run) onStart(f func()) {
	begun := false
	r.world.States.OnEvent(func(x *stepfunctions.Execution, e asl.Event) {
		if !begun && r.isJudged(x) && e.Type == "ExecutionStarted" {
			begun = true
			f()
		}
	})
}

func (r *run) inject(faults []cloud.Fault) {
	r.at(0, func() { r.let(faults) })
}

// let has faults begin now.
func (r *run) let(faults []cloud.Fault) {
	for _, f := range faults {
		r.world.Cloud.Inject(f)
	}
}
