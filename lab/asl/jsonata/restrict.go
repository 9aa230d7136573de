package jsonata

import "fmt"

// Check compiles an expression and lists what AWS refuses in it when a state machine is created:
// $ and $$ at the top level, field names with no value to be fields of, and $eval
// (https://docs.aws.amazon.com/step-functions/latest/dg/transforming-data.html). The first result is
// a syntax error, if there is one.
func (e *Evaluator) Check(text string) []error {
	x, err := e.Compile(text)
	if err != nil {
		return []error{err}
	}
	var found []error
	restrict(x.plan.tree, false, &found)
	return found
}

// restrict walks the tree; context says whether there is a value that names and $ could refer to.
func restrict(n *node, context bool, found *[]error) {
	switch n.kind {
	case "variable":
		switch {
		case n.value == "eval":
			*found = append(*found, fmt.Errorf("$eval is not available; use $parse for JSON texts"))
		case n.value == "" && !context:
			*found = append(*found, fmt.Errorf("$ has no value at the top level; use $states.input"))
		case n.value == "$" && !context:
			*found = append(*found, fmt.Errorf("$$ has no value at the top level; use $states.input"))
		}
	case "name":
		if !context {
			*found = append(*found, fmt.Errorf("the field name %q belongs to no value; write $states.input.%s or a variable", n.value, n.value))
		}
	case "wildcard", "descendant", "parent":
		if !context {
			*found = append(*found, fmt.Errorf("a %s has no value to look into at the top level; start with $states.input", n.kind))
		}
	case "path":
		for i, k := range n.kids {
			restrict(k.node, context || i > 0, found)
		}
		return
	}
	for _, k := range n.kids {
		restrict(k.node, context || contextual[k.label], found)
	}
}

// contextual are the parts of a node that are evaluated with the node's own value as their context.
var contextual = map[string]bool{"predicate": true, "stages": true, "group": true, "pattern": true, "update": true, "delete": true, "terms": true}

// FieldsOf lists the first fields that an expression reads of a variable, in the order of their
// appearance. A use of the whole variable lists nothing.
func (e *Evaluator) FieldsOf(text, variable string) []string {
	x, err := e.Compile(text)
	if err != nil {
		return nil
	}
	for _, a := range x.plan.variables {
		if a.name == variable {
			return a.need.names
		}
	}
	return nil
}
