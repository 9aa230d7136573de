package asl

import (
	"fmt"
	"strings"

	"github.com/acso/disaster-recovery/lab/asl/jsonata"
)

// template is a field that may hold JSONata anywhere inside.
type template struct {
	field   string // as AWS names it in a cause: Arguments/Input/x[0]
	expr    string // an expression, without its marks
	literal jsonata.Value
	keys    []string    // of an object that holds expressions
	parts   []*template // of an object or an array that holds expressions
	list    bool
	path    *reference // of a JSONPath state
}

// constant says that nothing in the template has to be evaluated.
func (t *template) constant() bool { return t.expr == "" && t.parts == nil && t.path == nil }

// expression returns what stands between {% and %}. AWS takes a text for an expression only when the
// marks are its first and its last two characters (recording base-cases-base-literals).
func expression(s string) (string, bool) {
	if len(s) < 4 || !strings.HasPrefix(s, "{%") || !strings.HasSuffix(s, "%}") {
		return "", false
	}
	return strings.TrimSpace(s[2 : len(s)-2]), true
}

// compileTemplate looks for the expressions in a value.
func compileTemplate(v jsonata.Value, field string) *template {
	t := &template{field: field, literal: v}
	switch v := v.(type) {
	case string:
		if x, ok := expression(v); ok {
			t.expr = x
			if x == "" {
				t.expr = " " // refused by validation: an empty expression
			}
		}
	case []jsonata.Value:
		for i, x := range v {
			t.parts = append(t.parts, compileTemplate(x, fmt.Sprintf("%s[%d]", field, i)))
		}
		t.list = true
	case *jsonata.Object:
		for i, k := range v.Keys {
			t.keys = append(t.keys, k)
			t.parts = append(t.parts, compileTemplate(v.Values[i], field+"/"+k))
		}
	}
	for _, p := range t.parts {
		if !p.constant() {
			return t
		}
	}
	t.keys, t.parts, t.list = nil, nil, false
	return t
}

// expressions calls f for every expression in the template.
func (t *template) expressions(f func(t *template)) {
	if t == nil {
		return
	}
	if t.expr != "" {
		f(t)
	}
	for _, p := range t.parts {
		p.expressions(f)
	}
}

// evaluate computes a template.
func (x *Execution) evaluate(t *template, b jsonata.Bindings) (jsonata.Value, *queryError) {
	switch {
	case t.expr != "":
		v, err := x.options.Evaluator.Evaluate(t.expr, b)
		if err != nil {
			return nil, expressionError(t, err)
		}
		return v, nil
	case t.path != nil:
		return t.path.find(b.(view), t.field)
	case t.parts == nil:
		return t.literal, nil
	case t.list:
		out := make([]jsonata.Value, len(t.parts))
		for i, p := range t.parts {
			v, err := x.evaluate(p, b)
			if err != nil {
				return nil, err
			}
			out[i] = v
		}
		return out, nil
	}
	out := &jsonata.Object{Keys: t.keys, Values: make([]jsonata.Value, len(t.parts))}
	for i, p := range t.parts {
		v, err := x.evaluate(p, b)
		if err != nil {
			return nil, err
		}
		out.Values[i] = v
	}
	return out, nil
}

// queryError is an evaluation that failed: the cause without the sentence that names the state.
type queryError struct {
	cause, location string
	runtime         bool // of a JSONPath: AWS ends the execution with States.Runtime
}

// expressionError words an error as AWS does (texts measured by the floci project, August 2026): a
// JSONata error with a code follows a full stop, one without a colon.
func expressionError(t *template, err error) *queryError {
	sentence := fmt.Sprintf("The JSONata expression '%s' specified for the field '%s' ", t.expr, t.field)
	//nolint:errorlint // the evaluator returns these three unwrapped
	switch e := err.(type) {
	case *jsonata.Error:
		separator := ": "
		if e.Code != "" {
			separator = ". "
		}
		return &queryError{cause: sentence + "threw an error during evaluation" + separator + e.Error(), location: t.field}
	default:
		return &queryError{cause: sentence + err.Error() + ".", location: t.field}
	}
}

// wrongType is the error of an expression whose value does not fit its field.
func wrongType(t *template, want string, v jsonata.Value) *queryError {
	value := jsonata.Encode(v)
	if t.expr == "" {
		return &queryError{cause: fmt.Sprintf("The field '%s' must be %s but was: %s", t.field, want, value), location: t.field}
	}
	return &queryError{cause: fmt.Sprintf("The JSONata expression '%s' specified for the field '%s' returned an unexpected result type. Expected '%s', but was '%s' for value: %s",
		t.expr, t.field, want, typeName(v), value), location: t.field}
}

func typeName(v jsonata.Value) string {
	switch v.(type) {
	case nil:
		return "null"
	case bool:
		return "boolean"
	case string:
		return "string"
	case []jsonata.Value:
		return "array"
	case *jsonata.Object:
		return "object"
	}
	return "number"
}
