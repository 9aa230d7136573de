// Package mermaid draws a state machine definition as a Mermaid state diagram in a Markdown page.
//
// It shows what the definition says and checks nothing: lab/asl does that. The drawing is deterministic, so that a
// test can tell whether the page in docs/diagrams is current.
package mermaid

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// flow is a set of states with a beginning: the machine, a branch of a Parallel, or the processor of a Map.
type flow struct {
	Comment string `json:"Comment"`
	StartAt string `json:"StartAt"`
	States  states `json:"States"`
}

// states keeps the order of the file, which is the order in which its author tells the procedure.
type states struct {
	names []string
	named map[string]state
}

// UnmarshalJSON reads the object key by key, since a map would forget the order.
func (s *states) UnmarshalJSON(text []byte) error {
	s.named = map[string]state{}
	decoder := json.NewDecoder(bytes.NewReader(text))
	if _, err := decoder.Token(); err != nil { // the opening brace
		return err
	}
	for decoder.More() {
		key, err := decoder.Token()
		if err != nil {
			return err
		}
		name, ok := key.(string)
		if !ok {
			return fmt.Errorf("the states: %v is no name of one", key)
		}
		var one state
		if err := decoder.Decode(&one); err != nil {
			return fmt.Errorf("state %s: %w", name, err)
		}
		s.names = append(s.names, name)
		s.named[name] = one
	}
	return nil
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

func (s state) flows() []flow {
	if s.ItemProcessor != nil {
		return []flow{*s.ItemProcessor}
	}
	return s.Branches
}
