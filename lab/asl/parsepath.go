package asl

import (
	"strings"

	"github.com/acso/disaster-recovery/lab/asl/jsonata"
)

// pathFields are the fields of JSONPath states that are taken: those that mean the same in both
// languages, payload templates of plain reference paths, and paths that select everything.
var pathFields = map[string][]string{
	"Pass": {"Assign", "Result", "Parameters", "InputPath", "OutputPath", "Next", "End"},
	"Task": {"Resource", "Parameters", "Assign", "InputPath", "OutputPath", "Retry", "TimeoutSeconds", "HeartbeatSeconds", "Next", "End"},
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
	for _, key := range []string{"InputPath", "OutputPath"} {
		if v, ok := o.Get(key); ok && v != "$" {
			p.wrong(a.key(key), "%s", refusal)
		}
	}
	constant := func(key string) *template {
		if v, ok := o.Get(key); ok {
			return &template{field: key, literal: v}
		}
		return nil
	}
	s.failure, s.cause, s.result = constant("Error"), constant("Cause"), constant("Result")
	parameters, _ := o.Get("Parameters")
	root := "$states.input"
	switch s.kind {
	case "Wait":
		p.waitFields(a, s, o)
	case "Pass":
		if parameters != nil {
			s.output = p.pathTemplate(a.key("Parameters"), parameters, "Parameters", root)
		}
	case "Task":
		if p.taskFields(a, s, o); parameters != nil {
			s.arguments = p.pathTemplate(a.key("Parameters"), parameters, "Parameters", root)
		}
		p.retryFields(a, s, o)
		root = "$states.result" // Assign sees what the task answered
	}
	if assign := p.object(a, o, "Assign"); assign != nil && (s.kind == "Pass" || s.kind == "Task") {
		if s.result != nil && strings.Contains(jsonata.Encode(assign), `.$"`) {
			p.wrong(a.key("Assign"), "paths beside Result are not implemented in JSONPath")
		}
		s.assign = p.pathTemplate(a.key("Assign"), assign, "Assign", root)
	}
}

// pathTemplate translates a JSONPath payload template whose paths are plain references.
func (p *parser) pathTemplate(a at, v jsonata.Value, name, root string) *template {
	t := &template{field: name, literal: v}
	o, ok := v.(*jsonata.Object)
	if !ok {
		return t
	}
	for i, k := range o.Keys {
		key, isPath := strings.CutSuffix(k, ".$")
		part := p.pathTemplate(a.key(k), o.Values[i], name+"/"+key, root)
		if isPath {
			path, _ := o.Values[i].(string)
			x, ok := translatePath(path, root)
			if !ok || len(p.evaluator.Check(x)) > 0 {
				p.wrong(a.key(k), "only plain reference paths such as $.a.b are implemented in JSONPath")
			}
			part = &template{field: name + "/" + key, expr: x}
		}
		t.keys, t.parts = append(t.keys, key), append(t.parts, part)
	}
	return t
}

// translatePath writes a reference path in JSONata; root is what $ stands for.
func translatePath(path, root string) (string, bool) {
	switch {
	case strings.ContainsAny(path, "*?@()'\" ") || strings.Contains(path, ".."):
		return "", false
	case path == "$":
		return root, true
	case strings.HasPrefix(path, "$$"):
		return "$states.context" + path[2:], true
	case strings.HasPrefix(path, "$.") || strings.HasPrefix(path, "$["):
		return root + path[1:], true
	}
	return path, strings.HasPrefix(path, "$")
}
