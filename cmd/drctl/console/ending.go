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
	var planned struct{ Plan struct{ Text []string } }
	if json.Unmarshal([]byte(e.Output), &planned) == nil && len(planned.Plan.Text) > 0 {
		l.plan(planned.Plan.Text) // --json prints all of it
		return l.flush()
	}
	var text bytes.Buffer
	if e.Output != "" && json.Indent(&text, []byte(e.Output), "", "  ") == nil {
		for _, line := range strings.Split(text.String(), "\n") {
			l.add(line)
		}
	}
	return l.flush()
}

// plan prints what a dry run found and would do.
func (l *lines) plan(text []string) {
	if len(text) == 0 {
		return
	}
	l.section("Plan")
	for _, line := range text {
		indent := len(line) - len(strings.TrimLeft(line, " "))
		l.wrapped(strings.Repeat(" ", 2+indent), line[indent:], plain)
	}
}
