package statemachines_test

import (
	"encoding/json"
	"testing"

	"github.com/acso/disaster-recovery/statemachines"
)

// TestNoDefaultIsASuccess: a Choice that understands nothing must not end well. Every Default is followed to the first
// state that does something; a Succeed on that way would turn a typing error into a recovery.
func TestNoDefaultIsASuccess(t *testing.T) {
	type state struct {
		Type, Default, Next string
		End                 bool
		Branches            []json.RawMessage
		ItemProcessor       json.RawMessage
	}
	var check func(name string, raw json.RawMessage)
	check = func(name string, raw json.RawMessage) {
		var flow struct{ States map[string]state }
		if err := json.Unmarshal(raw, &flow); err != nil {
			t.Fatal(err)
		}
		for id, s := range flow.States {
			if s.Type == "Choice" {
				if s.Default == "" {
					t.Errorf("%s: %s has no default", name, id)
				}
				at := s.Default
				for seen := map[string]bool{}; (flow.States[at].Type == "Pass" || flow.States[at].Type == "Wait") && !seen[at] && flow.States[at].Next != ""; at = flow.States[at].Next {
					seen[at] = true
				}
				if flow.States[at].Type == "Succeed" {
					t.Errorf("%s: %s succeeds at %s when it understands nothing", name, id, at)
				}
			}
			for _, inner := range append(s.Branches, s.ItemProcessor) {
				if len(inner) > 0 {
					check(name, inner)
				}
			}
		}
	}
	for _, m := range statemachines.All() {
		check(m.Name, json.RawMessage(m.Definition))
	}
}
