package asl

import (
	"math"
	"slices"
	"strings"
	"sync"

	"github.com/acso/disaster-recovery/lab/asl/jsonata"
)

// checkers are the evaluators that Parse compiles with; making one takes milliseconds.
var checkers sync.Pool

func checker() (*jsonata.Evaluator, error) {
	if e, ok := checkers.Get().(*jsonata.Evaluator); ok {
		return e, nil
	}
	return jsonata.New()
}

func release(e *jsonata.Evaluator) { checkers.Put(e) }

// instead names what replaces a JSONPath field.
var instead = map[string]string{
	"InputPath": "$states.input in Arguments", "OutputPath": "Output", "Parameters": "Arguments or Output",
	"ResultPath": "Output or Assign", "ResultSelector": "Output", "ItemsPath": "Items", "SecondsPath": "Seconds",
	"TimestampPath": "Timestamp", "TimeoutSecondsPath": "TimeoutSeconds", "HeartbeatSecondsPath": "HeartbeatSeconds",
	"ErrorPath": "Error", "CausePath": "Cause", "MaxConcurrencyPath": "MaxConcurrency",
	"ToleratedFailureCountPath": "ToleratedFailureCount", "ToleratedFailurePercentagePath": "ToleratedFailurePercentage",
	"MaxItemsPath": "MaxItems", "MaxItemsPerBatchPath": "MaxItemsPerBatch",
	"MaxInputBytesPerBatchPath": "MaxInputBytesPerBatch", "Variable": "Condition", "Result": "Output",
}

// fields complains about every field that is not allowed here.
func (p *parser) fields(a at, o *jsonata.Object, allowed []string, refused map[string]string) {
	for _, k := range o.Keys {
		switch {
		case slices.Contains(allowed, k):
		case refused[k] != "":
			p.wrong(a.key(k), "%s", refused[k])
		case instead[k] != "":
			p.wrong(a.key(k), "is a JSONPath field, which JSONata states do not have; use %s", instead[k])
		default:
			p.wrong(a.key(k), "is not a field here; allowed are %s", strings.Join(allowed, ", "))
		}
	}
}

// text reads an optional constant string.
func (p *parser) text(a at, o *jsonata.Object, key string) string {
	v, ok := o.Get(key)
	if !ok {
		return ""
	}
	s, ok := v.(string)
	if !ok {
		p.wrong(a.key(key), "must be a string")
		return ""
	}
	if _, is := expression(s); is && key != "Comment" {
		p.wrong(a.key(key), "must be a constant, not an expression")
		return ""
	}
	return s
}

// required reads a constant string that has to be there.
func (p *parser) required(a at, o *jsonata.Object, key string) string {
	s := p.text(a, o, key)
	if s == "" && !p.has(a.key(key)) {
		p.wrong(a.key(key), "is missing")
	}
	return s
}

// number reads an optional constant whole number.
func (p *parser) number(a at, o *jsonata.Object, key string, low, high, missing int64) int64 {
	v, ok := o.Get(key)
	if !ok {
		return missing
	}
	n, ok := v.(float64)
	if !ok || n != math.Trunc(n) || n < float64(low) || n > float64(high) {
		p.wrong(a.key(key), "must be a whole number from %d to %d, as a constant", low, high)
		return missing
	}
	return int64(n)
}

// object reads an optional object.
func (p *parser) object(a at, o *jsonata.Object, key string) *jsonata.Object {
	v, ok := o.Get(key)
	if !ok {
		return nil
	}
	inner, ok := v.(*jsonata.Object)
	if !ok {
		p.wrong(a.key(key), "must be an object")
		return nil
	}
	return inner
}

// list reads an optional array of objects.
func (p *parser) list(a at, o *jsonata.Object, key string) []*jsonata.Object {
	v, ok := o.Get(key)
	if !ok {
		return nil
	}
	items, ok := v.([]jsonata.Value)
	if !ok || len(items) == 0 {
		p.wrong(a.key(key), "must be an array with at least one object")
		return nil
	}
	out := make([]*jsonata.Object, 0, len(items))
	for i, item := range items {
		inner, ok := item.(*jsonata.Object)
		if !ok {
			p.wrong(a.key(key).index(i), "must be an object")
			continue
		}
		out = append(out, inner)
	}
	return out
}

