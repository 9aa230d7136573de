package jsonata

import (
	"sync"

	"github.com/dop251/goja"
)

// Expression is one expression compiled in one Evaluator.
type Expression struct {
	text     string
	plan     *plan
	compiled goja.Value // nil until the library is needed
}

// plan is what is known of an expression from its syntax tree alone. Plans are immutable and shared
// by all evaluators of the process.
type plan struct {
	tree      *node
	fast      *fastNode // nil when the expression needs the library
	variables []access  // what the library has to be given
}

var sharedPlans sync.Map // expression text -> *plan

func newPlan(tree *node) *plan {
	p := &plan{tree: tree, fast: compileFast(tree)}
	p.variables = accesses(tree)
	return p
}

// access names a variable and the fields below it that the expression can reach. Converting only
// those to JavaScript is what makes an expression on a large input cheap.
type access struct {
	name string
	need *need
}

// need is a tree of fields; all means the whole value.
type need struct {
	all    bool
	names  []string
	fields []*need
}

func (n *need) field(name string) *need {
	for i, k := range n.names {
		if k == name {
			return n.fields[i]
		}
	}
	child := &need{}
	n.names, n.fields = append(n.names, name), append(n.fields, child)
	return child
}

// accesses collects the free variables of a tree. Names bound inside the expression are collected
// too: looking them up outside does no harm.
func accesses(tree *node) []access {
	var order []string
	needs := map[string]*need{}
	of := func(name string) *need {
		if needs[name] == nil {
			needs[name] = &need{}
			order = append(order, name)
		}
		return needs[name]
	}
	wholesale := tree.contains("parent") // % climbs back up, out of any field
	var visit func(n *node)
	visit = func(n *node) {
		switch {
		case n.kind == "variable":
			of(n.value).all = true
		case n.kind == "path" && !wholesale && len(n.kids) > 0 && n.kids[0].node.kind == "variable" && n.kids[0].node.plain():
			at, more := of(n.kids[0].node.value), true
			for _, k := range n.kids[1:] {
				if more = more && k.label == "steps" && k.node.kind == "name" && k.node.plain(); more {
					at = at.field(k.node.value)
				}
				visit(k.node)
			}
			at.all = true
			return
		}
		for _, k := range n.kids {
			visit(k.node)
		}
	}
	visit(tree)
	out := make([]access, 0, len(order))
	for _, name := range order {
		out = append(out, access{name, needs[name]})
	}
	return out
}

// bind builds fresh JavaScript values for one evaluation: the library marks and changes the arrays
// it is given.
func (p *plan) bind(vm *goja.Runtime, b Bindings) goja.Value {
	o := vm.NewObject()
	for _, a := range p.variables {
		if v, ok := b.Lookup(a.name); ok {
			_ = o.Set(a.name, toLibrary(vm, v, a.need))
		}
	}
	return o
}
