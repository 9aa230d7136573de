package main

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/acso/disaster-recovery/lab/cloud"
	"github.com/acso/disaster-recovery/lab/drill"
)

// commandLine is the grammar; each command's Run is in its own file.
type commandLine struct {
	Drill       drillCommand       `cmd:"" help:"Break the lab's two regions in one way and watch the recovery."`
	Drills      drillsCommand      `cmd:"" help:"Run all scenarios, or some, over some seeds: how they end and how long they take."`
	Scenarios   scenariosCommand   `cmd:"" help:"List the scenarios that drill knows."`
	Campaign    campaignCommand    `cmd:"" help:"Run all scenarios over many seeds with random faults."`
	Crash       crashCommand       `cmd:"" help:"Kill the execution at every state and in every changing call, and redrive it."`
	Failover    failoverCommand    `cmd:"" help:"Move to the other region: checklist, start, watch."`
	Start       startCommand       `cmd:"" help:"Start a procedure, on AWS or in the lab, and watch it to its end."`
	Watch       watchCommand       `cmd:"" help:"Watch a procedure that runs on AWS."`
	Approve     approveCommand     `cmd:"" help:"Answer what a procedure asks."`
	Abort       abortCommand       `cmd:"" help:"Ask the procedure of the open incident to give back what it changed, and to end; or stop one that holds none."`
	Acknowledge acknowledgeCommand `cmd:"" help:"Take over telling people about the open incident."`
	Incident    incidentCommand    `cmd:"" help:"The record of an incident: checklist, who was told, review; and what people add to it."`
	Restore     restoreCommand     `cmd:"" help:"Restore to a moment: plan, start, watch, approve, abort."`
	Validate    validateCommand    `cmd:"" help:"Check environment files and name every mistake in them."`
	Machine     machineCommand     `cmd:"" help:"Run, check or compare state machine definitions."`
	Diagrams    diagramsCommand    `cmd:"" help:"Write a Mermaid diagram of every state machine."`
	Backups     backupsCommand     `cmd:"" help:"List the recovery points there are: how old, how large, verified how deeply, kept until when and why."`
	Readiness   readinessCommand   `cmd:"" help:"Judge whether a region could be activated now: every part, with evidence, what to do and a score."`
	Bench       benchCommand       `cmd:"" help:"Measure this project on this machine."`
	Quotas      quotasCommand      `cmd:"" help:"Compute the service quotas that the templates of an environment need."`
	Doctor      doctorCommand      `cmd:"" help:"Examine this machine and the AWS account before a deployment; it only reads."`
	Cost        costCommand        `cmd:"" help:"Estimate what the templates of an environment cost in a month."`
}

// seed is a seed on the command line.
type seed uint64

// UnmarshalText reads a seed and says what one is.
func (s *seed) UnmarshalText(text []byte) error {
	value, err := strconv.ParseUint(string(text), 10, 64)
	if err != nil {
		return fmt.Errorf("%q is no seed: a seed is a whole number from 0 to 18446744073709551615", text)
	}
	*s = seed(value)
	return nil
}

// fault is a fault on the command line.
type fault struct{ cloud.Fault }

// UnmarshalText reads a fault as cloud.ParseFault does.
func (f *fault) UnmarshalText(text []byte) (err error) {
	f.Fault, err = cloud.ParseFault(string(text))
	return err
}

// kill is the place of a kill on the command line.
type kill struct{ place *drill.Kill }

// UnmarshalText reads a place as drill.Kill writes it.
func (k *kill) UnmarshalText(text []byte) error {
	kind, rest, _ := strings.Cut(string(text), ":")
	number, effect, _ := strings.Cut(rest, ":")
	n, err := strconv.Atoi(number)
	place := &drill.Kill{Effect: cloud.Effect(effect)}
	switch {
	case kind == "transition" && effect == "":
		place.Transition = n
	case kind == "call" && (place.Effect == cloud.KillBefore || place.Effect == cloud.KillAfter):
		place.Call = n
	default:
		n = 0
	}
	if err != nil || n < 1 {
		return fmt.Errorf("%q is no place to kill: write transition:N, call:N:kill-before or call:N:kill-after, with N counted from 1", text)
	}
	k.place = place
	return nil
}