// available is what $states holds at a field beside input and context.
type available int

const (
	onlyInput available = iota
	withResult
	withError
)

// template reads an optional field that may hold JSONata anywhere. name is the field in AWS's words.
func (p *parser) template(a at, o *jsonata.Object, key, name string, has available) *template {
	v, ok := o.Get(key)
	if !ok {
		return nil
	}
	return p.compile(a.key(key), v, name, has)
}

func (p *parser) compile(a at, v jsonata.Value, name string, has available) *template {
	t := compileTemplate(v, name)
	t.expressions(func(x *template) {
		place := a
		place.path += strings.ReplaceAll(strings.TrimPrefix(x.field, name), "//", "/")
		place.field += strings.ReplaceAll(strings.TrimPrefix(x.field, name), "/", ".")
		if strings.TrimSpace(x.expr) == "" {
			p.wrong(place, "the expression is empty")
			return
		}
		mistakes := p.evaluator.Check(x.expr)
		for _, err := range mistakes {
			p.wrong(place, "%s: %v", x.expr, err)
		}
		if len(mistakes) == 0 {
			p.statesFields(place, x.expr, has)
		}
	})
	return t
}

// statesFields refuses the parts of $states that a field does not have:
// https://docs.aws.amazon.com/step-functions/latest/dg/transforming-data.html
func (p *parser) statesFields(a at, text string, has available) {
	for _, name := range p.evaluator.FieldsOf(text, "states") {
		switch {
		case name == "input" || name == "context":
		case name == "result" && has == withResult, name == "errorOutput" && has == withError:
		case name == "result":
			p.wrong(a, "$states.result exists only in Assign and Output of Task, Parallel and Map")
		case name == "errorOutput":
			p.wrong(a, "$states.errorOutput exists only in Assign and Output of a Catch")
		default:
			p.wrong(a, "$states.%s does not exist; there are input, result, errorOutput and context", name)
		}
	}
}

// scalar reads an optional number or text that may be an expression.
func (p *parser) scalar(a at, o *jsonata.Object, key, name string, fits func(jsonata.Value) bool, want string) *template {
	t := p.template(a, o, key, name, onlyInput)
	if t != nil && t.expr == "" && !fits(t.literal) {
		p.wrong(a.key(key), "must be %s, or an expression between {%% and %%}", want)
	}
	return t
}

// numeric builds the test for a whole number of a range.
func numeric(low, high float64) func(jsonata.Value) bool {
	return func(v jsonata.Value) bool {
		n, ok := v.(float64)
		return ok && n == math.Trunc(n) && n >= low && n <= high
	}
}

func isText(v jsonata.Value) bool { _, ok := v.(string); return ok }

// assign reads an Assign field.
func (p *parser) assign(a at, o *jsonata.Object, name string, has available, outer scopeNames) *template {
	inner := p.object(a, o, "Assign")
	if inner == nil {
		return nil
	}
	for _, k := range inner.Keys {
		p.variable(a.key("Assign").key(k), k, outer)
	}
	return p.template(a, o, "Assign", name, has)
}

// variable checks the name of a variable.
func (p *parser) variable(a at, name string, outer scopeNames) {
	switch {
	case name == "states":
		p.wrong(a, "$states is reserved")
	case !identifier(name):
		p.wrong(a, "a variable name is a letter followed by letters, digits and _, at most %d characters", maxName)
	case outer[name]:
		p.wrong(a, "an outer flow assigns $%s; a branch or an iteration can read it but not assign it", name)
	}
}

// identifier is the rule of https://docs.aws.amazon.com/step-functions/latest/dg/workflow-variables.html
func identifier(s string) bool {
	if s == "" || len(s) > maxName {
		return false
	}
	for i, r := range s {
		letter := r == '_' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= 0x80
		if !letter && (i == 0 || r < '0' || r > '9') {
			return false
		}
	}
	return true
}
