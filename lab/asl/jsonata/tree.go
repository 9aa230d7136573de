package jsonata

import (
	"errors"
	"strconv"

	"github.com/dop251/goja"
)

// node is a node of the library's syntax tree, in Go.
type node struct {
	kind     string // the library's type: path, name, variable, binary, ...
	value    string // name, operator or text
	literal  Value  // of string, number and value nodes
	position int    // characters from the start
	odd      bool   // carries a binding, a group, a sort or a keep-array mark
	kids     []kid
}

type kid struct {
	label string // the library's property: steps, lhs, arguments, ...
	node  *node
}

// plain says that a step is nothing but its name.
func (n *node) plain() bool { return !n.odd && len(n.kids) == 0 }

// at says that a step is its name and one constant index: name[2].
func (n *node) at() (index int, ok bool) {
	if n.odd || len(n.kids) != 1 || n.kids[0].label != "predicate" && n.kids[0].label != "stages" {
		return 0, false
	}
	filter := n.kids[0].node
	by := filter.child("expr")
	if filter.kind != "filter" || filter.odd || len(filter.kids) != 1 || by.kind != "number" || by.odd || len(by.kids) > 0 {
		return 0, false
	}
	f, ok := by.literal.(float64)
	return int(f), ok && f >= 0 && f < 1e6 && f == float64(int(f))
}

// list returns the children under a label.
func (n *node) list(label string) []*node {
	var out []*node
	for _, k := range n.kids {
		if k.label == label {
			out = append(out, k.node)
		}
	}
	return out
}

// child returns the only child under a label, or nil.
func (n *node) child(label string) *node {
	if l := n.list(label); len(l) == 1 {
		return l[0]
	}
	return nil
}

func (n *node) contains(kind string) bool {
	if n.kind == kind {
		return true
	}
	for _, k := range n.kids {
		if k.node.contains(kind) {
			return true
		}
	}
	return false
}

// skipped are properties without meaning for us; ancestor and seekingParent refer back into the tree.
var skipped = map[string]bool{"type": true, "value": true, "position": true, "ancestor": true, "seekingParent": true, "signature": true, "errors": true, "tokens": true, "slot": true}

// odd are the properties that make a step more than its name.
var oddProperty = map[string]bool{"group": true, "focus": true, "index": true, "tuple": true, "keepArray": true, "keepSingletonArray": true, "nextFunction": true, "ancestor": true}

// maxTree is the nesting at which an expression is refused.
const maxTree = 500

func (e *Evaluator) tree(v goja.Value, depth int) (*node, error) {
	if depth > maxTree {
		return nil, &Error{Message: stackText}
	}
	o, ok := v.(*goja.Object)
	if !ok {
		return nil, errors.New("the JSONata library gave an unknown syntax tree")
	}
	n := &node{}
	if t := o.Get("type"); t != nil {
		n.kind = t.String()
	}
	if p := o.Get("position"); p != nil {
		n.position = int(p.ToInteger())
	}
	switch val := o.Get("value"); {
	case val == nil || goja.IsUndefined(val):
	case n.kind == "string" || n.kind == "number" || n.kind == "value":
		if lit, err := fromLibrary(val, 0); err == nil {
			n.literal = lit
		}
	case n.kind != "regex":
		n.value = val.String()
	}
	for _, key := range o.Keys() {
		if oddProperty[key] && truthy(o.Get(key)) {
			n.odd = true
		}
		if skipped[key] {
			continue
		}
		if err := e.grow(n, key, o.Get(key), depth); err != nil {
			return nil, err
		}
	}
	return n, nil
}

func truthy(v goja.Value) bool { return v != nil && v.ToBoolean() }

func (e *Evaluator) grow(n *node, label string, v goja.Value, depth int) error {
	o, ok := v.(*goja.Object)
	if !ok {
		return nil
	}
	if o.ClassName() == "Array" {
		for i := range int(o.Get("length").ToInteger()) {
			if err := e.grow(n, label, o.Get(strconv.Itoa(i)), depth); err != nil {
				return err
			}
		}
		return nil
	}
	if o.ClassName() != "Object" {
		return nil
	}
	child, err := e.tree(o, depth+1)
	if err != nil {
		return err
	}
	n.kids = append(n.kids, kid{label, child})
	return nil
}
