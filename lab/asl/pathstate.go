package asl

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/acso/disaster-recovery/lab/asl/jsonata"
)

// paths is the data flow of a JSONPath state, which mixed machines have:
// https://states-language.net/spec.html#data
type paths struct {
	input, output *reference // nil for "$"
	result        *reference // ResultPath; nil for "$"
	discard       bool       // "ResultPath": null
	literal       *template  // Result of a Pass
	selector      *template  // ResultSelector
}

// reference is a reference path: one place in one value.
type reference struct {
	text  string
	base  string // "$", "$$", or the name of a variable
	steps []any  // string for a key, int for an index
	empty bool   // null instead of a path: the empty object
}

// parseReference takes a reference path apart; filters, wild cards and functions are none.
func parseReference(text string) (*reference, bool) {
	r := &reference{text: text, base: "$"}
	rest, ok := strings.CutPrefix(text, "$")
	if !ok {
		return nil, false
	}
	if after, context := strings.CutPrefix(rest, "$"); context {
		r.base, rest = "$$", after
	} else if n := strings.IndexAny(rest+".", ".["); n > 0 {
		if r.base, rest = rest[:n], rest[n:]; !identifier(r.base) {
			return nil, false
		}
	}
	for rest != "" {
		switch {
		case strings.HasPrefix(rest, "['"):
			key, after, closed := strings.Cut(rest[2:], "']")
			if !closed {
				return nil, false
			}
			r.steps, rest = append(r.steps, key), after
		case rest[0] == '[':
			digits, after, closed := strings.Cut(rest[1:], "]")
			n, err := strconv.Atoi(digits)
			if !closed || err != nil || n < 0 {
				return nil, false
			}
			r.steps, rest = append(r.steps, n), after
		case rest[0] == '.':
			n := strings.IndexAny(rest[1:]+".", ".[") + 1
			key := rest[1:n]
			if key == "" || strings.ContainsAny(key, "*?@()'\" ") {
				return nil, false
			}
			r.steps, rest = append(r.steps, key), rest[n:]
		default:
			return nil, false
		}
	}
	return r, true
}

// find follows the path. field is what holds it, for the cause (as floci measured it, August 2026).
func (r *reference) find(v view, field string) (jsonata.Value, *queryError) {
	if r.empty {
		return &jsonata.Object{}, nil
	}
	from, ok := v.root, true
	switch r.base {
	case "$":
	case "$$":
		from, _ = v.states.Get("context")
	default:
		from, ok = v.vars.lookup(r.base)
	}
	at := from
	for _, step := range r.steps {
		if !ok {
			break
		}
		switch step := step.(type) {
		case string:
			var o *jsonata.Object
			if o, ok = at.(*jsonata.Object); ok {
				at, ok = o.Get(step)
			}
		case int:
			var a []jsonata.Value
			if a, ok = at.([]jsonata.Value); ok {
				if ok = step < len(a); ok {
					at = a[step]
				}
			}
		}
	}
	if !ok {
		return nil, &queryError{runtime: true, cause: fmt.Sprintf("The JSONPath '%s' specified for the field '%s' could not be found in the input '%s'", r.text, field, jsonata.Encode(from))}
	}
	return at, nil
}

// effective applies InputPath.
func (p *paths) effective(input jsonata.Value, v view) (jsonata.Value, *queryError) {
	if p.input == nil {
		return input, nil
	}
	v.root = input
	return p.input.find(v, "InputPath")
}

// pathPass does the work of a JSONPath Pass.
func (x *Execution) pathPass(f *frame, s *state) {
	v := x.view(f)
	result, err := s.paths.effective(f.input, v)
	if err == nil && s.arguments != nil {
		v.root = result
		result, err = x.evaluate(s.arguments, v)
	}
	if err != nil {
		x.query(f, err)
		return
	}
	if s.paths.literal != nil {
		result = s.paths.literal.literal
	}
	x.pathLeave(f, s, result)
}

// pathLeave applies ResultSelector, Assign, ResultPath and OutputPath. Assign sees the result, not the
// input (localstack's jsonpath_to_jsonata_dataflow, November 2024).
func (x *Execution) pathLeave(f *frame, s *state, result jsonata.Value) {
	p, v := s.paths, x.view(f)
	v.root = result
	var err *queryError
	if p.selector != nil {
		if result, err = x.evaluate(p.selector, v); err == nil {
			v.root = result
		}
	}
	var assigned *jsonata.Object
	if err == nil {
		assigned, err = x.assignments(s.assign, v)
	}
	output := result
	switch {
	case p.discard:
		output = f.input
	case p.result != nil:
		output = inserted(f.input, p.result.steps, result)
	}
	if err == nil && p.output != nil {
		v.root = output
		output, err = p.output.find(v, "OutputPath")
	}
	if err != nil {
		x.query(f, err)
		return
	}
	x.exit(f, output, assigned, s.next)
}

// inserted is a copy of a value with another one at a place in it; what is missing on the way is made.
func inserted(v jsonata.Value, steps []any, what jsonata.Value) jsonata.Value {
	if len(steps) == 0 {
		return what
	}
	if a, ok := v.([]jsonata.Value); ok {
		if i, ok := steps[0].(int); ok && i < len(a) {
			out := append([]jsonata.Value(nil), a...)
			out[i] = inserted(a[i], steps[1:], what)
			return out
		}
	}
	out := &jsonata.Object{}
	if o, ok := v.(*jsonata.Object); ok {
		out = o.Clone()
	}
	key := fmt.Sprint(steps[0])
	inner, _ := out.Get(key)
	out.Set(key, inserted(inner, steps[1:], what))
	return out
}
