package console

import "github.com/acso/disaster-recovery/cmd/drctl/operate"

// Checklist prints the lines of a checklist with their verdicts.
func (s Screen) Checklist(title string, lines []operate.Line) error {
	l := s.begin()
	l.add(l.paint(bold, title))
	for _, line := range lines {
		c := map[operate.Verdict]colour{operate.Pass: green, operate.Fail: red, operate.Unknown: yellow}[line.Verdict]
		l.add("  ", l.paint(c, pad(string(line.Verdict), len(operate.Unknown))), "  ", line.Name)
		l.wrapped("           ", line.Detail, dim)
	}
	l.add()
	return l.flush()
}
