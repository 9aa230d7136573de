package report

import (
	"regexp"
	"strings"
)

var (
	heading = regexp.MustCompile(`(?:^|\s+)(Changed:|Next:)\s`)
	item    = regexp.MustCompile(`(?:^|\s+)(\(\d+\))\s`)
)

// Steps breaks what a failed execution says to do into lines: each heading and each numbered item has its own.
func Steps(next string) []string {
	next = heading.ReplaceAllString(next, "\n$1\n")
	next = item.ReplaceAllString(next, "\n$1 ")
	var lines []string
	for _, line := range strings.Split(next, "\n") {
		if line = strings.TrimSpace(line); line != "" {
			lines = append(lines, line)
		}
	}
	return lines
}
