package asl

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/acso/disaster-recovery/lab/asl/jsonata"
)

// Status is what DescribeExecution answers.
type Status string

// The states of an execution.
const (
	Running   Status = "RUNNING"
	Succeeded Status = "SUCCEEDED"
	Failed    Status = "FAILED"
	TimedOut  Status = "TIMED_OUT"
	Aborted   Status = "ABORTED"
)

// Options say in what surroundings an execution runs. Clock is required; Integrations is required by
// machines with tasks or item readers; the rest has the defaults named.
type Options struct {
	Clock        Clock
	Integrations Integrations
	Rand         *rand.Rand         // jitter, $random, $uuid, tokens; default: a fixed seed
	Evaluator    *jsonata.Evaluator // default: a new one
	Region       string             // default us-east-1
	Account      string             // default 123456789012
	RoleARN      string
	Name         string // of the execution; default: drawn from Rand
	ARN          string // default: built from the names above
	// StateMachineARN defaults to one built from the machine's name.
	StateMachineARN string
	// Observer sees every event as it happens, before the next step. It may call Stop.
	Observer func(*Execution, Event)
}

// Execution is one run of a machine. All of what it has to remember is in its frames.
type Execution struct {
	machine    *Machine
	options    Options
	clock      Clock
	random     *rand.Rand
	input      jsonata.Value
	root       *frame
	history    []Event
	visits     []*StateVisit
	status     Status
	output     jsonata.Value
	failure    *failure
	startedAt  time.Time
	stoppedAt  time.Time
	redrives   int
	redrivenAt time.Time
	tokens     map[string]*frame
	onEnd      []func(*Execution)
	deadline   func() // cancels the machine's own timeout
	children   []*Execution
	static     *jsonata.Object // the part of the context object that does not change
}

// Start begins an execution; its first state is entered by the clock's next callback.
func Start(m *Machine, o Options, input json.RawMessage) (*Execution, error) {
	if len(input) == 0 {
		input = json.RawMessage("{}")
	}
	v, err := jsonata.Decode(input)
	if err != nil {
		return nil, fmt.Errorf("start %s: the input is not JSON: %w", m.Name, err)
	}
	return start(m, o, v)
}

func start(m *Machine, o Options, input jsonata.Value) (*Execution, error) {
	if o.Clock == nil {
		return nil, fmt.Errorf("start %s: Options.Clock is missing", m.Name)
	}
	if o.Rand == nil {
		o.Rand = rand.New(rand.NewPCG(1, 2)) // #nosec G404 -- a simulation
	}
	if o.Evaluator == nil {
		e, err := jsonata.New()
		if err != nil {
			return nil, fmt.Errorf("start %s: %w", m.Name, err)
		}
		o.Evaluator = e
	}
	if jsonata.Size(input, maxPayload) > maxPayload {
		return nil, fmt.Errorf("start %s: the input is over %d bytes", m.Name, maxPayload)
	}
	o.defaults(m)
	x := &Execution{
		machine: m, options: o, clock: o.Clock, random: o.Rand, input: input,
		status: Running, startedAt: o.Clock.Now(), tokens: map[string]*frame{},
	}
	x.root = &frame{flow: m.flow, state: m.flow.startAt, input: input, vars: newScope(nil)}
	x.record(0, "ExecutionStarted", "executionStartedEventDetails",
		append(payloadField("input", input), field{"roleArn", o.RoleARN})...)
	x.limit(m.timeout)
	x.later(x.root, func() { x.enter(x.root) })
	return x, nil
}

func (o *Options) defaults(m *Machine) {
	fill := func(s *string, v string) {
		if *s == "" {
			*s = v
		}
	}
	fill(&o.Region, "us-east-1")
	fill(&o.Account, "123456789012")
	fill(&o.RoleARN, "arn:aws:iam::"+o.Account+":role/"+m.Name)
	if o.Name == "" {
		o.Name = uuid(o.Rand)
	}
	fill(&o.StateMachineARN, fmt.Sprintf("arn:aws:states:%s:%s:stateMachine:%s", o.Region, o.Account, m.Name))
	fill(&o.ARN, fmt.Sprintf("arn:aws:states:%s:%s:execution:%s:%s", o.Region, o.Account, m.Name, o.Name))
}

func uuid(r *rand.Rand) string {
	a, b := r.Uint64()&^0xf000|0x4000, r.Uint64()&^(3<<62)|2<<62
	return fmt.Sprintf("%08x-%04x-%04x-%04x-%012x", a>>32, a>>16&0xffff, a&0xffff, b>>48, b&(1<<48-1))
}

// limit starts the machine's own timeout.
func (x *Execution) limit(seconds int64) {
	if seconds > 0 {
		x.deadline = x.clock.After(time.Duration(seconds)*time.Second, x.timeOut)
	}
}

// Machine is what the execution runs.
func (x *Execution) Machine() *Machine { return x.machine }

// Name is the execution's name.
func (x *Execution) Name() string { return x.options.Name }

// ARN is the execution's ARN.
func (x *Execution) ARN() string { return x.options.ARN }

// StateMachineARN is the machine's ARN.
func (x *Execution) StateMachineARN() string { return x.options.StateMachineARN }

// Status tells how the execution stands.
func (x *Execution) Status() Status { return x.status }

// Input is the execution's input.
func (x *Execution) Input() json.RawMessage { return jsonata.Append(nil, x.input) }

// Output is the result of an execution that succeeded, otherwise nil.
func (x *Execution) Output() json.RawMessage {
	if x.status != Succeeded {
		return nil
	}
	return jsonata.Append(nil, x.output)
}

// Error is the name of the error that ended the execution, or "".
func (x *Execution) Error() string {
	if x.failure == nil {
		return ""
	}
	return x.failure.error
}

// Cause is the cause of the error that ended the execution, or "".
func (x *Execution) Cause() string {
	if x.failure == nil {
		return ""
	}
	return x.failure.cause
}

// StartedAt is the virtual instant of the start.
func (x *Execution) StartedAt() time.Time { return x.startedAt }

// StoppedAt is the virtual instant of the end; the zero time while the execution runs.
func (x *Execution) StoppedAt() time.Time { return x.stoppedAt }

// RedriveCount is how often the execution was redriven.
func (x *Execution) RedriveCount() int { return x.redrives }

// History lists the events so far.
func (x *Execution) History() []Event { return append([]Event(nil), x.history...) }

// Children lists the child executions of the distributed Maps, in the order of their start.
func (x *Execution) Children() []*Execution { return append([]*Execution(nil), x.children...) }

// OnEnd calls f whenever the execution ends (again after each redrive).
func (x *Execution) OnEnd(f func(*Execution)) { x.onEnd = append(x.onEnd, f) }

// StateVisit is one stay in a state, for timelines.
type StateVisit struct {
	Name     string
	Branch   string // path of branches and iterations from the machine, such as "Recover[1]/Each[0]"; "" at the top
	Entered  time.Time
	Exited   time.Time // zero while the state is active, or when the execution ended in it
	Attempts int       // of the state's work; 1 without a retry
}

// StateVisits lists the stays in the order of their beginning.
func (x *Execution) StateVisits() []StateVisit {
	out := make([]StateVisit, len(x.visits))
	for i, v := range x.visits {
		out[i] = *v
	}
	return out
}
