package asl

import (
	"github.com/acso/disaster-recovery/lab/asl/jsonata"
)

// pathFields are the fields of JSONPath states that are taken, with plain reference paths and no
// functions: enough for mixed machines, whose other states are in JSONata.
var pathFields = map[string][]string{
	"Pass": {"Assign", "Result", "Parameters", "InputPath", "ResultPath", "OutputPath", "Next", "End"},
	"Task": {"Resource", "Parameters", "Assign", "InputPath", "ResultSelector", "ResultPath", "OutputPath", "Retry", "TimeoutSeconds", "HeartbeatSeconds", "Next", "End"},
	"Wait": {"Seconds", "Timestamp", "Next", "End"}, "Fail": {"Error", "Cause"}, "Succeed": {},
}

// pathState reads a state in JSONPath.
func (p *parser) pathState(a at, s *state, o *jsonata.Object) {
	allowed, ok := pathFields[s.kind]
	if !ok {
		p.wrong(a, "is in JSONPath, the default; this interpreter runs JSONata. Put \"QueryLanguage\": \"JSONata\" at the top of the definition")
		return
	}
	const refusal = "is JSONPath, which is not implemented; put \"QueryLanguage\": \"JSONata\" at the top of the definition"
	refused := map[string]string{"Output": refusal, "Arguments": refusal, "Catch": refusal}
	for k := range instead {
		refused[k] = refusal
	}
	p.fields(a, o, append([]string{"Type", "Comment", "QueryLanguage"}, allowed...), refused)
	p.transition(a, s, o, allowed)
	constant := func(key string) *template {
		if v, ok := o.Get(key); ok {
			return &template{field: key, literal: v}
		}
		return nil
	}
	s.failure, s.cause = constant("Error"), constant("Cause")
	switch s.kind {
	case "Wait":
		p.waitFields(a, s, o)
		return
	case "Pass", "Task":
	default:
		return
	}
	s.paths = &paths{input: p.reference(a, o, "InputPath"), output: p.reference(a, o, "OutputPath"), result: p.reference(a, o, "ResultPath"), literal: constant("Result")}
	if s.paths.result != nil {
		s.paths.discard = s.paths.result.empty
		if s.paths.result.base != "$" {
			p.wrong(a.key("ResultPath"), "leads into the state's input: it begins with $. or is null")
		}
	}
	if s.kind == "Task" {
		p.taskFields(a, s, o)
		p.retryFields(a, s, o)
	}
	s.arguments = p.pathTemplate(a, o, "Parameters")
	s.paths.selector = p.pathTemplate(a, o, "ResultSelector")
	if assign := p.object(a, o, "Assign"); assign != nil {
		s.assign = p.pathTemplate(a, o, "Assign")
	}
}

const plainPaths = "only plain reference paths such as $.a.b are implemented in JSONPath"

// reference reads a field that holds a path or null; nil stands for "$".
func (p *parser) reference(a at, o *jsonata.Object, key string) *reference {
	v, ok := o.Get(key)
	if !ok || v == "$" {
		return nil
	}
	if v == nil {
		return &reference{text: "null", base: "$", empty: true}
	}
	text, _ := v.(string)
	r, ok := parseReference(text)
	if !ok {
		p.wrong(a.key(key), plainPaths)
		return nil
	}
	return r
}

// pathTemplate reads a payload template, if there is one.
func (p *parser) pathTemplate(a at, o *jsonata.Object, key string) *template {
	v, ok := o.Get(key)
	if !ok {
		return nil
	}
	return p.pathValue(a.key(key), v, key)
}

func (p *parser) pathValue(a at, v jsonata.Value, name string) *template {
	t := &template{field: name, literal: v}
	o, ok := v.(*jsonata.Object)
	if !ok {
		return t
	}
	for i, k := range o.Keys {
		key, part := k, (*template)(nil)
		if n := len(k) - len(".$"); n >= 0 && k[n:] == ".$" {
			text, _ := o.Values[i].(string)
			r, ok := parseReference(text)
			if !ok {
				p.wrong(a.key(k), plainPaths)
			}
			key, part = k[:n], &template{field: k, path: r}
		} else {
			part = p.pathValue(a.key(k), o.Values[i], k)
		}
		t.keys, t.parts = append(t.keys, key), append(t.parts, part)
	}
	return t
}
