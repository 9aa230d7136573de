// Package file reads an environment from its YAML file and says on which line each mistake is.
//
// It refuses what a person could misread: unknown, missing and repeated fields, anchors, tags and merge keys,
// several documents, text where a number belongs and numbers where text belongs. It reads no other file and
// changes nothing. No Lambda may import it: functions get the environment as JSON (environment.Decode).
package file

import (
	"fmt"
	"os"
	"sort"
	"strings"

	"github.com/acso/disaster-recovery/internal/environment"
)

// Longest is the largest file that is read, in bytes; a real one has about 3,000.
const Longest = 64 << 10

// Mistake is a mistake with its place.
type Mistake struct {
	File string
	Line int // counted from 1
	environment.Mistake
}

// String is the mistake as editors and compilers write it: environments/production.yaml:12: domain.ttl: ...
func (m Mistake) String() string {
	return fmt.Sprintf("%s:%d: %s", m.File, m.Line, m.Mistake)
}

// Mistakes is everything that is wrong with a file, by line.
type Mistakes []Mistake //nolint:errname // it is the list first

// Error is one line for each mistake.
func (m Mistakes) Error() string {
	lines := make([]string, len(m))
	for i, mistake := range m {
		lines[i] = mistake.String()
	}
	return strings.Join(lines, "\n")
}

// Read loads the environment file at a path.
func Read(path string) (*environment.Environment, error) {
	text, err := os.ReadFile(path) // #nosec G304: the operator names the file
	if err != nil {
		return nil, fmt.Errorf("read the environment: %w", err)
	}
	return Load(path, text)
}

// Load reads an environment from the text of a file; name is the file's name in mistakes. The error is Mistakes.
func Load(name string, text []byte) (*environment.Environment, error) {
	r := &reader{file: name, lines: map[string]int{"": 1}}
	var e environment.Environment
	if r.read(text, &e) {
		for _, mistake := range e.Check(r.wrong...) {
			r.add(r.line(mistake.Field), mistake.Field, mistake.Problem, mistake.Fix)
		}
	}
	if len(r.found) > 0 {
		sort.SliceStable(r.found, func(i, j int) bool { return r.found[i].Line < r.found[j].Line })
		return nil, r.found
	}
	return &e, nil
}
