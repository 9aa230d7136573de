package main

import (
	"fmt"

	"github.com/acso/disaster-recovery/lab/asl/conform"
)

type machineConformCommand struct {
	Dir  string `arg:"" help:"A folder of recordings, one JSON file each: id, definition, input and events."`
	JSON bool   `name:"json" help:"Print the comparison as one JSON object, and nothing else."`
}

// Help is the second paragraph of --help.
func (machineConformCommand) Help() string {
	return "Compares type, order, state names, inputs, outputs, error names and causes of every event. Between parallel branches any order is right. Exit status: 0 when all recordings agree, 1 when one differs, 2 when the folder holds no recordings."
}

// Run replays the recordings.
func (c *machineConformCommand) Run(a *app) error {
	report, err := conform.Dir(c.Dir)
	if err != nil {
		return mistake{err}
	}
	if c.JSON {
		err = writeJSON(a.stdout, report)
	} else {
		_, err = fmt.Fprint(a.stdout, report)
	}
	if err == nil && !report.Agrees() {
		err = errBad
	}
	return err
}
