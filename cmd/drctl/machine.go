package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/acso/disaster-recovery/lab/asl"
	"github.com/acso/disaster-recovery/statemachines"
)

type machineCommand struct {
	Run     machineRunCommand     `cmd:"" help:"Run a state machine in the lab and print its output and its history."`
	Check   machineCheckCommand   `cmd:"" help:"Check definitions and name every mistake with its place."`
	Conform machineConformCommand `cmd:"" help:"Replay executions that were recorded on AWS and compare every event."`
}

// readMachine reads a definition by the name of a procedure, or from a file when what is given looks like a path.
func (a *app) readMachine(nameOrPath string) (*asl.Machine, error) {
	if !strings.ContainsRune(nameOrPath, filepath.Separator) && filepath.Ext(nameOrPath) == "" {
		text, err := a.lab.definition(nameOrPath)
		if err != nil {
			return nil, err
		}
		return asl.Parse(nameOrPath, text)
	}
	text, err := os.ReadFile(nameOrPath) // #nosec G304 -- the operator names the file
	if err != nil {
		return nil, fmt.Errorf("read the state machine: %w", err)
	}
	m, err := asl.Parse(nameOrPath, text)
	if err != nil {
		return nil, err
	}
	m.Name, _, _ = strings.Cut(filepath.Base(nameOrPath), ".")
	return m, nil
}

// definition is the text of one of this project's procedures.
func definition(name string) ([]byte, error) {
	if m, ok := statemachines.Named(name); ok {
		return []byte(m.Definition), nil
	}
	var names []string
	for _, m := range statemachines.All() {
		names = append(names, m.Name)
	}
	return nil, fmt.Errorf("there is no state machine %q: choose %s, or give a file", name, strings.Join(names, ", "))
}
