package conform

import (
	"fmt"
	"strings"
	"time"

	"github.com/acso/disaster-recovery/lab/asl"
	"github.com/acso/disaster-recovery/lab/asl/jsonata"
	"github.com/acso/disaster-recovery/lab/sim"
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

// number reads an event's id or previousEventId; -1 stands for one that the recorder took away.
func number(e *jsonata.Object, key string) float64 {
	if n, ok := get(e, key).(float64); ok {
		return n
	}
	return -1
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
func (r *recording) schedule(clock *sim.Sim, x *asl.Execution) {
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
