package console

import (
	"bytes"
	"encoding/json"
	"strings"

	"github.com/acso/disaster-recovery/lab/report"
)

// Ending is how an execution ended.
type Ending struct {
	Status string
	Good   bool
	Took   float64 // seconds
	Error  string
	Cause  string
	Output string // JSON
}

// Ending prints how an execution ended: the cause of a failure says what was changed and what to do next.
func (s Screen) Ending(e Ending) error {
	l := s.begin()
	c := red
	if e.Good {
		c = green
	}
	l.add()
	l.add(l.paint(c, e.Status), " after ", report.Span(e.Took))
	if e.Error != "" {
		l.wrapped("", e.Error+": "+e.Cause, bold)
	}
	var text bytes.Buffer
	if e.Output != "" && json.Indent(&text, []byte(e.Output), "", "  ") == nil {
		for _, line := range strings.Split(text.String(), "\n") {
			l.add(line)
		}
	}
	return l.flush()
}
