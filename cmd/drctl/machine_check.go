package main

import (
	"errors"
	"fmt"
)

type machineCheckCommand struct {
	File []string `arg:"" name:"file|name" help:"Definitions, as files or as names of this project's procedures."`
}

// Run checks definitions, all of them, whatever is wrong with the first.
func (c *machineCheckCommand) Run(a *app) error {
	var wrong []error
	for _, path := range c.File {
		m, err := a.readMachine(path)
		if err != nil {
			wrong = append(wrong, err)
			continue
		}
		noun := "states"
		if len(m.States()) == 1 {
			noun = "state"
		}
		fmt.Fprintf(a.stdout, "%s: valid, %d %s\n", path, len(m.States()), noun)
	}
	if len(wrong) > 0 {
		return mistake{errors.Join(wrong...)}
	}
	return nil
}
