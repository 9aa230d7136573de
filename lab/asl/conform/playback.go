package conform

import (
	"bytes"
	"encoding/json"
	"strings"
	"time"

	"github.com/acso/disaster-recovery/lab/asl"
	"github.com/acso/disaster-recovery/lab/asl/jsonata"
	"github.com/acso/disaster-recovery/lab/sim"
)

// playback answers tasks with what was recorded, in the order in which the state's tasks ran.
type playback struct {
	clock *sim.Sim
	queue map[string][]answer // by state name
	items []json.RawMessage
	reads *asl.TaskError
	wrote json.RawMessage
}

// answer is the recorded course of one attempt.
type answer struct {
	submitted json.RawMessage
	output    json.RawMessage
	fault     *asl.TaskError
	silent    bool // it timed out, or was never answered
}

func newPlayback(clock *sim.Sim, r *recording) *playback {
	p := &playback{clock: clock, queue: map[string][]answer{}}
	byID := map[float64]*jsonata.Object{}
	next := map[float64][]*jsonata.Object{}
	for _, e := range r.events {
		byID[number(e, "id")] = e
		next[number(e, "previousEventId")] = append(next[number(e, "previousEventId")], e)
	}
	for _, e := range r.events {
		if !numbered(e) { // sorted by the recorder, so that only the order of the results is left
			if a, ok := ending(e); ok {
				p.queue[""] = append(p.queue[""], a)
			}
			continue
		}
		if kind(e) == "TaskScheduled" || kind(e) == "LambdaFunctionScheduled" {
			name := stateOf(e, byID)
			p.queue[name] = append(p.queue[name], follow(e, next))
		}
	}
	p.mapRuns(r)
	return p
}

// stateOf climbs to the entry of the state that an event belongs to.
func stateOf(e *jsonata.Object, byID map[float64]*jsonata.Object) string {
	for e != nil {
		if strings.HasSuffix(kind(e), "StateEntered") {
			name, _ := get(details(e), "name").(string)
			return name
		}
		e = byID[number(e, "previousEventId")]
	}
	return ""
}

// follow goes down from TaskScheduled to the attempt's end.
func follow(e *jsonata.Object, next map[float64][]*jsonata.Object) answer {
	a := answer{silent: true}
	for {
		var down *jsonata.Object
		for _, candidate := range next[number(e, "id")] {
			if k := kind(candidate); strings.HasPrefix(k, "Task") && !strings.HasPrefix(k, "TaskState") && k != "TaskScheduled" ||
				strings.HasPrefix(k, "LambdaFunction") && k != "LambdaFunctionScheduled" {
				down = candidate
				break
			}
		}
		if down == nil {
			return a
		}
		if kind(down) == "TaskSubmitted" {
			a.submitted = payload(get(details(down), "output"))
		} else if end, ok := ending(down); ok {
			a.output, a.fault, a.silent = end.output, end.fault, false
		}
		e = down
	}
}

// ending reads the end of an attempt.
func ending(e *jsonata.Object) (answer, bool) {
	d := details(e)
	switch kind(e) {
	case "TaskSucceeded", "LambdaFunctionSucceeded":
		return answer{output: payload(get(d, "output"))}, true
	case "TaskFailed", "TaskSubmitFailed", "TaskStartFailed", "LambdaFunctionFailed", "LambdaFunctionStartFailed", "LambdaFunctionScheduleFailed":
		return answer{fault: &asl.TaskError{Error: plain(get(d, "error")), Cause: plain(get(d, "cause"))}}, true
	}
	return answer{}, false
}

// payload is the JSON text of a recorded payload.
func payload(v jsonata.Value) json.RawMessage {
	return jsonata.Append(nil, decodeText(v))
}

// plain is a recorded text; the recorder turns texts that hold JSON objects into objects.
func plain(v jsonata.Value) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return v
	}
	return jsonata.Encode(v)
}

// latency keeps answers from different branches apart, in the order of the requests.
const latency = time.Microsecond

// Start implements asl.Integrations.
func (p *playback) Start(t asl.Task, done func(json.RawMessage, *asl.TaskError)) func() {
	name := t.StateName
	if len(p.queue[name]) == 0 {
		name = ""
	}
	queue := p.queue[name]
	if len(queue) == 0 {
		return p.clock.After(latency, func() {
			done(nil, &asl.TaskError{Error: "NotRecorded", Cause: "the recording has no further attempt of " + t.StateName})
		})
	}
	a := queue[0]
	p.queue[name] = queue[1:]
	var cancels []func()
	later := func(d time.Duration, f func()) { cancels = append(cancels, p.clock.After(d, f)) }
	if a.submitted != nil {
		later(latency, func() {
			if t.Submitted != nil {
				t.Submitted(a.submitted)
				return
			}
			done(a.submitted, nil)
		})
	}
	if !a.silent {
		later(2*latency, func() { done(a.output, a.fault) })
	}
	return func() {
		for _, c := range cancels {
			c()
		}
	}
}

// mapRuns takes what a distributed Map read and wrote from its result.
func (p *playback) mapRuns(r *recording) {
	for _, e := range r.events {
		d := details(e)
		switch kind(e) {
		case "MapRunFailed":
			p.reads = &asl.TaskError{Error: plain(get(d, "error")), Cause: plain(get(d, "cause"))}
		case "MapStateExited":
			output := decodeText(get(d, "output"))
			if list, ok := output.([]jsonata.Value); ok {
				for _, item := range list {
					if batch, ok := get(item, "Items").([]jsonata.Value); ok && bytes.Contains(jsonata.Append(nil, r.definition), []byte(`"ItemBatcher"`)) {
						for _, one := range batch {
							p.items = append(p.items, jsonata.Append(nil, one))
						}
						continue
					}
					p.items = append(p.items, jsonata.Append(nil, item))
				}
			}
			p.wrote = jsonata.Append(nil, output)
		}
	}
}

// ReadItems implements asl.Integrations. What an object held is not in a history; items that pass through
// the Map unchanged are in its output.
func (p *playback) ReadItems(_ asl.ItemSource, done func([]json.RawMessage, *asl.TaskError)) func() {
	return p.clock.After(latency, func() { done(p.items, p.reads) })
}

// WriteResults implements asl.Integrations.
func (p *playback) WriteResults(_ asl.ResultSink, done func(json.RawMessage, *asl.TaskError)) func() {
	return p.clock.After(latency, func() { done(p.wrote, nil) })
}
