// Package mermaid draws a state machine definition as a Mermaid state diagram in a Markdown page.
//
// It shows what the definition says and checks nothing: lab/asl does that. The drawing is deterministic, so that a
// test can tell whether the page in docs/diagrams is current.
package mermaid

import (
	"encoding/json"
	"fmt"
	"slices"
)

// flow is a set of states with a beginning: the machine, a branch of a Parallel, or the processor of a Map.
type flow struct {
	Comment string           `json:"Comment"`
	StartAt string           `json:"StartAt"`
	States  map[string]state `json:"States"`
}

type state struct {
	Type          string   `json:"Type"`
	Comment       string   `json:"Comment"`
	Next          string   `json:"Next"`
	Default       string   `json:"Default"`
	End           bool     `json:"End"`
	Error         string   `json:"Error"`
	Choices       []choice `json:"Choices"`
	Catch         []catch  `json:"Catch"`
	Retry         []retry  `json:"Retry"`
	Branches      []flow   `json:"Branches"`
	ItemProcessor *flow    `json:"ItemProcessor"`
}

type choice struct {
	Condition any    `json:"Condition"`
	Next      string `json:"Next"`
}

type catch struct {
	ErrorEquals []string `json:"ErrorEquals"`
	Next        string   `json:"Next"`
}

type retry struct {
	ErrorEquals []string `json:"ErrorEquals"`
}

func parse(name string, definition []byte) (*flow, error) {
	var f flow
	if err := json.Unmarshal(definition, &f); err != nil {
		return nil, fmt.Errorf("draw state machine %s: %w", name, err)
	}
	return &f, nil
}

// order lists the states as they are reached from the beginning, so that a page reads in the order in which things
// happen. What cannot be reached comes last, by name.
func (f *flow) order() []string {
	seen := map[string]bool{}
	var names []string
	var visit func(string)
	visit = func(name string) {
		s, exists := f.States[name]
		if !exists || seen[name] {
			return
		}
		seen[name] = true
		names = append(names, name)
		visit(s.Next)
		for _, c := range s.Choices {
			visit(c.Next)
		}
		visit(s.Default)
		for _, c := range s.Catch {
			visit(c.Next)
		}
	}
	visit(f.StartAt)
	var rest []string
	for name := range f.States {
		if !seen[name] {
			rest = append(rest, name)
		}
	}
	slices.Sort(rest)
	return append(names, rest...)
}

func (s state) flows() []flow {
	if s.ItemProcessor != nil {
		return []flow{*s.ItemProcessor}
	}
	return s.Branches
}
