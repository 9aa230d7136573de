package asl

import (
	"github.com/acso/disaster-recovery/lab/asl/jsonata"
)

// parallel starts all branches.
func (x *Execution) parallel(f *frame, s *state) {
	input := f.input
	if s.arguments != nil {
		var err *queryError
		if input, err = x.evaluate(s.arguments, x.view(f)); err != nil {
			x.query(f, err)
			return
		}
	}
	f.last = x.emit(f, "ParallelStateStarted", "")
	if x.status != Running {
		return
	}
	f.kids = make([]*frame, len(s.branches))
	for i, b := range s.branches {
		f.kids[i] = &frame{flow: b, parent: f, index: i, state: b.startAt, input: input, vars: newScope(f.vars), previous: f.previous}
	}
	for _, k := range f.kids {
		x.later(k, func() { x.enter(k) })
	}
}

// inlineConcurrency is how many iterations of an inline Map run at a time when nothing less is asked
// for: https://docs.aws.amazon.com/step-functions/latest/dg/state-map-inline.html
const inlineConcurrency = 40

// mapState evaluates what the state needs and starts its iterations or its map run.
func (x *Execution) mapState(f *frame, s *state) {
	m := s.mapping
	v := x.view(f)
	var items jsonata.Value = f.input
	var err *queryError
	if m.items != nil {
		items, err = x.evaluate(m.items, v)
	}
	list, ok := items.([]jsonata.Value)
	o, keyed := items.(*jsonata.Object)
	if keyed = keyed && m.items != nil && m.distributed; keyed {
		list, ok = entries(o), true
	}
	if err == nil && !ok && m.reader == nil {
		if err = (&queryError{cause: "Map state input must be an array but was: " + jsonata.Encode(items)}); m.items != nil {
			err = wrongType(m.items, "array", items)
		}
	}
	if err != nil {
		x.query(f, err)
		return
	}
	limits, err := x.mapLimits(m, v)
	if err != nil {
		x.query(f, err)
		return
	}
	if m.distributed {
		x.distribute(f, s, &mapRun{limits: limits, keyed: keyed}, list)
		return
	}
	f.items, f.kids, f.next = list, nil, 0
	if f.limit = int(limits.concurrency); f.limit == 0 || f.limit > inlineConcurrency {
		f.limit = inlineConcurrency
	}
	f.last = x.emit(f, "MapStateStarted", "mapStateStartedEventDetails", field{"length", int64(len(list))})
	if x.status != Running {
		return
	}
	if len(list) == 0 {
		x.joined(f, s)
		return
	}
	for f.next < len(list) && f.next < f.limit && x.iterate(f, f.last) {
	}
}

// mapLimits are the evaluated numbers of a Map. An inline Map evaluates its tolerances, as AWS's
// recordings show, but they belong to map runs: an inline Map fails with its first iteration.
type mapLimits struct {
	concurrency, count int64
	percentage         float64
}

func (x *Execution) mapLimits(m *mapping, v jsonata.Bindings) (mapLimits, *queryError) {
	var l mapLimits
	var err *queryError
	if m.maxConcurrency != nil {
		if l.concurrency, err = x.integer(m.maxConcurrency, v, 0, maxSeconds); err != nil {
			return l, err
		}
	}
	if m.toleratedCount != nil {
		if l.count, err = x.integer(m.toleratedCount, v, 0, maxSeconds); err != nil {
			return l, err
		}
	}
	if m.toleratedPercentage != nil {
		value, err := x.evaluate(m.toleratedPercentage, v)
		if err != nil {
			return l, err
		}
		n, ok := value.(float64)
		if !ok || n < 0 || n > 100 {
			return l, wrongType(m.toleratedPercentage, "number", value)
		}
		l.percentage = n
	}
	return l, nil
}

// iterate starts the next iteration of an inline Map, unless its ItemSelector fails: then the Map fails,
// and the iteration leaves no trace (measured by the floci project, September 2026).
func (x *Execution) iterate(f *frame, previous int64) bool {
	s := f.current()
	item := f.items[f.next]
	input, err := x.selected(f, s, f.next, item)
	if err != nil {
		x.queryFrom(f, previous, err, nil)
		return false
	}
	k := &frame{
		flow: s.mapping.processor, parent: f, index: f.next, state: s.mapping.processor.startAt,
		input: input, item: item, vars: newScope(f.vars), previous: previous,
	}
	f.next++
	f.kids = append(f.kids, k)
	x.emit(k, "MapIterationStarted", "mapIterationStartedEventDetails", k.iterationFields()...)
	if x.status != Running {
		return false
	}
	x.later(k, func() { x.enter(k) })
	return true
}

