package main

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/acso/disaster-recovery/cmd/drctl/mermaid"
	"github.com/acso/disaster-recovery/statemachines"
)

//go:generate go run . diagrams ../../docs/diagrams

type diagramsCommand struct {
	Dir string `arg:"" optional:"" default:"docs/diagrams" help:"Where to write them (default: docs/diagrams)."`
}

// Help is the second paragraph of --help.
func (diagramsCommand) Help() string {
	return "One Markdown page for each state machine: its comment, its diagram, and a table of its states."
}

// Run writes the diagrams.
func (c *diagramsCommand) Run() error {
	if err := os.MkdirAll(c.Dir, 0o755); err != nil { //nolint:gosec // documentation that everybody may read
		return mistake{fmt.Errorf("make the folder for diagrams: %w", err)}
	}
	for _, m := range statemachines.All() {
		page, err := mermaid.Page(m.Name, []byte(m.Definition))
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(c.Dir, m.Name+".md"), []byte(page), 0o644); err != nil { //nolint:gosec // documentation that everybody may read
			return mistake{fmt.Errorf("write the diagram of %s: %w", m.Name, err)}
		}
	}
	return nil
}
