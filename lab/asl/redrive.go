package asl

import (
	"fmt"
	"time"
)

// redriveWindow is how long an execution can be redriven:
// https://docs.aws.amazon.com/step-functions/latest/dg/redrive-executions.html
const redriveWindow = 14 * 24 * time.Hour

// Redrive goes on with an execution that failed, timed out or was aborted, from the states that did
// not succeed, with the inputs they had. Retry counts begin anew. The error says why AWS would refuse
// (ExecutionNotRedrivable).
func (x *Execution) Redrive() error {
	switch {
	case x.status == Running || x.status == Succeeded:
		return fmt.Errorf("redrive %s: the execution is %s; only FAILED, TIMED_OUT and ABORTED can be redriven", x.options.Name, x.status)
	case x.clock.Now().Sub(x.stoppedAt) > redriveWindow:
		return fmt.Errorf("redrive %s: it ended more than 14 days ago", x.options.Name)
	case len(x.history) >= maxEvents-1:
		return fmt.Errorf("redrive %s: its history has no room for another event", x.options.Name)
	}
	x.redrives++
	x.status, x.failure, x.stoppedAt, x.redrivenAt, x.static = Running, nil, time.Time{}, x.clock.Now(), nil
	x.limit(x.machine.timeout)
	id := x.record(x.lastEvent(), "ExecutionRedriven", "executionRedrivenEventDetails", field{"redriveCount", int64(x.redrives)})
	x.resume(x.root, id)
	return nil
}

// resume goes on in a frame and below it. What succeeded stays.
func (x *Execution) resume(f *frame, previous int64) {
	if f.done {
		return
	}
	f.move()
	f.failed, f.previous = nil, previous
	f.attempts, f.retries, f.token = 0, nil, ""
	if f.entered == 0 || f.current().kind == "Fail" {
		x.later(f, func() { x.enter(f) })
		return
	}
	if f.run != nil && len(f.run.children) > 0 {
		f.run.resume(previous)
		return
	}
	if len(f.kids) == 0 {
		x.later(f, func() { x.attempt(f) })
		return
	}
	for _, k := range f.kids {
		x.resume(k, previous)
	}
	running := 0
	for _, k := range f.kids {
		if !k.done {
			running++
		}
	}
	if running == 0 && f.next >= len(f.items) { // all had succeeded; what follows them had not
		f.last = previous
		x.later(f, func() { x.joined(f, f.current()) })
		return
	}
	for ; f.next < len(f.items) && running < f.limit && x.iterate(f, previous); running++ {
	}
}

// resume redrives the children of a map run that did not succeed.
func (r *mapRun) resume(previous int64) {
	r.redrives++
	r.over, r.failures, r.active = false, 0, 0
	r.started = r.x.emit(r.f, "MapRunRedriven", "mapRunRedrivenEventDetails",
		field{"mapRunArn", r.arn}, field{"redriveCount", int64(r.redrives)})
	for _, c := range r.children {
		if c.status == Succeeded {
			continue
		}
		if err := c.Redrive(); err != nil {
			r.fail(&failure{error: "States.Runtime", cause: err.Error()})
			return
		}
		r.active++
	}
	r.spawn()
}
