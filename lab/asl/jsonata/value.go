package jsonata

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
)

// Value is a JSON value: nil, bool, float64, int64, string, []Value or *Object. Values are shared
// between states and events, so nobody changes one after it was built. An int64 stands only for
// integers that a float64 cannot hold: AWS passes them on unchanged.
type Value = any

// Object is a JSON object that keeps the order of its keys, as Step Functions does.
type Object struct {
	Keys   []string
	Values []Value
}

// Get returns the value of a key.
func (o *Object) Get(key string) (Value, bool) {
	for i, k := range o.Keys {
		if k == key {
			return o.Values[i], true
		}
	}
	return nil, false
}

// Set adds a key or replaces its value in place. Only the builder of an object may call it.
func (o *Object) Set(key string, v Value) {
	for i, k := range o.Keys {
		if k == key {
			o.Values[i] = v
			return
		}
	}
	o.Keys = append(o.Keys, key)
	o.Values = append(o.Values, v)
}

// Clone copies the top level, so that the copy can be built upon.
func (o *Object) Clone() *Object {
	return &Object{Keys: append([]string(nil), o.Keys...), Values: append([]Value(nil), o.Values...)}
}

// Obj builds an object from alternating keys and values.
func Obj(pairs ...any) *Object {
	o := &Object{Keys: make([]string, 0, len(pairs)/2), Values: make([]Value, 0, len(pairs)/2)}
	for i := 0; i < len(pairs); i += 2 {
		o.Keys = append(o.Keys, pairs[i].(string))
		o.Values = append(o.Values, pairs[i+1])
	}
	return o
}

// MarshalJSON writes the object in key order.
func (o *Object) MarshalJSON() ([]byte, error) { return Append(nil, o), nil }

// Decode reads one JSON text. Of a repeated key the last value counts, at the first one's place.
func Decode(text []byte) (Value, error) {
	return decodeText(text, false)
}

// DecodeStrict reads one JSON text and refuses a repeated key, as $parse and state machine
// definitions do.
func DecodeStrict(text []byte) (Value, error) { return decodeText(text, true) }

func decodeText(text []byte, strict bool) (Value, error) {
	d := decoder{Decoder: json.NewDecoder(bytes.NewReader(text)), strict: strict}
	d.UseNumber()
	v, err := decode(d, 0)
	if err != nil {
		return nil, err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("text after the end of the JSON value")
	}
	return v, nil
}

type decoder struct {
	*json.Decoder
	strict bool
}

// maxDepth is the nesting at which a JSON text is refused, long before the Go stack is at risk.
const maxDepth = 1000

func decode(d decoder, depth int) (Value, error) {
	if depth > maxDepth {
		return nil, fmt.Errorf("JSON nested deeper than %d levels", maxDepth)
	}
	t, err := d.Token()
	if errors.Is(err, io.EOF) {
		return nil, io.ErrUnexpectedEOF
	}
	if err != nil {
		return nil, err
	}
	switch t := t.(type) {
	case json.Delim:
		if t == '[' {
			return decodeArray(d, depth)
		}
		return decodeObject(d, depth)
	case json.Number:
		return number(string(t))
	default:
		return t, nil
	}
}

func decodeArray(d decoder, depth int) (Value, error) {
	a := []Value{}
	for d.More() {
		v, err := decode(d, depth+1)
		if err != nil {
			return nil, err
		}
		a = append(a, v)
	}
	_, err := d.Token()
	return a, err
}

func decodeObject(d decoder, depth int) (Value, error) {
	o := &Object{}
	var seen map[string]int // only for objects with many keys, to keep decoding linear
	for d.More() {
		k, err := d.Token()
		if err != nil {
			return nil, err
		}
		v, err := decode(d, depth+1)
		if err != nil {
			return nil, err
		}
		key := k.(string)
		if len(o.Keys) < 16 {
			if _, again := o.Get(key); again && d.strict {
				return nil, fmt.Errorf("the key %q stands twice in one object", key)
			}
			o.Set(key, v)
			continue
		}
		if seen == nil {
			seen = map[string]int{}
			for i, k := range o.Keys {
				seen[k] = i
			}
		}
		if i, ok := seen[key]; ok {
			if d.strict {
				return nil, fmt.Errorf("the key %q stands twice in one object", key)
			}
			o.Values[i] = v
			continue
		}
		seen[key] = len(o.Keys)
		o.Keys, o.Values = append(o.Keys, key), append(o.Values, v)
	}
	_, err := d.Token()
	return o, err
}

// maxExact is the largest integer up to which every integer is a float64.
const maxExact = 1 << 53

func number(s string) (Value, error) {
	f, err := strconv.ParseFloat(s, 64)
	if err != nil {
		return nil, fmt.Errorf("number %s is out of range", s)
	}
	if f == 0 {
		return 0.0, nil // JSON has a negative zero; Step Functions writes 0
	}
	if math.Abs(f) >= maxExact && !strings.ContainsAny(s, ".eE") {
		if i, err := strconv.ParseInt(s, 10, 64); err == nil {
			return i, nil
		}
	}
	return f, nil
}

// Equal compares two values; the order of an object's keys does not count.
func Equal(a, b Value) bool {
	switch a := a.(type) {
	case []Value:
		b, ok := b.([]Value)
		if !ok || len(a) != len(b) {
			return false
		}
		for i := range a {
			if !Equal(a[i], b[i]) {
				return false
			}
		}
		return true
	case *Object:
		b, ok := b.(*Object)
		if !ok || len(a.Keys) != len(b.Keys) {
			return false
		}
		for i, k := range a.Keys {
			if v, ok := b.Get(k); !ok || !Equal(a.Values[i], v) {
				return false
			}
		}
		return true
	}
	return a == b
}
