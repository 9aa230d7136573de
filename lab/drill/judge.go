package drill

import (
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"github.com/acso/disaster-recovery/lab/asl"
	"github.com/acso/disaster-recovery/lab/cloud/rds"
	"github.com/acso/disaster-recovery/lab/cloud/stepfunctions"
)

// judge makes the result of the world as it is now.
func (r *run) judge() *Result {
	o := r.env.Objectives
	result := &Result{
		Scenario: r.scenario.Name, Seed: r.options.Seed, Environment: r.env.Name, ExpectedOutcome: r.scenario.Expected,
		Outcome: r.outcome(), Calls: r.world.Cloud.Calls(), Timeline: r.timeline, Repeat: r.repeat(), Executions: []Execution{},
		RTO:     RTO{ObjectiveSeconds: o.RecoveryTime.Critical.Std().Seconds(), Met: Unknown},
		RPO:     RPO{ObjectiveSeconds: o.RecoveryPoint.Critical.Std().Seconds(), Met: Unknown},
		late:    r.scenario.late,
		failing: r.scenario.Expected == FailedClean || r.scenario.Expected == FailedDirty,
		killed:  r.killed, transitions: r.observed.transitions, mutations: r.observed.mutations, promotions: len(r.observed.promotions),
		dualWriters: len(r.world.Traffic.DualWriters()), movedEarly: r.movedEarly(),
	}
	for _, x := range r.world.States.Executions() {
		result.Executions = append(result.Executions, r.execution(x))
		if r.isJudged(x) && x.Status() == asl.Failed {
			result.Next = x.Cause()
		}
	}
	if x := r.recovery(); x != nil {
		result.Plan = planOf(x.Output())
	}
	result.takenOver = r.killed && strings.Contains(result.Next, "Superseded: ") && r.asItWas().Result == Pass
	r.measure(result)
	result.Invariants = r.invariants(result)
	if result.Outcome == Recovered && r.scenario.judge == nil {
		result.CriticalPath = r.criticalPath(result)
	}
	if stages[r.scenario.machine] != nil {
		result.RestorePath = r.restorePath()
	}
	return result
}

// outcome is how the judged machine ended: the last of its executions to end, those apart that stood down beside it.
func (r *run) outcome() Outcome {
	ended := Outcome("none")
	var last time.Time
	for _, x := range r.judged() {
		o := outcomeOf(x)
		switch {
		case r.stopped[x]:
		case o == StoodDown && ended == "none":
			ended = o
		case o != StoodDown && !x.StoppedAt().Before(last):
			ended, last = o, x.StoppedAt()
		}
	}
	return ended
}

func (r *run) judged() []*stepfunctions.Execution {
	var list []*stepfunctions.Execution
	for _, x := range r.world.States.Executions() {
		if r.isJudged(x) {
			list = append(list, x)
		}
	}
	return list
}

// outcomeOf reads the named end of an execution; an end without a name is "unnamed", which no scenario expects.
func outcomeOf(x *stepfunctions.Execution) Outcome {
	if x.Status() == asl.Succeeded {
		var output struct {
			Outcome Outcome `json:"outcome"`
		}
		if json.Unmarshal(x.Output(), &output) != nil {
			return "unnamed"
		}
		switch output.Outcome {
		case Recovered, StoodDown:
			return output.Outcome
		case "succeeded": // of a procedure that recovers nothing and did what it is for
			return Recovered
		}
		return "unnamed"
	}
	switch x.Error() {
	case "FailedClean":
		return FailedClean
	case "FailedDirty":
		return FailedDirty
	}
	return "unnamed"
}

func (r *run) execution(x *stepfunctions.Execution) Execution {
	e := Execution{
		StateMachine: strings.TrimPrefix(x.Machine, r.env.MachineName("")), Name: x.Name, Region: x.Region, Status: string(x.Status()),
		StartedAt: x.StartedAt(), Error: x.Error(), Cause: x.Cause(), States: []State{},
	}
	if stopped := x.StoppedAt(); !stopped.IsZero() {
		e.StoppedAt = &stopped
	}
	for _, v := range x.StateVisits() {
		state := State{Name: v.Name, EnteredAt: v.Entered, Attempts: v.Attempts}
		if !v.Exited.IsZero() {
			state.ExitedAt = &v.Exited
		}
		e.States = append(e.States, state)
	}
	return e
}

