package main

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/acso/disaster-recovery/internal/restore"
)

type restoreStartCommand struct {
	At     string   `required:"" placeholder:"TIME" help:"The moment: RFC 3339 with a zone, or latest; with --system also a date, which means its last moment in UTC."`
	System bool     `help:"Everything is gone: rebuild the whole system from its backups (restore-full-system). With --lab the lab's workload is deleted first."`
	Beside bool     `help:"Restore beside what is live instead of in its place."`
	What   []string `enum:"database,data,configuration" placeholder:"PART" help:"What to restore: database, data, configuration; may be repeated (default: all three)."`
	Reason string   `placeholder:"TEXT" help:"Why: whoever approves reads it. Required, unless with --system."`
	starting
}

// Help is the second paragraph of --help.
func (restoreStartCommand) Help() string {
	return "drctl restore plan says before what this would do. In the place of what is live it asks a person first. Exit status: 0 when it succeeded, 1 when not, 2 when the command line is wrong."
}

// Run starts a restore and watches it.
func (c *restoreStartCommand) Run(ctx context.Context, a *app) error {
	if c.System {
		if c.Beside || len(c.What) > 0 || c.Reason != "" {
			return mistake{fmt.Errorf("--system: the whole system is restored to a date and nothing else; leave out --beside, --what and --reason")}
		}
		input, err := json.Marshal(ofSystem(c.At))
		if err != nil {
			return err
		}
		c.lost = true
		return c.start(ctx, a, "restore-full-system", input)
	}
	if c.Reason == "" {
		return mistake{fmt.Errorf("--reason: say why; whoever approves reads it")}
	}
	mode := restore.Replace
	if c.Beside {
		mode = restore.Beside
	}
	fields := map[string]any{"to": c.At, "mode": mode, "reason": c.Reason}
	if len(c.What) > 0 {
		fields["what"] = c.What
	}
	input, err := json.Marshal(fields)
	if err != nil {
		return err
	}
	return c.start(ctx, a, "restore-point-in-time", input)
}

// ofSystem is the input of a restore of the whole system: a date, or a moment.
func ofSystem(at string) map[string]string {
	if _, err := time.Parse(time.DateOnly, at); err == nil {
		return map[string]string{"date": at}
	}
	return map[string]string{"at": at}
}

type restoreWatchCommand struct {
	What string `arg:"" default:"restore-point-in-time" name:"machine|execution" help:"The ARN of an execution, or restore-full-system (default: restore-point-in-time)."`
	look
}

// Run watches the restore that runs, or the last one.
func (c *restoreWatchCommand) Run(ctx context.Context, a *app) error { return c.at(ctx, a, c.What) }
