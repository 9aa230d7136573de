package console

import (
	"strings"
	"time"

	"github.com/acso/disaster-recovery/internal/review"
)

// Incident prints the record of an incident; lies is where its review is, "" while there is none.
func (s Screen) Incident(v review.Review, lies string) error {
	l := s.begin()
	l.wrapped("", v.Title, bold)
	l.wrapped("", v.Outcome, plain)
	for _, line := range v.Impact {
		l.wrapped("  ", line, plain)
	}
	l.add()
	l.add(l.paint(bold, "Checklist of a major disaster"))
	for _, item := range v.Checklist {
		mark, when, c := "open ", strings.Repeat(" ", len(time.TimeOnly)), yellow
		if item.Done {
			mark, when, c = "done ", item.At.UTC().Format(time.TimeOnly), green
		}
		l.add("  ", l.paint(c, mark), "  ", when, "  ", l.paint(bold, item.Text))
		l.wrapped("                   ", item.Evidence, dim)
	}
	l.add()
	l.add(l.paint(bold, "Who was told"))
	for _, t := range v.Told {
		when, c := "never   ", red
		if !t.First.IsZero() {
			when, c = t.First.UTC().Format(time.TimeOnly), plain
		}
		l.wrapped("  "+l.paint(c, when)+"  "+pad(t.Role, nameWidth), strings.Trim(t.Channels+"; "+t.Trouble, "; "), dim)
	}
	if len(v.Told) == 0 {
		l.add("  nobody")
	}
	l.add()
	l.add(l.paint(bold, "Timeline"))
	for _, line := range v.Timeline {
		l.wrapped("  "+line.At.UTC().Format(time.TimeOnly)+"  ", line.What, plain)
	}
	for _, list := range []struct {
		title string
		lines []string
	}{{"Root cause", v.RootCause}, {"What was slow", v.Slow}, {"By hand", v.ByHand}, {"What should be better", v.Lessons}, {"Follow-ups", v.FollowUps}} {
		if len(list.lines) > 0 {
			l.add()
			l.add(l.paint(bold, list.title))
		}
		for _, line := range list.lines {
			l.wrapped("  - ", line, plain)
		}
	}
	if lies != "" {
		l.add()
		l.wrapped("The review: ", lies, dim)
	}
	return l.flush()
}
