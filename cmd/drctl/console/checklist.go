package console

import (
	"github.com/acso/disaster-recovery/cmd/drctl/operate"
	"github.com/acso/disaster-recovery/internal/readiness"
)

// Checklist prints the lines of a checklist with their verdicts.
func (s Screen) Checklist(title string, lines []operate.Line) error {
	l := s.begin()
	l.add(l.paint(bold, title))
	for _, line := range lines {
		c := map[readiness.Verdict]colour{readiness.Pass: green, readiness.Fail: red, readiness.Unknown: yellow}[line.Verdict]
		l.add("  ", l.paint(c, pad(string(line.Verdict), len(readiness.Unknown))), "  ", line.Name)
		l.wrapped("           ", line.Detail, dim)
	}
	l.add()
	return l.flush()
}
