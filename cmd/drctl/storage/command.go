package storage

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
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

// cost is what a process took.
type cost struct {
	wall, cpu time.Duration
	peak      int64 // bytes: its largest resident set, looked at every few milliseconds
}

// measure runs it. ru_maxrss would not do: in a child it begins with the size of the parent.
func (c *command) measure() (cost, error) {
	begun := time.Now()
	if err := c.Start(); err != nil {
		return cost{}, err
	}
	ended, peak := make(chan struct{}), make(chan int64)
	go watch(fmt.Sprintf("/proc/%d/status", c.Process.Pid), ended, peak)
	err := c.Wait()
	took := time.Since(begun)
	close(ended)
	most := <-peak
	if err != nil {
		return cost{}, fmt.Errorf("%s: %w: %s", c.shown(), err, strings.TrimSpace(c.output.String()))
	}
	return cost{took, c.ProcessState.UserTime() + c.ProcessState.SystemTime(), most}, nil
}

func watch(path string, ended <-chan struct{}, peak chan<- int64) {
	var most int64
	for {
		if text, err := os.ReadFile(path); err == nil { // #nosec G304 -- of a process of this run
			if _, rest, ok := bytes.Cut(text, []byte("VmHWM:")); ok {
				var kib int64
				if _, err := fmt.Sscan(string(rest[:min(len(rest), 32)]), &kib); err == nil {
					most = max(most, kib<<10)
				}
			}
		}
		select {
		case <-ended:
			peak <- most
			return
		case <-time.After(5 * time.Millisecond):
		}
	}
}

// shown is the command as it is printed: without the folders of this run.
func (c *command) shown() string {
	words := []string{filepath.Base(c.Path)}
	for _, arg := range c.Args[1:] {
		words = append(words, strings.ReplaceAll(arg, c.Dir+"/", ""))
	}
	return strings.Join(words, " ")
}
