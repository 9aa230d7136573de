package eventbridge

import (
	"bytes"
	"encoding/json"
	"fmt"
	"sort"
	"strings"
)

// matcher tells whether a value of an event matches; present is false when the event has no such field.
// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html
type matcher interface {
	match(value any, present bool) bool
}

type object struct {
	names  []string
	fields map[string]matcher
}

func (o object) match(value any, present bool) bool {
	if list, ok := value.([]any); ok { // an array of objects matches when one of them does
		for _, v := range list {
			if o.match(v, true) {
				return true
			}
		}
		return false
	}
	m, _ := value.(map[string]any)
	for _, name := range o.names {
		v, has := m[name]
		if !o.fields[name].match(v, has && present) {
			return false
		}
	}
	return true
}

// either is a leaf: one of its matchers has to match one of the values.
type either []matcher

func (e either) match(value any, present bool) bool {
	values := []any{value}
	if list, ok := value.([]any); ok && present {
		values = list
		if len(list) == 0 {
			present = false
			values = []any{nil}
		}
	}
	for _, v := range values {
		for _, m := range e {
			if m.match(v, present) {
				return true
			}
		}
	}
	return false
}

type exact struct{ value any }

func (x exact) match(value any, present bool) bool { return present && value == x.value }

type exists bool

func (x exists) match(_ any, present bool) bool { return present == bool(x) }

type text func(string) bool

func (x text) match(value any, present bool) bool {
	s, ok := value.(string)
	return present && ok && x(s)
}

type numeric func(float64) bool

func (x numeric) match(value any, present bool) bool {
	n, ok := value.(float64)
	return present && ok && x(n)
}

// not matches a field that is there and does not match.
type not struct{ inner matcher }

func (x not) match(value any, present bool) bool { return present && !x.inner.match(value, true) }

func compile(pattern string) (matcher, error) {
	decoder := json.NewDecoder(bytes.NewReader([]byte(pattern)))
	var parsed map[string]any
	if err := decoder.Decode(&parsed); err != nil {
		return nil, fmt.Errorf("event pattern: %w", err)
	}
	if len(parsed) == 0 {
		return nil, fmt.Errorf("event pattern is empty")
	}
	return fieldsOf(parsed, "")
}

func fieldsOf(parsed map[string]any, path string) (matcher, error) {
	o := object{fields: map[string]matcher{}}
	for name := range parsed {
		o.names = append(o.names, name)
	}
	sort.Strings(o.names)
	for _, name := range o.names {
		at := path + "." + name
		var err error
		switch v := parsed[name].(type) {
		case map[string]any:
			o.fields[name], err = fieldsOf(v, at)
		case []any:
			if name == "$or" {
				return nil, fmt.Errorf("event pattern %s: $or is not modelled", at)
			}
			o.fields[name], err = leaf(v, at)
		default:
			err = fmt.Errorf("event pattern %s: %q must be an object or an array", at, name)
		}
		if err != nil {
			return nil, err
		}
	}
	return o, nil
}

func leaf(list []any, path string) (matcher, error) {
	if len(list) == 0 {
		return nil, fmt.Errorf("event pattern %s: empty arrays are not allowed", path)
	}
	var e either
	for _, v := range list {
		m, err := one(v, path)
		if err != nil {
			return nil, err
		}
		e = append(e, m)
	}
	return e, nil
}

func one(v any, path string) (matcher, error) {
	operator, ok := v.(map[string]any)
	if !ok {
		return exact{v}, nil
	}
	if len(operator) != 1 {
		return nil, fmt.Errorf("event pattern %s: only one key is allowed in a match expression", path)
	}
	for name, argument := range operator {
		m, err := operation(name, argument, path)
		if err != nil {
			return nil, err
		}
		return m, nil
	}
	return nil, fmt.Errorf("event pattern %s: empty match expression", path)
}

func operation(name string, argument any, path string) (matcher, error) {
	word, isText := argument.(string)
	switch {
	case name == "prefix" && isText:
		return text(func(s string) bool { return strings.HasPrefix(s, word) }), nil
	case name == "suffix" && isText:
		return text(func(s string) bool { return strings.HasSuffix(s, word) }), nil
	case name == "equals-ignore-case" && isText:
		return text(func(s string) bool { return strings.EqualFold(s, word) }), nil
	case name == "wildcard" && isText:
		if strings.Contains(word, "**") {
			return nil, fmt.Errorf("event pattern %s: consecutive wildcard characters", path)
		}
		return text(func(s string) bool { return wildcard(word, s) }), nil
	case name == "exists":
		if is, ok := argument.(bool); ok {
			return exists(is), nil
		}
	case name == "anything-but":
		switch v := argument.(type) {
		case []any:
			inner, err := leaf(v, path)
			return not{inner}, err
		case map[string]any:
			inner, err := one(v, path)
			return not{inner}, err
		}
		return not{exact{argument}}, nil
	case name == "numeric":
		if list, ok := argument.([]any); ok {
			return comparison(list, path)
		}
	}
	return nil, fmt.Errorf("event pattern %s: unrecognized match type or argument of %s", path, name)
}

func wildcard(pattern, s string) bool {
	first, rest, more := strings.Cut(pattern, "*")
	if !more {
		return pattern == s
	}
	if !strings.HasPrefix(s, first) {
		return false
	}
	s = s[len(first):]
	for i := 0; i <= len(s); i++ {
		if wildcard(rest, s[i:]) {
			return true
		}
	}
	return false
}

func comparison(list []any, path string) (matcher, error) {
	var tests []func(float64) bool
	for i := 0; i+1 < len(list); i += 2 {
		limit, isNumber := list[i+1].(float64)
		operators := map[any]func(float64) bool{
			"=": func(n float64) bool { return n == limit }, "<": func(n float64) bool { return n < limit }, "<=": func(n float64) bool { return n <= limit },
			">": func(n float64) bool { return n > limit }, ">=": func(n float64) bool { return n >= limit },
		}
		test := operators[list[i]]
		if test == nil || !isNumber {
			return nil, fmt.Errorf("event pattern %s: numeric wants pairs of an operator and a number", path)
		}
		tests = append(tests, test)
	}
	if len(tests) == 0 || len(list)%2 == 1 {
		return nil, fmt.Errorf("event pattern %s: numeric wants pairs of an operator and a number", path)
	}
	return numeric(func(n float64) bool {
		for _, test := range tests {
			if !test(n) {
				return false
			}
		}
		return true
	}), nil
}
