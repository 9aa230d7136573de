package environment

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"
)

// Decode reads an environment from JSON, the form in which functions carry it: unknown and missing fields, a second
// value and every broken rule are mistakes. It is what file.Load accepts, without the line numbers.
func Decode(text []byte) (*Environment, error) {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	var e Environment
	if err := decoder.Decode(&e); err != nil {
		return nil, fmt.Errorf("read the environment: %w", err)
	}
	if _, err := decoder.Token(); err != io.EOF {
		return nil, fmt.Errorf("read the environment: more than one JSON value")
	}
	// A missing field reads as an empty value; all but a service's standby count refuse to be empty.
	if mistakes := e.Check(); len(mistakes) > 0 {
		return nil, fmt.Errorf("read the environment: %w", mistakes)
	}
	return &e, nil
}

// Encode writes an environment as the JSON that Decode reads.
func Encode(e *Environment) ([]byte, error) {
	var text strings.Builder
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(e); err != nil {
		return nil, fmt.Errorf("write environment %s: %w", e.Name, err)
	}
	return []byte(text.String()), nil
}
