package drill

import (
	"strings"
	"time"

	"github.com/acso/disaster-recovery/lab/asl"
	"github.com/acso/disaster-recovery/lab/cloud"
	"github.com/acso/disaster-recovery/lab/cloud/stepfunctions"
)

// observed is what the lab itself saw, beside the clients.
type observed struct {
	transitions int      // states that the judged execution left
	left        []string // which
	mutations   int      // mutating calls while it ran
	promotions  []promotion
	meddled     int      // mutating calls of the functions of the judged machine
	asked       int      // questions to a person, where a scenario counts them
	abort       string   // what became of a request to abort: noted or refused
	changes     []string // what was changed outside of the incident table, metrics and messages
	milestones
}

type promotion struct {
	at       time.Time
	serving  bool // the old primary served its clients until the failover itself touched it, or still did
	approved bool // a person had said yes before
}

// bookkeeping are the mutating operations that change nothing in the world: memory, metrics and messages.
var bookkeeping = []string{"DynamoDB.", "CloudWatch.PutMetricData", "SNS.Publish", "SFN."}

func (r *run) observe() {
	r.watch()
	if stages[r.scenario.machine] != nil {
		r.watchRestore()
	}
	if r.scenario.machine == failbackMachine {
		r.watchLoop()
	}
	primary := r.active()
	var victim *stepfunctions.Execution // the first judged one: its region's mutating calls are where it can be killed
	r.world.Cloud.Observe(func(c cloud.Record) {
		if !c.Mutating {
			return
		}
		if c.Caller != "probe" && c.Caller != "heartbeat" {
			r.observed.meddled++
		}
		if victim != nil && victim.Status() == asl.Running && r.counts(c.To, victim.Region) {
			r.observed.mutations++
		}
		if !c.Effect || isBookkeeping(c.Operation) {
			return
		}
		if len(r.observed.changes) == 0 {
			r.observed.servedUntilChange = r.world.Sim.Now().Sub(r.observed.lastServed) < lookInterval+time.Second
		}
		r.observed.changes = append(r.observed.changes, c.Operation+" in "+c.To+" by "+c.Caller)
		if c.Operation == "RDS.PromoteReadReplica" {
			r.observed.promotions = append(r.observed.promotions, promotion{
				at: c.At, serving: r.observed.servedUntilChange || r.world.ServesClients(primary), approved: r.world.Approved(),
			})
		}
	})
	r.world.States.OnEvent(func(x *stepfunctions.Execution, e asl.Event) {
		if !r.isJudged(x) {
			return
		}
		switch {
		case strings.HasSuffix(e.Type, "StateExited"):
			r.observed.transitions++
			r.observed.left = append(r.observed.left, e.State())
		case strings.HasSuffix(e.Type, "StateEntered"):
			// A poll enters the same states again and again: one line tells of the first time.
			r.entered(e.State())
			if key := x.ARN + e.State(); !r.live[key] {
				r.live[key] = true
				r.say("state", x.Region, "%s", e.State())
			}
		case e.Type == "ExecutionStarted", e.Type == "ExecutionRedriven":
			if victim == nil {
				victim = x
			}
			r.say("state", x.Region, "%s starts", r.scenario.Machine())
		}
	})
	r.world.States.OnEnd(func(x *stepfunctions.Execution) {
		if !r.isJudged(x) {
			return
		}
		r.say("end", x.Region, "%s ends: %s", r.scenario.Machine(), ended(x))
	})
	r.world.OnNotice(func(kind, region, text string) { r.say(kind, region, "%s", text) })
}

// entered notes what the machine says by going on: a state behind the validation is only entered when it passed.
func (r *run) entered(state string) {
	if state == "ChooseFlip" {
		first(&r.observed.validated, r.world.Sim.Now())
	}
	for _, f := range r.triggers[state] {
		f()
	}
	delete(r.triggers, state)
}

// when does something the first time that the judged machine enters a state.
func (r *run) when(state string, f func()) { r.triggers[state] = append(r.triggers[state], f) }

func isBookkeeping(operation string) bool {
	for _, prefix := range bookkeeping {
		if strings.HasPrefix(operation, prefix) {
			return true
		}
	}
	return false
}

func ended(x *stepfunctions.Execution) string {
	if x.Status() == asl.Succeeded {
		return string(x.Status())
	}
	return string(x.Status()) + " " + x.Error()
}
