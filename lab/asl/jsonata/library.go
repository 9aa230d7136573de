package jsonata

import (
	_ "embed"
	"regexp"
	"strings"
	"sync"

	"github.com/dop251/goja"
)

// source is jsonata.min.js of npm jsonata 2.0.6, MIT licence (jsonata-2.0.6.LICENSE), unmodified.
//
//go:embed jsonata-2.0.6.min.js
var source string

// The library is written with async functions, of which goja needs three times as long as of plain
// ones. Without host functions that return promises nothing ever waits, so the keywords can go:
// the official suite gives the same 1,614 answers on both (lab-notes.md).
var (
	asyncFunction = regexp.MustCompile(`\basync\s+(function\b|\()`)
	asyncParen    = regexp.MustCompile(`\basync\(`)
	asyncArrow    = regexp.MustCompile(`\basync ([a-z_$]+=>)`)
	await         = regexp.MustCompile(`\bawait\b\s*`)
)

// synchronous derives the library without promises from its source.
func synchronous(src string) string {
	src = asyncFunction.ReplaceAllString(src, "$1")
	src = asyncParen.ReplaceAllString(src, "(")
	src = asyncArrow.ReplaceAllString(src, "$1")
	src = await.ReplaceAllString(src, " ")
	return strings.ReplaceAll(src, "Promise.all(", "(")
}

// prelude gives us two entry points. The library's Base64 functions look for a browser's window,
// whose btoa and atob deal in strings of one byte a character; the Evaluator provides both.
const prelude = `
var window = {btoa: __btoa, atob: __atob};
var __compile = function(e) { return jsonata(e); };
var __run = function(x, b) { return x.evaluate(undefined, b); };
`

// programs are parsed once a process; every evaluator runs the same ones.
var programs = sync.OnceValue(func() []*goja.Program {
	return []*goja.Program{
		goja.MustCompile("jsonata-2.0.6.min.js", synchronous(source), false),
		goja.MustCompile("prelude.js", prelude, false),
	}
})
