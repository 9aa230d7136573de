package jsonata

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Append writes a value as compact JSON, keys in their order, HTML characters as they are.
func Append(b []byte, v Value) []byte {
	switch v := v.(type) {
	case nil:
		return append(b, "null"...)
	case bool:
		return strconv.AppendBool(b, v)
	case float64:
		return appendNumber(b, v)
	case int64:
		return strconv.AppendInt(b, v, 10)
	case string:
		return AppendString(b, v)
	case []Value:
		b = append(b, '[')
		for i, x := range v {
			if i > 0 {
				b = append(b, ',')
			}
			b = Append(b, x)
		}
		return append(b, ']')
	case *Object:
		b = append(b, '{')
		for i, k := range v.Keys {
			if i > 0 {
				b = append(b, ',')
			}
			b = AppendString(b, k)
			b = append(b, ':')
			b = Append(b, v.Values[i])
		}
		return append(b, '}')
	}
	panic(fmt.Sprintf("jsonata: %T is no JSON value", v))
}

// Encode writes a value as compact JSON text.
func Encode(v Value) string { return string(Append(nil, v)) }

// appendNumber writes whole numbers below 2^63 in full and others as Java's Double.toString does:
// AWS answers 9.223372036854776E18 (measured in us-east-1 by the floci project, August 2026).
func appendNumber(b []byte, f float64) []byte {
	abs := math.Abs(f)
	if f == math.Trunc(f) && abs < 1<<63 {
		return strconv.AppendInt(b, int64(f), 10)
	}
	if abs >= 1e-3 && abs < 1e7 {
		return strconv.AppendFloat(b, f, 'f', -1, 64)
	}
	s := strconv.FormatFloat(f, 'E', -1, 64)
	mantissa, exponent, _ := strings.Cut(s, "E")
	if !strings.Contains(mantissa, ".") {
		mantissa += ".0"
	}
	n, _ := strconv.Atoi(exponent)
	b = append(b, mantissa...)
	b = append(b, 'E')
	return strconv.AppendInt(b, int64(n), 10)
}

const hexDigits = "0123456789abcdef"

// AppendString writes a JSON string.
func AppendString(b []byte, s string) []byte {
	b = append(b, '"')
	start := 0
	for i := 0; i < len(s); {
		c := s[i]
		if c >= 0x20 && c != '"' && c != '\\' && c < utf8.RuneSelf {
			i++
			continue
		}
		if c >= utf8.RuneSelf {
			r, n := utf8.DecodeRuneInString(s[i:])
			if r == utf8.RuneError && n == 1 {
				b = append(append(b, s[start:i]...), "\ufffd"...)
				start = i + 1
			}
			i += n
			continue
		}
		b = append(b, s[start:i]...)
		switch c {
		case '"', '\\':
			b = append(b, '\\', c)
		case '\n':
			b = append(b, '\\', 'n')
		case '\r':
			b = append(b, '\\', 'r')
		case '\t':
			b = append(b, '\\', 't')
		case '\b':
			b = append(b, '\\', 'b')
		case '\f':
			b = append(b, '\\', 'f')
		default:
			b = append(b, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
		}
		i++
		start = i
	}
	return append(append(b, s[start:]...), '"')
}

// Size is the length in bytes of a value's compact JSON text, or limit+1 as soon as it is larger.
func Size(v Value, limit int) int { return size(v, limit) }

func size(v Value, limit int) int {
	n := 2
	switch v := v.(type) {
	case string:
		return stringSize(v)
	case []Value:
		for _, x := range v {
			if n += 1 + size(x, limit); n > limit {
				return limit + 1
			}
		}
		return n - min(1, len(v))
	case *Object:
		for i, k := range v.Keys {
			if n += 2 + stringSize(k) + size(v.Values[i], limit); n > limit {
				return limit + 1
			}
		}
		return n - min(1, len(v.Keys))
	default:
		var scratch [32]byte
		return len(Append(scratch[:0], v))
	}
}

func stringSize(s string) int {
	for i := 0; i < len(s); i++ {
		if c := s[i]; c < 0x20 || c == '"' || c == '\\' || c >= utf8.RuneSelf {
			return len(AppendString(nil, s))
		}
	}
	return len(s) + 2
}
