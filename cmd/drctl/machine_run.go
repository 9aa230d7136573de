package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"

	"github.com/acso/disaster-recovery/lab/asl"
	"github.com/acso/disaster-recovery/lab/world"
	"github.com/acso/disaster-recovery/statemachines"
)

type machineRunCommand struct {
	Machine     string `arg:"" name:"file|name" help:"The definition: a file, or the name of one of this project's procedures."`
	Input       string `placeholder:"FILE" help:"The input, a JSON file; - reads standard input, without it the input is {}."`
	Environment string `default:"production" placeholder:"NAME|FILE" help:"The environment to build, by its name in environments/ or as a file (default: production)."`
	Region      string `placeholder:"NAME" help:"Where it runs (default: the environment's recovery region)."`
	Seed        seed   `default:"1" placeholder:"N" help:"Where random durations come from (default: 1)."`
	JSON        bool   `name:"json" help:"Print status, output and history as one JSON object, and nothing else."`
}

// Help is the second paragraph of --help.
func (machineRunCommand) Help() string {
	return "The execution runs on virtual time in the lab's two regions, on a day on which nothing is broken. Its history is that of GetExecutionHistory. Exit status: 0 when it succeeded, 1 when not, 2 when the definition or the input is wrong."
}

// Run runs a machine to its end.
func (c *machineRunCommand) Run(ctx context.Context, a *app) error {
	machine, err := a.readMachine(c.Machine)
	if err != nil {
		return mistake{err}
	}
	input, err := readInput(c.Input, a.stdin)
	if err != nil {
		return mistake{err}
	}
	where, err := c.place()
	if err != nil {
		return mistake{err}
	}
	if machine, err = world.ParseMachine(statemachines.Machine{Name: machine.Name, Definition: string(machine.Definition)}, where.environment); err != nil {
		return mistake{err}
	}
	execution, err := a.lab.execute(ctx, machine, where, input)
	if err != nil {
		return err
	}
	if c.JSON {
		err = writeJSON(a.stdout, newMachineResult(execution))
	} else {
		err = a.screen().Execution(execution)
	}
	if err == nil && execution.Status() != asl.Succeeded {
		err = errBad
	}
	return err
}

func (c *machineRunCommand) place() (place, error) {
	env, err := loadEnvironment(c.Environment)
	if err != nil {
		return place{}, err
	}
	regions := env.Regions
	if c.Region == "" {
		c.Region = regions.Recovery
	}
	if c.Region != regions.Primary && c.Region != regions.Recovery {
		return place{}, fmt.Errorf("--region: %s has no %q: choose %s or %s", env.Name, c.Region, regions.Primary, regions.Recovery)
	}
	return place{environment: env, region: c.Region, seed: uint64(c.Seed)}, nil
}

// readInput reads an execution's input: a file, - for standard input, or {} without one.
func readInput(from string, stdin io.Reader) (json.RawMessage, error) {
	var text []byte
	var err error
	switch from {
	case "":
		return json.RawMessage("{}"), nil
	case "-":
		text, err = io.ReadAll(stdin)
	default:
		text, err = os.ReadFile(from) //nolint:gosec // the operator's own file
	}
	if err != nil {
		return nil, fmt.Errorf("--input: %w", err)
	}
	if err := checkJSON(text); err != nil {
		return nil, fmt.Errorf("--input: %s is not JSON: %w", from, err)
	}
	return text, nil
}

// checkJSON tells where a text stops being JSON, by line.
func checkJSON(text []byte) error {
	var value any
	err := json.Unmarshal(text, &value)
	syntax, ok := err.(*json.SyntaxError) //nolint:errorlint // Unmarshal returns it unwrapped
	if !ok {
		return err
	}
	line := 1
	for _, b := range text[:min(int(syntax.Offset), len(text))] {
		if b == '\n' {
			line++
		}
	}
	return fmt.Errorf("line %d: %w", line, err)
}

// machineResult is what --json prints.
type machineResult struct {
	Status asl.Status      `json:"status"`
	Output json.RawMessage `json:"output,omitempty"`
	Error  string          `json:"error,omitempty"`
	Cause  string          `json:"cause,omitempty"`
	Events []asl.Event     `json:"events"`
}

func newMachineResult(x *asl.Execution) machineResult {
	return machineResult{Status: x.Status(), Output: x.Output(), Error: x.Error(), Cause: x.Cause(), Events: x.History()}
}
