package storage

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"runtime"
	"slices"
	"strings"
)

// Result is everything that was measured, and where.
type Result struct {
	Rows     []Row             `json:"rows"`
	Machine  string            `json:"machine"`
	Load     string            `json:"load"` // of the last 1, 5 and 15 minutes, at the end: the contestants' own included
	Tools    map[string]string `json:"tools"`
	HashRate float64           `json:"hashRate,omitempty"` // SHA-256 of a file on one core, bytes a second
}

func (b *bench) result(ctx context.Context) Result {
	return Result{Rows: b.rows, Machine: machine(), Load: load(), Tools: b.tools.versions(ctx)}
}

// Ok tells whether each target that could be measured was met.
func (r Result) Ok() bool {
	return !slices.ContainsFunc(r.Rows, func(row Row) bool {
		return row.Target > 0 && row.Absent == "" && row.Ratio(Engine(r.Rows, row.Step)) > row.Target
	})
}

// Print writes the table in Markdown.
func (r Result) Print(out io.Writer) {
	fmt.Fprintf(out, "| step | tool | median s | CPU s | peak MiB | engine / tool | at most | |\n|---|---|---:|---:|---:|---:|---:|---|\n")
	for _, row := range r.Rows {
		if row.Absent != "" {
			fmt.Fprintf(out, "| %s | %s | absent | | | | | %s |\n", row.Step, row.Tool, row.Absent)
			continue
		}
		ratio, target, verdict := "", "", ""
		if row.Tool != EngineTool {
			value := row.Ratio(Engine(r.Rows, row.Step))
			ratio = fmt.Sprintf("%.3f", value)
			if row.Target > 0 {
				target, verdict = fmt.Sprintf("%.2f", row.Target), "ok"
				if value > row.Target {
					verdict = "over"
				}
			}
		}
		fmt.Fprintf(out, "| %s | %s | %.3f | %.2f | %.1f | %s | %s | %s |\n", row.Step, row.Tool, row.Median(), median(row.CPU), float64(row.Peak)/(1<<20), ratio, target, verdict)
	}
	if engine := Engine(r.Rows, "8 x 256 MiB, verify content"); r.HashRate > 0 && len(engine.Seconds) > 0 {
		rate := largeCount * largeSize / engine.Median()
		fmt.Fprintf(out, "\nSHA-256 of a file on one core: %.0f MB/s. Verification of large objects: %.0f MB/s, %.2f of that (at least 0.6 where client and server have a core each).\n", r.HashRate/1e6, rate/1e6, rate/r.HashRate)
	}
	fmt.Fprintf(out, "\nMachine: %s. Load averages at the end, this run included: %s.\n", r.Machine, r.Load)
	for _, name := range []string{"versitygw", "rclone", "aws", "restic", "python3"} {
		fmt.Fprintf(out, "- %s: %s\n", name, r.Tools[name])
	}
}

func machine() string {
	model := runtime.GOARCH
	if f, err := os.Open("/proc/cpuinfo"); err == nil {
		lines := bufio.NewScanner(f)
		for lines.Scan() {
			if name, value, ok := strings.Cut(lines.Text(), ":"); ok && strings.TrimSpace(name) == "model name" {
				model = strings.TrimSpace(value)
				break
			}
		}
		_ = f.Close()
	}
	return fmt.Sprintf("%s, %d CPUs, %s/%s, %s", model, runtime.NumCPU(), runtime.GOOS, runtime.GOARCH, runtime.Version())
}

func load() string {
	text, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return "unknown"
	}
	return strings.Join(strings.Fields(string(text))[:3], " ")
}
