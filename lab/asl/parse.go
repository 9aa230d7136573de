package asl

import (
	"fmt"
	"strings"

	"github.com/acso/disaster-recovery/lab/asl/jsonata"
)

// Problem is one mistake in a definition.
type Problem struct {
	Path    string // JSON path, such as /States/Promote/Retry[0]/ErrorEquals
	State   string // the state it lies in, or ""
	Field   string // below the state, such as Retry[0].ErrorEquals
	Message string
}

func (p Problem) String() string {
	where := p.Field
	if p.State != "" {
		where = fmt.Sprintf("state %q", p.State)
		if p.Field != "" {
			where += ": " + p.Field
		}
	}
	if where == "" {
		return p.Message
	}
	return where + ": " + p.Message
}

// DefinitionError lists every mistake of a definition.
type DefinitionError struct {
	Machine  string
	Problems []Problem
}

func (e *DefinitionError) Error() string {
	lines := make([]string, len(e.Problems))
	for i, p := range e.Problems {
		lines[i] = e.Machine + ": " + p.String()
	}
	return strings.Join(lines, "\n")
}

// parser reads a definition and collects its mistakes.
type parser struct {
	evaluator *jsonata.Evaluator
	problems  []Problem
	names     map[string]bool // of all states: unique in the whole machine
	inherited string          // the machine's query language, which every state has that names none
}

// at is a place in the definition.
type at struct {
	path, state, field string
}

func (a at) key(k string) at {
	out := at{path: a.path + "/" + k, state: a.state, field: k}
	if a.field != "" {
		out.field = a.field + "." + k
	}
	return out
}

func (a at) index(i int) at {
	return at{path: fmt.Sprintf("%s[%d]", a.path, i), state: a.state, field: fmt.Sprintf("%s[%d]", a.field, i)}
}

func (p *parser) wrong(a at, format string, args ...any) {
	p.problems = append(p.problems, Problem{Path: a.path, State: a.state, Field: a.field, Message: fmt.Sprintf(format, args...)})
}

// Parse reads and checks a definition. A returned *DefinitionError lists every mistake.
func Parse(name string, definition []byte) (*Machine, error) {
	v, err := jsonata.DecodeStrict(definition)
	if err != nil {
		return nil, fmt.Errorf("%s: not JSON: %w", name, err)
	}
	e, err := checker()
	if err != nil {
		return nil, err
	}
	defer release(e)
	p := &parser{evaluator: e, names: map[string]bool{}}
	m := p.machine(name, v)
	if len(p.problems) > 0 {
		return nil, &DefinitionError{Machine: name, Problems: p.problems}
	}
	m.Definition = append([]byte(nil), definition...)
	return m, nil
}

func (p *parser) machine(name string, v jsonata.Value) *Machine {
	m := &Machine{Name: name}
	o, ok := v.(*jsonata.Object)
	if !ok {
		p.wrong(at{}, "a definition is a JSON object")
		return m
	}
	p.fields(at{}, o, []string{"Comment", "QueryLanguage", "StartAt", "States", "TimeoutSeconds", "Version"}, nil)
	m.Comment = p.text(at{}, o, "Comment")
	if version, ok := o.Get("Version"); ok && version != "1.0" {
		p.wrong(at{}.key("Version"), `must be "1.0"`)
	}
	m.timeout = p.number(at{}, o, "TimeoutSeconds", 1, maxSeconds, 0)
	p.inherited = p.language(at{}, o, jsonPath)
	m.flow = p.flow(at{}, o, scopeNames{})
	return m
}

// The query languages.
const (
	jsonPath = "JSONPath" // the default of a machine that does not say
	jsonAta  = "JSONata"
)

func (p *parser) language(a at, o *jsonata.Object, inherited string) string {
	v, ok := o.Get("QueryLanguage")
	if !ok {
		return inherited
	}
	s, _ := v.(string)
	switch {
	case s != jsonPath && s != jsonAta:
		p.wrong(a.key("QueryLanguage"), "must be JSONata")
		return jsonAta
	case s == jsonPath && inherited == jsonAta:
		p.wrong(a.key("QueryLanguage"), "a state of a JSONata machine cannot go back to JSONPath")
		return jsonAta
	}
	return s
}

// flow reads StartAt and States.
func (p *parser) flow(a at, o *jsonata.Object, outer scopeNames) *flow {
	f := &flow{startAt: p.text(a, o, "StartAt"), states: map[string]*state{}}
	v, _ := o.Get("States")
	states, ok := v.(*jsonata.Object)
	if !ok || len(states.Keys) == 0 {
		p.wrong(a.key("States"), "must be an object with at least one state")
		return f
	}
	for i, name := range states.Keys {
		place := at{path: a.path + "/States/" + name, state: name}
		p.name(place, name)
		s := &state{name: name, path: place.path}
		if body, ok := states.Values[i].(*jsonata.Object); ok {
			p.state(place, s, body, outer, scopeAround(name, states, outer))
		} else {
			p.wrong(place, "a state is an object")
		}
		f.states[name] = s
		f.order = append(f.order, name)
	}
	p.graph(a, f)
	return f
}

// maxName is the longest state name: https://states-language.net/spec.html#states-fields
const maxName = 80

func (p *parser) name(a at, name string) {
	if n := len([]rune(name)); n == 0 || n > maxName {
		p.wrong(a, "a state name has 1 to %d characters, this one has %d", maxName, n)
	}
	if p.names[name] {
		p.wrong(a, "a state name is used once in the whole machine, and this one is used before")
	}
	p.names[name] = true
}

// graph checks that the states of a flow lead from StartAt to an end.
func (p *parser) graph(a at, f *flow) {
	if f.startAt == "" {
		if !p.has(a.key("StartAt")) {
			p.wrong(a.key("StartAt"), "is missing")
		}
		return
	}
	if f.states[f.startAt] == nil {
		p.wrong(a.key("StartAt"), "there is no state %q here", f.startAt)
		return
	}
	reached := map[string]bool{}
	terminal := false
	var visit func(string)
	visit = func(name string) {
		s := f.states[name]
		if s == nil || reached[name] {
			return
		}
		reached[name] = true
		terminal = terminal || s.end || s.kind == "Succeed" || s.kind == "Fail"
		for _, t := range s.targets() {
			visit(t)
		}
	}
	visit(f.startAt)
	for _, name := range f.order {
		s := f.states[name]
		place := at{path: s.path, state: name}
		if !reached[name] {
			p.wrong(place, "cannot be reached from StartAt %q", f.startAt)
		}
		for _, t := range s.targets() {
			if f.states[t] == nil {
				p.wrong(place, "leads to %q, which is not a state beside it", t)
			}
		}
	}
	if !terminal {
		p.wrong(a.key("States"), `no state that can be reached ends: one needs "End": true, or the type Succeed or Fail`)
	}
}

// has says whether a place has been complained about.
func (p *parser) has(a at) bool {
	for _, q := range p.problems {
		if q.Path == a.path {
			return true
		}
	}
	return false
}

// targets lists where a state can lead.
func (s *state) targets() []string {
	var out []string
	add := func(name string) {
		if name != "" {
			out = append(out, name)
		}
	}
	add(s.next)
	for _, r := range s.choices {
		add(r.next)
	}
	add(s.fallback)
	for _, c := range s.catch {
		add(c.next)
	}
	return out
}
