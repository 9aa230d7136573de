package expression

import "strings"

type kind int

const (
	end    kind = iota
	word        // an attribute name, a keyword or a function
	name        // #placeholder
	value       // :placeholder
	number      // an index in brackets
	mark        // punctuation
)

type token struct {
	kind kind
	text string
}

// scan splits an expression into tokens, ending with one of kind end.
func scan(text string) ([]token, error) {
	var tokens []token
	for at := 0; at < len(text); {
		c := text[at]
		switch {
		case c == ' ' || c == '\t' || c == '\n' || c == '\r':
			at++
		case c == '#' || c == ':':
			stop := run(text, at+1)
			if stop == at+1 {
				return nil, problem("Syntax error; token: %q, near: %q", string(c), near(text, at))
			}
			k := name
			if c == ':' {
				k = value
			}
			tokens = append(tokens, token{k, text[at:stop]})
			at = stop
		case c >= '0' && c <= '9':
			stop := at
			for stop < len(text) && text[stop] >= '0' && text[stop] <= '9' {
				stop++
			}
			tokens = append(tokens, token{number, text[at:stop]})
			at = stop
		case letter(c):
			stop := run(text, at)
			tokens = append(tokens, token{word, text[at:stop]})
			at = stop
		case strings.HasPrefix(text[at:], "<>") || strings.HasPrefix(text[at:], "<=") || strings.HasPrefix(text[at:], ">="):
			tokens = append(tokens, token{mark, text[at : at+2]})
			at += 2
		case strings.IndexByte("=<>(),.[]+-", c) >= 0:
			tokens = append(tokens, token{mark, string(c)})
			at++
		default:
			return nil, problem("Syntax error; token: %q, near: %q", string(c), near(text, at))
		}
	}
	return append(tokens, token{kind: end}), nil
}

func run(text string, at int) int {
	for at < len(text) && (letter(text[at]) || text[at] >= '0' && text[at] <= '9') {
		at++
	}
	return at
}

func letter(c byte) bool { return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_' }

func near(text string, at int) string { return text[max(0, at-5):min(len(text), at+6)] }
