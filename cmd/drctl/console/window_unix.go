//go:build unix

package console

import (
	"os"

	"golang.org/x/sys/unix"
)

// windowWidth is the number of columns of a terminal, 0 when it does not say.
func windowWidth(f *os.File) int {
	size, err := unix.IoctlGetWinsize(int(f.Fd()), unix.TIOCGWINSZ) // #nosec G115: a file descriptor is small
	if err != nil {
		return 0
	}
	return int(size.Col)
}
