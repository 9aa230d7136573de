// Package storage measures backups and their verification against a real S3 server on this machine, side by side with
// the tools that people use for it.
//
// All contestants of a step run in each round, in an order that is shuffled anew, each as a process of its own with its
// start-up counted. A tool that is not installed is said to be absent; nothing is estimated. It refuses to talk to any
// server but the one that it started on 127.0.0.1.
package storage

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// Options say what is measured and how often.
type Options struct {
	Root   string    // directory of go.mod, where the engine is built
	Rounds int       // of small files
	Large  int       // rounds of large files
	Files  int       // small files, of 16 KiB
	Seed   uint64    // of the orders and of the bytes
	Log    io.Writer // progress
}

// Row is one contestant in one step.
type Row struct {
	Step    string    `json:"step"`
	Tool    string    `json:"tool"`
	Command string    `json:"command"`
	Seconds []float64 `json:"seconds"` // wall time, of each round; empty when the tool is absent
	CPU     []float64 `json:"cpu"`     // seconds of the tool alone, without the server
	Peak    int64     `json:"peak"`    // bytes: the largest resident set of all rounds
	Target  float64   `json:"target"`  // the most that the engine's time divided by this one's may be; 0 for none
	Absent  string    `json:"absent,omitempty"`
}

// Median of the wall times in seconds.
func (r Row) Median() float64 { return median(r.Seconds) }

// Ratio is the median, over the rounds, of the engine's time divided by this tool's in the same round.
func (r Row) Ratio(engine Row) float64 {
	var ratios []float64
	for i := range min(len(r.Seconds), len(engine.Seconds)) {
		ratios = append(ratios, engine.Seconds[i]/r.Seconds[i])
	}
	return median(ratios)
}

// EngineTool is the name of this project's engine among the tools.
const EngineTool = "engine"

// Engine is the row of the engine in the step of another row.
func Engine(rows []Row, step string) Row {
	i := slices.IndexFunc(rows, func(r Row) bool { return r.Step == step && r.Tool == EngineTool })
	if i < 0 {
		return Row{}
	}
	return rows[i]
}

func median(values []float64) float64 {
	if len(values) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(values))
	return (sorted[(len(sorted)-1)/2] + sorted[len(sorted)/2]) / 2
}

// bench is one run of everything.
type bench struct {
	Options
	folder string // of trees and buckets, on tmpfs where there is one
	server *server
	tools  tools
	random *rand.Rand
	rows   []Row
	moment time.Time // of the next run of the engine
}

// begin builds what is needed and starts the server. The folder goes with close.
func begin(ctx context.Context, o Options) (*bench, error) {
	b := &bench{Options: o, random: rand.New(rand.NewPCG(o.Seed, 0)), moment: time.Date(2026, 1, 15, 0, 0, 0, 0, time.UTC)} // #nosec G404 -- the order of rounds
	parent := os.TempDir()
	if info, err := os.Stat("/dev/shm"); err == nil && info.IsDir() {
		parent = "/dev/shm"
	}
	var err error
	if b.folder, err = os.MkdirTemp(parent, "drctl-bench-"); err != nil {
		return nil, err
	}
	if b.tools, err = findTools(ctx, o, b.folder); err == nil {
		b.server, err = startServer(ctx, b.tools.server, b.folder)
	}
	if err != nil {
		b.close()
		return nil, err
	}
	return b, nil
}

func (b *bench) close() {
	if b.server != nil {
		b.server.stop()
	}
	_ = os.RemoveAll(b.folder)
}

func (b *bench) logf(format string, args ...any) { fmt.Fprintf(b.Log, format+"\n", args...) }

func (b *bench) path(name ...string) string {
	return filepath.Join(append([]string{b.folder}, name...)...)
}

// contestant is one tool in one step.
type contestant struct {
	tool   string
	target float64
	absent string
	run    func(ctx context.Context) (*command, error) // prepares; only the command's time counts
}

// round runs all contestants of a step once, in an order of its own.
func (b *bench) round(ctx context.Context, step string, contestants []contestant) error {
	for _, i := range b.random.Perm(len(contestants)) {
		c := contestants[i]
		row := b.row(step, c)
		if c.absent != "" {
			continue
		}
		cmd, err := c.run(ctx)
		if err != nil {
			return err
		}
		took, err := cmd.measure()
		if err != nil {
			return fmt.Errorf("%s: %s: %w", step, c.tool, err)
		}
		b.logf("%-40s %-26s %8.3f s, CPU %7.3f s, %6.1f MiB", step, c.tool, took.wall.Seconds(), took.cpu.Seconds(), float64(took.peak)/(1<<20))
		row.Command = cmd.shown()
		row.Seconds, row.CPU, row.Peak = append(row.Seconds, took.wall.Seconds()), append(row.CPU, took.cpu.Seconds()), max(row.Peak, took.peak)
	}
	return nil
}

func (b *bench) row(step string, c contestant) *Row {
	i := slices.IndexFunc(b.rows, func(r Row) bool { return r.Step == step && r.Tool == c.tool })
	if i < 0 {
		i = len(b.rows)
		b.rows = append(b.rows, Row{Step: step, Tool: c.tool, Target: c.target, Absent: c.absent})
	}
	return &b.rows[i]
}
