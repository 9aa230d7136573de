package jsonata

import (
	"math"
	"strconv"

	"github.com/dop251/goja"
)

// toLibrary copies the needed part of a value into fresh JavaScript values.
func toLibrary(vm *goja.Runtime, v Value, n *need) goja.Value {
	switch v := v.(type) {
	case nil:
		return goja.Null()
	case []Value:
		items := make([]any, len(v))
		for i, x := range v {
			items[i] = toLibrary(vm, x, n)
		}
		return vm.NewArray(items...)
	case *Object:
		o := vm.NewObject()
		if n == nil || n.all {
			for i, k := range v.Keys {
				define(vm, o, k, toLibrary(vm, v.Values[i], nil))
			}
			return o
		}
		for i, k := range v.Keys { // in the value's own order, which the library can see
			for j, name := range n.names {
				if name == k {
					define(vm, o, k, toLibrary(vm, v.Values[i], n.fields[j]))
				}
			}
		}
		return o
	default:
		return vm.ToValue(v)
	}
}

// define sets a property even when its name is __proto__.
func define(vm *goja.Runtime, o *goja.Object, key string, v goja.Value) {
	if key == "__proto__" {
		_ = o.DefineDataProperty(key, v, goja.FLAG_TRUE, goja.FLAG_TRUE, goja.FLAG_TRUE)
		return
	}
	_ = o.Set(key, v)
}

// fromLibrary copies a result into plain Go values, because JavaScript results carry hidden marks
// (sequence, keepSingleton) that would change the next expression.
func fromLibrary(x goja.Value, depth int) (Value, error) {
	if depth > maxDepth {
		return nil, &Error{Message: memoryText}
	}
	if x == nil || goja.IsUndefined(x) {
		return nil, ErrUndefined
	}
	if goja.IsNull(x) {
		return nil, nil
	}
	o, ok := x.(*goja.Object)
	if !ok {
		return scalar(x)
	}
	switch o.ClassName() {
	case "Array":
		return arrayFrom(o, depth)
	case "Object":
		return objectFrom(o, depth)
	case "String", "Number", "Boolean":
		return scalar(o)
	}
	return nil, ErrUnsupported
}

// scalar converts a number, a text or a truth value. JSON has no word for numbers that are not finite;
// AWS writes them as texts (measured in us-east-1 by the floci project, August 2026).
func scalar(x goja.Value) (Value, error) {
	switch v := x.Export().(type) {
	case int64:
		return float64(v), nil
	case float64:
		switch {
		case math.IsNaN(v):
			return "NaN", nil
		case math.IsInf(v, 1):
			return "Infinity", nil
		case math.IsInf(v, -1):
			return "-Infinity", nil
		case v == 0:
			return 0.0, nil // without the sign of -0
		}
		return v, nil
	case string:
		return v, nil
	case bool:
		return v, nil
	}
	return nil, ErrUnsupported
}

func arrayFrom(o *goja.Object, depth int) (Value, error) {
	n := int(o.Get("length").ToInteger())
	a := make([]Value, 0, n)
	for i := range n {
		v, err := fromLibrary(o.Get(strconv.Itoa(i)), depth+1)
		if err == ErrUndefined { //nolint:errorlint // never wrapped; an element that is nothing is null, as in JSON.stringify
			v, err = nil, nil
		}
		if err != nil {
			return nil, err
		}
		a = append(a, v)
	}
	return a, nil
}

func objectFrom(o *goja.Object, depth int) (Value, error) {
	if isFunction(o) {
		return nil, ErrUnsupported
	}
	keys := o.Keys()
	r := &Object{Keys: make([]string, 0, len(keys)), Values: make([]Value, 0, len(keys))}
	for _, k := range keys {
		v, err := fromLibrary(o.Get(k), depth+1)
		if err == ErrUndefined { //nolint:errorlint // never wrapped; a field that is nothing is left out
			continue
		}
		if err != nil {
			return nil, err
		}
		r.Keys, r.Values = append(r.Keys, k), append(r.Values, v)
	}
	return r, nil
}

// isFunction recognises the library's lambdas, built-in functions and regular expressions.
func isFunction(o *goja.Object) bool {
	for _, mark := range []string{"_jsonata_lambda", "_jsonata_function"} {
		if v := o.Get(mark); v != nil && v.ToBoolean() {
			return true
		}
	}
	return false
}
