package jsonata

import "strconv"

// fastUnary handles constructors and a minus sign.
func fastUnary(n *node) *fastNode {
	switch n.value {
	case "[":
		return fastArray(n)
	case "{":
		return fastObject(n)
	case "-":
		inner := n.child("expression")
		if inner == nil {
			return nil
		}
		x := compileFast(inner)
		if x == nil {
			return nil
		}
		return &fastNode{eval: func(b Bindings) (Value, outcome) {
			v, how := x.eval(b)
			f, ok := v.(float64)
			if how == defined && ok && f != 0 {
				return -f, defined
			}
			return nil, fallback
		}}
	}
	return nil
}

// fastArray builds [a, b]: nothing is left out, an array is spread unless it was written in brackets.
func fastArray(n *node) *fastNode {
	items := make([]*fastNode, 0, len(n.kids))
	for _, k := range n.kids {
		if k.label != "expressions" {
			return nil
		}
		x := compileFast(k.node)
		if x == nil {
			return nil
		}
		items = append(items, x)
	}
	return &fastNode{list: true, eval: func(b Bindings) (Value, outcome) {
		out := make([]Value, 0, len(items))
		for _, x := range items {
			v, how := x.eval(b)
			switch how {
			case fallback:
				return nil, fallback
			case undefined:
				continue
			}
			if a, ok := v.([]Value); ok && !x.list {
				out = append(out, a...)
				continue
			}
			out = append(out, v)
		}
		return out, defined
	}}
}

// fastObject builds {"k": v}: a field that is nothing is left out. Keys that JavaScript would
// reorder (whole numbers) or not keep (__proto__), and keys used twice, are the library's.
func fastObject(n *node) *fastNode {
	pairs := n.list("lhs")
	if len(pairs) != len(n.kids) || len(pairs)%2 != 0 {
		return nil
	}
	keys := make([]string, 0, len(pairs)/2)
	values := make([]*fastNode, 0, len(pairs)/2)
	seen := map[string]bool{}
	for i := 0; i < len(pairs); i += 2 {
		key, ok := pairs[i].literal.(string)
		if !ok || pairs[i].kind != "string" || seen[key] || inherited[key] || index(key) {
			return nil
		}
		seen[key] = true
		v := compileFast(pairs[i+1])
		if v == nil {
			return nil
		}
		keys, values = append(keys, key), append(values, v)
	}
	return &fastNode{eval: func(b Bindings) (Value, outcome) {
		o := &Object{Keys: make([]string, 0, len(keys)), Values: make([]Value, 0, len(keys))}
		for i, x := range values {
			v, how := x.eval(b)
			switch how {
			case fallback:
				return nil, fallback
			case undefined:
				continue
			}
			o.Keys, o.Values = append(o.Keys, keys[i]), append(o.Values, v)
		}
		return o, defined
	}}
}

// index says whether JavaScript takes a key for an array index and moves it to the front.
func index(key string) bool {
	n, err := strconv.ParseUint(key, 10, 32)
	return err == nil && strconv.FormatUint(n, 10) == key
}
