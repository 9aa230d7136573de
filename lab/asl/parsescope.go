package asl

import (
	"strings"

	"github.com/acso/disaster-recovery/lab/asl/jsonata"
)

// scopeNames are variables that outer flows assign; an inner flow may read but not assign them.
type scopeNames map[string]bool

// scopeAround collects the names that a flow inside a Parallel or a Map, inline or distributed, may not
// assign: those of the flows further out, and those assigned on a way that leads to the state, loops
// included. A name assigned only after the state, by its own Assign or its own Catch too, is free.
// Measured with ValidateStateMachineDefinition (iwamot/sfnx, docs/design.md, September 2026); AWS also
// took localstack's parallel_catch_error_variable_sampling (November 2024).
func scopeAround(name string, states *jsonata.Object, outer scopeNames) scopeNames {
	v, _ := states.Get(name)
	body, ok := v.(*jsonata.Object)
	if !ok {
		return nil
	}
	if kind, _ := body.Get("Type"); kind != "Parallel" && kind != "Map" {
		return nil
	}
	names := scopeNames{}
	for n := range outer {
		names[n] = true
	}
	ways := waysOf(states)
	leads := map[string]bool{name: true} // the states from which the state can be reached, and itself
	for grown := true; grown; {
		grown = false
		for _, w := range ways {
			if leads[w.to] && !leads[w.from] {
				leads[w.from], grown = true, true
			}
		}
	}
	for _, w := range ways {
		if leads[w.to] {
			names.add(w.assigns)
		}
	}
	return names
}

// way is a transition and the object whose Assign belongs to it.
type way struct {
	from, to string
	assigns  *jsonata.Object
}

// waysOf lists the transitions between the states of a flow.
func waysOf(states *jsonata.Object) []way {
	var ways []way
	for i, name := range states.Keys {
		s, ok := states.Values[i].(*jsonata.Object)
		if !ok {
			continue
		}
		add := func(o *jsonata.Object, key string) {
			v, _ := o.Get(key)
			if to, ok := v.(string); ok {
				ways = append(ways, way{name, to, o})
			}
		}
		add(s, "Next")
		add(s, "Default")
		for _, list := range []string{"Choices", "Catch"} {
			v, _ := s.Get(list)
			rules, _ := v.([]jsonata.Value)
			for _, r := range rules {
				if o, ok := r.(*jsonata.Object); ok {
					add(o, "Next")
				}
			}
		}
	}
	return ways
}

// add collects what the Assign of a state or of a rule assigns.
func (n scopeNames) add(o *jsonata.Object) {
	v, _ := o.Get("Assign")
	if assign, ok := v.(*jsonata.Object); ok {
		for _, k := range assign.Keys {
			n[strings.TrimSuffix(k, ".$")] = true
		}
	}
}
