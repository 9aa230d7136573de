package backup

import (
	"context"
	"sync"
)

// ordered runs work side by side and gives the outcomes on in the order in which the work came. With a width of 1
// everything happens in the caller: no goroutine, no channel.
type ordered[T any] struct {
	write func(T) error

	ctx    context.Context
	cancel context.CancelCauseFunc
	width  int
	crew   int // goroutines that work; they stay, since a stack that has grown for the SDK is worth keeping
	tasks  chan task[T]
	line   chan *pending[T]
	done   sync.WaitGroup
}

type task[T any] struct {
	result *pending[T]
	work   func(context.Context) (T, error)
}

type pending[T any] struct {
	ready   chan struct{} // nil when it is there
	outcome T
	err     error
}

// ahead is how many outcomes wait for one that takes long, for each place.
const ahead = 16

func newOrdered[T any](ctx context.Context, width int, write func(T) error) *ordered[T] {
	o := &ordered[T]{write: write, ctx: ctx, width: width}
	if width <= 1 {
		return o
	}
	o.ctx, o.cancel = context.WithCancelCause(ctx)
	o.tasks, o.line = make(chan task[T]), make(chan *pending[T], width*ahead)
	o.done.Go(o.drain)
	return o
}

// drain writes what comes; after a failure it only waits for what is under way.
func (o *ordered[T]) drain() {
	for p := range o.line {
		if p.ready != nil {
			<-p.ready
		}
		err := p.err
		if err == nil && o.ctx.Err() == nil {
			err = o.write(p.outcome)
		}
		if err != nil {
			o.cancel(err)
		}
	}
}

// put adds what is known already.
func (o *ordered[T]) put(known T) error {
	if o.width <= 1 {
		return o.write(known)
	}
	return o.add(&pending[T]{outcome: known})
}

// do has work done.
func (o *ordered[T]) do(work func(context.Context) (T, error)) error {
	if o.width <= 1 {
		result, err := work(o.ctx)
		if err != nil {
			return err
		}
		return o.write(result)
	}
	t := task[T]{&pending[T]{ready: make(chan struct{})}, work}
	select {
	case o.tasks <- t: // somebody is idle
		return o.add(t.result)
	default:
	}
	if o.crew < o.width {
		o.crew++
		o.done.Go(o.labour)
	}
	select {
	case o.tasks <- t:
		return o.add(t.result)
	case <-o.ctx.Done():
		return context.Cause(o.ctx)
	}
}

func (o *ordered[T]) labour() {
	for t := range o.tasks {
		t.result.outcome, t.result.err = t.work(o.ctx)
		close(t.result.ready)
	}
}

func (o *ordered[T]) add(p *pending[T]) error {
	select {
	case o.line <- p:
		return nil
	case <-o.ctx.Done():
		return context.Cause(o.ctx)
	}
}

// close waits for everything and gives the first error.
func (o *ordered[T]) close(err error) error {
	if o.width <= 1 {
		return err
	}
	if err != nil {
		o.cancel(err)
	}
	close(o.tasks)
	close(o.line)
	o.done.Wait()
	if cause := context.Cause(o.ctx); cause != nil {
		err = cause
	}
	o.cancel(nil)
	return err
}
