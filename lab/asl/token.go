package asl

import (
	"encoding/json"
	"errors"
)

// ErrNoTask says that a token is unknown here: its task ended, timed out, or is another execution's.
// AWS answers TaskDoesNotExist or TaskTimedOut.
var ErrNoTask = errors.New("no task waits for this token")

// Tokens lists the tokens of the tasks that wait, for those who route SendTask* by token.
func (x *Execution) Tokens() []string {
	var out []string
	x.root.walk(func(f *frame) {
		if f.token != "" && x.tokens[f.token] == f {
			out = append(out, f.token)
		}
		if f.run != nil {
			for _, c := range f.run.children {
				out = append(out, c.Tokens()...)
			}
		}
	})
	return out
}

func (f *frame) walk(visit func(*frame)) {
	visit(f)
	for _, k := range f.kids {
		k.walk(visit)
	}
}

// waiting finds the attempt that waits for a token, here or in a child execution.
func (x *Execution) waiting(token string) *attempt {
	if f := x.tokens[token]; f != nil && f.token == token && f.live != nil && f.live.live() {
		return f.live
	}
	for _, c := range x.children {
		if a := c.waiting(token); a != nil {
			return a
		}
	}
	return nil
}

// SendTaskSuccess ends a waiting task with a result. The events follow with the clock's next callback.
func (x *Execution) SendTaskSuccess(token string, output json.RawMessage) error {
	a := x.waiting(token)
	if a == nil {
		return ErrNoTask
	}
	if !json.Valid(output) {
		return errors.New("the output is not JSON")
	}
	a.result(func() { a.succeeded(output) })
	return nil
}

// SendTaskFailure ends a waiting task with an error.
func (x *Execution) SendTaskFailure(token, errorName, cause string) error {
	a := x.waiting(token)
	if a == nil {
		return ErrNoTask
	}
	a.result(func() { a.failed(&failure{error: errorName, cause: cause}) })
	return nil
}

// SendTaskHeartbeat starts the heartbeat's time anew.
func (x *Execution) SendTaskHeartbeat(token string) error {
	a := x.waiting(token)
	if a == nil {
		return ErrNoTask
	}
	a.beat()
	return nil
}

// result ends the attempt from a clock callback. A result may come before the answer of the request
// that carried the token; the request counts as answered then.
func (a *attempt) result(end func()) {
	delete(a.x.tokens, a.f.token)
	a.x.after(a.f, 0, func() {
		a.waiting = true
		end()
	})
}
