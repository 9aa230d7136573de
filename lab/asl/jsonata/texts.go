package jsonata

import (
	"encoding/base64"
	"fmt"
	"math"
	"math/big"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/dop251/goja"
)

// installTexts provides what the library asks of a browser, in the way AWS answers, and what differences
// put into it. Measured by iwamot/sfnx (docs/design.md, September 2026).
func (e *Evaluator) installTexts() error {
	text := func(f func(string) (string, error)) func(goja.FunctionCall) goja.Value {
		return func(c goja.FunctionCall) goja.Value {
			s, err := f(c.Argument(0).String())
			if err != nil {
				panic(e.vm.NewTypeError(err.Error()))
			}
			return e.vm.ToValue(s)
		}
	}
	for name, f := range map[string]func(goja.FunctionCall) goja.Value{
		"__btoa":     text(func(s string) (string, error) { return base64.StdEncoding.EncodeToString([]byte(s)), nil }),
		"__atob":     text(fromBase64),
		"__unescape": text(unescape),
		"__digits":   func(c goja.FunctionCall) goja.Value { return e.vm.ToValue(fifteen(c.Argument(0).ToFloat())) },
	} {
		if err := e.vm.Set(name, f); err != nil {
			return err
		}
	}
	return nil
}

// fromBase64 reads UTF-8, with the padding or without it.
func fromBase64(s string) (string, error) {
	b, err := base64.RawStdEncoding.DecodeString(strings.TrimRight(s, "="))
	if err != nil {
		return "", fmt.Errorf("the string to be decoded is not correctly encoded")
	}
	return strings.ToValidUTF8(string(b), "\ufffd"), nil
}

// unescape reads a URL component: + is a space, and each byte that is no UTF-8 becomes U+FFFD.
func unescape(s string) (string, error) {
	var b []byte
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '+':
			b = append(b, ' ')
		case '%':
			if i+2 >= len(s) {
				return "", fmt.Errorf("malformed")
			}
			n, err := strconv.ParseUint(s[i+1:i+3], 16, 8)
			if err != nil {
				return "", err
			}
			b = append(b, byte(n))
			i += 2
		default:
			b = append(b, s[i])
		}
	}
	var out strings.Builder
	for len(b) > 0 {
		r, n := utf8.DecodeRune(b)
		out.WriteRune(r)
		b = b[n:]
	}
	return out.String(), nil
}

// fifteen rounds a number that is no whole one down to 15 significant digits: -2/3 is
// -0.666666666666667. It starts from the digits with which the number is written.
func fifteen(f float64) float64 {
	const digits = 15
	if f == math.Trunc(f) || math.IsNaN(f) || math.IsInf(f, 0) {
		return f
	}
	written := strconv.FormatFloat(f, 'e', -1, 64)
	mantissa, exponent, _ := strings.Cut(written, "e")
	whole := strings.TrimLeft(strings.Replace(mantissa, ".", "", 1), "-")
	if len(whole) <= digits {
		return f
	}
	n, _ := new(big.Int).SetString(whole[:digits], 10)
	if f < 0 && strings.Trim(whole[digits:], "0") != "" {
		n.Add(n, big.NewInt(1))
	}
	power, _ := strconv.Atoi(exponent)
	sign := ""
	if f < 0 {
		sign = "-"
	}
	rounded, err := strconv.ParseFloat(sign+n.String()+"e"+strconv.Itoa(power-digits+1), 64)
	if err != nil {
		return f
	}
	return rounded
}

// doubleQuoted writes the texts in single quotes, which AWS's $parse takes, as JSON has them.
func doubleQuoted(s string) string {
	if !strings.ContainsRune(s, '\'') {
		return s
	}
	var out strings.Builder
	var quote byte
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case quote == 0 && (c == '\'' || c == '"'):
			quote = c
			out.WriteByte('"')
		case c == quote && quote != 0:
			quote = 0
			out.WriteByte('"')
		case quote == '\'' && c == '"':
			out.WriteString(`\"`)
		case quote != 0 && c == '\\' && i+1 < len(s):
			i++
			if s[i] != '\'' || quote != '\'' {
				out.WriteByte(c)
			}
			out.WriteByte(s[i])
		default:
			out.WriteByte(c)
		}
	}
	return out.String()
}
