package jsonata

import (
	"math"
	"time"
)

// unaries are the built-in functions of one argument that the fast path knows.
var unaries = map[string]func(v Value, nothing bool) (Value, outcome){
	"exists": func(_ Value, nothing bool) (Value, outcome) { return !nothing, defined },
	"not": func(v Value, nothing bool) (Value, outcome) {
		yes, ok := truth(v)
		switch {
		case nothing:
			return nil, undefined
		case !ok:
			return nil, fallback
		}
		return !yes, defined
	},
	"boolean": func(v Value, nothing bool) (Value, outcome) {
		yes, ok := truth(v)
		switch {
		case nothing:
			return nil, undefined
		case !ok:
			return nil, fallback
		}
		return yes, defined
	},
	"string": func(v Value, nothing bool) (Value, outcome) {
		if s, ok := concatText(v, false); ok && !nothing {
			return s, defined
		}
		return nil, fallback
	},
	"type": func(v Value, nothing bool) (Value, outcome) {
		if nothing {
			return nil, undefined
		}
		return typeOf(v), defined
	},
	"floor": func(v Value, nothing bool) (Value, outcome) {
		if f, ok := v.(float64); ok && !nothing && math.Floor(f) != 0 {
			return math.Floor(f), defined
		}
		return nil, fallback
	},
	"toMillis": func(v Value, nothing bool) (Value, outcome) {
		s, ok := v.(string)
		if !ok || nothing || len(s) != len(canonical) {
			return nil, fallback
		}
		t, err := time.Parse(canonical, s)
		if err != nil {
			return nil, fallback
		}
		return float64(t.UnixMilli()), defined
	},
	"count": func(v Value, nothing bool) (Value, outcome) {
		if nothing {
			return 0.0, defined
		}
		if a, ok := v.([]Value); ok {
			return float64(len(a)), defined
		}
		return nil, fallback
	},
}

// canonical is the form in which the context object writes times.
const canonical = "2006-01-02T15:04:05.000Z"

func typeOf(v Value) string {
	switch v.(type) {
	case nil:
		return "null"
	case bool:
		return "boolean"
	case string:
		return "string"
	case []Value:
		return "array"
	case *Object:
		return "object"
	}
	return "number"
}

func fastFunction(n *node) *fastNode {
	procedure := n.child("procedure")
	arguments := n.list("arguments")
	if procedure == nil || procedure.kind != "variable" || len(arguments) != 1 {
		return nil
	}
	f := unaries[procedure.value]
	x := compileFast(arguments[0])
	if f == nil || x == nil {
		return nil
	}
	return &fastNode{eval: func(b Bindings) (Value, outcome) {
		if b.Hides(procedure.value) {
			return nil, fallback
		}
		v, how := x.eval(b)
		if how == fallback {
			return nil, fallback
		}
		return f(v, how == undefined)
	}}
}

// builtin are the names the library binds itself.
var builtin = func() map[string]bool {
	m := map[string]bool{}
	for _, name := range []string{
		"sum", "count", "max", "min", "average", "string", "substring", "substringBefore", "substringAfter",
		"lowercase", "uppercase", "length", "trim", "pad", "match", "contains", "replace", "split", "join",
		"formatNumber", "formatBase", "formatInteger", "parseInteger", "number", "floor", "ceil", "round",
		"abs", "sqrt", "power", "random", "boolean", "not", "map", "zip", "filter", "single", "reduce", "sift",
		"keys", "lookup", "append", "exists", "spread", "merge", "reverse", "each", "error", "assert", "type",
		"sort", "shuffle", "distinct", "base64encode", "base64decode", "encodeUrlComponent", "encodeUrl",
		"decodeUrlComponent", "decodeUrl", "eval", "toMillis", "fromMillis", "clone", "now", "millis",
		"partition", "range", "hash", "uuid", "parse",
	} {
		m[name] = true
	}
	return m
}()
