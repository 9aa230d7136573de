package schema_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"regexp"
	"slices"
	"testing"

	"github.com/goccy/go-yaml"

	"github.com/acso/disaster-recovery/internal/environment/schema"
)

func TestTheSchemaInTheRepositoryIsCurrent(t *testing.T) {
	want, err := schema.Generate("..")
	if err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile("../../../environments/schema.json")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Error("environments/schema.json is not what the types say: run go generate ./environments")
	}
}

func load(t *testing.T) map[string]any {
	t.Helper()
	text, err := schema.Generate("..")
	if err != nil {
		t.Fatal(err)
	}
	var s map[string]any
	if err := json.Unmarshal(text, &s); err != nil {
		t.Fatal(err)
	}
	return s
}

func TestTheSchemaAcceptsOurFilesAndRefusesMistakes(t *testing.T) {
	s := load(t)
	for _, name := range []string{"production", "test"} {
		text, err := os.ReadFile("../../../environments/" + name + ".yaml")
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Contains(text, []byte("$schema=schema.json")) {
			t.Errorf("%s.yaml does not point to its schema", name)
		}
		if wrong := validate(s, value(t, text), ""); len(wrong) > 0 {
			t.Errorf("%s.yaml: %v", name, wrong)
		}
		for from, to := range map[string]string{
			"ttl: 60s": "ttl: 60", "tier: critical": "tier: urgent", "healthPath: /health": "healthPath: health",
			"zone: company.com": "zones: company.com", "snapshotQuota: ": "snapshotQuota: x", "onTimeout: stand-down": "onTimeout: wait",
		} {
			wrong := validate(s, value(t, bytes.Replace(text, []byte(from), []byte(to), 1)), "")
			if len(wrong) == 0 {
				t.Errorf("%s.yaml with %q passes", name, to)
			}
		}
	}
}

func TestEveryFieldIsDescribed(t *testing.T) {
	var look func(s map[string]any, at string)
	look = func(s map[string]any, at string) {
		if at != "" && (s["description"] == nil || s["description"] == "") {
			t.Errorf("%s has no description", at)
		}
		if items, ok := s["items"].(map[string]any); ok {
			look(items, at+"[]")
		}
		properties, _ := s["properties"].(map[string]any)
		for name, below := range properties {
			look(below.(map[string]any), at+"."+name)
		}
	}
	look(load(t), "")
}

func value(t *testing.T, text []byte) any {
	t.Helper()
	asJSON, err := yaml.YAMLToJSON(text)
	if err != nil {
		t.Fatal(err)
	}
	var v any
	if err := json.Unmarshal(asJSON, &v); err != nil {
		t.Fatal(err)
	}
	return v
}

// validate checks the keywords that the schema uses, and fails on one that it does not know.
func validate(s map[string]any, v any, at string) (wrong []string) {
	for keyword, want := range s {
		ok := true
		switch keyword {
		case "$schema", "title", "description", "examples":
		case "type":
			ok = want == kind(v) || want == "number" && kind(v) == "integer"
		case "pattern":
			text, isText := v.(string)
			ok = isText && regexp.MustCompile(want.(string)).MatchString(text)
		case "maxLength":
			text, _ := v.(string)
			ok = float64(len(text)) <= want.(float64)
		case "enum":
			ok = slices.Contains(want.([]any), v)
		case "items":
			list, _ := v.([]any)
			for i, entry := range list {
				wrong = append(wrong, validate(want.(map[string]any), entry, fmt.Sprintf("%s[%d]", at, i))...)
			}
		case "required":
			group, _ := v.(map[string]any)
			for _, name := range want.([]any) {
				if _, written := group[name.(string)]; !written {
					wrong = append(wrong, at+"."+name.(string)+" is missing")
				}
			}
		case "properties":
			group, _ := v.(map[string]any)
			for name, below := range want.(map[string]any) {
				if field, written := group[name]; written {
					wrong = append(wrong, validate(below.(map[string]any), field, at+"."+name)...)
				}
			}
		case "additionalProperties":
			group, _ := v.(map[string]any)
			known := s["properties"].(map[string]any)
			for name := range group {
				if _, listed := known[name]; !listed {
					wrong = append(wrong, at+"."+name+" is not a field")
				}
			}
		default:
			ok = false
		}
		if !ok {
			wrong = append(wrong, fmt.Sprintf("%s: %v does not fit %s %v", at, v, keyword, want))
		}
	}
	return wrong
}

func kind(v any) string {
	switch v := v.(type) {
	case map[string]any:
		return "object"
	case []any:
		return "array"
	case string:
		return "string"
	case float64:
		if v == float64(int64(v)) {
			return "integer"
		}
		return "number"
	}
	return fmt.Sprintf("%T", v)
}
