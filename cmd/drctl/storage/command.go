package storage

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// command is a process that is measured.
type command struct {
	*exec.Cmd
	output bytes.Buffer
}

func (b *bench) command(ctx context.Context, name string, args ...string) *command {
	c := &command{Cmd: exec.CommandContext(ctx, name, args...)} // #nosec G204 -- tools found or built by this program
	c.Stdout, c.Stderr = &c.output, &c.output
	c.Env = append(os.Environ(), b.server.environment()...)
	c.Dir = b.folder
	return c
}

// measure runs it: wall time from its start to its end, and its largest resident set in bytes.
func (c *command) measure() (took time.Duration, peak int64, err error) {
	begun := time.Now()
	err = c.Run()
	took = time.Since(begun)
	if err != nil {
		return 0, 0, fmt.Errorf("%s: %w: %s", c.shown(), err, strings.TrimSpace(c.output.String()))
	}
	if usage, ok := c.ProcessState.SysUsage().(*syscall.Rusage); ok {
		peak = usage.Maxrss << 10 // Linux counts KiB
	}
	return took, peak, nil
}

// shown is the command as it is printed: without the folders of this run.
func (c *command) shown() string {
	words := []string{filepath.Base(c.Path)}
	for _, arg := range c.Args[1:] {
		words = append(words, strings.ReplaceAll(arg, c.Dir+"/", ""))
	}
	return strings.Join(words, " ")
}