// selected applies ItemSelector to an item.
func (x *Execution) selected(f *frame, s *state, index int, item jsonata.Value) (jsonata.Value, *queryError) {
	if s.mapping.itemSelector == nil {
		return item, nil
	}
	v := x.view(f)
	withItem(v, index, item, false)
	return x.evaluate(s.mapping.itemSelector, v)
}

func (f *frame) iterationFields() []field {
	return []field{{"index", int64(f.index)}, {"name", f.parent.state}}
}

// withItem adds the context object's Map field. A keyed item is one of entries.
func withItem(v view, index int, item jsonata.Value, keyed bool) {
	context, _ := v.states.Get("context")
	at := jsonata.Obj("Index", float64(index), "Value", item)
	if e, ok := item.(*jsonata.Object); ok && keyed {
		at = &jsonata.Object{Keys: append([]string{"Index"}, e.Keys...), Values: append([]jsonata.Value{float64(index)}, e.Values...)}
	}
	context.(*jsonata.Object).Set("Map", jsonata.Obj("Item", at))
}

// entries are the items of an object, which only a distributed Map takes: {"Key": …, "Value": …}
// (measured: iwamot/sfnx, docs/design.md, September 2026).
func entries(o *jsonata.Object) []jsonata.Value {
	items := make([]jsonata.Value, len(o.Keys))
	for i, k := range o.Keys {
		items[i] = jsonata.Obj("Key", k, "Value", o.Values[i])
	}
	return items
}

// kidDone goes on after a branch or an iteration succeeded.
func (x *Execution) kidDone(k *frame) {
	f := k.parent
	s := f.current()
	f.last = k.previous
	if s.kind == "Map" {
		f.last = x.record(k.previous, "MapIterationSucceeded", "mapIterationSucceededEventDetails", k.iterationFields()...)
		if x.status != Running {
			return
		}
		if f.next < len(f.items) {
			_ = x.iterate(f, k.previous)
			return
		}
	}
	for _, sibling := range f.kids {
		if !sibling.done {
			return
		}
	}
	x.joined(f, s)
}

// joined leaves a state all of whose branches or iterations succeeded.
func (x *Execution) joined(f *frame, s *state) {
	f.move()
	x.record(f.last, stateEvent(s.kind, "Succeeded"), "")
	if x.status != Running {
		return
	}
	f.previous = f.last // the Exited event points past the Succeeded one
	results := make([]jsonata.Value, len(f.kids))
	for i, k := range f.kids {
		results[i] = k.output
	}
	x.leave(f, x.view(f, "result", results), s.output, s.assign, results)
}

// kidFailed stops the siblings and lets the state's Retry and Catch see the error.
func (x *Execution) kidFailed(k *frame) {
	f := k.parent
	x.cut(f, k, k.previous)
	if x.status != Running {
		return
	}
	for _, sibling := range f.kids {
		sibling.halt()
	}
	f.previous = k.previous
	x.faulty(f, k.failed)
}

// cut records what a failure ends, in the order of the branches or iterations, all of it behind the
// last event of the one that failed (localstack's test_service_lambda_map_timeout, March 2024, and
// floci's measurements of September 2026). failed is nil when the state itself failed.
func (x *Execution) cut(f, failed *frame, previous int64) {
	isMap := f.current().kind == "Map"
	for _, k := range f.kids {
		switch {
		case k == failed:
			if isMap {
				x.record(previous, "MapIterationFailed", "mapIterationFailedEventDetails", k.iterationFields()...)
			}
			if kind := k.current().kind; kind == "Task" {
				x.record(previous, stateEvent(kind, "Aborted"), "")
			}
		case !k.done:
			if isMap {
				x.record(previous, "MapIterationAborted", "mapIterationAbortedEventDetails", k.iterationFields()...)
			}
			x.recordAborted(previous, k)
		}
	}
}

// recordAborted writes that the state a branch stands in was given up.
func (x *Execution) recordAborted(previous int64, f *frame) {
	if f.entered == 0 {
		return
	}
	switch kind := f.current().kind; kind {
	case "Task", "Wait", "Parallel", "Map":
		x.record(previous, stateEvent(kind, "Aborted"), "")
	}
}

// abandon stops what runs below a frame and forgets it.
func abandon(f *frame) {
	for _, k := range f.kids {
		k.halt()
	}
	f.kids = nil
}
