package asl

import (
	"sort"
	"strconv"
	"strings"
	"time"

	"github.com/acso/disaster-recovery/lab/asl/jsonata"
)

// Event is one event of an execution's history. It marshals as GetExecutionHistory shows it, with
// payloads that are objects written as objects, as recordings do.
type Event struct {
	ID              int64
	PreviousEventID int64
	Timestamp       time.Time
	Type            string // such as TaskStateEntered
	details         string // the key of the details, or ""
	fields          []field
}

// field is one detail. The value is a string, an int64, a payload, a variables, or a flag object.
type field struct {
	name  string
	value any
}

// payload is a JSON value kept as it is until somebody asks for the text.
type payload struct{ value jsonata.Value }

// variables are what a state assigned, each value its JSON text.
type variables struct {
	names  []string
	values []jsonata.Value
}

// State is the name of the state that an event belongs to, for the events that carry it.
func (e Event) State() string {
	for _, f := range e.fields {
		if s, ok := f.value.(string); ok && (f.name == "name" || f.name == "state") {
			return s
		}
	}
	return ""
}

// Detail returns a detail as text: a payload as JSON, anything else as it is, "" when it is missing.
func (e Event) Detail(name string) string {
	for _, f := range e.fields {
		if f.name == name {
			switch v := f.value.(type) {
			case string:
				return v
			case int64:
				return strconv.FormatInt(v, 10)
			case payload:
				return jsonata.Encode(v.value)
			}
		}
	}
	return ""
}

// Value is the event as an ordered JSON value, keys in alphabetical order.
func (e Event) Value() *jsonata.Object {
	o := jsonata.Obj("id", float64(e.ID), "previousEventId", float64(e.PreviousEventID),
		"timestamp", e.Timestamp.UTC().Format("2006-01-02T15:04:05.000Z"), "type", e.Type)
	if e.details != "" {
		d := &jsonata.Object{}
		for _, f := range e.fields {
			d.Set(f.name, f.json())
		}
		o.Set(e.details, sorted(d))
	}
	return sorted(o)
}

// MarshalJSON implements json.Marshaler.
func (e Event) MarshalJSON() ([]byte, error) { return jsonata.Append(nil, e.Value()), nil }

func (f field) json() jsonata.Value {
	switch v := f.value.(type) {
	case payload:
		return text(v.value)
	case variables:
		o := &jsonata.Object{}
		for i, name := range v.names {
			o.Set(name, text(v.values[i]))
		}
		return sorted(o)
	case int64:
		return float64(v)
	case string:
		if strings.HasPrefix(v, "{") && (f.name == "cause" || f.name == "error") {
			if parsed, err := jsonata.Decode([]byte(v)); err == nil {
				return parsed
			}
		}
		return v
	}
	return f.value
}

// text writes a payload as the recordings do: an object as an object, anything else as JSON text.
func text(v jsonata.Value) jsonata.Value {
	if o, ok := v.(*jsonata.Object); ok {
		return o
	}
	return jsonata.Encode(v)
}

func sorted(o *jsonata.Object) *jsonata.Object {
	order := make([]int, len(o.Keys))
	for i := range order {
		order[i] = i
	}
	sort.Slice(order, func(i, j int) bool { return o.Keys[order[i]] < o.Keys[order[j]] })
	out := &jsonata.Object{}
	for _, i := range order {
		out.Keys, out.Values = append(out.Keys, o.Keys[i]), append(out.Values, o.Values[i])
	}
	return out
}

var whole = jsonata.Obj("truncated", false)

// payloadField adds a payload with the note that it is complete.
func payloadField(name string, v jsonata.Value) []field {
	return []field{{name, payload{v}}, {name + "Details", whole}}
}

// failureFields are error and cause, each only when there is one.
func failureFields(f *failure) []field {
	var out []field
	if f.cause != "" {
		out = append(out, field{"cause", f.cause})
	}
	if f.error != "" {
		out = append(out, field{"error", f.error})
	}
	return out
}

// maxEvents is the length of a Standard execution's history:
// https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html
const maxEvents = 25000

// emit writes an event after the frame's last one, and makes it the frame's last one.
func (x *Execution) emit(f *frame, kind, details string, fields ...field) int64 {
	id := x.record(f.previous, kind, details, fields...)
	f.previous = id
	return id
}

// record writes an event without moving any chain.
func (x *Execution) record(previous int64, kind, details string, fields ...field) int64 {
	if x.status != Running && !ending(kind) {
		return previous
	}
	if len(x.history) == maxEvents-1 && !ending(kind) {
		x.fail(previous, &failure{error: "States.Runtime", cause: "The execution reached the maximum number of history events (25000)."})
		return previous
	}
	id := int64(len(x.history) + 1)
	e := Event{ID: id, PreviousEventID: previous, Timestamp: x.clock.Now(), Type: kind, details: details, fields: fields}
	x.history = append(x.history, e)
	if x.options.Observer != nil {
		x.options.Observer(x, e)
	}
	return id
}

// ending says whether an event ends an execution or begins it again, so that it has a place behind
// the last one.
func ending(kind string) bool {
	switch kind {
	case "ExecutionSucceeded", "ExecutionFailed", "ExecutionAborted", "ExecutionTimedOut":
		return true
	}
	return false
}
