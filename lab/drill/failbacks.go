package drill

import (
	"time"

	"github.com/acso/disaster-recovery/lab/cloud/stepfunctions"
)

const failbackMachine = "failback"

// failbacks: the region that was lost is well again, and takes the system back. They run in the primary region.
var failbacks = []Scenario{
	{
		Name: "failback-after-outage", Expected: Recovered, machine: failbackMachine, limit: 24 * time.Hour, everywhere: true,
		Sentence: "The region that was lost returns, is fenced and rebuilt, and takes the system back; the other one is its standby again.",
		prepare: func(r *run) {
			r.world.SplitFiles()
			r.outage(45*time.Minute, nil)
			r.failBackAt(75 * time.Minute)
		},
		judge: (*run).failedBack,
	},
}

// outage kills the primary, has it return after a while, and calls then when the failover has ended.
func (r *run) outage(returns time.Duration, then func()) {
	at := r.moment()
	r.at(at, r.killPrimary)
	if returns > 0 {
		r.at(at+returns, r.revivePrimary)
	}
	if then == nil {
		return
	}
	r.world.States.OnEnd(func(x *stepfunctions.Execution) {
		if x.Machine == r.env.MachineName("failover") && outcomeOf(x) == Recovered && then != nil {
			then()
			then = nil
		}
	})
}

// failBackAt starts a failback in the primary region d after the warm-up.
func (r *run) failBackAt(d time.Duration) {
	r.at(d, func() { r.startIn(r.env.Regions.Primary, `{"reason":"drill"}`) })
}
