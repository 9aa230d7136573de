package conform

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/acso/disaster-recovery/lab/asl/jsonata"
)

// complete fills in the placeholders of test templates. The public suite replaces some fields of a
// definition when a test runs, and the recording keeps the template. Only a constant that contradicts
// the recorded events is replaced, and only by what the events say it was.
func (r *recording) complete() []string {
	var notes []string
	if stamp := r.stamp(); stamped(r.input, stamp) != nil {
		notes = append(notes, "the input holds a time that the recorder replaced by a word; it was taken as "+stamp)
		r.input = stamped(r.input, stamp)
	}
	r.walk(r.definition, func(name string, s *jsonata.Object) {
		for _, key := range []string{"Output", "Assign", "Arguments", "Parameters", "Items", "Resource", "TimeoutSeconds", "HeartbeatSeconds"} {
			old, has := s.Get(key)
			value, known := r.filled(name, key, old, has)
			if !known || has && jsonata.Equal(old, value) {
				continue
			}
			was := "is missing from the template"
			if has {
				was = jsonata.Encode(old) + " is not what ran"
			}
			s.Set(key, value)
			notes = append(notes, fmt.Sprintf("state %q: %s %s; it was taken as %s", name, key, was, jsonata.Encode(value)))
		}
	})
	return notes
}

// walk visits every state, inner ones too.
func (r *recording) walk(flow jsonata.Value, visit func(string, *jsonata.Object)) {
	states, _ := get(flow, "States").(*jsonata.Object)
	if states == nil {
		return
	}
	for i, name := range states.Keys {
		s, ok := states.Values[i].(*jsonata.Object)
		if !ok {
			continue
		}
		visit(name, s)
		r.walk(get(s, "ItemProcessor"), visit)
		r.walk(get(s, "Iterator"), visit)
		branches, _ := get(s, "Branches").([]jsonata.Value)
		for _, b := range branches {
			r.walk(b, visit)
		}
	}
}

// filled is a field with its placeholders replaced; known is false when the events do not tell.
func (r *recording) filled(name, key string, old jsonata.Value, has bool) (value jsonata.Value, known bool) {
	if value, ok := r.quoted(name, key); ok && placeholder(old) {
		return value, true
	}
	switch key {
	case "TimeoutSeconds":
		return r.limit(name, "timeoutInSeconds", has)
	case "HeartbeatSeconds":
		return r.limit(name, "heartbeatInSeconds", has)
	case "Output":
		value, known = r.exited(name)
	case "Assign":
		value, known = r.assigned(name)
	case "Arguments", "Parameters":
		value, known = r.scheduled(name)
	case "Resource":
		value, known = r.resource(name)
	case "Items":
		items, ok := r.iterated(name)
		list, isList := old.([]jsonata.Value)
		return append([]jsonata.Value{}, items...), ok && has && (placeholder(old) || isList && len(list) != len(items))
	}
	return fill(old, value), known && has
}

// limit finds the seconds that a test added to a task whose template has none.
func (r *recording) limit(name, detail string, has bool) (jsonata.Value, bool) {
	e, ok := r.attempt(name)
	if !ok || has {
		return nil, false
	}
	v := get(details(e), detail)
	return v, v != nil
}

// assigned finds what a state assigned.
func (r *recording) assigned(name string) (jsonata.Value, bool) {
	for _, e := range r.events {
		d := details(e)
		if d == nil || !strings.HasSuffix(kind(e), "StateExited") || get(d, "name") != name {
			continue
		}
		variables, ok := get(d, "assignedVariables").(*jsonata.Object)
		if !ok {
			return nil, false
		}
		out := &jsonata.Object{}
		for i, k := range variables.Keys {
			out.Set(k, decodeText(variables.Values[i]))
		}
		return out, true
	}
	return nil, false
}

// fill replaces the placeholders inside a constant by what stands at the same place of a value.
func fill(old, value jsonata.Value) jsonata.Value {
	if placeholder(old) {
		return value
	}
	o, ok := old.(*jsonata.Object)
	if !ok {
		return old
	}
	out := o.Clone()
	inner, _ := value.(*jsonata.Object)
	for i, k := range o.Keys {
		if inner == nil {
			break
		}
		if v, ok := inner.Get(k); ok {
			out.Values[i] = fill(o.Values[i], v)
		}
	}
	return out
}

// resource finds what a task called.
func (r *recording) resource(name string) (jsonata.Value, bool) {
	e, ok := r.attempt(name)
	if !ok {
		return nil, false
	}
	d := details(e)
	if kind(e) == "LambdaFunctionScheduled" {
		return get(d, "resource"), true
	}
	service, _ := get(d, "resourceType").(string)
	action, _ := get(d, "resource").(string)
	return "arn:aws:states:::" + service + ":" + action, true
}

// attempt finds the event that scheduled the first attempt of a task.
func (r *recording) attempt(name string) (*jsonata.Object, bool) {
	for i, e := range r.events {
		if kind(e) != "TaskStateEntered" || get(details(e), "name") != name {
			continue
		}
		for _, next := range r.events[i:] {
			if strings.HasSuffix(kind(next), "Scheduled") && (!numbered(e) || number(next, "previousEventId") == number(e, "id")) {
				return next, true
			}
		}
	}
	return nil, false
}

// placeholders are the words that the suite's templates hold before a test fills them in.
var placeholders = regexp.MustCompile(`^(_+(?i:tbd)_+|%[A-Z0-9_]+%|__[a-z0-9_]+__)$`)

func placeholder(v jsonata.Value) bool {
	s, ok := v.(string)
	return ok && placeholders.MatchString(s)
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
	e, ok := r.attempt(name)
	if !ok {
		return nil, false
	}
	if v := get(details(e), "parameters"); v != nil {
		return decodeText(v), true
	}
	return decodeText(get(details(e), "input")), true
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
	seen, started := false, map[float64]bool{}
	for _, e := range r.events {
		d := details(e)
		switch {
		case kind(e) == "MapStateStarted":
			seen = true
		case kind(e) == "MapIterationStarted" && get(d, "name") == name:
			started[number(e, "id")] = true
		case strings.HasSuffix(kind(e), "StateEntered") && started[number(e, "previousEventId")]:
			out = append(out, decodeText(get(d, "input")))
		}
	}
	return out, seen
}
