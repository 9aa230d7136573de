package conform

import (
	"fmt"
	"strings"
	"time"

	"github.com/acso/disaster-recovery/lab/asl"
	"github.com/acso/disaster-recovery/lab/asl/jsonata"
)

// recording is one recorded execution.
type recording struct {
	id         string
	definition *jsonata.Object
	input      jsonata.Value
	events     []*jsonata.Object
}

func read(v jsonata.Value) (*recording, error) {
	o, ok := v.(*jsonata.Object)
	if !ok {
		return nil, fmt.Errorf("a recording is an object with definition, input and events")
	}
	r := &recording{}
	if id, ok := o.Get("id"); ok {
		r.id, _ = id.(string)
	}
	d, _ := o.Get("definition")
	if r.definition, ok = d.(*jsonata.Object); !ok {
		return nil, fmt.Errorf("definition: must be an object")
	}
	r.input, ok = o.Get("input")
	if !ok {
		return nil, fmt.Errorf("input: is missing")
	}
	e, _ := o.Get("events")
	events, ok := e.([]jsonata.Value)
	if !ok || len(events) == 0 {
		return nil, fmt.Errorf("events: must be an array of events")
	}
	for i, e := range events {
		event, ok := e.(*jsonata.Object)
		if !ok {
			return nil, fmt.Errorf("events[%d]: must be an object", i)
		}
		r.events = append(r.events, event)
	}
	return r, nil
}

func (r *recording) machineName() string {
	if r.id == "" {
		return "Recording"
	}
	return r.id
}

// kind is an event's type.
func kind(e *jsonata.Object) string { s, _ := get(e, "type").(string); return s }

func get(v jsonata.Value, path ...string) jsonata.Value {
	for _, key := range path {
		o, ok := v.(*jsonata.Object)
		if !ok || o == nil {
			return nil
		}
		if v, ok = o.Get(key); !ok {
			return nil
		}
	}
	return v
}

// details is the object of an event that is not one of its four common fields.
func details(e *jsonata.Object) *jsonata.Object {
	for i, k := range e.Keys {
		if strings.HasSuffix(k, "EventDetails") {
			d, _ := e.Values[i].(*jsonata.Object)
			return d
		}
	}
	return nil
}

// complete fills in the placeholders of test templates. The public suite replaces some fields of a
// definition when a test runs, and the recording keeps the template. Only a constant that contradicts
// the recorded events is replaced, and only by what the events say it was.
func (r *recording) complete() []string {
	var notes []string
	if stamp := r.stamp(); stamped(r.input, stamp) != nil {
		notes = append(notes, "the input holds a time that the recorder replaced by a word; it was taken as "+stamp)
		r.input = stamped(r.input, stamp)
	}
	states, _ := get(r.definition, "States").(*jsonata.Object)
	if states == nil {
		return nil
	}
	for i, name := range states.Keys {
		s, ok := states.Values[i].(*jsonata.Object)
		if !ok {
			continue
		}
		for _, fill := range []struct {
			field string
			value func(string) (jsonata.Value, bool)
		}{{"Output", r.exited}, {"Arguments", r.scheduled}, {"Items", r.items}} {
			old, ok := s.Get(fill.field)
			if !ok || !placeholder(old) {
				continue
			}
			value, ok := r.quoted(name, fill.field)
			if !ok {
				value, ok = fill.value(name)
			}
			if ok && !jsonata.Equal(old, value) {
				s.Set(fill.field, value)
				notes = append(notes, fmt.Sprintf("state %q: %s holds the placeholder %s; it was taken as %s", name, fill.field, jsonata.Encode(old), jsonata.Encode(value)))
			}
		}
		if items, ok := s.Get("Items"); ok {
			list, isList := items.([]jsonata.Value)
			if value, ok := r.iterated(name); isList && ok && len(value) != len(list) {
				s.Set("Items", value)
				notes = append(notes, fmt.Sprintf("state %q: Items %s is not what ran, %d iterations were recorded; it was taken as %s", name, jsonata.Encode(items), len(value), jsonata.Encode(value)))
			}
		}
	}
	return notes
}