// measure takes the times and the losses: the clients' from the clients, the orchestrator's from its output.
func (r *run) measure(result *Result) {
	if r.scenario.judge != nil {
		result.RTO.Met, result.RPO.Met = NotJudged, NotJudged
		return
	}
	if x := r.recovery(); x != nil {
		var reported struct {
			RTOSeconds       *float64 `json:"rtoSeconds"`
			LossBoundSeconds *float64 `json:"lossBoundSeconds"`
		}
		if json.Unmarshal(x.Output(), &reported) == nil {
			result.RTO.MeasuredSeconds, result.RPO.ReportedSeconds = reported.RTOSeconds, reported.LossBoundSeconds
		}
	}
	outage := r.world.Traffic.Outage()
	if !outage.Ongoing {
		result.RTO.ClientSeconds = seconds(outage.Longest.Length())
	}
	loss := r.loss()
	result.RPO.ClientSeconds, result.RPO.LostWrites = seconds(loss.Span), loss.Rows

	switch {
	case outage.Ongoing, *result.RTO.ClientSeconds > result.RTO.ObjectiveSeconds:
		result.RTO.Met = Fail
	case result.Outcome == Recovered && result.RTO.MeasuredSeconds == nil:
		result.RTO.Met = Unknown
	default:
		result.RTO.Met = Pass
	}
	switch reported := result.RPO.ReportedSeconds; {
	case *result.RPO.ClientSeconds > result.RPO.ObjectiveSeconds, reported != nil && *reported > result.RPO.ObjectiveSeconds:
		result.RPO.Met = Fail
	case result.Outcome == Recovered && reported == nil:
		result.RPO.Met = Unknown
	default:
		result.RPO.Met = Pass
	}
}

// recovery is the execution that recovered, or nil.
func (r *run) recovery() *stepfunctions.Execution {
	for _, x := range r.judged() {
		if outcomeOf(x) == Recovered {
			return x
		}
	}
	return nil
}

// survivor is the database that holds the truth now: the promoted one, or the primary's when nothing was promoted.
func (r *run) survivor() *rds.Instance {
	recovery := r.standby()
	if promoted := r.world.RDS.Instance(recovery, r.env.DatabaseIn(recovery)); promoted != nil && !promoted.IsReplica() {
		return promoted
	}
	return r.world.RDS.Instance(r.active(), r.env.DatabaseIn(r.active()))
}

// loss is what the clients lost by the failover. Writes that the old side took after the promotion are no loss of the
// failover but a broken fence: the invariants list them.
func (r *run) loss() (loss struct {
	Span time.Duration
	Rows int
}) {
	survivor := r.survivor()
	until := r.world.Sim.Now()
	if at := r.promotedAt(); !at.IsZero() {
		until = at
	}
	l := r.world.Traffic.LossUntil(survivor, until)
	loss.Span, loss.Rows = l.Span, l.Rows
	return loss
}

func (r *run) promotedAt() time.Time {
	if len(r.observed.promotions) == 0 {
		return time.Time{}
	}
	return r.observed.promotions[0].at
}

func seconds(d time.Duration) *float64 {
	s := d.Seconds()
	return &s
}

// repeat is the command that runs this again.
func (r *run) repeat() string {
	command := "go run ./cmd/drctl drill " + r.scenario.Name + " --seed " + itoa(r.options.Seed)
	if r.env.Name != "production" {
		command += " --environment " + r.env.Name
	}
	command += faultFlags(r.options.Faults)
	if r.options.Random {
		command += " --random"
	}
	if r.options.Kill != nil {
		command += " --kill " + r.options.Kill.String()
	}
	if r.options.Abort > 0 {
		command += " --abort " + strconv.Itoa(r.options.Abort)
	}
	return command
}
