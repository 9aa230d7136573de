package console

import (
	"fmt"
	"io"
	"os"
	"strconv"

	"github.com/mattn/go-isatty"
)

// Detect finds out what a writer can show. Colour needs a terminal that is not dumb and no NO_COLOR (no-color.org:
// set and not empty). The width is COLUMNS, else the window's; a pipe is PipeWidth wide, so that its text does not
// depend on who looks.
func Detect(out io.Writer, getenv func(string) string) Screen {
	s := Screen{Out: out, Width: PipeWidth}
	window, ok := terminal(out)
	if !ok {
		return s
	}
	s.Colour = getenv("NO_COLOR") == "" && getenv("TERM") != "dumb"
	if columns := windowWidth(window); columns > 0 {
		s.Width = columns
	}
	if columns, err := strconv.Atoi(getenv("COLUMNS")); err == nil && columns > 0 {
		s.Width = columns
	}
	s.Width = max(40, s.Width)
	return s
}

func terminal(out io.Writer) (*os.File, bool) {
	f, ok := out.(*os.File)
	return f, ok && isatty.IsTerminal(f.Fd())
}

// Meter shows how far a long command is, on a terminal and nowhere else.
type Meter struct {
	out   io.Writer
	shown int // percent
}

// Progress begins a meter; without a terminal it stays silent.
func Progress(out io.Writer, getenv func(string) string) *Meter {
	if _, ok := terminal(out); !ok || getenv("TERM") == "dumb" {
		out = io.Discard
	}
	return &Meter{out: out, shown: -1}
}

// Step shows that done of total are done.
func (m *Meter) Step(done, total int) {
	if percent := 100 * done / max(1, total); percent != m.shown {
		m.shown = percent
		fmt.Fprintf(m.out, "\r%s %3d %%  %d of %d ", bar(float64(done)/float64(max(1, total)), 40), percent, done, total)
	}
}

// Clear takes the meter away again.
func (m *Meter) Clear() {
	if m.shown >= 0 {
		fmt.Fprint(m.out, "\r\x1b[K")
	}
}
