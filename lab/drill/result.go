package drill

import (
	"encoding/json"
	"time"
)

// Result is what a drill found: the JSON that --json prints.
type Result struct {
	Scenario        string      `json:"scenario"`
	Seed            uint64      `json:"seed"`
	Environment     string      `json:"environment"`
	Outcome         Outcome     `json:"outcome"`
	ExpectedOutcome Outcome     `json:"expectedOutcome"`
	RTO             RTO         `json:"rto"`
	RPO             RPO         `json:"rpo"`
	Invariants      []Invariant `json:"invariants"`
	Executions      []Execution `json:"executions"`
	Calls           int         `json:"calls"`
	// What a person reads besides: not part of the promise of --json's first fields, but in it.
	CriticalPath *CriticalPath `json:"criticalPath,omitempty"`
	RestorePath  *RestorePath  `json:"restorePath,omitempty"`
	Plan         []string      `json:"plan,omitempty"` // what a dry run found and would do, line by line
	Timeline     []Event       `json:"timeline"`
	Repeat       string        `json:"repeat"`         // the command that repeats the run
	Next         string        `json:"next,omitempty"` // what the execution said to do next, when it failed

	failing bool // the scenario's expected end is a failure: the objectives cannot hold
	late    bool // the objective for the recovery time has to be missed
	// What crash tests count.
	killed                 bool
	takenOver              bool // an execution that an alarm started came before the redrive, and gave back what the killed one had taken
	transitions, mutations int
	promotions             int
	dualWriters            int
	movedEarly             bool
}

// Ok tells whether the run ended as expected: the outcome, the objectives (unless the expected outcome is a failure, in
// which they cannot hold, or nobody measures them, or the scenario leaves no time for them and has to say so), and every
// invariant.
func (r *Result) Ok() bool {
	if r.Outcome != r.ExpectedOutcome {
		return false
	}
	for _, i := range r.Invariants {
		if i.Result != Pass {
			return false
		}
	}
	if r.late {
		return r.RTO.Met == Fail && r.RPO.Met.fine()
	}
	return r.failing || r.RTO.Met.fine() && r.RPO.Met.fine()
}

// Outcome is how a run ended.
type Outcome string

// The outcomes.
const (
	Recovered   Outcome = "recovered"
	StoodDown   Outcome = "stood-down"
	FailedClean Outcome = "failed-clean"
	FailedDirty Outcome = "failed-dirty"
)

// RTO is the time to recover, in seconds. A measured value is null when nothing was measured.
type RTO struct {
	ObjectiveSeconds float64  `json:"objectiveSeconds"`
	MeasuredSeconds  *float64 `json:"measuredSeconds"` // as the orchestrator saw it
	ClientSeconds    *float64 `json:"clientSeconds"`   // as the clients saw it
	Met              Verdict  `json:"met"`
}

// MarshalJSON writes met as true, false or null (unknown, or not judged).
func (r RTO) MarshalJSON() ([]byte, error) {
	type fields RTO
	return json.Marshal(struct {
		fields
		Met *bool `json:"met"`
	}{fields(r), r.Met.holds()})
}

// RPO is the data lost, in seconds. A measured value is null when nothing was measured.
type RPO struct {
	ObjectiveSeconds float64  `json:"objectiveSeconds"`
	ReportedSeconds  *float64 `json:"reportedSeconds"` // the bound that the orchestrator reported
	ClientSeconds    *float64 `json:"clientSeconds"`   // what the clients lost
	LostWrites       int      `json:"lostWrites"`
	Met              Verdict  `json:"met"`
}

// MarshalJSON writes met as true, false or null (unknown, or not judged).
func (r RPO) MarshalJSON() ([]byte, error) {
	type fields RPO
	return json.Marshal(struct {
		fields
		Met *bool `json:"met"`
	}{fields(r), r.Met.holds()})
}

// Verdict is the answer of a check. Unknown is never success.
type Verdict string

// The verdicts.
const (
	Pass    Verdict = "pass"
	Fail    Verdict = "fail"
	Unknown Verdict = "unknown"
	// NotJudged is the answer about an objective in a scenario that concerns no client: nobody measured it, and its invariants
	// judge the procedure.
	NotJudged Verdict = "not judged"
)

// fine tells whether an objective leaves a run good.
func (v Verdict) fine() bool { return v == Pass || v == NotJudged }

func (v Verdict) holds() *bool {
	if v != Pass && v != Fail {
		return nil
	}
	held := v == Pass
	return &held
}

// Invariant is something that must hold in every run, judged by the lab.
type Invariant struct {
	Name   string  `json:"name"`
	Result Verdict `json:"result"`
	Detail string  `json:"detail"`
}

// Execution is one execution of a state machine.
type Execution struct {
	StateMachine string     `json:"stateMachine"`
	Name         string     `json:"name"`
	Region       string     `json:"region"`
	Status       string     `json:"status"`
	StartedAt    time.Time  `json:"startedAt"`
	StoppedAt    *time.Time `json:"stoppedAt"`
	Error        string     `json:"error,omitempty"`
	Cause        string     `json:"cause,omitempty"`
	States       []State    `json:"states"`
}

// State is one visit of a state.
type State struct {
	Name      string     `json:"name"`
	EnteredAt time.Time  `json:"enteredAt"`
	ExitedAt  *time.Time `json:"exitedAt"`
	Attempts  int        `json:"attempts"`
}

// Event is one line of the timeline.
type Event struct {
	At     time.Time `json:"at"`
	Region string    `json:"region"` // a region, clients or dns
	Kind   string    `json:"kind"`   // fault, alarm, state, call, service, end
	Text   string    `json:"text"`
}

// CriticalPath is the shortest time in which this run could have recovered, from its own durations, in seconds.
type CriticalPath struct {
	Detection    float64 `json:"detection"`
	Confirmation float64 `json:"confirmation"`
	Waiting      float64 `json:"waiting"`    // for a person, or for a replica that was backing up
	Promotion    float64 `json:"promotion"`  // of the database
	FileSystem   float64 `json:"fileSystem"` // made writable
	TaskStart    float64 `json:"taskStart"`
	Switch       float64 `json:"switch"` // alarm and health check
	TTL          float64 `json:"ttl"`
	Validation   float64 `json:"validation"`
	Total        float64 `json:"total"`
	Ratio        float64 `json:"ratio"`    // client-seen time to recover / total
	Overhead     float64 `json:"overhead"` // what the orchestration added, seconds
}
