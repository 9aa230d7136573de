package sim

import (
	"context"
	"time"
)

// Process is the body of one simulated Lambda invocation. It runs on its own goroutine, but only while the
// simulation waits for it, so that a region can die between two SDK calls of one handler and the history stays
// deterministic all the same.
type Process struct {
	sim            *Sim
	resume, parked chan struct{}
	dead           bool
	running        bool
	finished       bool
	step           func()
}

type killed struct{}

type processKey struct{}

// Go runs body as a process from now on; done is called in a later event when the body has returned or was killed,
// and is told which. A panic of the body that is not a kill ends the program: it is a defect, not a simulated fault.
func (s *Sim) Go(ctx context.Context, body func(context.Context), done func(killed bool)) *Process {
	p := &Process{sim: s, resume: make(chan struct{}), parked: make(chan struct{})}
	ctx = context.WithValue(ctx, processKey{}, p)
	var crash any
	go func() {
		<-p.resume
		defer func() {
			if r := recover(); r != nil {
				if _, ok := r.(killed); !ok {
					crash = r
				}
			}
			p.finished = true
			p.parked <- struct{}{}
		}()
		if !p.dead {
			body(ctx)
		}
	}()
	p.step = func() {
		if p.finished {
			return
		}
		p.running = true
		p.resume <- struct{}{}
		<-p.parked
		p.running = false
		if crash != nil {
			panic(crash)
		}
		if p.finished {
			s.After(0, func() { done(p.dead) })
		}
	}
	s.After(0, p.step)
	return p
}

// Kill ends the body at the call it is parked in, or, when the body itself causes its death (an observer of its call),
// at its next one. Its deferred calls run, but can touch nothing: they are killed too.
func (p *Process) Kill() {
	if p.finished || p.dead {
		return
	}
	p.dead = true
	if !p.running {
		p.step()
	}
}

// ProcessOf is the process that a context belongs to, or nil outside of any.
func ProcessOf(ctx context.Context) *Process {
	p, _ := ctx.Value(processKey{}).(*Process)
	return p
}

// Sleep parks the calling process for d of virtual time. Outside a process (a scenario, a test) it returns at once.
// If the process is killed meanwhile, it does not return.
func Sleep(ctx context.Context, d time.Duration) {
	p := ProcessOf(ctx)
	if p == nil {
		return
	}
	if p.dead {
		panic(killed{})
	}
	p.sim.After(d, p.step)
	p.parked <- struct{}{}
	<-p.resume
	if p.dead {
		panic(killed{})
	}
}

// Die kills the process of the context from inside: the body does not go on after the call.
func Die(ctx context.Context) {
	p := ProcessOf(ctx)
	if p == nil {
		return
	}
	p.dead = true
	panic(killed{})
}

type deadlineKey struct{}

// WithTimeout bounds a context in virtual time. The context does not report a Deadline, since whoever compares one
// with the real clock would be wrong; Remaining tells.
func (s *Sim) WithTimeout(ctx context.Context, limit time.Duration) (context.Context, context.CancelFunc) {
	at := s.now.Add(limit)
	if left, ok := s.Remaining(ctx); ok && left < limit {
		at = s.now.Add(left)
	}
	ctx, cancel := context.WithCancelCause(context.WithValue(ctx, deadlineKey{}, at))
	stop := s.After(at.Sub(s.now), func() { cancel(context.DeadlineExceeded) })
	return ctx, func() { stop(); cancel(context.Canceled) }
}

// Remaining is the time left to a context, if it is bounded.
func (s *Sim) Remaining(ctx context.Context) (time.Duration, bool) {
	at, ok := ctx.Value(deadlineKey{}).(time.Time)
	return at.Sub(s.now), ok
}
