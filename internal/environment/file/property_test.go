package file_test

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/goccy/go-yaml"
	"pgregory.net/rapid"

	"github.com/acso/disaster-recovery/internal/environment"
	"github.com/acso/disaster-recovery/internal/environment/file"
)

func TestDurationsAreReadAsWritten(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := environment.Duration(time.Duration(rapid.Int64Range(0, 100*366*24*3600).Draw(t, "seconds")) * time.Second)
		again, err := environment.ParseDuration(d.String())
		if err != nil || again != d {
			t.Fatalf("%d written as %s is read as %d: %v", d, d, again, err)
		}
	})
}

func TestNoTextMakesAnOverflowingDuration(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringMatching(`[0-9]{1,12}(s|m|h|d|mo|y)`).Draw(t, "text")
		if d, err := environment.ParseDuration(text); err == nil && (d < 0 || d > environment.Duration(101*366*24*time.Hour)) {
			t.Fatalf("%s is read as %d", text, d)
		}
	})
}

// fieldName is what a file calls a field.
func fieldName(f reflect.StructField) string {
	name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
	return name
}

// leaves lists every field of an environment that is no group, with how it is reached.
func leaves(v reflect.Value, path string) map[string]reflect.Value {
	all := map[string]reflect.Value{}
	add := func(more map[string]reflect.Value) {
		for k, v := range more {
			all[k] = v
		}
	}
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			if strings.Contains(v.Type().Field(i).Tag.Get("json"), ",omit") && v.Field(i).IsZero() {
				continue // left out
			}
			add(leaves(v.Field(i), strings.TrimPrefix(path+"."+fieldName(v.Type().Field(i)), ".")))
		}
	case reflect.Slice:
		for i := range v.Len() {
			add(leaves(v.Index(i), fmt.Sprintf("%s[%d]", path, i)))
		}
	default:
		all[path] = v
	}
	return all
}

// TestAnyOneFieldOutOfShapeIsNamedAlone sets one field of a valid environment to what no field of its kind may be.
func TestAnyOneFieldOutOfShapeIsNamedAlone(t *testing.T) {
	load := func() *environment.Environment {
		e, err := file.Load("imported.yaml", []byte(imported(t))) // it has every field
		if err != nil {
			t.Fatal(err)
		}
		return e
	}
	names := []string{}
	for name := range leaves(reflect.ValueOf(load()).Elem(), "") {
		names = append(names, name)
	}
	if len(names) < 120 {
		t.Fatalf("found %d fields only", len(names))
	}
	for _, name := range names {
		e := load()
		v := leaves(reflect.ValueOf(e).Elem(), "")[name]
		switch v.Kind() {
		case reflect.String:
			v.SetString("not a Value!")
		case reflect.Int:
			v.SetInt(-1)
		case reflect.Float64:
			v.SetFloat(-1)
		case reflect.Int64:
			v.SetInt(0)
		}
		if found := e.Check(); len(found) != 1 || found[0].Field != name {
			t.Errorf("%s out of shape gives %v", name, found)
		}
		text, err := yaml.Marshal(asMap(reflect.ValueOf(e).Elem()))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := file.Load("e.yaml", text); err == nil || strings.Count(err.Error(), "\n") != 0 || !strings.Contains(err.Error(), ": "+name+": ") {
			t.Errorf("%s out of shape, as a file, gives %v", name, err)
		}
	}
}

func asMap(v reflect.Value) any {
	switch v.Kind() {
	case reflect.Struct:
		fields := yaml.MapSlice{}
		for i := range v.NumField() {
			if strings.Contains(v.Type().Field(i).Tag.Get("json"), ",omit") && v.Field(i).IsZero() {
				continue
			}
			fields = append(fields, yaml.MapItem{Key: fieldName(v.Type().Field(i)), Value: asMap(v.Field(i))})
		}
		return fields
	case reflect.Slice:
		list := make([]any, v.Len())
		for i := range list {
			list[i] = asMap(v.Index(i))
		}
		return list
	}
	if d, ok := v.Interface().(environment.Duration); ok {
		return d.String()
	}
	return v.Interface()
}
