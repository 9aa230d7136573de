package main

import (
	"encoding/json"
	"io"
)

// writeJSON prints one object, indented. Characters that only HTML minds are left as they are.
func writeJSON(w io.Writer, value any) error {
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	return encoder.Encode(value)
}
