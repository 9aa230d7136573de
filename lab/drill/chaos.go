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

// draw makes the chaos of a seed: no fault to three, and each other trouble in a part of the runs.
func draw(seed uint64, recovery string) chaos {
	random := rand.New(rand.NewPCG(seed, 0xACC0))
	var c chaos
	for range random.IntN(4) {
		c.faults = append(c.faults, cloud.Fault{
			Region: recovery, Operation: targets[random.IntN(len(targets))],
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
	c := draw(r.options.Seed, recovery)
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
