// Package console turns results into text for a terminal or a pipe.
//
// It decides nothing: it prints what a drill found, in words that survive a pipe, and the same result always gives
// the same bytes. Colour and the width of the window are properties of the Screen, and colour never carries a
// meaning that the words beside it do not.
package console

import (
	"io"
	"strings"
	"unicode/utf8"
)

// Screen is where text goes.
type Screen struct {
	Out    io.Writer
	Colour bool
	// Width is the number of columns; lines are wrapped to it.
	Width int
}

// PipeWidth is the width, in columns, of a screen that is no terminal.
const PipeWidth = 100

type colour string

const (
	plain  colour = ""
	bold   colour = "1"
	dim    colour = "2"
	red    colour = "31"
	green  colour = "32"
	yellow colour = "33"
	cyan   colour = "36"
)

func (s Screen) paint(c colour, text string) string {
	if !s.Colour || c == plain || text == "" {
		return text
	}
	return "\x1b[" + string(c) + "m" + text + "\x1b[0m"
}

// lines is text under construction. Writes to it cannot fail; the one write that can is flush's.
type lines struct {
	Screen
	text strings.Builder
}

func (s Screen) begin() *lines { return &lines{Screen: s} }

func (l *lines) add(parts ...string) {
	line := strings.TrimRight(strings.Join(parts, ""), " ")
	l.text.WriteString(line)
	l.text.WriteByte('\n')
}

// wrapped adds text behind a prefix, continued below where the text began.
func (l *lines) wrapped(prefix string, text string, c colour) {
	indent := visible(prefix)
	for i, line := range wrap(text, max(20, l.Width-indent)) {
		if i > 0 {
			prefix = strings.Repeat(" ", indent)
		}
		l.add(prefix, l.paint(c, line))
	}
}

func (l *lines) flush() error {
	_, err := io.WriteString(l.Out, l.text.String())
	return err
}

// wrap breaks text at spaces; a word that is longer than the width stays whole, so that names can be copied.
func wrap(text string, width int) []string {
	var out []string
	for _, paragraph := range strings.Split(text, "\n") {
		line := ""
		for _, word := range strings.Fields(paragraph) {
			switch {
			case line == "":
				line = word
			case utf8.RuneCountInString(line)+1+utf8.RuneCountInString(word) <= width:
				line += " " + word
			default:
				out = append(out, line)
				line = word
			}
		}
		out = append(out, line)
	}
	return out
}

// visible is the number of columns that text takes, escape sequences not counted.
func visible(text string) int {
	n, escape := 0, false
	for _, r := range text {
		switch {
		case r == '\x1b':
			escape = true
		case escape:
			escape = r != 'm'
		default:
			n++
		}
	}
	return n
}

// pad fills text with spaces to n columns.
func pad(text string, n int) string { return text + strings.Repeat(" ", max(0, n-visible(text))) }

func padLeft(text string, n int) string { return strings.Repeat(" ", max(0, n-visible(text))) + text }
