package console

import (
	"bytes"
	"encoding/json"
	"strings"

	"github.com/acso/disaster-recovery/cmd/drctl/operate"
	"github.com/acso/disaster-recovery/lab/report"
)

// Ending prints how an execution ended: the cause of a failure says what was changed and what to do next.
func (s Screen) Ending(e operate.Ending) error {
	l := s.begin()
	c := red
	if e.Succeeded() {
		c = green
	}
	l.add()
	l.add(l.paint(c, e.Status), " after ", report.Span(e.StoppedAt.Sub(e.StartedAt).Seconds()))
	if e.Error != "" {
		l.wrapped("", e.Error+": "+operate.Message(e.Cause), bold)
	}
	var text bytes.Buffer
	if e.Output != "" && json.Indent(&text, []byte(e.Output), "", "  ") == nil {
		for _, line := range strings.Split(text.String(), "\n") {
			l.add(line)
		}
	}
	return l.flush()
}
