package jsonata

// unbound variables are nothing, unless the library has a function of that name.
func unbound(name string) outcome {
	if builtin[name] {
		return fallback
	}
	return undefined
}

// inherited names are found on every JavaScript object: the library answers them with a function.
var inherited = map[string]bool{"constructor": true, "toString": true, "toLocaleString": true, "valueOf": true, "hasOwnProperty": true, "isPrototypeOf": true, "propertyIsEnumerable": true, "__proto__": true, "__defineGetter__": true, "__defineSetter__": true, "__lookupGetter__": true, "__lookupSetter__": true}

// fastStep is a name, perhaps with a constant index.
type fastStep struct {
	name  string
	index int // -1 without one
}

// fastPath handles $name[0].a.b[1]. An array on the way maps the rest over its elements: library.
func fastPath(nodes []*node) *fastNode {
	steps := make([]fastStep, 0, len(nodes))
	for i, n := range nodes {
		want := "name"
		if i == 0 {
			want = "variable"
		}
		if n.kind != want || n.value == "" || n.value == "$" || i > 0 && inherited[n.value] {
			return nil
		}
		s := fastStep{n.value, -1}
		if !n.plain() {
			var ok bool
			if s.index, ok = n.at(); !ok {
				return nil
			}
		}
		steps = append(steps, s)
	}
	if len(steps) == 0 {
		return nil
	}
	return &fastNode{eval: func(b Bindings) (Value, outcome) {
		v, ok := b.Lookup(steps[0].name)
		if !ok {
			return nil, unbound(steps[0].name)
		}
		v, how := steps[0].pick(v)
		for _, s := range steps[1:] {
			if how != defined {
				return nil, how
			}
			switch o := v.(type) {
			case *Object:
				if v, ok = o.Get(s.name); !ok {
					return nil, undefined
				}
			case []Value:
				return nil, fallback
			default:
				return nil, undefined
			}
			v, how = s.pick(v)
		}
		return v, how
	}}
}

// pick applies the index. What is not an array counts as an array of one; an array inside an array
// would be spread, which is left to the library.
func (s fastStep) pick(v Value) (Value, outcome) {
	if s.index < 0 {
		return v, defined
	}
	a, ok := v.([]Value)
	if !ok {
		a = []Value{v}
	}
	if s.index >= len(a) {
		return nil, undefined
	}
	if _, nested := a[s.index].([]Value); nested {
		return nil, fallback
	}
	return a[s.index], defined
}

func fastLogic(l, r *fastNode, and bool) *fastNode {
	return &fastNode{eval: func(b Bindings) (Value, outcome) {
		for i, side := range []*fastNode{l, r} {
			v, how := side.eval(b)
			yes, ok := false, true
			switch how {
			case defined:
				yes, ok = truth(v)
			case fallback:
				ok = false
			}
			if !ok {
				return nil, fallback
			}
			if i == 1 || yes != and {
				return yes, defined
			}
		}
		return nil, fallback
	}}
}

func fastCondition(n *node) *fastNode {
	test, then, otherwise := n.child("condition"), n.child("then"), n.child("else")
	if test == nil || then == nil {
		return nil
	}
	c, t := compileFast(test), compileFast(then)
	if c == nil || t == nil {
		return nil
	}
	var e *fastNode
	if otherwise != nil {
		if e = compileFast(otherwise); e == nil {
			return nil
		}
	}
	return &fastNode{eval: func(b Bindings) (Value, outcome) {
		v, how := c.eval(b)
		if how == fallback {
			return nil, fallback
		}
		yes := false
		if how == defined {
			var ok bool
			if yes, ok = truth(v); !ok {
				return nil, fallback
			}
		}
		switch {
		case yes:
			return t.eval(b)
		case e == nil:
			return nil, undefined
		}
		return e.eval(b)
	}}
}
