package jsonata

import (
	"math"
	"strconv"
	"strings"
)

// outcome of the fast path. fallback hands the whole expression to the library; that is safe because
// nothing in the fast path has an effect.
type outcome int

const (
	defined outcome = iota
	undefined
	fallback
)

// fastNode computes a part of an expression in Go.
type fastNode struct {
	eval func(b Bindings) (Value, outcome)
	list bool // an array constructor, which an outer constructor does not flatten
}

// compileFast returns nil when any part needs the library.
func compileFast(n *node) *fastNode {
	if n.odd {
		return nil
	}
	switch n.kind {
	case "string", "number", "value":
		lit := n.literal
		if len(n.kids) > 0 {
			return nil
		}
		return &fastNode{eval: func(Bindings) (Value, outcome) { return lit, defined }}
	case "variable":
		return fastPath([]*node{n})
	case "path":
		return fastPath(n.list("steps"))
	case "binary":
		return fastBinary(n)
	case "unary":
		return fastUnary(n)
	case "condition":
		return fastCondition(n)
	case "block":
		if len(n.kids) == 1 {
			return compileFast(n.kids[0].node)
		}
	case "function":
		return fastFunction(n)
	}
	return nil
}

func fastBinary(n *node) *fastNode {
	lhs, rhs := n.child("lhs"), n.child("rhs")
	if lhs == nil || rhs == nil {
		return nil
	}
	l, r := compileFast(lhs), compileFast(rhs)
	if l == nil || r == nil {
		return nil
	}
	if n.value == "and" || n.value == "or" {
		return fastLogic(l, r, n.value == "and")
	}
	op := binaries[n.value]
	if op == nil {
		return nil
	}
	return &fastNode{eval: func(b Bindings) (Value, outcome) {
		x, how := l.eval(b)
		if how == fallback {
			return nil, fallback
		}
		y, also := r.eval(b)
		if also == fallback {
			return nil, fallback
		}
		return op(x, y, how == undefined, also == undefined)
	}}
}

// binaries answer fallback wherever the library would raise an error.
var binaries = map[string]func(x, y Value, noX, noY bool) (Value, outcome){
	"=": func(x, y Value, noX, noY bool) (Value, outcome) { return equality(x, y, noX || noY, true) },
	"!=": func(x, y Value, noX, noY bool) (Value, outcome) {
		return equality(x, y, noX || noY, false)
	},
	"<":  comparison(func(c int) bool { return c < 0 }),
	"<=": comparison(func(c int) bool { return c <= 0 }),
	">":  comparison(func(c int) bool { return c > 0 }),
	">=": comparison(func(c int) bool { return c >= 0 }),
	"+":  arithmetic(func(x, y float64) float64 { return x + y }),
	"-":  arithmetic(func(x, y float64) float64 { return x - y }),
	"*":  arithmetic(func(x, y float64) float64 { return x * y }),
	"/":  arithmetic(func(x, y float64) float64 { return x / y }),
	"%":  arithmetic(math.Mod),
	"&": func(x, y Value, noX, noY bool) (Value, outcome) {
		a, ok := concatText(x, noX)
		b, also := concatText(y, noY)
		if !ok || !also {
			return nil, fallback
		}
		return a + b, defined
	},
}

func equality(x, y Value, nothing, want bool) (Value, outcome) {
	if nothing {
		return false, defined
	}
	if !scalarValue(x) || !scalarValue(y) {
		return nil, fallback
	}
	return (x == y) == want, defined
}

// scalarValue leaves int64 out: the library would round it.
func scalarValue(v Value) bool {
	switch v.(type) {
	case nil, bool, float64, string:
		return true
	}
	return false
}

func comparison(holds func(int) bool) func(x, y Value, noX, noY bool) (Value, outcome) {
	return func(x, y Value, noX, noY bool) (Value, outcome) {
		switch {
		case noX && noY:
			return nil, undefined
		case noX || noY:
			return nil, fallback // an error or nothing, by the other side's type
		}
		switch x := x.(type) {
		case float64:
			if y, ok := y.(float64); ok {
				switch {
				case x < y:
					return holds(-1), defined
				case x > y:
					return holds(1), defined
				}
				return holds(0), defined
			}
		case string:
			if y, ok := y.(string); ok && ascii(x) && ascii(y) { // JavaScript orders by UTF-16 units
				return holds(strings.Compare(x, y)), defined
			}
		}
		return nil, fallback
	}
}

func arithmetic(f func(x, y float64) float64) func(x, y Value, noX, noY bool) (Value, outcome) {
	return func(x, y Value, noX, noY bool) (Value, outcome) {
		a, ok := x.(float64)
		b, also := y.(float64)
		if !ok || !also || noX || noY {
			return nil, fallback
		}
		v := f(a, b)
		if math.IsNaN(v) || math.IsInf(v, 0) || v == 0 && math.Signbit(v) {
			return nil, fallback
		}
		return v, defined
	}
}

func ascii(s string) bool {
	for i := range len(s) {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}

// maxPlain is the size up to which a whole number reads the same in Go, in JavaScript and after
// $string's rounding to 15 digits.
const maxPlain = 1e15

func concatText(v Value, nothing bool) (string, bool) {
	if nothing {
		return "", true
	}
	switch v := v.(type) {
	case nil:
		return "null", true
	case string:
		return v, true
	case bool:
		return strconv.FormatBool(v), true
	case float64:
		if v == math.Trunc(v) && math.Abs(v) < maxPlain {
			return strconv.FormatInt(int64(v), 10), true
		}
	}
	return "", false
}

// truth is JSONata's effective boolean value of what is not an array.
func truth(v Value) (bool, bool) {
	switch v := v.(type) {
	case nil:
		return false, true
	case bool:
		return v, true
	case string:
		return v != "", true
	case float64:
		return v != 0, true
	case *Object:
		return len(v.Keys) > 0, true
	}
	return false, false
}
