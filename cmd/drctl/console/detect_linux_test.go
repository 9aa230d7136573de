package console

import (
	"fmt"
	"os"
	"testing"

	"golang.org/x/sys/unix"
)

// terminalOf opens a pseudo-terminal of so many columns and gives the side that a program writes to.
func terminalOf(t *testing.T, columns uint16) *os.File {
	t.Helper()
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil {
		t.Skipf("no pseudo-terminals here: %v", err)
	}
	t.Cleanup(func() { master.Close() })
	if err := unix.IoctlSetPointerInt(int(master.Fd()), unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	number, err := unix.IoctlGetInt(int(master.Fd()), unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	side, err := os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Skipf("no pseudo-terminals here: %v", err)
	}
	t.Cleanup(func() { side.Close() })
	if err := unix.IoctlSetWinsize(int(side.Fd()), unix.TIOCSWINSZ, &unix.Winsize{Row: 40, Col: columns}); err != nil {
		t.Fatal(err)
	}
	return side
}

func TestDetectOnATerminal(t *testing.T) {
	for _, c := range []struct {
		name        string
		environment map[string]string
		columns     uint16
		colour      bool
		width       int
	}{
		{"as it is", nil, 132, true, 132},
		{"NO_COLOR", map[string]string{"NO_COLOR": "1"}, 132, false, 132},
		{"NO_COLOR that is empty", map[string]string{"NO_COLOR": ""}, 132, true, 132},
		{"a dumb terminal", map[string]string{"TERM": "dumb"}, 132, false, 132},
		{"COLUMNS", map[string]string{"COLUMNS": "90"}, 132, true, 90},
		{"a window that does not say", nil, 0, true, PipeWidth},
		{"a sliver of a window", nil, 7, true, 40},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := Detect(terminalOf(t, c.columns), func(name string) string { return c.environment[name] })
			if s.Colour != c.colour || s.Width != c.width {
				t.Errorf("colour %v and width %d, want %v and %d", s.Colour, s.Width, c.colour, c.width)
			}
		})
	}
}
