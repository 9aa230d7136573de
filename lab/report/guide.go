package report

import (
	"encoding/json"
	"strings"

	"github.com/acso/disaster-recovery/lab/drill"
	"github.com/acso/disaster-recovery/statemachines"
)

// Guide knows what the states of a procedure are for, from the comments of its definition.
type Guide struct{ states map[string]guided }

type guided struct {
	Type, Comment string
	Assign        map[string]any
	Branches      []flow
	ItemProcessor flow
}

type flow struct{ States map[string]guided }

// NewGuide reads the comments of a procedure. One that does not exist, or cannot be read, has none.
func NewGuide(machine string) Guide {
	g := Guide{states: map[string]guided{}}
	m, ok := statemachines.Named(machine)
	var top flow
	if ok && json.Unmarshal([]byte(m.Definition), &top) == nil {
		g.add(top)
	}
	return g
}

func (g Guide) add(f flow) {
	for name, state := range f.States {
		g.states[name] = state
		g.add(state.ItemProcessor)
		for _, branch := range state.Branches {
			g.add(branch)
		}
	}
}

// Text is what an event says, and for a state what the state does: the first sentence of its comment.
func (g Guide) Text(e drill.Event) string {
	sentence, _, _ := strings.Cut(g.states[e.Text].Comment, ". ")
	if e.Kind != "state" || sentence == "" {
		return e.Text
	}
	return e.Text + ": " + strings.TrimSuffix(sentence, ".") + "."
}

// Minor tells whether the event is a state in which nothing happens that a reader of the timeline misses: one that only
// decides, since the state after it says how, or one that only sets counters.
func (g Guide) Minor(e drill.Event) bool {
	state := g.states[e.Text]
	if e.Kind != "state" || state.Type != "Pass" || len(state.Assign) == 0 {
		return e.Kind == "state" && state.Type == "Choice"
	}
	for _, value := range state.Assign {
		if _, number := value.(float64); !number {
			return false
		}
	}
	return true
}
