package asl

import (
	"fmt"
	"time"

	"github.com/acso/disaster-recovery/lab/asl/jsonata"
)

// frame is one thread of control: the execution, a branch, or an iteration. Starting, going on and
// redriving all continue from what stands here.
type frame struct {
	flow   *flow
	parent *frame
	index  int // among the parent's kids

	state    string
	input    jsonata.Value
	vars     *scope
	previous int64 // the last event of this frame's chain
	before   int64 // the last event before the current state was entered
	entered  int64 // the event that entered the current state; 0 before it
	since    time.Time
	visit    *StateVisit
	retries  []int64 // attempts used, by retrier
	attempts int64   // retries of the current stay
	wake     time.Time
	token    string
	item     jsonata.Value // of a Map iteration, before ItemSelector

	kids  []*frame
	items []jsonata.Value
	next  int // the first item without a frame
	limit int // kids at a time; 0 for any number
	run   *mapRun
	last  int64 // of the kid that ended last, where the state goes on

	done   bool
	output jsonata.Value
	failed *failure

	live    *attempt // of a task that waits for its token
	cancels []func() // live handles of what is under way
	turn    int      // grows when the frame moves on: what was under way before is void
}

// failure is an error on its way outwards. AWS shows a missed heartbeat as States.Timeout everywhere
// (recorded in April 2024), while Retry and Catch can name States.HeartbeatTimeout.
type failure struct {
	error, cause string
	heartbeat    bool
	ofTask       bool // States.DataLimitExceeded of a task's result
}

// beyond says that no Retry and no Catch stops the error, and that it ends the execution at once.
func (f *failure) beyond() bool { return f.error == "States.Runtime" }

// current is the definition of the frame's state.
func (f *frame) current() *state { return f.flow.states[f.state] }

// later calls g with the clock's next free moment, unless the frame has moved on by then.
func (x *Execution) later(f *frame, g func()) { x.after(f, 0, g) }

// after calls g after d, unless the frame has moved on by then.
func (x *Execution) after(f *frame, d time.Duration, g func()) {
	turn := f.turn
	cancel := x.clock.After(d, func() {
		if f.turn == turn && x.status == Running {
			g()
		}
	})
	f.cancels = append(f.cancels, cancel)
}

// move voids whatever the frame has under way.
func (f *frame) move() {
	f.turn++
	cancels := f.cancels
	f.cancels = nil
	for _, c := range cancels {
		c()
	}
}

// halt stops a frame and all below it.
func (f *frame) halt() {
	f.move()
	for _, k := range f.kids {
		k.halt()
	}
	if f.run != nil {
		f.run.halt()
	}
}

// branch is the path of a frame, for StateVisit.
func (f *frame) branch() string {
	if f.parent == nil {
		return ""
	}
	at := fmt.Sprintf("%s[%d]", f.parent.state, f.index)
	if outer := f.parent.branch(); outer != "" {
		return outer + "/" + at
	}
	return at
}

// scope holds variables. A branch or an iteration reads the outer ones and has its own beside them.
type scope struct {
	outer *scope
	names map[string]jsonata.Value
}

func newScope(outer *scope) *scope { return &scope{outer: outer} }

func (s *scope) lookup(name string) (jsonata.Value, bool) {
	for ; s != nil; s = s.outer {
		if v, ok := s.names[name]; ok {
			return v, true
		}
	}
	return nil, false
}

func (s *scope) set(name string, v jsonata.Value) {
	if s.names == nil {
		s.names = map[string]jsonata.Value{}
	}
	s.names[name] = v
}

// size adds up the stored variables, up to a limit.
func (s *scope) size(limit int) int {
	n := 0
	for ; s != nil; s = s.outer {
		for name, v := range s.names { // a sum: the order does not matter
			n += len(name) + jsonata.Size(v, limit)
		}
	}
	return n
}

// view is what the expressions of a state see.
type view struct {
	vars   *scope
	states *jsonata.Object
	root   jsonata.Value // what $ stands for in a JSONPath state
}

// Lookup implements jsonata.Bindings.
func (v view) Lookup(name string) (jsonata.Value, bool) {
	if name == "states" {
		return v.states, true
	}
	return v.vars.lookup(name)
}

// Hides implements jsonata.Bindings.
func (v view) Hides(function string) bool {
	_, ok := v.vars.lookup(function)
	return ok
}

// view builds $states: input and context always, more where the caller adds it.
func (x *Execution) view(f *frame, extra ...any) view {
	o := &jsonata.Object{
		Keys:   append(make([]string, 0, 4), "input", "context"),
		Values: append(make([]jsonata.Value, 0, 4), f.input, x.context(f)),
	}
	for i := 0; i < len(extra); i += 2 {
		o.Keys, o.Values = append(o.Keys, extra[i].(string)), append(o.Values, extra[i+1]) // #nosec G602 -- pairs
	}
	x.options.Evaluator.SetSources(x.clock.Now(), x.random)
	return view{vars: f.vars, states: o}
}

// instant writes a time as the context object does.
func instant(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

// context is the context object: https://docs.aws.amazon.com/step-functions/latest/dg/input-output-contextobject.html
func (x *Execution) context(f *frame) *jsonata.Object {
	if x.static == nil {
		x.static = jsonata.Obj("Execution", jsonata.Obj("Id", x.options.ARN, "Input", x.input,
			"StartTime", instant(x.startedAt), "Name", x.options.Name, "RoleArn", x.options.RoleARN,
			"RedriveCount", float64(x.redrives)),
			"StateMachine", jsonata.Obj("Id", x.options.StateMachineARN, "Name", x.machine.Name))
		if x.redrives > 0 {
			execution, _ := x.static.Get("Execution")
			execution.(*jsonata.Object).Set("RedriveTime", instant(x.redrivenAt))
		}
	}
	o := x.static.Clone()
	at := jsonata.Obj("Name", f.state, "EnteredTime", instant(f.since))
	switch f.current().kind {
	case "Task", "Parallel", "Map":
		at.Set("RetryCount", float64(f.attempts))
	}
	o.Set("State", at)
	if f.token != "" {
		o.Set("Task", jsonata.Obj("Token", f.token))
	}
	if m := f.iteration(); m != nil {
		o.Set("Map", jsonata.Obj("Item", jsonata.Obj("Index", float64(m.index), "Value", m.item)))
	}
	return o
}

// iteration is the innermost Map iteration around a frame, or nil.
func (f *frame) iteration() *frame {
	for ; f != nil; f = f.parent {
		if f.parent != nil && f.parent.current().kind == "Map" {
			return f
		}
	}
	return nil
}
