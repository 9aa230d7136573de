package drill

import (
	"encoding/json"
	"strings"
	"time"

	"github.com/acso/disaster-recovery/internal/failure"
	"github.com/acso/disaster-recovery/lab/asl"
	"github.com/acso/disaster-recovery/lab/cloud/lambda"
	"github.com/acso/disaster-recovery/lab/cloud/stepfunctions"
)

// aborts: a person wants it to end.
var aborts = []Scenario{
	{
		Name: "switchover-aborted", Expected: FailedClean, lossless: true,
		Sentence: "A person aborts a switchover while the replica catches up: the old primary is given back and seen to serve.",
		prepare: func(r *run) {
			r.at(r.moment(), r.switchOver)
			r.when("CatchUp", r.abort)
		},
	},
	{
		Name: "switchover-abort-too-late", Expected: Recovered, lossless: true,
		Sentence: "A person aborts a switchover when the promotion has begun: it is refused with the reason, and the switchover goes on.",
		prepare: func(r *run) {
			r.at(r.moment(), r.switchOver)
			r.when("PromoteReplica", func() { r.after(time.Second, r.abort) })
		},
	},
	{
		Name: "manual-aborted", Expected: FailedClean, lossless: true,
		Sentence: "A person starts a manual failover away from a primary that serves, and aborts it when its fence is being closed: it is given back.",
		prepare: func(r *run) {
			r.at(r.moment(), func() { r.broken = r.world.Sim.Now(); r.operate("manual", "") })
			r.when("FencePrimary", r.abort)
		},
	},
	{
		Name: "question-aborted", Expected: StoodDown, quiet: true,
		Sentence: "A person is asked, and another one aborts: the question is answered with no, and nobody waits for the time for answers.",
		prepare: func(r *run) {
			r.blindCheckers()
			r.world.OnQuestion(func(*stepfunctions.Execution) { r.after(time.Minute, r.abort) })
		},
	},
}

// abort asks for the end of what is under way, as drctl abort does.
func (r *run) abort() {
	switch r.scenario.machine {
	case failbackMachine:
		r.abortIn(r.env.Regions.Primary)
	case rebuildMachine: // the other region's table is locked too, and has no record
		r.abortIn(r.where())
	default:
		r.abortIn(r.standby())
	}
}

// abortIn asks the region that holds the record.
func (r *run) abortIn(region string) {
	r.say("service", region, "a person asks to abort")
	r.expecting++
	r.world.Lambda.Invoke(r.world.Lambda.ARN(region, r.env.FunctionName("incident")), json.RawMessage(`{"action":"abort","by":"Ada","reason":"drill"}`), func(_ json.RawMessage, err *lambda.Error) {
		r.expecting--
		if err != nil && err.Type != string(failure.Unsafe) && r.running() { // nobody heard it: a person asks again
			r.say("service", region, "nobody hears the request to abort: %s", err.Message)
			r.after(10*time.Second, func() { r.abortIn(region) })
			return
		}
		if err != nil {
			r.observed.abort = "refused"
			r.say("service", region, "the abort is refused: %s", err.Message)
			return
		}
		r.observed.abort = "noted"
		r.say("service", region, "the abort is noted")
	})
}

// abortAt asks for it when the judged execution has left so many states.
func (r *run) abortAt(transition int) {
	count := 0
	r.world.States.OnEvent(func(x *stepfunctions.Execution, e asl.Event) {
		if r.isJudged(x) && strings.HasSuffix(e.Type, "StateExited") {
			if count++; count == transition {
				r.world.Sim.After(0, r.abort)
			}
		}
	})
}
