package asl

import (
	"encoding/json"
	"fmt"

	"github.com/acso/disaster-recovery/lab/asl/jsonata"
)

// distributedConcurrency is the largest number of child executions at a time:
// https://docs.aws.amazon.com/step-functions/latest/dg/state-map-distributed.html
const distributedConcurrency = 10000

// mapRun is one run of a distributed Map: its items, batches and child executions.
type mapRun struct {
	x        *Execution
	f        *frame
	arn      string
	label    string
	started  int64 // the MapRunStarted event
	inputs   []jsonata.Value
	weights  []int // items in each input
	keyed    bool  // the items are entries of an object
	children []*Execution
	next     int
	limits   mapLimits
	active   int
	failures int
	total    int
	over     bool
	redrives int
}

// distribute starts a map run. Its iterations are executions of their own and see no outer variable.
func (x *Execution) distribute(f *frame, s *state, r *mapRun, list []jsonata.Value) {
	label := s.mapping.label
	if label == "" {
		label = uuid(x.random)
	}
	r.x, r.f, r.label = x, f, label
	r.arn = fmt.Sprintf("arn:aws:states:%s:%s:mapRun:%s/%s:%s", x.options.Region, x.options.Account, x.machine.Name, label, uuid(x.random))
	if r.limits.concurrency == 0 || r.limits.concurrency > distributedConcurrency {
		r.limits.concurrency = distributedConcurrency
	}
	f.run = r
	x.emit(f, "MapStateStarted", "mapStateStartedEventDetails", field{"length", int64(len(list))})
	r.started = x.emit(f, "MapRunStarted", "mapRunStartedEventDetails", field{"mapRunArn", r.arn})
	if x.status != Running {
		return
	}
	if s.mapping.reader == nil {
		x.later(f, func() { r.begin(list) })
		return
	}
	r.read(s)
}

// read asks the integrations for the items.
func (r *mapRun) read(s *state) {
	x, f, from := r.x, r.f, s.mapping.reader
	v := x.view(f)
	source := ItemSource{Resource: from.resource, Region: x.options.Region, RoleARN: x.options.RoleARN,
		ExecutionARN: x.options.ARN, StateName: s.name}
	for _, part := range []struct {
		t  *template
		to *json.RawMessage
	}{{from.arguments, &source.Arguments}, {from.config, &source.ReaderConfig}} {
		if part.t == nil {
			continue
		}
		value, err := x.evaluate(part.t, v)
		if err != nil {
			r.halt()
			x.query(f, err)
			return
		}
		*part.to = jsonata.Append(nil, value)
	}
	if x.options.Integrations == nil {
		x.outward(f, x.runtime(f, "The lab has no integrations for "+from.resource+"."))
		return
	}
	turn := f.turn
	cancel := x.options.Integrations.ReadItems(source, func(raw []json.RawMessage, fault *TaskError) {
		if f.turn != turn || x.status != Running {
			return
		}
		if fault != nil {
			r.fail(&failure{error: fault.Error, cause: fault.Cause})
			return
		}
		items := make([]jsonata.Value, len(raw))
		for i, text := range raw {
			item, err := jsonata.Decode(text)
			if err != nil {
				r.fail(&failure{error: "States.ItemReaderFailed", cause: fmt.Sprintf("Item %d is not JSON: %v", i, err)})
				return
			}
			items[i] = item
		}
		r.begin(items)
	})
	if cancel != nil {
		f.cancels = append(f.cancels, cancel)
	}
}

// begin selects and batches the items and starts the first child executions.
func (r *mapRun) begin(items []jsonata.Value) {
	x, f := r.x, r.f
	s := f.current()
	r.total = len(items)
	if s.mapping.itemSelector != nil {
		chosen := make([]jsonata.Value, len(items))
		for i, item := range items {
			v := x.view(f)
			withItem(v, i, item, r.keyed)
			var err *queryError
			if chosen[i], err = x.evaluate(s.mapping.itemSelector, v); err != nil {
				r.failed(err)
				return
			}
		}
		items = chosen
	}
	if s.mapping.batcher == nil {
		r.inputs, r.weights = items, make([]int, len(items))
		for i := range r.weights {
			r.weights[i] = 1
		}
	} else if err := r.batch(s.mapping.batcher, items); err != nil {
		r.failed(err)
		return
	}
	r.spawn()
}

