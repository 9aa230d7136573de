package coldstart

import (
	"archive/zip"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/acso/disaster-recovery/internal/environment"
)

// Bench builds and measures functions of the module in Root.
type Bench struct {
	Root        string // directory of go.mod
	Environment *environment.Environment
	Runs        int
}

// Measure builds one function twice, for Lambda's processor and for this one, and measures both.
func (b *Bench) Measure(ctx context.Context, function string) (m Measurement, err error) {
	scratch, err := os.MkdirTemp("", "coldstart")
	if err != nil {
		return m, err
	}
	defer func() { _ = os.RemoveAll(scratch) }() // a temporary directory
	m.Function, m.Runs = function, b.Runs
	deployed, local := filepath.Join(scratch, "bootstrap"), filepath.Join(scratch, function)
	if err := b.build(ctx, function, deployed, "arm64"); err != nil {
		return m, err
	}
	if err := b.build(ctx, function, local, runtime.GOARCH); err != nil {
		return m, err
	}
	settings, err := json.Marshal(b.Environment)
	if err != nil {
		return m, err
	}
	environmentFile := filepath.Join(scratch, "environment.json")
	if err := os.WriteFile(environmentFile, settings, 0o600); err != nil {
		return m, err
	}
	if m.BinaryBytes, m.ZipBytes, err = packed(deployed, environmentFile, filepath.Join(b.Root, "stacks", "rds-ca.pem")); err != nil {
		return m, fmt.Errorf("pack function %s: %w", function, err)
	}
	starts, err := Starts(ctx, local, environmentFile, b.Runs)
	if err != nil {
		return m, err
	}
	m.InitMillis, m.WorstMillis = millis(starts[len(starts)/2]), millis(starts[len(starts)-1])
	return m, nil
}

func millis(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// build makes a binary as the stacks do.
func (b *Bench) build(ctx context.Context, function, file, architecture string) error {
	command := exec.CommandContext(ctx, "go", "build", "-trimpath", "-buildvcs=false", "-ldflags=-s -w", "-tags=lambda.norpc", "-o", file, "./functions/"+function+"/lambda") // #nosec G204 -- a name of the registry
	command.Dir = b.Root
	command.Env = append(os.Environ(), "GOOS=linux", "GOARCH="+architecture, "CGO_ENABLED=0")
	if output, err := command.CombinedOutput(); err != nil {
		return fmt.Errorf("build function %s for %s: %w: %s", function, architecture, err, strings.TrimSpace(string(output)))
	}
	return nil
}

// packed is the size of the first file and of a zip with all of them.
func packed(files ...string) (first, whole int64, err error) {
	count := &counter{}
	archive := zip.NewWriter(count)
	for n, name := range files {
		text, err := os.ReadFile(name) // #nosec G304 -- built or written here, or of this repository
		if err != nil {
			return 0, 0, err
		}
		if n == 0 {
			first = int64(len(text))
		}
		entry, err := archive.Create(filepath.Base(name))
		if err != nil {
			return 0, 0, err
		}
		if _, err := entry.Write(text); err != nil {
			return 0, 0, err
		}
	}
	if err := archive.Close(); err != nil {
		return 0, 0, err
	}
	return first, count.bytes, nil
}

// counter counts what is written to it.
type counter struct{ bytes int64 }

var _ io.Writer = (*counter)(nil)

func (c *counter) Write(p []byte) (int, error) {
	c.bytes += int64(len(p))
	return len(p), nil
}