// placeholder recognises the words that the suite's templates hold before a test fills them in.
func placeholder(v jsonata.Value) bool {
	s, ok := v.(string)
	return ok && (strings.EqualFold(s, "_tbd_") || strings.EqualFold(s, "__tbd__"))
}

// stamp is the time that an input held: the one that a failed Wait complains about, or any valid one.
func (r *recording) stamp() string {
	for _, e := range r.events {
		cause, _ := get(details(e), "cause").(string)
		if _, text, ok := strings.Cut(cause, "date-time format string: "); ok {
			return text
		}
	}
	return "2016-12-05T21:29:29Z"
}

// stamped replaces the recorder's words for times, or returns nil when there is none.
func stamped(v jsonata.Value, stamp string) jsonata.Value {
	o, ok := v.(*jsonata.Object)
	if !ok {
		return nil
	}
	var out *jsonata.Object
	for i, k := range o.Keys {
		if s, ok := o.Values[i].(string); ok && (s == "timestamp" || s == "date" || s == "datetime") {
			if out == nil {
				out = o.Clone()
			}
			out.Set(k, stamp)
		}
	}
	if out == nil {
		return nil
	}
	return out
}

// quoted finds the expression of a field in the cause of an evaluation that failed.
func (r *recording) quoted(name, field string) (jsonata.Value, bool) {
	for _, e := range r.events {
		if kind(e) != "EvaluationFailed" || get(details(e), "state") != name {
			continue
		}
		cause, _ := get(details(e), "cause").(string)
		_, rest, ok := strings.Cut(cause, "The JSONata expression '")
		text, _, also := strings.Cut(rest, "' specified for the field '"+field+"'")
		if ok && also {
			return "{% " + text + " %}", true
		}
	}
	return nil, false
}

// scheduled finds the arguments of a task.
func (r *recording) scheduled(name string) (jsonata.Value, bool) {
	for i, e := range r.events {
		if kind(e) == "TaskStateEntered" && get(details(e), "name") == name {
			for _, next := range r.events[i:] {
				if kind(next) == "TaskScheduled" && get(next, "previousEventId") == get(e, "id") {
					return decodeText(get(details(next), "parameters")), true
				}
			}
		}
	}
	return nil, false
}

// items finds the items of a Map.
func (r *recording) items(name string) (jsonata.Value, bool) {
	list, ok := r.iterated(name)
	if list == nil {
		list = []jsonata.Value{}
	}
	return list, ok
}

// exited finds the recorded output of a state.
func (r *recording) exited(name string) (jsonata.Value, bool) {
	for _, e := range r.events {
		if d := details(e); d != nil && strings.HasSuffix(kind(e), "StateExited") && get(d, "name") == name {
			return decodeText(get(d, "output")), true
		}
	}
	return nil, false
}

// iterated finds the inputs of the iterations of an inline Map whose iterations enter in order.
func (r *recording) iterated(name string) ([]jsonata.Value, bool) {
	var out []jsonata.Value
	seen, started := false, map[jsonata.Value]bool{}
	for _, e := range r.events {
		d := details(e)
		switch {
		case kind(e) == "MapStateStarted":
			seen = true
		case kind(e) == "MapIterationStarted" && get(d, "name") == name:
			started[get(e, "id")] = true
		case strings.HasSuffix(kind(e), "StateEntered") && started[get(e, "previousEventId")]:
			out = append(out, decodeText(get(d, "input")))
		}
	}
	return out, seen
}

// decodeText reads a payload, which stands in a recording as an object or as JSON text.
func decodeText(v jsonata.Value) jsonata.Value {
	if s, ok := v.(string); ok {
		if parsed, err := jsonata.Decode([]byte(s)); err == nil {
			return parsed
		}
	}
	return v
}

// schedule repeats what was done to the execution from outside: an abort, a redrive.
func (r *recording) schedule(clock *asl.SimulatedClock, x *asl.Execution) {
	for i, e := range r.events {
		switch kind(e) {
		case "ExecutionAborted":
			errorName, _ := get(details(e), "error").(string)
			cause, _ := get(details(e), "cause").(string)
			clock.After(time.Millisecond, func() { x.Stop(errorName, cause) })
		case "ExecutionRedriven":
			if i > 0 {
				clock.After(24*time.Hour, func() { _ = x.Redrive() })
			}
		}
	}
}
