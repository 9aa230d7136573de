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

// differences are where AWS's own implementation answers otherwise than the library, as far as somebody
// measured it (iwamot/sfnx, docs/design.md, September 2026): each piece of the source occurs once.
var differences = []struct{ library, aws string }{
	// a number in a string is rounded down to 15 digits: $string(2/3) is 0.666666666666666
	{`Number(r.toPrecision(15))`, `__digits(r)`},
	// a + of a URL component is a space, and what is no UTF-8 becomes U+FFFD
	{`decodeUrlComponent:function(e){if(void 0!==e){var t;try{t=decodeURIComponent(e)}`, `decodeUrlComponent:function(e){if(void 0!==e){var t;try{t=__unescape(e)}`},
	// a limit of 2.5 is 2, and a width of 6.5 is 6
	{`var i="",o=0;if(void 0===n||n>0){var s=0;`, `n=void 0===n?n:Math.floor(n);var i="",o=0;if(void 0===n||n>0){var s=0;`},
	{`var a=Math.abs(t)-d(e);`, `t=Math.trunc(t);var a=Math.abs(t)-d(e);`},
}

// likeAWS applies the differences.
func likeAWS(src string) string {
	for _, d := range differences {
		src = strings.Replace(src, d.library, d.aws, 1)
	}
	return src
}

// prelude gives us two entry points. The library's Base64 functions look for a browser's window,
// whose btoa and atob the Evaluator provides.
const prelude = `
var window = {btoa: __btoa, atob: __atob};
var __compile = function(e) { return jsonata(e); };
var __run = function(x, b) { return x.evaluate(undefined, b); };
`

// programs are parsed once a process; every evaluator runs the same ones.
var programs = sync.OnceValue(func() []*goja.Program {
	return []*goja.Program{
		goja.MustCompile("jsonata-2.0.6.min.js", likeAWS(synchronous(source)), false),
		goja.MustCompile("prelude.js", prelude, false),
	}
})
