package console

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/acso/disaster-recovery/lab/asl"
	"github.com/acso/disaster-recovery/lab/report"
)

// Execution prints the history of an execution and how it ended.
func (s Screen) Execution(x *asl.Execution) error {
	l := s.begin()
	for _, e := range x.History() {
		prefix := fmt.Sprintf("%5d %8s  %-34s ", e.ID, report.Offset(e.Timestamp.Sub(x.StartedAt())), e.Type)
		detail := e.State()
		if failed := e.Detail("error"); failed != "" {
			detail = failed + ": " + e.Detail("cause")
		}
		l.wrapped(prefix, detail, plain)
	}
	l.add()
	c := green
	if x.Status() != asl.Succeeded {
		c = red
	}
	if x.Status() == asl.Running {
		l.add(l.paint(c, string(x.Status())), ": it waits for something that does not come in the lab")
		return l.flush()
	}
	l.add(l.paint(c, string(x.Status())), " after ", report.Span(x.StoppedAt().Sub(x.StartedAt()).Seconds()), " of virtual time")
	if x.Error() != "" {
		l.wrapped("", x.Error()+": "+x.Cause(), bold)
	}
	if output := x.Output(); output != nil {
		var text bytes.Buffer
		if err := json.Indent(&text, output, "", "  "); err != nil {
			return fmt.Errorf("the execution's output: %w", err)
		}
		for _, line := range strings.Split(text.String(), "\n") {
			l.add(line)
		}
	}
	return l.flush()
}
