// Package schema writes the JSON Schema of an environment file from the Go types, so that an editor completes and
// checks the file while it is written.
//
// It knows fields, shapes, choices and descriptions. Rules between fields (a standby above its desired count) are not in
// it: file.Load has the last word. It reads the source of the types, whose comments are the descriptions.
package schema

import (
	"encoding/json"
	"fmt"
	"path"
	"path/filepath"
	"reflect"
	"strings"

	"github.com/invopop/jsonschema"

	"github.com/acso/disaster-recovery/internal/environment"
)

// base stands for the module in the keys of the comments; only its presence on both sides matters.
const base = "acso"

// Generate gives the schema's text. source is the folder of package environment.
func Generate(source string) ([]byte, error) {
	r := &jsonschema.Reflector{Anonymous: true, DoNotReference: true, Mapper: special}
	if err := r.AddGoComments(base, source); err != nil {
		return nil, fmt.Errorf("read the comments of the environment's types: %w", err)
	}
	r.LookupComment = func(of reflect.Type, field string) string {
		key := path.Join(base, filepath.ToSlash(source)) + "." + of.Name()
		if field != "" {
			key += "." + field
		}
		return strings.Join(strings.Fields(r.CommentMap[key]), " ")
	}
	s := r.Reflect(&environment.Environment{})
	s.Title = "ACSO environment"
	for field, shape := range environment.Shapes() {
		at := find(s, strings.Split(field, "."))
		if at == nil {
			return nil, fmt.Errorf("write the schema: there is no field %s for its shape", field)
		}
		longest := uint64(shape.Longest) // #nosec G115: a small constant
		at.Pattern, at.MaxLength, at.Examples = shape.Pattern, &longest, []any{strings.Trim(shape.Example, `"`)}
		if strings.HasSuffix(field, "[]") && at.Description == "" {
			at.Description = "Each is " + shape.Means + "." // the entries of a list have no comment of their own
		}
	}
	text, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("write the schema: %w", err)
	}
	return append(text, '\n'), nil
}

// special gives the types that are more than their Go kind.
func special(of reflect.Type) *jsonschema.Schema {
	switch of {
	case reflect.TypeFor[environment.Duration]():
		return &jsonschema.Schema{Type: "string", Pattern: environment.DurationPattern, Examples: []any{"30s", "15m", "35d"}}
	case reflect.TypeFor[environment.Tier]():
		return &jsonschema.Schema{Type: "string", Enum: []any{environment.Critical, environment.Standard, environment.NonCritical}}
	case reflect.TypeFor[environment.TimeoutPolicy]():
		return &jsonschema.Schema{Type: "string", Enum: []any{environment.StandDown, environment.Proceed}}
	}
	return nil
}

// find follows a field's path; name[] goes into the entries of a list.
func find(s *jsonschema.Schema, fields []string) *jsonschema.Schema {
	for _, field := range fields {
		name, list := strings.CutSuffix(field, "[]")
		if s.Properties == nil {
			return nil
		}
		below, known := s.Properties.Get(name)
		if !known {
			return nil
		}
		if s = below; list {
			s = below.Items
		}
	}
	return s
}
