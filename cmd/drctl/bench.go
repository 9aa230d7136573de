package main

import (
	"context"
	"fmt"
	"os"
	"text/tabwriter"

	"github.com/acso/disaster-recovery/cmd/drctl/coldstart"
	"github.com/acso/disaster-recovery/functions"
)

type benchCommand struct {
	Coldstart coldstartCommand     `cmd:"" help:"Build each function, and measure its package and the start of its binary."`
	Backup    storageBackupCommand `cmd:"" help:"Measure backups side by side with other tools, against a real S3 server on this machine."`
	Verify    storageVerifyCommand `cmd:"" help:"Measure verifications of content in the same way."`
}

type coldstartCommand struct {
	Function    []string `arg:"" optional:"" help:"The functions to measure (default: all)."`
	Runs        int      `default:"21" placeholder:"N" help:"How often each binary is started; the median counts (default: 21)."`
	Environment string   `default:"production" placeholder:"NAME|FILE" help:"The environment beside the binaries (default: production)."`
	Root        string   `default:"." placeholder:"DIR" help:"The directory of go.mod (default: the working directory)."`
	JSON        bool     `name:"json" help:"Print the measurements as JSON."`
}

// Help is the second paragraph of --help.
func (coldstartCommand) Help() string {
	return fmt.Sprintf("The time runs from the start of the process to its first request for an event, on this machine. Targets: %s median, %.1f MB zipped for arm64. Exit status 1 when a function misses one.",
		coldstart.MostInit, float64(coldstart.MostZip)/1e6)
}

// Run measures one function after the other, since two at once would slow each other down.
func (c *coldstartCommand) Run(ctx context.Context, a *app) error {
	env, err := loadEnvironment(c.Environment)
	if err != nil {
		return mistake{err}
	}
	if c.Runs < 1 {
		return mistake{fmt.Errorf("--runs %d: at least 1 is needed", c.Runs)}
	}
	if _, err := os.Stat(c.Root + "/go.mod"); err != nil {
		return mistake{fmt.Errorf("--root %s: %w; run it in this repository, or name its directory", c.Root, err)}
	}
	names := c.Function
	if len(names) == 0 {
		for _, f := range functions.All() {
			names = append(names, f.Name)
		}
	}
	bench := &coldstart.Bench{Root: c.Root, Environment: env, Runs: c.Runs}
	measured, good := []coldstart.Measurement{}, true
	for _, name := range names {
		if _, known := functions.Named(name); !known {
			return mistake{fmt.Errorf("there is no function %q in the registry", name)}
		}
		m, err := bench.Measure(ctx, name)
		if err != nil {
			return err
		}
		measured, good = append(measured, m), good && m.Ok()
	}
	if err := c.print(a, measured); err != nil {
		return err
	}
	if !good {
		return errBad
	}
	return nil
}

func (c *coldstartCommand) print(a *app, measured []coldstart.Measurement) error {
	if c.JSON {
		return writeJSON(a.stdout, measured)
	}
	table := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(table, "function\tbinary MB\tzip MB\tmedian ms\tworst ms\t\t")
	for _, m := range measured {
		verdict := "ok"
		if !m.Ok() {
			verdict = "over"
		}
		fmt.Fprintf(table, "%s\t%.2f\t%.2f\t%.1f\t%.1f\t%s\t\n", m.Function, float64(m.BinaryBytes)/1e6, float64(m.ZipBytes)/1e6, m.InitMillis, m.WorstMillis, verdict)
	}
	return table.Flush()
}