// failed ends the run on an evaluation error of the Map's own fields.
func (r *mapRun) failed(err *queryError) {
	r.over = true
	r.halt()
	r.x.query(r.f, err)
}

// batch groups the items; each child gets {"Items": [...]} and the BatchInput, if there is one.
func (r *mapRun) batch(b *batcher, items []jsonata.Value) *queryError {
	v := r.x.view(r.f)
	most, bytes := int64(len(items)), int64(maxPayload)
	var err *queryError
	if b.maxItems != nil {
		if most, err = r.x.integer(b.maxItems, v, 1, maxSeconds); err != nil {
			return err
		}
	}
	if b.maxBytes != nil {
		if bytes, err = r.x.integer(b.maxBytes, v, 1, maxPayload); err != nil {
			return err
		}
	}
	var shared jsonata.Value
	if b.input != nil {
		if shared, err = r.x.evaluate(b.input, v); err != nil {
			return err
		}
	}
	pack := func(items []jsonata.Value) jsonata.Value {
		o := &jsonata.Object{}
		if b.input != nil {
			o.Set("BatchInput", shared)
		}
		o.Set("Items", items)
		return o
	}
	base := jsonata.Size(pack(nil), maxPayload)
	for from := 0; from < len(items); {
		size, to := base, from
		for to < len(items) && int64(to-from) < most {
			if size += jsonata.Size(items[to], maxPayload) + 1; int64(size) > bytes && to > from {
				break
			}
			to++
		}
		r.inputs = append(r.inputs, pack(items[from:to:to]))
		r.weights = append(r.weights, to-from)
		from = to
	}
	return nil
}

// spawn starts child executions up to the limit, and ends the run when all are done.
func (r *mapRun) spawn() {
	for !r.over && r.next < len(r.inputs) && int64(r.active) < r.limits.concurrency {
		i := r.next
		r.next++
		x := r.x
		child := &Machine{Name: x.machine.Name + "/" + r.label, flow: r.f.current().mapping.processor}
		o := x.options
		o.Name, o.ARN, o.StateMachineARN = "", "", x.options.StateMachineARN+"/"+r.label
		c, err := start(child, o, r.inputs[i])
		if err != nil {
			r.fail(&failure{error: "States.ItemReaderFailed", cause: err.Error()})
			return
		}
		r.active++
		r.children = append(r.children, c)
		x.children = append(x.children, c)
		c.OnEnd(func(c *Execution) { r.ended(c, r.weights[i]) })
	}
	if !r.over && r.active == 0 && r.next == len(r.inputs) {
		r.over = true
		r.x.later(r.f, r.conclude)
	}
}

// ended counts a child's end against the tolerated failures.
func (r *mapRun) ended(c *Execution, items int) {
	r.active--
	if r.over || r.x.status != Running {
		return
	}
	if c.Status() != Succeeded {
		r.failures += items
		if r.exceeded() {
			r.fail(&failure{error: "States.ExceedToleratedFailureThreshold", cause: "The specified tolerated failure threshold was exceeded"})
			return
		}
	}
	r.spawn()
}

// exceeded applies the thresholds, of which either is enough; with neither, one failure is too many.
// A threshold of 0 is none (measured in 20 runs: iwamot/sfnx, tests/test_testing.py, September 2026).
func (r *mapRun) exceeded() bool {
	l := r.limits
	if l.count == 0 && l.percentage == 0 {
		return r.failures > 0
	}
	return l.count > 0 && int64(r.failures) > l.count ||
		l.percentage > 0 && float64(r.failures)*100 > l.percentage*float64(r.total)
}

// fail ends the run and gives the error to the Map's Retry and Catch.
func (r *mapRun) fail(fault *failure) {
	r.over = true
	r.halt()
	r.x.emit(r.f, "MapRunFailed", "mapRunFailedEventDetails", failureFields(fault)...)
	r.x.faulty(r.f, fault)
}

// halt aborts the children that still run.
func (r *mapRun) halt() {
	r.over = true
	for _, c := range r.children {
		c.Stop("", "")
	}
}
