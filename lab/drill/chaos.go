package drill

import (
	"math/rand/v2"
	"time"

	"github.com/acso/disaster-recovery/lab/cloud"
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
	recovery := r.standby()
	c := draw(r.options.Seed, targets, recovery)
	switch {
	case r.scenario.telling:
		c = draw(r.options.Seed, tellingTargets, recovery)
	case r.scenario.machine == restoreMachine: // it works in the one and writes its record and the replica in the other
		c = draw(r.options.Seed, restoreTargets, r.env.Regions.Primary, r.env.Regions.Primary, recovery)
	}
	r.inject(c.faults)
	if c.kill != nil && r.options.Kill == nil {
		r.killAt(*c.kill)
	}
	r.world.Cloud.Skew(recovery, c.skew)
	r.world.Events.Duplicate(recovery, r.env.PrimaryAlarm(), c.duplicates)
	r.world.Events.Delay(recovery, r.env.PrimaryAlarm(), c.delay)
	r.returns = c.returns
}

func (r *run) inject(faults []cloud.Fault) {
	for _, f := range faults {
		r.at(0, func() { r.world.Cloud.Inject(f) })
	}
}
