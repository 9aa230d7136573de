package asl

import (
	"encoding/json"

	"github.com/acso/disaster-recovery/lab/asl/jsonata"
)

// conclude gathers the results of a run that succeeded.
func (r *mapRun) conclude() {
	x, f := r.x, r.f
	s := f.current()
	if s.mapping.writer != nil {
		r.write(s)
		return
	}
	results := make([]jsonata.Value, len(r.children))
	for i, c := range r.children {
		results[i] = c.output
		if c.Status() != Succeeded {
			results[i] = tolerated(c)
		}
	}
	x.concluded(f, s, r, results)
}

// tolerated is what a child that failed within the tolerance leaves in the place of its output
// (measured: iwamot/sfnx, docs/design.md, September 2026).
func tolerated(c *Execution) jsonata.Value {
	o := jsonata.Obj("Status", string(c.Status()))
	if c.Error() != "" {
		o.Set("Error", c.Error())
	}
	if c.Cause() != "" {
		o.Set("Cause", c.Cause())
	}
	return o
}

// concluded leaves a distributed Map. Its Exited event points past both Succeeded events.
func (x *Execution) concluded(f *frame, s *state, r *mapRun, result jsonata.Value) {
	f.move()
	id := x.record(f.previous, "MapRunSucceeded", "")
	x.record(id, "MapStateSucceeded", "")
	if x.status != Running {
		return
	}
	f.previous = r.started
	x.leave(f, x.view(f, "result", result), s.output, s.assign, result)
}

// write hands the results to the integrations.
func (r *mapRun) write(s *state) {
	x, f, to := r.x, r.f, s.mapping.writer
	sink := ResultSink{Resource: to.resource, Region: x.options.Region, RoleARN: x.options.RoleARN,
		ExecutionARN: x.options.ARN, MapRunARN: r.arn, StateName: s.name, Children: r.children}
	if to.config != nil {
		sink.WriterConfig = jsonata.Append(nil, to.config)
	}
	if to.arguments != nil {
		value, err := x.evaluate(to.arguments, x.view(f))
		if err != nil {
			r.failed(err)
			return
		}
		sink.Arguments = jsonata.Append(nil, value)
	}
	turn := f.turn
	cancel := x.options.Integrations.WriteResults(sink, func(output json.RawMessage, fault *TaskError) {
		if f.turn != turn || x.status != Running {
			return
		}
		v, err := jsonata.Decode(output)
		switch {
		case fault != nil:
			r.fail(&failure{error: fault.Error, cause: fault.Cause})
		case err != nil:
			r.fail(&failure{error: "States.ResultWriterFailed", cause: "The answer is not JSON: " + err.Error()})
		default:
			x.concluded(f, s, r, v)
		}
	})
	if cancel != nil {
		f.cancels = append(f.cancels, cancel)
	}
}
