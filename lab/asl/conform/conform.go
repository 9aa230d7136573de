// Package conform replays executions recorded on AWS Step Functions against the interpreter and
// compares every event: type, order, chain, state names, inputs, outputs, error names and causes.
//
// It refuses to be lenient: only words that stand for changing values (timestamps, names in angle
// brackets and the like) match anything, and only the order between parallel branches is free. Where a
// recording holds a definition with a placeholder that cannot be what ran, the recorded value is put
// in its place and the result says so.
package conform

import (
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"time"

	"github.com/acso/disaster-recovery/lab/asl"
	"github.com/acso/disaster-recovery/lab/asl/jsonata"
	"github.com/acso/disaster-recovery/lab/sim"
)

// Result is the outcome of one replay.
type Result struct {
	ID          string
	Events      int      // recorded
	Differences []string // empty when the interpreter agrees
	Completed   []string // what had to be put into the definition, and why
}

// Agrees says that no event differs.
func (r Result) Agrees() bool { return len(r.Differences) == 0 }

// Report is the outcome of a folder, by file name.
type Report struct{ Results []Result }

// Agrees says that every recording agrees.
func (r Report) Agrees() bool {
	for _, x := range r.Results {
		if !x.Agrees() {
			return false
		}
	}
	return true
}

// String is the report for people.
func (r Report) String() string {
	var b strings.Builder
	agree, completed := 0, 0
	for _, x := range r.Results {
		if len(x.Completed) > 0 {
			completed++
		}
		if x.Agrees() {
			agree++
			continue
		}
		fmt.Fprintf(&b, "%s\n", x.ID)
		for _, d := range x.Differences {
			fmt.Fprintf(&b, "  %s\n", d)
		}
		for _, c := range x.Completed {
			fmt.Fprintf(&b, "  note: %s\n", c)
		}
	}
	fmt.Fprintf(&b, "%d of %d recordings agree", agree, len(r.Results))
	if completed > 0 {
		fmt.Fprintf(&b, "; in %d of them a placeholder of the definition was filled in from the events", completed)
	}
	b.WriteString("\n")
	return b.String()
}

// Dir replays every .json file of a folder.
func Dir(dir string) (Report, error) {
	files, err := filepath.Glob(filepath.Join(dir, "*.json"))
	if err != nil {
		return Report{}, fmt.Errorf("conform %s: %w", dir, err)
	}
	if len(files) == 0 {
		return Report{}, fmt.Errorf("conform %s: no recording (.json) in it", dir)
	}
	sort.Strings(files)
	var r Report
	for _, file := range files {
		text, err := os.ReadFile(file) // #nosec G304 -- the user names the folder
		if err != nil {
			return r, fmt.Errorf("conform: %w", err)
		}
		result, err := Replay(text)
		if err != nil {
			return r, fmt.Errorf("conform %s: %w", file, err)
		}
		if result.ID == "" {
			result.ID = strings.TrimSuffix(filepath.Base(file), ".json")
		}
		r.Results = append(r.Results, result)
	}
	return r, nil
}

// patience is how long a replay may take in virtual time: longer than any Wait of a recording.
const patience = 400 * 24 * time.Hour

// Replay runs one recording: {"id", "definition", "input", "events"}.
func Replay(recording []byte) (Result, error) {
	v, err := jsonata.Decode(recording)
	if err != nil {
		return Result{}, fmt.Errorf("the recording is not JSON: %w", err)
	}
	r, err := read(v)
	if err != nil {
		return Result{}, err
	}
	result := Result{ID: r.id, Events: len(r.events)}
	result.Completed = r.complete()
	m, err := asl.Parse(r.machineName(), jsonata.Append(nil, r.definition))
	if err != nil {
		result.Differences = append(result.Differences, "the definition is refused: "+err.Error())
		return result, nil //nolint:nilerr // a refused definition is a difference, not a failure
	}
	clock := sim.New(0)
	x, err := asl.Start(m, asl.Options{Clock: clock, Integrations: newPlayback(clock, r)}, jsonata.Append(nil, r.input))
	if err != nil {
		result.Differences = append(result.Differences, err.Error())
		return result, nil
	}
	r.schedule(clock, x)
	clock.Run(sim.Epoch.Add(patience), nil)
	var got []*jsonata.Object
	for _, e := range x.History() {
		got = append(got, e.Value())
	}
	result.Differences = append(result.Differences, compare(r.events, got)...)
	return result, nil
}
